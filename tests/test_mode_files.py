"""What the modes write, as FFmpeg reads it; and which options go together."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from masksmooth_filter import Options, convert, verify
from masksmooth_filter.composite.edges import Edges
from masksmooth_filter.errors import InputError, MaskSmoothError, OptionError, OutputError
from tests.clips import frame_times, make_clip, person_mask, run_ffmpeg, stream_entries
from tests.mask_files import video

SIZE, COUNT = (96, 64), 6


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("modes") / "in.mp4", frames=COUNT, size=SIZE)


@pytest.fixture(scope="module")
def masks(clip: Path) -> Path:
    pictures = [person_mask(i, *SIZE) for i in range(COUNT)]
    return video(clip.with_name("masks.mkv"), pictures, [40 * i for i in range(COUNT)])


def run(clip: Path, masks: Path, output: Path, **options: Any) -> Path:
    convert(clip, output, masks_from=f"gray:{masks}", method="none", **options)
    return output


def alpha_of(path: Path, *, decoder: str = "") -> NDArray[np.uint8]:
    """Return the alpha plane of all frames as FFmpeg decodes it, in 8 bits."""
    command = ["ffmpeg", "-v", "error", *(["-c:v", decoder] if decoder else []), "-i", str(path),
               "-vf", "alphaextract,format=gray", "-fps_mode", "passthrough",
               "-f", "rawvideo", "-"]  # fmt: skip
    raw = subprocess.run(command, check=True, capture_output=True).stdout
    return np.frombuffer(raw, np.uint8).reshape(-1, SIZE[1], SIZE[0])


def opacity(index: int) -> NDArray[np.int16]:
    return Edges().foreground(person_mask(index, *SIZE)[np.newaxis], SIZE).astype(np.int16)


CUTOUTS = [("out.mkv", {}, "ffv1", "", 0), ("out.mov", {"codec": "png"}, "png", "", 2),
           ("out.mov", {}, "prores", "", 3), ("out.webm", {}, "vp9", "libvpx-vp9", 40),
           ("out.nut", {}, "ffv1", "", 0),
           ("out.mkv", {"codec": "libvpx-vp9"}, "vp9", "libvpx-vp9", 40)]  # fmt: skip


@pytest.mark.ffmpeg
@pytest.mark.parametrize(("name", "options", "codec", "decoder", "tolerance"), CUTOUTS)
def test_ffmpeg_decodes_the_alpha_of_a_cutout_and_it_is_the_mask(
    name: str,
    options: dict[str, Any],
    codec: str,
    decoder: str,
    tolerance: int,
    clip: Path,
    masks: Path,
    tmp_path: Path,
) -> None:
    out = run(clip, masks, tmp_path / name, mode="cutout", **options)
    assert stream_entries(out)["codec_name"] == codec
    found = alpha_of(out, decoder=decoder)
    assert len(found) == COUNT
    for index, plane in enumerate(found):
        apart = np.abs(plane - opacity(index))
        assert apart.max() <= tolerance
        assert apart.mean() <= tolerance / 10
    assert np.diff(frame_times(out)) == pytest.approx(np.diff(frame_times(clip)), abs=0.001)


@pytest.mark.ffmpeg
def test_a_sources_own_transparency_is_multiplied_in(masks: Path, tmp_path: Path) -> None:
    source = tmp_path / "alpha.mkv"
    picture = f"color=red@0.5:s={SIZE[0]}x{SIZE[1]}:r=25,format=yuva420p"
    run_ffmpeg("-f", "lavfi", "-i", picture, "-frames:v", str(COUNT), "-c:v", "ffv1", str(source))
    before = alpha_of(source)[0, 0, 0]
    found = alpha_of(run(source, masks, tmp_path / "out.mkv", mode="cutout"))
    for index, plane in enumerate(found):
        np.testing.assert_allclose(plane, opacity(index) * (int(before) / 255), atol=0.51)


@pytest.mark.ffmpeg
def test_ten_bits_stay_ten_bits_in_a_cutout_and_verify_says_so(masks: Path, tmp_path: Path) -> None:
    source = make_clip(tmp_path / "in.mkv", frames=COUNT, size=SIZE, pix_fmt="yuv420p10le", codec="ffv1")
    out = run(source, masks, tmp_path / "out.mkv", mode="cutout")
    assert stream_entries(out)["pix_fmt"] == "yuva420p10le"
    assert verify(source, out, mode="cutout").ok


@pytest.mark.ffmpeg
@pytest.mark.parametrize("mode", ["blur", "side-by-side"])
def test_verify_knows_the_mode(mode: Any, clip: Path, masks: Path, tmp_path: Path) -> None:
    out = run(clip, masks, tmp_path / "out.mp4", mode=mode)
    assert verify(clip, out, mode=mode).ok
    assert stream_entries(out)["width"] == SIZE[0] * (2 if mode == "side-by-side" else 1)


@pytest.mark.parametrize("name", ["out.mp4", "out.ts", "out.gif"])
def test_a_container_without_transparency_is_refused_before_any_work(name: str, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"needs transparency, which \.\w+ does not hold; name the"):
        convert(tmp_path / "not even read.mp4", tmp_path / name, mode="cutout")


@pytest.mark.parametrize("options", [{"codec": "libx264"}, {"pix_fmt": "yuv420p"}])
def test_an_encoder_or_format_without_transparency_is_refused(
    options: dict[str, str], clip: Path, masks: Path, tmp_path: Path
) -> None:
    with pytest.raises(OptionError, match=r"cutout needs transparency; \w+ in \w+ has none"):
        run(clip, masks, tmp_path / "out.mkv", mode="cutout", **options)
    assert list(tmp_path.iterdir()) == []


APART = [
    ({"background": "green"}, r"--background has no effect with --mode overlay; use --mode replace"),
    ({"mode": "replace"}, r"--mode replace needs --background"),
    ({"blur": 4.0}, r"--blur has no effect with --mode overlay; use --mode blur"),
    ({"mode": "matte", "color": "red"}, r"--color has no effect with --mode matte; use --mode overlay or"),
    ({"mode": "blur", "contour": 2}, r"--contour has no effect with --mode blur"),
    ({"mode": "cutout", "alpha": 0.3}, r"--alpha has no effect with --mode cutout"),
    ({"legend": True}, r"--legend names classes"),
    ({"mode": "cartoon"}, r"no mode 'cartoon'; supported values are overlay, matte, cutout"),
]


@pytest.mark.parametrize(("options", "message"), APART)
def test_options_that_do_not_go_together_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        Options(**options)


WRONG = [
    ({"feather": -1.0}, OptionError, "feather is -1"),
    ({"contour": 51}, OptionError, "contour is 51"),
    ({"mode": "blur", "blur": 0.0}, OptionError, "blur is 0"),
    ({"mode": "replace", "background": "nowhere.png"}, InputError, "there is no background nowhere.png"),
]


@pytest.mark.parametrize(("options", "kind", "message"), WRONG)
def test_values_out_of_range_are_refused_before_any_work(
    options: dict[str, Any],
    kind: type[MaskSmoothError],
    message: str,
    clip: Path,
    masks: Path,
    tmp_path: Path,
) -> None:
    with pytest.raises(kind, match=message):
        run(clip, masks, tmp_path / "out.mkv", **options)
    assert list(tmp_path.iterdir()) == []


def test_a_legend_of_masks_without_classes_is_refused(clip: Path, masks: Path, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="have none; leave it out"):
        run(clip, masks, tmp_path / "out.mkv", legend=True)


def test_a_network_of_one_class_is_named(clip: Path, tmp_path: Path) -> None:
    frames = []
    for legend in (False, True):
        out = tmp_path / f"{legend}.mkv"
        convert(clip, out, segmenter="selfie", classes="person", legend=legend, codec="ffv1")
        with av.open(str(out)) as film:
            frames.append(next(film.decode(video=0)).to_ndarray(format="gray"))
    assert (frames[0][:14, :40] != frames[1][:14, :40]).mean() > 0.5


def test_the_background_is_never_written_over(clip: Path, masks: Path) -> None:
    with pytest.raises(OutputError, match="is the input itself"):
        run(clip, masks, masks, mode="replace", background=str(masks), overwrite=True)
