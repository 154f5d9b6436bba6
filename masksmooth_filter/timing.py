"""Presentation times, time bases and rates: the only file that does rational arithmetic.

PyAV 18 gives ``fractions.Fraction`` or None; from 19 on it gives ``AVRational``, falsy when unset.
Everything outside this file sees ``Fraction`` or None, and integer ticks.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

MICROSECONDS = Fraction(1, 1_000_000)
"""The time base of a container's own start and duration (AV_TIME_BASE)."""

MILLISECONDS = Fraction(1, 1000)
"""Matroska's ticks."""

NANOSECONDS = Fraction(1, 1_000_000_000)
"""The time base of GStreamer's clocks and buffers."""


def fraction(value: Any) -> Fraction | None:
    """Turn what PyAV gives for a time base or rate into a Fraction, or None if it is unset or zero."""
    if not value:
        return None
    numerator, denominator = getattr(value, "numerator", value), getattr(value, "denominator", 1)
    return Fraction(numerator, denominator) if numerator and denominator else None


def time_of(item: Any) -> Fraction | None:
    """Return the presentation time in seconds of a frame or packet, exactly, or None if it has none."""
    base = fraction(item.time_base)
    return None if item.pts is None or base is None else item.pts * base


def seconds_of(item: Any) -> float | None:
    """Return the presentation time in seconds for print, or None if the item has none."""
    time = time_of(item)
    return None if time is None else float(time)


def to_ticks(time: Fraction, base: Fraction) -> int:
    """Express a time in seconds as ticks of ``base``, to the nearest tick (ties to even)."""
    return round(time / base)


def half_tick(*bases: Fraction) -> Fraction:
    """Return half a tick of the coarsest of the time bases: as far as a rounded time may be off."""
    return max(bases) / 2


def clock(seconds: float) -> str:
    """Format seconds as ``h:mm:ss.mmm``, for messages."""
    minutes, rest = divmod(abs(seconds), 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{'-' if seconds < 0 else ''}{hours}:{minutes:02d}:{rest:06.3f}"
