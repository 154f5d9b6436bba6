"""Segmenters and smoothers of other packages, really installed by pip."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import masksmooth_filter as mf
from masksmooth_filter import plugins
from masksmooth_filter.errors import ModelError, OptionError
from masksmooth_filter.segment.registry import SegmenterOptions, create_model
from tests.clips import make_clip, person_mask, picture
from tests.conftest import ROOT
from tests.integrations.gst_harness import Bit, gstreamer, run
from tests.integrations.gst_pads import pads


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the packages of tests/packages installed by pip."""
    base = tmp_path_factory.mktemp("packages")
    shutil.copytree(ROOT / "tests" / "packages", base / "sources")
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--no-index"]
    sources = [str(path) for path in sorted((base / "sources").iterdir())]
    subprocess.run([*pip, "--target", str(base / "site"), *sources], check=True, capture_output=True)
    return base / "site"


@pytest.fixture
def there(installed: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The packages, importable."""
    monkeypatch.syspath_prepend(str(installed))
    return installed


def command(site: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join(map(str, (ROOT, ROOT / "kernels", ROOT / "cli", site)))
    call = [sys.executable, "-m", "masksmooth_cli.main", *map(str, arguments)]
    return subprocess.run(call, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True)


def test_other_packages_segmenter_and_method_serve_the_command(installed: Path, tmp_path: Path) -> None:
    clip, out = make_clip(tmp_path / "in.mkv", frames=5, codec="ffv1"), tmp_path / "out.mkv"
    options = ("--segmenter", "bright", "--method", "brightest", "--mode", "matte", "--codec", "ffv1")
    options += ("--feather", "0")
    done = command(installed, clip, out, *options)
    assert done.returncode == 0, done.stderr
    truth = np.stack([person_mask(n, 96, 64) for n in range(5)])
    want = np.concatenate([np.maximum(truth[:-1], truth[1:]), truth[-1:]])
    got = np.stack(frames_of(out))
    assert (got != want).mean() < 0.01  # the film is limited range: a level of 200 is met a pixel later


def frames_of(path: Path) -> list[np.ndarray]:
    import av

    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]


def test_they_serve_the_loop_and_the_element(there: Path, tmp_path: Path) -> None:
    gstreamer()
    lumas = [picture(n, 96, 64) for n in range(6)]
    bits = [Bit(luma.tobytes(), n * 40_000_000, 40_000_000) for n, luma in enumerate(lumas)]
    caps = "video/x-raw,format=GRAY8,width=96,height=64,framerate=25/1"
    out = run("masksmooth segmenter=bright method=brightest mode=matte feather=0", caps, bits)
    assert [bit.pts for bit in out] == [bit.pts for bit in bits]
    smoother: mf.MaskSmoother[int] = mf.MaskSmoother(method="brightest")
    masks = [np.where(luma >= 200, 255, 0).astype(np.uint8) for luma in lumas]
    pairs = [pair for n, mask in enumerate(masks) for pair in smoother.push(n, mask)] + smoother.flush()
    assert [np.frombuffer(bit.data, np.uint8).reshape(64, 96).tobytes() for bit in out] == [
        mask.tobytes() for _, mask in pairs
    ]


def test_a_batch_and_a_look_ahead_add_up(there: Path) -> None:
    assert mf.frame_filter(segmenter="bright", method="brightest").latency == 3 - 1 + 1


def test_causal_in_the_element_waits_for_no_batch(there: Path) -> None:
    gstreamer()
    caps = "video/x-raw,format=GRAY8,width=96,height=64,framerate=25/1"
    with pads(caps, segmenter="bright", method="ema", causal=True) as made:
        for n in range(4):
            made.push(Bit(picture(n, 96, 64).tobytes(), n, 1))
            assert made.times[-1] == n


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("unimportable", "ModuleNotFoundError: No module named 'broken_things.no_such_part'"),
        ("quitting", "SystemExit: 3"),
    ],
)
def test_a_broken_segmenter_is_one_line_that_names_the_package(there: Path, name: str, found: str) -> None:
    with pytest.raises(ModelError) as caught:
        create_model(name)
    assert str(caught.value).startswith(
        f"the segmenter {name!r} of broken-things 0.0.1 cannot be loaded: {found}"
    )
    assert "\n" not in str(caught.value)


def test_a_broken_method_is_one_line_that_names_the_package(there: Path) -> None:
    with pytest.raises(
        ModelError, match=r"the smoothing method 'failing' of broken-things 0\.0\.1 cannot be"
    ) as it:
        mf.MaskSmoother(method="failing")
    assert "\n" not in str(it.value)


def test_a_plug_in_that_gives_something_else_is_told_what_lacks(there: Path) -> None:
    with pytest.raises(ModelError, match=r"broken-things 0\.0\.1 gave a str object without classes, labels"):
        create_model("half")


def test_a_broken_package_ends_the_command_with_one_line(installed: Path, tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "in.mp4", frames=2)
    done = command(installed, clip, tmp_path / "out.mp4", "--segmenter", "unimportable")
    assert done.returncode == ModelError.exit_code
    assert done.stderr.count("\n") == 1
    assert "broken-things 0.0.1" in done.stderr


def test_what_is_offered_is_listed_with_ours(there: Path) -> None:
    with pytest.raises(OptionError, match="tflite:PATH, onnx:PATH, bright, half, quitting, unimportable"):
        create_model("nope")
    with pytest.raises(OptionError, match="motion, gaussian, median, ema, none, brightest, failing"):
        mf.MaskSmoother(method="nope")


def test_a_plug_in_may_refuse_an_option_in_its_own_words(there: Path) -> None:
    with pytest.raises(OptionError, match="bright knows no classes"):
        create_model("bright", options=SegmenterOptions(classes=("dog",)))
    with pytest.raises(OptionError, match="brightest looks one frame ahead"):
        mf.MaskSmoother(method="brightest", radius=4)


def test_metadata_that_cannot_be_read_hides_no_other_package(
    installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(installed, tmp_path / "site")
    (points,) = (tmp_path / "site").glob("broken_things*/entry_points.txt")
    points.write_text("[masksmooth_filter.segmenters]\nthis is no entry\n")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    assert plugins.offered(plugins.SEGMENTERS) == ("bright",)
    create_model("bright").close()


def test_a_name_that_two_packages_offer_is_refused(
    installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(installed, tmp_path / "site")
    (points,) = (tmp_path / "site").glob("broken_things*/entry_points.txt")
    points.write_text("[masksmooth_filter.segmenters]\nbright = broken_things:half\n")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    with pytest.raises(OptionError, match=r"offered by broken-things 0\.0\.1 and steady-things 2\.1"):
        create_model("bright")
