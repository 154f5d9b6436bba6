"""Throughput against workers, from what a frame costs at each place it goes through."""

from __future__ import annotations

from dataclasses import dataclass

from masksmooth_filter.run.frame_filter import MOST_THREADS

WORKERS = (1, 2, 4, 8, 16, 64, 256, 1000, 10_000)
LINK = 1.25e9
"""Bytes a second of the shared storage, or of the driver's network: 10 Gbit/s."""

CODED = 25_000.0
"""Bytes of a coded frame at least: 5 Mbit/s at 25 fps. Films by recipe are a tenth of that."""

FILM_FRAMES = 1500
"""Frames of a film of an archive: a minute of 25 fps."""

RATE = 25


@dataclass(frozen=True, slots=True)
class Costs:
    """What a frame costs: core-seconds by stage, and bytes.

    Attributes
    ----------
    decode, network, smooth, draw, encode : float
        Core-seconds of the plain chain.
    checksum, keep, read : float
        Core-seconds that chunks cost besides: the picture's checksum (made twice), writing its scores
        to a file, and reading them again.
    film, output, scores : float
        Bytes of the input, the output and the scores.
    order : float
        Seconds that the driver spends on a film of a batch.
    start : float
        Seconds from the command to the first worker's first frame.
    """

    decode: float
    network: float
    smooth: float
    draw: float
    encode: float
    checksum: float
    keep: float
    read: float
    film: float
    output: float
    scores: float
    order: float
    start: float

    @property
    def chain(self) -> float:
        """Core-seconds of a frame in the plain chain."""
        return self.decode + self.network + self.smooth + self.draw + self.encode

    @property
    def worker(self) -> float:
        """Core-seconds of a frame of a chunk, by its worker."""
        return self.decode + self.checksum + self.network + self.keep

    @property
    def driver(self) -> float:
        """Core-seconds of a frame of a film in chunks, by the driver."""
        return self.decode + self.checksum + self.read + self.smooth + self.draw + self.encode


@dataclass(frozen=True, slots=True)
class Bound:
    """What there can be at most, and why."""

    fps: float
    why: str


def batch(costs: Costs, workers: int, *, link: float = LINK) -> Bound:
    """Return frames a second of a batch, each worker on a core of its own."""
    return min(
        (
            Bound(workers / costs.chain, "cores"),
            Bound(link / (max(costs.film, CODED) + max(costs.output, CODED)), "shared storage"),
            Bound(FILM_FRAMES / costs.order, "the driver's orders"),
        ),
        key=lambda bound: bound.fps,
    )


def chunks(costs: Costs, workers: int, *, cores: int, link: float = LINK) -> Bound:
    """Return frames a second of one film in chunks, the driver on a machine of so many cores."""
    return min(
        (
            Bound(workers / costs.worker, "the network, on the workers"),
            Bound(cores / costs.driver, "all after the network, on the driver"),
            Bound(MOST_THREADS / costs.smooth, "the smoother, on the driver"),
            Bound(link / (max(costs.film, CODED) + costs.scores), "the driver's network"),
        ),
        key=lambda bound: bound.fps,
    )


def here(costs: Costs, workers: int, cores: int, *, cut: bool) -> float:
    """Return frames a second with everything on one machine: its cores do all the work there is.

    A worker of a batch is one process with a thread a stage, of which only the network's stays on one core.
    """
    if cut:
        return min(cores / (costs.worker + costs.driver), workers / costs.worker)
    return min(cores / costs.chain, workers / max(costs.network, costs.draw))


def knee(bound_of: object, costs: Costs, **setting: int) -> int:
    """Return the number of workers from which more gain nothing."""
    assert callable(bound_of)
    low, high = 1, 10_000_000
    most = bound_of(costs, high, **setting).fps
    while low < high:
        middle = (low + high) // 2
        if bound_of(costs, middle, **setting).fps >= most * 0.999:
            high = middle
        else:
            low = middle + 1
    return low
