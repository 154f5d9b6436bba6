"""Comparing times that are counted in different ticks, exactly."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from masksmooth_filter.timing import half_tick
from masksmooth_filter.verification.measure import NO_TIME, Track
from masksmooth_filter.verification.rows import Row


def repaired(ticks: Sequence[int]) -> tuple[list[int], int]:
    """Return times in order, and how many had to be changed: a repeated or earlier one is a tick later."""
    fixed: list[int] = []
    changed, last = 0, NO_TIME
    for tick in ticks:
        wanted = tick if tick == NO_TIME or tick > last else last + 1
        changed += wanted != tick or tick == NO_TIME
        last = wanted if wanted != NO_TIME else last
        fixed.append(wanted)
    return fixed, changed


def common_shift(source: Track, output: Track) -> Fraction:
    """Return how much later the first frame with a time is in the output, in seconds; 0 for mere rounding."""
    pairs = ((a, b) for a, b in zip(source.times, output.times, strict=False) if NO_TIME not in (a, b))
    first = next(pairs, (0, 0))
    moved = first[1] * output.base - first[0] * source.base
    return Fraction(0) if abs(moved) <= half_tick(source.base, output.base) else moved


def frame_rows(source: Track, output: Track, shift: Fraction) -> list[Row]:
    """Return the rows about frame count and frame times.

    A time that is a whole number of the output's ticks must be equal; any other may be half a tick of
    the coarser base away.
    """
    wanted, changed = repaired(source.times)
    half = half_tick(source.base, output.base)
    worst, where = Fraction(0), -1
    off = 0
    for number, (before, after) in enumerate(zip(wanted, output.times, strict=False)):
        if NO_TIME in (before, after):
            continue
        at = before * source.base + shift
        distance = abs(after * output.base - at)
        exact = (at / output.base).denominator == 1
        if distance > (0 if exact else half):
            off += 1
            where = number if where < 0 else where
        worst = max(worst, distance)
    note = f"{changed} times of the source are missing, repeated or go back" if changed else ""
    if off:
        note = f"{off} frames are off, the first is frame {where}, the worst by {float(worst) * 1000:.3f} ms"
    ticks = [f"in 1/{float(1 / track.base):g} s" for track in (source, output)]
    counts = [len(track.times) for track in (source, output)]
    return [
        Row("frames", str(counts[0]), str(counts[1]), counts[0] == counts[1]),
        Row("frame times", ticks[0], ticks[1], not off, note),
    ]


def shift_row(shift: Fraction) -> Row:
    """Return the row about a shift of the whole film."""
    note = f"all streams are moved by {float(shift):+.6f} s together" if shift else ""
    return Row("start", "0", f"{float(shift):+.6f} s" if shift else "0", True, note)


def packet_drift(source: Track, output: Track, shift: Fraction) -> tuple[int, Fraction]:
    """Return how many packets are more than a tick of the coarser base off, and the worst in seconds."""
    tick = max(source.base, output.base)
    off, worst = 0, Fraction(0)
    for before, after in zip(source.times, output.times, strict=False):
        if NO_TIME in (before, after):
            continue
        distance = abs(after * output.base - before * source.base - shift)
        off += distance > tick
        worst = max(worst, distance)
    return off, worst
