"""Opening: every failure is one plain line with a remedy; the film is found and described."""

import os
from fractions import Fraction
from pathlib import Path

import pytest

from masksmooth_filter.errors import InputError
from masksmooth_filter.media import Demuxer, film_stream, open_input
from tests.clips import make_clip, run_ffmpeg


@pytest.mark.parametrize(
    "name", ["-dash.mp4", "a:b c.mp4", "http:x.mp4", "%d.mp4", "grün ü.mp4", "concat:a|b.mp4"]
)
def test_any_name_is_a_file_and_never_a_url(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.rename(make_clip(tmp_path / "clip.mp4", frames=3), tmp_path / name)
    monkeypatch.chdir(tmp_path)
    with Demuxer(name) as demuxer:
        assert demuxer.info.width == 96


def test_says_in_one_line_what_is_wrong_with_a_path(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.txt").write_text("just words\n" * 50)
    (tmp_path / "words.mp4").write_text("just words\n" * 50)
    (tmp_path / "list.m3u8").write_text("#EXTM3U\n#EXTINF:1,\nother.ts\n")
    for name, words in {
        "missing.mp4": "does not exist",
        ".": "is a folder",
        "empty.mp4": "is empty",
        "text.txt": "not a video",
        "words.mp4": "not a video",
        "list.m3u8": "cannot be read|playlist",
        "nul\0byte": "cannot be read",
    }.items():
        with pytest.raises(InputError, match=words) as caught:
            open_input(tmp_path / name)
        assert "\n" not in str(caught.value)


def test_a_playlist_cannot_make_us_read_another_file(tmp_path: Path) -> None:
    make_clip(tmp_path / "secret.ts", frames=3)
    (tmp_path / "list.mp4").write_text("ffconcat version 1.0\nfile secret.ts\n")
    with pytest.raises(InputError):
        open_input(tmp_path / "list.mp4")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_says_that_a_file_may_not_be_read(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "clip.mp4", frames=3)
    path.chmod(0)
    with pytest.raises(InputError, match="may not be read"):
        open_input(path)


@pytest.mark.ffmpeg
def test_an_audio_file_is_refused_by_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "tone.m4a"
    run_ffmpeg("-f", "lavfi", "-i", "sine=duration=0.2", str(path))
    with pytest.raises(InputError, match="no video stream: there is 1 audio"):
        Demuxer(path)


@pytest.mark.ffmpeg
def test_a_cover_picture_is_not_the_film(tmp_path: Path) -> None:
    clip, cover = make_clip(tmp_path / "clip.mp4", frames=5), tmp_path / "cover.png"
    run_ffmpeg("-i", str(clip), "-frames:v", "1", "-s", "32x32", str(cover))
    both = tmp_path / "both.mp4"
    with_cover = ["-map", "1", "-map", "0", "-c", "copy", "-disposition:v:0", "attached_pic"]
    run_ffmpeg("-i", str(clip), "-i", str(cover), *with_cover, str(both))
    with Demuxer(both) as demuxer:
        assert demuxer.info.width == 96
        assert list(demuxer.pictures.values()) == [cover.read_bytes()]
    alone = tmp_path / "alone.m4a"
    sound = ["-f", "lavfi", "-i", "sine=duration=0.2"]
    run_ffmpeg(*sound, "-i", str(cover), "-map", "0", "-map", "1", "-c:v", "copy", "-disposition:v:0",
               "attached_pic", str(alone))  # fmt: skip
    with open_input(alone) as container, pytest.raises(InputError, match="1 cover picture"):
        film_stream(container)


def test_describes_the_film_by_its_first_frame(tmp_path: Path) -> None:
    tags = {"color_range": 2, "color_primaries": 9, "color_trc": 16, "colorspace": 9}
    path = make_clip(
        tmp_path / "clip.mp4",
        pix_fmt="yuv420p10le",
        tags=tags,
        sar=Fraction(4, 3),
        rotation=90,
        pts=[n * 512 + 1024 for n in range(10)],
    )
    with Demuxer(path) as demuxer:
        info = demuxer.info
    assert (info.width, info.height, info.pix_fmt) == (96, 64, "yuv420p10le")
    assert {name: getattr(info, name) for name in tags} == tags
    assert (info.rotation, info.sample_aspect_ratio) == (90, Fraction(4, 3))
    assert (info.time_base, info.start, info.frames) == (Fraction(1, 12800), Fraction(1024, 12800), 10)
    assert info.rate == 25


def test_tags_nobody_set_are_unset_and_never_rgb(tmp_path: Path) -> None:
    with Demuxer(make_clip(tmp_path / "clip.mp4", frames=3)) as demuxer:
        info = demuxer.info
    assert (info.color_range, info.color_primaries, info.color_trc, info.colorspace) == (0, 2, 2, 2)
