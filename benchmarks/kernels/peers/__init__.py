"""Who else does it. A `Peer` says what it computes and how that differs; its file says how it is called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from benchmarks.kernels.interleave import Timing

Bytes = NDArray[np.uint8]
Function = Literal["gaussian", "gaussian 0/255", "median", "vote 0/255", "vote labels"]


class Prepared(Protocol):
    """A peer that holds its input and can be run."""

    def measure(self) -> Timing:
        """Run once; return what it took."""
        ...

    def result(self) -> Bytes:
        """Return its output for the frames whose whole window is there: ``radius .. T - radius - 1``."""
        ...

    def close(self) -> None:
        """Let go of processes and files."""
        ...


@dataclass(frozen=True, slots=True)
class Peer:
    """One way of doing what one of our functions does.

    Attributes
    ----------
    name : str
        Library and function, as the tables show it.
    functions : tuple
        What of ours it is held against.
    prepare : function
        Takes the volume and the radius; returns what can be run.
    rate : float
        About its GB/s at window 7; how many rows it gets follows from it (`plan.rows`).
    tolerance : int
        Most its bytes may differ from ours.
    differs : str
        What differs from ours beyond rounding, in words for the page.
    streams : bool
        Whether it works frame by frame, as a filter in a player does.
    ends : bool
        Whether it filters the first and last r frames too; else only T - 2r frames count as its output.
    widest : int
        Widest window it can do.
    same : bool
        Whether it computes what ours does; else it is timed, and nothing is compared.
    absent : function
        Why it cannot run here, or None.
    """

    name: str
    functions: tuple[Function, ...]
    prepare: Callable[[Bytes, int], Prepared]
    rate: float
    tolerance: int
    differs: str
    streams: bool = False
    ends: bool = True
    widest: int = 31
    same: bool = True
    absent: Callable[[], str | None] = lambda: None


def weights_for(radius: int) -> NDArray[np.float64]:
    """Return the Gaussian's weights, summing to 1, that every peer is given."""
    from masksmooth_kernels import gaussian_weights

    found: NDArray[np.float64] = gaussian_weights(radius)
    return found


def every_peer() -> list[Peer]:
    """Return all peers, those that are absent here too."""
    from benchmarks.kernels.peers import ffmpeg, opencv, scipy_numpy, torch_conv, vapoursynth

    return [peer for file in (ffmpeg, vapoursynth, opencv, scipy_numpy, torch_conv) for peer in file.PEERS]
