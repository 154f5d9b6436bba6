"""The examples run, each with the library it shows."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import av
import numpy as np
import pytest

from tests.clips import make_clip, packet_hashes, person_mask
from tests.conftest import ROOT

FRAMES = 12
SIZE = (96, 64)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("examples") / "in.mp4", frames=FRAMES, size=SIZE, audio=1)


def run_example(code: str, *arguments: str | Path) -> None:
    """Run an example as its user would: in a process of its own (some libraries' FFmpegs do not mix)."""
    path = os.pathsep.join(
        [*map(str, (ROOT, ROOT / "kernels", ROOT / "examples")), os.environ.get("PYTHONPATH", "")]
    )
    call = [sys.executable, *([code] if code.endswith(".py") else ["-c", code]), *map(str, arguments)]
    done = subprocess.run(
        call, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr


def pictures(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def assert_tinted(source: Path, target: Path) -> None:
    """All frames are there, the blob has become greener and the rest has not."""
    before, after = pictures(source), pictures(target)
    assert len(after) == len(before) == FRAMES
    for number, (old, new) in enumerate(zip(before, after, strict=True)):
        inside = person_mask(number, *SIZE) > 0
        greener = (new - new.mean(-1, keepdims=True))[..., 1] - (old - old.mean(-1, keepdims=True))[..., 1]
        assert greener[inside].mean() > 20
        assert abs(greener[~inside].mean()) < 6


@pytest.mark.ffmpeg
@pytest.mark.parametrize(
    ("name", "needs"),
    [
        ("opencv_loop", ()),
        ("supervision_callback", ("supervision",)),
        ("torchcodec_loop", ("torchcodec",)),
        ("moviepy_loop", ("moviepy",)),
    ],
)
def test_a_loop_of_another_library_tints_every_frame(
    name: str, needs: tuple[str, ...], clip: Path, tmp_path: Path
) -> None:
    for library in needs:
        if find_spec(library) is None:
            pytest.skip(f"{library} is not installed")
    out = tmp_path / "out.mp4"
    run_example(str(ROOT / "examples" / f"{name}.py"), clip, out)
    assert_tinted(clip, out)


@pytest.mark.ffmpeg
def test_the_pyav_loop_tints_every_frame_and_copies_the_sound(clip: Path, tmp_path: Path) -> None:
    masks = make_clip(tmp_path / "masks.mkv", frames=FRAMES, size=SIZE, pix_fmt="gray", codec="ffv1")
    out = tmp_path / "out.mp4"
    code = "import sys, pyav_loop; pyav_loop.main(*sys.argv[1:3], masks_from=sys.argv[3], threshold=0.8)"
    run_example(code, clip, out, masks)
    assert_tinted(clip, out)
    assert packet_hashes(out, stream="a:0") == packet_hashes(clip, stream="a:0")
