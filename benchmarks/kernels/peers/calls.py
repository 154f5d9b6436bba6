"""A peer that is a function of arrays in this process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.kernels.interleave import Timing, clocked
from benchmarks.kernels.peers import Bytes


@dataclass(frozen=True, slots=True)
class ArrayCall:
    """A function of the whole volume; ``trim`` is how many frames its result has too many at each end."""

    run: Callable[[], Bytes]
    trim: int

    def measure(self) -> Timing:
        """Run once; return what it took."""
        return clocked(self.run)

    def result(self) -> Bytes:
        """Return the frames whose whole window is there."""
        found = self.run()
        return found[self.trim : len(found) - self.trim]

    def close(self) -> None:
        """Nothing to let go of."""
