"""``--doctor``: true about a sound machine, and about broken ones."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from masksmooth_filter.cuda import has_nvidia_driver
from masksmooth_filter.doctor import encoders, folders
from masksmooth_filter.doctor.diagnosis import diagnose
from masksmooth_filter.doctor.finding import Finding, looked
from tests.conftest import ROOT

PARTS = ("masksmooth_filter", "kernels", "cli")


def doctor(
    *, first: Path | None = None, root: Path = ROOT, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run the command on the sources under ``root``, with a folder in front of every package."""
    path = [str(part) for part in (first, root, root / "kernels", root / "cli") if part is not None]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path)} | variables
    command = [sys.executable, "-c", "from masksmooth_cli.main import main; main()", "--doctor"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, cwd=root)


def copied(folder: Path, *without: str) -> Path:
    """A copy of the sources, without the files that match a pattern."""
    for part in PARTS:
        leave_out = shutil.ignore_patterns("__pycache__", *without)
        shutil.copytree(ROOT / part, folder / part, ignore=leave_out)
    return folder


def marked(text: str, mark: str) -> dict[str, str]:
    """The findings with a mark, by name."""
    lines = [line.removeprefix(f"  {mark}  ") for line in text.splitlines() if line.startswith(f"  {mark}  ")]
    return dict(line.split(": ", 1) for line in lines)


def test_a_sound_machine_can_run_and_the_report_names_everything(tmp_path: Path) -> None:
    done = doctor(HOME=str(tmp_path), TORCH_HOME=str(tmp_path / "torch"), API_TOKEN="s3cr3t")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("masksmooth-filter ")
    assert "the default command can run" in done.stdout.splitlines()[0]
    fine = marked(done.stdout, "ok")
    assert {"system", "processor", "numpy", "av", "numba", "selfie", "auto", "default", "libav"} <= set(fine)
    assert "libx264" in fine["open here"].split()
    assert "selfie" in fine["auto"] or "deeplabv3_resnet50" in fine["auto"]
    assert "kept" in fine["compiled kernels"]
    assert fine["weights"] == "~/torch/hub/checkpoints"
    assert not marked(done.stdout, "!!")
    for private in ("s3cr3t", str(tmp_path)):
        assert private not in done.stdout


def test_a_missing_model_file_is_found_and_is_status_1(tmp_path: Path) -> None:
    done = doctor(root=copied(tmp_path, "*.tflite"))
    assert done.returncode == 1
    assert "the default command CANNOT run: selfie" in done.stdout
    assert "selfie_segmentation_landscape.tflite" in marked(done.stdout, "!!")["selfie"]
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize(("module", "package"), [("cv2", "opencv-python-headless"), ("av", "av")])
def test_a_package_that_cannot_be_loaded_is_found_and_hides_nothing_else(
    module: str, package: str, tmp_path: Path
) -> None:
    (tmp_path / f"{module}.py").write_text("raise ImportError('libGL.so.1: cannot open shared object file')")
    done = doctor(first=tmp_path)
    assert done.returncode == 1
    assert "libGL.so.1" in marked(done.stdout, "!!")[package]
    for section in ("machine", "packages", "segmenters", "encoders", "folders"):
        assert f"\n{section}\n" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_caches_that_cannot_be_written_are_told_but_keep_nothing_from_running(tmp_path: Path) -> None:
    root = copied(tmp_path / "installed")
    (tmp_path / "file").touch()
    (root / "kernels" / "masksmooth_kernels" / "__pycache__").touch()
    nowhere = str(tmp_path / "file" / "cache")
    done = doctor(root=root, HOME=nowhere, XDG_CACHE_HOME=nowhere, TORCH_HOME=nowhere)
    assert done.returncode == 0
    told = marked(done.stdout, "--")
    assert told["weights"].endswith("file is not a folder")
    assert "every start compiles it anew" in told["compiled kernels"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert folders.trouble_with(tmp_path / "a" / "b") == f"{tmp_path} may not be written to"


def test_folders_that_are_not_there_yet_are_fine_where_they_can_be_made(tmp_path: Path) -> None:
    assert folders.trouble_with(tmp_path / "a" / "b") is None


def test_compiled_kernels_are_kept_by_the_first_start_and_found_by_the_second(tmp_path: Path) -> None:
    first, second = (doctor(NUMBA_CACHE_DIR=str(tmp_path)).stdout for _ in range(2))
    assert "kept just now" in marked(first, "ok")["compiled kernels"]
    assert "found again" in marked(second, "ok")["compiled kernels"]


def test_without_the_default_encoder_nothing_can_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoders, "SOFTWARE", ("no_such_encoder", "ffv1"))
    found = {finding.name: finding for finding in encoders.encoders()}
    assert found["default"] == Finding(
        "default", "no_such_encoder does not open; --codec takes another", "bad"
    )
    assert found["open here"].text.split()[0] == "ffv1"
    diagnosis = diagnose()
    assert not diagnosis.ok
    assert "CANNOT run: default" in diagnosis.text()


def test_planted_weights_are_told(tmp_path: Path) -> None:
    folder = tmp_path / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    (folder / "lraspp_mobilenet_v3_large-d234d4ea.pth").write_bytes(b"planted")
    done = doctor(TORCH_HOME=str(tmp_path), MASKSMOOTH_WEIGHTS="")
    assert "sha256 begins" in marked(done.stdout, "--")["lraspp_mobilenet_v3_large"]
    missing = marked(done.stdout, "--")["deeplabv3_mobilenet_v3_large"]
    assert "42.3 MB would be fetched to" in missing
    named = doctor(MASKSMOOTH_WEIGHTS=str(tmp_path / "gone.pth"))
    assert "is not there" in marked(named.stdout, "--")["lraspp_mobilenet_v3_large"]


@pytest.mark.skipif(has_nvidia_driver(), reason="where there is a driver, choosing needs torch")
def test_torch_is_not_loaded_where_there_is_no_driver() -> None:
    code = (
        "import sys; from masksmooth_filter.doctor.diagnosis import diagnose; diagnose();"
        "print([name for name in ('torch', 'torchvision', 'matplotlib') if name in sys.modules])"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "kernels")))}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert done.stdout == "[]\n"


def test_what_fails_is_a_finding_in_one_line() -> None:
    def look() -> Finding:
        raise ValueError("first\nsecond")

    assert looked("x", look) == Finding("x", "fails: ValueError: first", "bad")
    assert looked("x", look, otherwise="note").state == "note"


def test_what_other_packages_add_is_named_without_importing_it(tmp_path: Path) -> None:
    folder = tmp_path / "teal-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: teal\nVersion: 1.0\n")
    (folder / "entry_points.txt").write_text("[masksmooth_filter.segmenters]\nteal = no_such_module:make\n")
    done = doctor(first=tmp_path)
    assert done.returncode == 0
    assert marked(done.stdout, "ok")["teal"].startswith("segmenter of ")
