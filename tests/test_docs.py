"""What the documents say is so."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.clips import make_clip
from tests.conftest import ROOT
from tests.test_cli import run

README = (ROOT / "README.md").read_text()
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]
PYTHON = [
    (p.name, block) for p in DOCUMENTS for block in re.findall(r"```python\n(.*?)```", p.read_text(), re.S)
]


def test_the_help_in_the_readme_is_the_commands_help() -> None:
    block = re.search(r"<!-- begin help -->\n```text\n(.*?)```", README, re.S)
    assert block is not None
    assert block[1] == run("--help").stdout, "run `make readme`"


@pytest.mark.parametrize(("name", "block"), PYTHON, ids=[f"{name}-{i}" for i, (name, _) in enumerate(PYTHON)])
def test_python_in_the_documents_runs(name: str, block: str, tmp_path: Path) -> None:
    make_clip(tmp_path / "in.mp4", frames=8, audio=1)
    path = [str(ROOT), str(ROOT / "kernels"), str(ROOT / "cli")]
    script = f"import sys; sys.path[:0] = {path!r}\n{block}"
    subprocess.run(
        [sys.executable, "-W", "error", "-c", script], check=True, cwd=tmp_path, capture_output=True
    )


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: p.name)
def test_links_in_the_documents_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)\)", document.read_text()):
        assert target.startswith("http") or (document.parent / target).exists(), target


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: p.name)
def test_options_named_in_the_documents_exist(document: Path) -> None:
    shown = run("--help").stdout
    lines = [line for line in document.read_text().splitlines() if line.startswith("masksmooth-filter ")]
    for option in {o for line in lines for o in re.findall(r"(?<!\S)--[a-z-]+", line)}:
        assert f"{option} " in shown or f"{option}\n" in shown, option


def test_every_option_has_a_help_text() -> None:
    from masksmooth_cli.main import command

    for parameter in command.params:
        if parameter.param_type_name == "option":
            assert getattr(parameter, "help", None), parameter.name


def test_the_scoreboard_in_the_readme_is_the_measured_one() -> None:
    pattern = re.compile(r"<!-- begin scoreboard -->\n(.*?)<!-- end scoreboard -->", re.S)
    blocks = [pattern.search(text) for text in (README, (ROOT / "docs" / "scoreboard.md").read_text())]
    assert blocks[0] is not None
    assert blocks[1] is not None
    assert blocks[0][1] == blocks[1][1], "run benchmarks/scoreboard.py --write"
