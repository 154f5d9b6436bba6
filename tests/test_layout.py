"""The house keeps its plan: rooms, import direction, sizes, what is loaded when, what is shipped."""

from __future__ import annotations

import ast
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ROOT

FLOORS = [
    {"masksmooth_kernels"},
    {"cores", "cuda", "errors", "timing", "frames", "filter", "files"}
    | {"modes", "options", "plugins", "settings"},
    {"media", "segment", "smoothing", "composite"},
    {"exports", "report", "verification", "doctor"},
    {"run"},
    {"scale"},
    {"integrations", "masksmooth_cli"},
]
SOURCES = [
    *(ROOT / "masksmooth_filter").rglob("*.py"),
    *(ROOT / "kernels").rglob("*.py"),
    *(ROOT / "cli").rglob("*.py"),
]


def room(module: str) -> str:
    """The room a module of ours is in: its package, or for masksmooth_filter its part."""
    parts = module.split(".")
    return parts[1] if parts[0] == "masksmooth_filter" and len(parts) > 1 else parts[0]


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    parts = parts[1:] if parts[0] in ("kernels", "cli") else parts
    return ".".join(parts).removesuffix(".__init__")


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return {name for name in found if name.startswith("masksmooth_")}


def floor(name: str) -> int:
    return next((i for i, rooms in enumerate(FLOORS) if name in rooms), len(FLOORS))


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_go_one_way(path: Path) -> None:
    here = room(module_of(path))
    if here in ("masksmooth_filter", "__main__"):
        return  # the package's face names everything; python -m is the one step up
    for module in imports(path):
        there = room(module)
        if there in (here, "masksmooth_filter"):
            continue
        same_floor_is_fine = floor(here) == 1
        lower = floor(there) < floor(here) or (same_floor_is_fine and floor(there) == 1)
        assert lower, f"{here} imports {there}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_files_and_functions_are_short(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= 300
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            doc = ast.get_docstring(node, clean=False) or ""
            assert (node.end_lineno or 0) - node.lineno - doc.count("\n") <= 40, node.name


def test_kernels_and_cli_are_source_roots_not_packages() -> None:
    for folder in ("kernels", "cli"):
        assert not (ROOT / folder / "__init__.py").exists()
        assert len([p for p in (ROOT / folder).iterdir() if p.is_dir() and p.name != "__pycache__"]) == 1


def loaded_by(code: str) -> set[str]:
    path = [str(ROOT), str(ROOT / "kernels"), str(ROOT / "cli")]
    script = f"import sys; sys.path[:0] = {path!r}\n{code}\nprint(*sys.modules, sep='\\n')"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return {name.split(".")[0] for name in done.stdout.splitlines()}


HEAVY = {"torch", "torchvision", "numba", "cv2", "ai_edge_litert", "matplotlib", "jinja2"}
HELP = "from masksmooth_cli.main import command\ncommand.main(['--help'], standalone_mode=False)"
USE = "import masksmooth_filter as mf\n[getattr(mf, name) for name in mf.__all__]"


@pytest.mark.parametrize(
    ("code", "never"),
    [
        ("import masksmooth_filter", HEAVY | {"av", "numpy"}),
        ("import masksmooth_kernels", HEAVY | {"av", "masksmooth_filter"}),
        (USE, HEAVY),
        (HELP, HEAVY | {"av", "numpy"}),
    ],
    ids=["the library", "the kernels", "every public name", "--help"],
)
def test_nothing_heavy_is_loaded_before_it_is_needed(code: str, never: set[str]) -> None:
    assert not loaded_by(code) & never


def test_the_wheel_holds_the_three_packages_and_the_model(tmp_path: Path) -> None:
    pytest.importorskip("hatchling")
    build = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(tmp_path),
        str(ROOT),
    ]
    subprocess.run(build, check=True, capture_output=True)
    names = zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist()
    tops = {name.split("/")[0] for name in names if ".dist-info" not in name}
    assert tops == {"masksmooth_filter", "masksmooth_kernels", "masksmooth_cli"}
    assert "masksmooth_filter/models/selfie_segmentation.tflite" in names
    assert {f"masksmooth_filter/report/page/page.{kind}" for kind in ("html", "css", "js")} <= set(names)
    for package in tops:
        assert f"{package}/py.typed" in names
    assert any(name.endswith("licenses/NOTICE") for name in names)
