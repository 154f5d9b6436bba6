"""What must hold for people's originals: a clip a trap, run through, and ffprobe has the word."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

import pytest

import masksmooth_filter as mf
from masksmooth_filter.errors import OutputError
from tests.acceptance.cases import MORE, PICTURE, REFUSED, STREAMS, TIME, Case
from tests.acceptance.judge import differences, film
from tests.acceptance.traps import Recipe

ALL = os.environ.get("MASKSMOOTH_ACCEPTANCE") == "all"
"""Whether cases are written to all their containers; else to one or two, so that the whole takes minutes."""

RUNS = [
    pytest.param(case, target, id=f"{case.name} {case.source} to {target}")
    for cases, most in (((*TIME, *STREAMS, *PICTURE), 2), (MORE, 1))
    for case in cases
    for target in case.targets.split()[: None if ALL else most]
]


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Clips by the name of their case, made once."""
    return {}


@pytest.mark.ffmpeg
@pytest.mark.parametrize(("case", "target"), RUNS)
def test_nothing_differs_but_what_must(
    case: Case,
    target: str,
    sources: dict[str, Path],
    tmp_path_factory: pytest.TempPathFactory,
    tmp_path: Path,
) -> None:
    if case.name not in sources:
        sources[case.name] = case.recipe(tmp_path_factory.mktemp("source"), case.source)
    source, output = sources[case.name], tmp_path / f"out{target}"
    report = mf.convert(source, output, segmenter="selfie")
    moved = film(output).times[0] - film(source).times[0] if case.moved else Fraction(0)
    found = differences(source, output, moved=moved)
    may = {kind.rstrip("?") for kind in case.differs.split()}
    must = {kind for kind in case.differs.split() if not kind.endswith("?")}
    assert must <= found.keys() <= may, found
    assert case.says in " | ".join(report.warnings)
    assert bool(report.warnings) >= bool(case.says)


@pytest.mark.ffmpeg
@pytest.mark.parametrize(
    ("name", "recipe", "source", "target", "way_out"), REFUSED, ids=lambda value: str(value)[:40]
)
def test_what_cannot_be_held_is_refused_before_any_work(
    name: str, recipe: Recipe, source: str, target: str, way_out: str, tmp_path: Path
) -> None:
    clip, output = recipe(tmp_path, source), tmp_path / f"out{target}"
    with pytest.raises(OutputError, match=rf"cannot hold stream #1 .*use .*\{way_out}.*--drop-unsupported"):
        mf.convert(clip, output, segmenter="selfie")
    assert not output.exists()
