"""Which sizes, windows, masks and contenders are run, in full and with ``--quick``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.kernels.masks import Kind, Source, material
from benchmarks.kernels.peers import Function, Peer, every_peer


@dataclass(frozen=True, slots=True)
class Size:
    """Frames, height and width of a volume."""

    name: str
    frames: int
    height: int
    width: int

    @property
    def shape(self) -> tuple[int, int, int]:
        """As an array has it."""
        return self.frames, self.height, self.width

    def __str__(self) -> str:
        return f"{self.frames}x{self.height}x{self.width}"


SIZES = {
    "480p": Size("480p", 96, 480, 854),
    "1080p": Size("1080p", 48, 1080, 1920),
    "2160p": Size("2160p", 40, 2160, 3840),
}
"""40 to 330 MB: none fits a cache, and a window of 31 still has ten whole windows."""

WINDOWS = (3, 5, 7, 11, 15, 31)
KINDS: dict[Function, Kind] = {
    "gaussian": "soft",
    "median": "soft",
    "gaussian 0/255": "binary",
    "vote 0/255": "binary",
    "vote labels": "labels",
}
FIRST = ("FFmpeg tmix", "FFmpeg tmedian", "OpenCV GaussianBlur", "zsmooth TemporalMedian")
"""The strongest peer of each kind: run at every window at 1080p, and at these:"""
FIRST_AT = {"480p": (7, 15), "1080p": WINDOWS, "2160p": (7, 15)}
OTHERS_AT = (3, 7, 15)
"""Windows of the other peers, at 1080p, and of all peers on 0/255, which costs them what soft masks cost."""

RING = 7
"""Widest window whose planes of 1080p fit the last cache, at 15 MB; what a bare read of a ring reads."""

MOST_BYTES = 100_000_000
"""A peer gets at most a 1080p volume's bytes, from the middle rows of each frame ..."""
LEAST_BYTES = 20_000_000
"""... and no fewer than these, which with the result leave a 32 MB cache; between them, a second's work."""


@dataclass(frozen=True, slots=True)
class Case:
    """One contender in one group."""

    function: Function
    source: Source
    size: Size
    window: int
    contender: str

    @property
    def kind(self) -> Kind:
        """What masks it gets."""
        return KINDS[self.function]

    @property
    def group(self) -> str:
        """``function|shape|window``; masks that are not by the recipe are named."""
        made = "" if self.source == "recipe" else f" ({self.source})"
        return f"{self.function}{made}|{self.size}|{self.window}"

    def __str__(self) -> str:
        return f"{self.group}|{self.contender}"


def cases(*, quick: bool) -> list[Case]:
    """Return what is run, ordered so that volumes are made once."""
    found = list(_quick() if quick else _full())
    order = list(KINDS.values())
    return sorted(found, key=lambda c: (order.index(c.kind), c.source, c.size.name))


def _full() -> Iterator[Case]:
    for function in KINDS:
        for size in SIZES.values():
            for window in WINDOWS:
                yield from _group(function, "recipe", size, window)
        if material():
            for window in (7, 15):
                yield from _group(function, "network", SIZES["1080p"], window)
        for contender in ("ours", "ours, 1 in"):
            yield Case(function, "noise", SIZES["1080p"], 7, contender)


def _quick() -> Iterator[Case]:
    for function in KINDS:
        yield from _group(function, "recipe", SIZES["1080p"], 7)
        for size, window in (("1080p", 15), ("480p", 7)):
            for contender in ("ours", "ours, 1 in"):
                yield Case(function, "recipe", SIZES[size], window, contender)


def _group(function: Function, source: Source, size: Size, window: int) -> Iterator[Case]:
    names = [peer.name for peer in every_peer() if function in peer.functions and window <= peer.widest]
    names = [name for name in names if _is_run(name, function, source, size, window)]
    for contender in [*ours(size), *names]:
        yield Case(function, source, size, window, contender)


def _is_run(name: str, function: Function, source: Source, size: Size, window: int) -> bool:
    if name not in FIRST:
        return source == "recipe" and size.name == "1080p" and window in OTHERS_AT
    if KINDS[function] == "binary":
        return size.name == "1080p" and window in OTHERS_AT
    return window in FIRST_AT[size.name]


def ours(size: Size) -> tuple[str, ...]:
    """Return how ours is run at a size."""
    more = ("ours, 4 in", "ours, 8 in", "ours, 2 threads")
    return ("ours", "ours, 1 in", *(more if size.name == "1080p" else ()))


def rows(peer: Peer, size: Size, window: int) -> slice:
    """Return the rows of each frame that a peer gets; ours, beside it, gets the same."""
    wanted = min(max(peer.rate * 1e9 * 7 / window, LEAST_BYTES), MOST_BYTES)
    count = min(max(int(wanted / (size.frames * size.width)), 1), size.height)
    first = (size.height - count) // 2
    return slice(first, first + count)
