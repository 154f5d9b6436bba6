"""What only the container's form makes different is no difference; one bit of content is."""

from fractions import Fraction
from pathlib import Path

import av
import pytest

import masksmooth_filter as mf
from masksmooth_filter.media.programs import first_program, pids
from masksmooth_filter.verification.payload import without_framing
from tests.clips import make_clip, run_ffmpeg

pytestmark = pytest.mark.ffmpeg


def packets(path: Path, suffix: str) -> list[bytes]:
    """Packets of a film after ffmpeg put it into another container, as `without_framing` shows them."""
    out = path.with_name(f"other{suffix}")
    run_ffmpeg("-i", str(path), "-c", "copy", str(out))
    with av.open(str(out)) as container:
        codec = container.streams.video[0].codec_context.codec.canonical_name
        return [without_framing(bytes(p), codec) for p in container.demux(video=0) if p.size]


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_slices_are_the_same_with_lengths_and_with_start_codes(tmp_path: Path, codec: str) -> None:
    quiet = {"x265-params": "log-level=none"} if codec == "libx265" else {}
    path = make_clip(tmp_path / "a.mp4", codec=codec, frames=12, options={"g": "4", **quiet})
    framed, coded = packets(path, ".mkv"), packets(path, ".ts")
    assert framed == coded
    assert all(framed)
    flipped = bytearray(framed[3])
    flipped[len(flipped) // 2] ^= 1
    assert without_framing(bytes(flipped), "h264") != framed[3]


def test_uncompressed_sound_may_be_cut_anew_but_not_changed(tmp_path: Path) -> None:
    clip, sound = make_clip(tmp_path / "v.mkv", frames=10), tmp_path / "a.wav"
    run_ffmpeg("-f", "lavfi", "-i", "sine=d=0.4:r=48000", str(sound))
    paths = []
    for name, options in (("a.mkv", ["-af", "asetnsamples=480"]), ("b.mkv", ["-af", "asetnsamples=960"]),
                          ("c.mkv", ["-af", "asetnsamples=960,volume=0.9"])):  # fmt: skip
        paths.append(tmp_path / name)
        run_ffmpeg("-i", str(clip), "-i", str(sound), "-map", "0", "-map", "1", "-c:v", "copy", *options,
                   "-c:a", "pcm_s16le", str(paths[-1]))  # fmt: skip
    same, other = (mf.verify(paths[0], path) for path in paths[1:])
    assert same.ok
    assert "cut into other packets" in same.table()
    assert {row.what for row in other.differences} >= {"audio #1 packets"}


def test_a_service_and_its_pids_are_read_out_of_a_broadcast(tmp_path: Path) -> None:
    clip, path = make_clip(tmp_path / "a.mkv", frames=5, audio=1), tmp_path / "a.ts"
    tags = ["-metadata", "service_name=K: 1", "-metadata", "service_provider=P", "-mpegts_service_id", "7"]
    run_ffmpeg("-i", str(clip), "-c", "copy", "-mpegts_start_pid", "0x200", *tags, str(path))
    with av.open(str(path)) as container:
        program = first_program(container)
        assert program is not None
        assert (program.number, program.names) == (7, {"service_name": "K: 1", "service_provider": "P"})
        assert pids(container, ".ts") == {0: 0x200, 1: 0x201}
    with av.open(str(clip)) as container:
        assert first_program(container) is None
        assert pids(container, ".ts") == {}


def test_pids_that_the_muxer_uses_itself_are_not_asked_for(tmp_path: Path) -> None:
    clip, path = make_clip(tmp_path / "a.mkv", frames=5), tmp_path / "a.ts"
    run_ffmpeg(
        "-i",
        str(clip),
        "-c",
        "copy",
        "-mpegts_start_pid",
        "0x1000",
        "-mpegts_pmt_start_pid",
        "0x40",
        str(path),
    )
    with av.open(str(path)) as container:
        assert pids(container, ".ts") == {}
        assert pids(container, ".m2ts") == {0: 0x1000}
    report = mf.convert(path, tmp_path / "b.ts", segmenter="selfie", preset="ultrafast")
    assert report.frames == 5


def test_a_title_of_a_stream_comes_through_mp4(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mp4", frames=5, audio=1, time_base=Fraction(1, 1000))
    named = tmp_path / "named.mp4"
    run_ffmpeg("-i", str(clip), "-c", "copy", "-metadata:s:a", "title=Ton", str(named))
    for source, output in ((named, tmp_path / "b.mp4"), (tmp_path / "b.mp4", tmp_path / "c.mkv")):
        mf.convert(source, output, segmenter="selfie", preset="ultrafast")
        assert mf.verify(source, output).ok
    with av.open(str(tmp_path / "c.mkv")) as container:
        assert container.streams.audio[0].metadata["title"] == "Ton"
