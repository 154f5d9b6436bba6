"""The kernels' benchmarks: peers compute what they are held against, figures mean what they say, and the
documents show what a run saved."""

from __future__ import annotations

import re

import numpy as np
import pytest

from benchmarks.kernels import ours, report, tables
from benchmarks.kernels.copying import aligned, stream_copy
from benchmarks.kernels.goals import GOALS
from benchmarks.kernels.interleave import Race, Timing
from benchmarks.kernels.masks import recipe, still_share
from benchmarks.kernels.peers import Peer, every_peer
from benchmarks.kernels.plan import KINDS, SIZES, cases, rows
from benchmarks.kernels.results import Results, of_copy, slower
from tests.conftest import ROOT

SHAPE = (16, 24, 64)
PEERS = {peer.name: peer for peer in every_peer()}
RESULTS = Results.load()


@pytest.mark.parametrize("radius", [1, 3, 7])
@pytest.mark.parametrize("name", PEERS)
def test_a_peers_bytes_are_ours_within_its_tolerance(name: str, radius: int) -> None:
    peer = PEERS[name]
    if why := peer.absent():
        pytest.skip(why)
    if not peer.same:
        pytest.skip("computes something else, which the page says")
    function = peer.functions[0]
    masks = recipe(KINDS[function], SHAPE)
    prepared = peer.prepare(masks, radius)
    try:
        found = prepared.result().astype(int)
    finally:
        prepared.close()
    want = ours.whole(function, masks, radius, aligned(SHAPE))[radius : len(masks) - radius]
    assert found.shape == want.shape
    assert np.abs(found - want).max() <= peer.tolerance


def test_a_copy_past_the_caches_copies_every_byte() -> None:
    masks = recipe("soft", SHAPE)
    target = aligned(SHAPE)
    target[:] = 77
    stream_copy(masks, target)
    assert np.array_equal(masks, target)
    with pytest.raises(ValueError, match="aligned"):
        stream_copy(masks[:, 1:].copy().reshape(-1)[1:-63], target.reshape(-1)[1:-63])


@pytest.mark.parametrize("kind", ["soft", "binary", "labels"])
def test_the_recipe_gives_the_same_masks_again_and_no_two_alike(kind: str) -> None:
    masks = recipe(kind, (6, 120, 214))  # type: ignore[arg-type]
    assert np.array_equal(masks, recipe(kind, (6, 120, 214)))  # type: ignore[arg-type]
    assert len({plane.tobytes() for plane in masks}) == 6
    values = set(np.unique(masks).tolist())
    assert {"soft": len(values) > 100, "binary": values == {0, 255}, "labels": 3 <= len(values) <= 21}[kind]


def test_still_runs_are_those_of_one_value_over_the_window() -> None:
    masks = np.zeros((7, 1, 256), np.uint8)
    masks[3, 0, 70] = 1
    assert still_share(masks, 7) == 0.75
    masks[:, 0, 128:192] = np.arange(64)
    assert still_share(masks, 7) == 0.5


def test_ratios_are_taken_within_a_round() -> None:
    race = Race(
        {
            "": [Timing(2, 4), Timing(20, 40), Timing(2, 4)],
            "copy": [Timing(1, 4), Timing(10, 20), Timing(1, 1)],
        }
    )
    found = race.summary(4 * 10**9, 4 * 10**9)
    assert found["against"] == {"copy": {"cpu": [2, 2, 2], "wall": [2, 1.5, 3], "least": 4}}
    assert found["cpu"]["gbs"][0] == 2  # type: ignore[index]
    row = {**found, "contender": "ours"}
    assert slower(row, "copy") == [2, 2, 2]
    half = race.summary(2 * 10**9, 4 * 10**9)
    assert half["against"]["copy"]["cpu"] == [4, 4, 4]  # type: ignore[index]
    assert of_copy(row, "wall") == pytest.approx([1 / 2, 1 / 3, 1 / 1.5])


def test_a_peer_gets_at_most_the_frame_and_at_least_what_leaves_the_cache() -> None:
    for peer in PEERS.values():
        for size in SIZES.values():
            part = rows(peer, size, 31)
            assert 0 <= part.start < part.stop <= size.height
            wanted = min(20_000_000, size.frames * size.height * size.width)
            assert (part.stop - part.start) * size.frames * size.width >= wanted - size.frames * size.width


def test_every_goal_is_run_and_quick_is_a_part_of_the_whole() -> None:
    run = {(c.function, c.source, c.size.name, c.window, c.contender) for c in cases(quick=False)}
    assert {(c.function, c.source, c.size.name, c.window, c.contender) for c in cases(quick=True)} <= run
    for goal in GOALS:
        assert (goal.function, "recipe", "1080p", goal.window, goal.peer or goal.contender) in run


def test_every_peer_is_in_the_page_be_it_absent_or_not() -> None:
    gone: Peer = next(iter(PEERS.values()))
    machine = RESULTS.machine | {"absent": {gone.name: "it was raining"}}
    page = tables.differences(Results(machine, "", "", {}))
    assert all(f"| {name} |" in page for name in PEERS)
    assert "absent: it was raining" in page


@pytest.mark.parametrize(
    ("document", "render"), [("README.md", report.readme), ("docs/benchmarks.md", report.page)]
)
def test_the_documents_show_what_the_run_saved(document: str, render: object) -> None:
    text = (ROOT / document).read_text()
    block = re.search(r"<!-- begin kernels -->\n(.*?)<!-- end kernels -->", text, re.S)
    assert block is not None
    assert callable(render)
    assert block[1] == render(RESULTS), "run `make bench-report`"


def test_the_saved_run_does_not_name_the_machine() -> None:
    import platform

    saved = (ROOT / "benchmarks" / "results" / "kernels.json").read_text()
    assert '"node"' not in saved
    assert platform.node() not in saved.replace('"', " ").split()
