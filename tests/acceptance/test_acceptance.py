"""What must hold for people's originals: a clip a trap, run through, and ffprobe has the word."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

import pytest

import masksmooth_filter as mf
from tests.acceptance.cases import PICTURE, STREAMS, TIME, Case
from tests.acceptance.judge import differences, film

MOST = None if os.environ.get("MASKSMOOTH_ACCEPTANCE") == "all" else 2
"""Containers a case is written to: two, so that the whole takes minutes; all of them on demand."""

RUNS = [
    pytest.param(case, target, id=f"{case.name} {case.source} to {target}")
    for case in (*TIME, *STREAMS, *PICTURE)
    for target in case.targets.split()[:MOST]
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
