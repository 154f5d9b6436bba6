"""The temporal kernels and their peers: each is checked, then timed in turns with ours and a copy."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.kernels import ours
from benchmarks.kernels.copying import aligned, rinse
from benchmarks.kernels.interleave import Contender, race
from benchmarks.kernels.masks import Kind, Source, still_share, volume
from benchmarks.kernels.peers import Bytes, Function, Peer, every_peer
from benchmarks.kernels.plan import Case, cases, rows

PEERS = {peer.name: peer for peer in every_peer()}
TWO_THREADS = 2
"""Times as many rounds for two threads: of fewer, few find both cores free."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    found = cases(quick=metafunc.config.getoption("--quick", default=False))
    peers = metafunc.function is test_peer
    chosen = [case for case in found if (case.contender in PEERS) == peers]
    metafunc.parametrize("case", chosen, ids=str)


def note(benchmark: BenchmarkFixture, case: Case, masks: Bytes) -> None:
    benchmark.group = case.group
    benchmark.extra_info |= {
        "function": case.function,
        "source": case.source,
        "size": case.size.name,
        "shape": list(masks.shape),
        "window": case.window,
        "contender": case.contender,
    }


@functools.lru_cache(maxsize=1)
def expected(
    function: Function, kind: Kind, source: Source, shape: tuple[int, int, int], window: int
) -> Bytes:
    """Our whole-volume result, which tests/ holds against slow oracles."""
    masks = volume(kind, source, shape)
    return ours.whole(function, masks, window // 2, aligned(masks.shape))


def test_ours(benchmark: BenchmarkFixture, case: Case) -> None:
    masks, radius = volume(case.kind, case.source, case.size.shape), case.window // 2
    contender, result = ours.contender(case.function, masks, radius, case.contender)
    against: dict[str, Contender] = {**ours.copies(masks)}
    two = case.contender == "ours, 2 threads"
    if two:
        against |= ours.copies(masks, threads=2)
        against["ours"], _ = ours.contender(case.function, masks, radius, "ours")
    want = expected(case.function, case.kind, case.source, case.size.shape, case.window)
    assert np.array_equal(result(), want)
    note(benchmark, case, masks)
    size = masks.nbytes
    benchmark.extra_info["still"] = round(still_share(masks, case.window), 3)
    bytes_ = {"output_bytes": size, "reference_bytes": size}
    race(benchmark, contender, against, **bytes_, between=rinse, more=TWO_THREADS if two else 1)


def test_peer(benchmark: BenchmarkFixture, case: Case) -> None:
    peer, radius = PEERS[case.contender], case.window // 2
    if why := peer.absent():
        pytest.skip(f"{peer.name}: {why}")
    whole = volume(case.kind, case.source, case.size.shape)
    part = rows(peer, case.size, case.window)
    masks = whole if part == slice(0, case.size.height) else strip(whole, part)
    note(benchmark, case, masks)
    prepared = peer.prepare(masks, radius)
    try:
        benchmark.extra_info["off"] = compare(peer, prepared.result(), case.function, masks, radius)
        against = references(peer, case.function, masks, radius)
        frames = len(masks) if peer.ends else len(masks) - 2 * radius
        filtered = masks[:frames].nbytes
        race(benchmark, prepared, against, output_bytes=filtered, reference_bytes=masks.nbytes, between=rinse)
    finally:
        prepared.close()


def strip(masks: Bytes, part: slice) -> Bytes:
    out = aligned((len(masks), part.stop - part.start, masks.shape[2]))
    np.copyto(out, masks[:, part])
    return out


def references(peer: Peer, function: Function, masks: Bytes, radius: int) -> dict[str, Contender]:
    """A copy and ours; ours frame by frame as well for a peer that works so."""
    found: dict[str, Contender] = {"copy": ours.copies(masks)["copy"]}
    names = ("ours", "ours, 1 in") if peer.streams else ("ours",)
    return found | {name: ours.contender(function, masks, radius, name)[0] for name in names}


def compare(peer: Peer, found: Bytes, function: Function, masks: Bytes, radius: int) -> int | None:
    """Return the most a peer's bytes differ from ours where both have a whole window, having checked it."""
    if not peer.same:
        return None
    want = ours.whole(function, masks, radius, aligned(masks.shape))[radius : len(masks) - radius]
    assert found.shape == want.shape
    off = int(max(np.abs(a.astype(np.int16) - b).max() for a, b in zip(found, want, strict=True)))
    assert off <= peer.tolerance
    return off
