"""The benchmark of segmentation runs where there is neither PyAV nor a GPU, and counts what it says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.deeplab

CONTENT = {"cpu": "old", "cuda": "kept"}


def test_the_networks_are_measured_without_pyav() -> None:
    code = (
        "import sys; sys.modules.update(av=None, cv2=None, numba=None);"
        "import benchmarks.segment.__main__, benchmarks.segment.cpu, benchmarks.segment.cuda, "
        "benchmarks.segment.page"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "kernels")))}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)


def test_a_table_replaces_its_own_part_of_the_page_only(tmp_path: Path) -> None:
    from benchmarks.segment.page import refresh

    page = tmp_path / "page.md"
    parts = [f"<!-- begin {name} -->\n{text}\n<!-- end {name} -->\n" for name, text in CONTENT.items()]
    page.write_text("a\n" + "".join(parts))
    refresh(page, "cpu", "| new |")
    text = page.read_text()
    assert "old" not in text
    assert text.startswith("a\n<!-- begin cpu -->\n| new |\n\nMeasured on ")
    assert text.endswith("<!-- begin cuda -->\nkept\n<!-- end cuda -->\n")


def test_the_trained_network_in_torch_gives_litert_scores(material: Path) -> None:
    """Operator by operator the same network, or what is said of bf16 would be about another one."""
    cv2, torch = pytest.importorskip("cv2"), pytest.importorskip("torch")
    from benchmarks.segment.trained import TrainedNetwork
    from masksmooth_filter.segment.interpreter import Interpreter

    path = material / "models" / "deeplabv3_257_mv_gpu.tflite"
    frame = cv2.imread(str(material / "davis" / "frames" / "parkour" / "00010.jpg"))[..., ::-1]
    picture = cv2.resize(frame, (257, 257), interpolation=cv2.INTER_AREA) / np.float32(127.5) - 1
    expected = Interpreter(path.read_bytes(), name="t", threads=1).run(picture[None])[0]
    assert set(np.unique(expected.argmax(axis=-1))) == {0, 15}
    x = torch.from_numpy(picture).permute(2, 0, 1)[None]
    found = TrainedNetwork(path, torch.float32)(x)[0].permute(1, 2, 0).numpy()
    assert np.abs(found - expected).max() < 1e-3
    short = TrainedNetwork(path, torch.bfloat16)(x)[0].argmax(0).numpy()
    assert 0.99 < (short == expected.argmax(axis=-1)).mean() < 1
