"""Ways to damage a file; each a function of its bytes, the other seeds, and a random generator."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

Damage = Callable[[bytearray, Sequence[bytes], Random], bytearray]

HEADER = 2048
"""Bytes at the start where most of what parsers believe stands."""

EXTREMES = (
    b"\0\0\0\0",
    b"\xff\xff\xff\xff",
    b"\x7f\xff\xff\xff",
    b"\x80\0\0\0",
    b"\0\0\0\1",
    b"\xff\xff\xff\x7f",
)
"""Values that overflow, underflow, or make something endless."""


def flip_bits(data: bytearray, _: Sequence[bytes], rng: Random) -> bytearray:
    for _ in range(2 ** rng.randrange(0, 9)):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return data


def flip_header_bits(data: bytearray, _: Sequence[bytes], rng: Random) -> bytearray:
    for _ in range(rng.randrange(1, 9)):
        data[rng.randrange(min(HEADER, len(data)))] ^= 1 << rng.randrange(8)
    return data


def flip_tail_bits(data: bytearray, _: Sequence[bytes], rng: Random) -> bytearray:
    """Of an .mp4 the index stands at the end."""
    for _ in range(rng.randrange(1, 9)):
        data[-rng.randrange(1, min(2 * HEADER, len(data)))] ^= 1 << rng.randrange(8)
    return data


def extremes(data: bytearray, _: Sequence[bytes], rng: Random) -> bytearray:
    for _ in range(rng.randrange(1, 5)):
        at = rng.choice((rng.randrange(len(data)), rng.randrange(min(HEADER, len(data)))))
        data[at : at + 4] = rng.choice(EXTREMES)
    return data


def truncate(data: bytearray, _: Sequence[bytes], rng: Random) -> bytearray:
    return data[: rng.randrange(1, len(data))]


def behead(data: bytearray, _: Sequence[bytes], rng: Random) -> bytearray:
    return data[rng.randrange(1, len(data)) :]


def splice(data: bytearray, others: Sequence[bytes], rng: Random) -> bytearray:
    """Put the head of another film before the rest of this one."""
    other = rng.choice(others)
    head = rng.randrange(1, min(2 * HEADER, len(other)))
    return bytearray(other[:head]) + data[rng.choice((0, min(head, len(data) - 1))) :]


def cut_out(data: bytearray, _: Sequence[bytes], rng: Random) -> bytearray:
    start = rng.randrange(len(data))
    del data[start : start + rng.randrange(1, 1 + len(data) // 4)]
    return data or bytearray(b"\0")


def repeat(data: bytearray, _: Sequence[bytes], rng: Random) -> bytearray:
    start = rng.randrange(len(data))
    piece = data[start : start + rng.randrange(1, 1 + len(data) // 4)]
    at = rng.randrange(len(data))
    return data[:at] + piece * rng.randrange(1, 4) + data[at:]


def blank(data: bytearray, _: Sequence[bytes], rng: Random) -> bytearray:
    start = rng.randrange(len(data))
    stop = min(len(data), start + rng.randrange(1, 1 + len(data) // 4))
    data[start:stop] = bytes([rng.choice((0, 255))]) * (stop - start)
    return data


def noise(data: bytearray, _: Sequence[bytes], rng: Random) -> bytearray:
    start = rng.randrange(len(data))
    stop = min(len(data), start + rng.randrange(1, 200))
    data[start:stop] = rng.randbytes(stop - start)
    return data


DAMAGES: tuple[Damage, ...] = (
    flip_bits, flip_header_bits, flip_tail_bits, extremes, truncate, behead,
    splice, cut_out, repeat, blank, noise,
)  # fmt: skip


def damage(seed: bytes, others: Sequence[bytes], rng: Random) -> tuple[bytes, str]:
    """Return a damaged copy of a film and the names of what was done to it, once or twice."""
    data, names = bytearray(seed), []
    for _ in range(rng.choice((1, 1, 2))):
        kind = rng.choice(DAMAGES)
        data = kind(data, others, rng)
        names.append(kind.__name__)
        if not data:
            break
    return bytes(data), "+".join(names)
