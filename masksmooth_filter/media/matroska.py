"""The one thing PyAV cannot have libav write into Matroska: how wide a pixel is.

libav takes it from the stream, where PyAV has no setter; most codecs say it themselves, but VP9, AV1 and
FFV1 do not. So the finished file's header is changed: the track's description grows into the empty space
(Void) that libav leaves before it, and nothing behind it moves.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

EBML, SEGMENT, SEEK_HEAD, VOID, TRACKS, TRACK, VIDEO, CRC = (
    0x1A45DFA3, 0x18538067, 0x114D9B74, 0xEC, 0x1654AE6B, 0xAE, 0xE0, 0xBF
)  # fmt: skip
SEEK, SEEK_POSITION = 0x4DBB, 0x53AC
DISPLAY_WIDTH, DISPLAY_HEIGHT, DISPLAY_UNIT = 0x54B0, 0x54BA, 0x54B2
"""Elements by their id (RFC 9559)."""

ASPECT = 3
"""A display unit: the two sizes are only a ratio."""

HEADER = 1 << 20
"""Bytes of a file in which its tracks are described."""


@dataclass(frozen=True, slots=True)
class _Element:
    """An element in a buffer: its id, and where it, its content and the next one start."""

    kind: int
    start: int
    content: int
    end: int


def set_pixel_shape(
    path: str | os.PathLike[str], shape: Fraction, *, size: tuple[int, int], number: int
) -> bool:
    """Write into a finished file how wide the pixels of a film are; False if its header has no room.

    Parameters
    ----------
    path : path
        As libav wrote it.
    shape : Fraction
        Width to height of a pixel.
    size : (width, height)
        Of the picture in pixels.
    number : int
        Which of the file's films, counted from 0.
    """
    with open(path, "r+b") as file:
        head = bytearray(file.read(HEADER))
        try:
            changed = _changed(head, _display(shape, *size), number)
        except (IndexError, StopIteration, ValueError):
            return False
        if changed is None:
            return False
        file.seek(0)
        file.write(changed)
    return True


def _display(shape: Fraction, width: int, height: int) -> bytes:
    """Return the elements that say the shape: as sizes in pixels if they are whole, else as a ratio."""
    wide, high = width * shape, height / shape
    if wide.denominator == 1:
        return _number(DISPLAY_WIDTH, int(wide)) + _number(DISPLAY_HEIGHT, height)
    if high.denominator == 1:
        return _number(DISPLAY_WIDTH, width) + _number(DISPLAY_HEIGHT, int(high))
    ratio = wide / height
    sizes = _number(DISPLAY_WIDTH, ratio.numerator) + _number(DISPLAY_HEIGHT, ratio.denominator)
    return sizes + _number(DISPLAY_UNIT, ASPECT)


def _changed(head: bytearray, display: bytes, number: int) -> bytes | None:
    """Return the head with the display's elements in a film's description, None if there is no room."""
    segment = next(e for e in _elements(head, 0, len(head)) if e.kind == SEGMENT)
    parts: dict[int, _Element] = {}
    for element in _elements(head, segment.content, len(head)):
        parts.setdefault(element.kind, element)
        if element.kind == TRACKS:
            break
    void, tracks = parts[VOID], parts[TRACKS]
    grown = _grown_tracks(head, tracks, display, number)
    more = len(grown) - (tracks.end - tracks.start)
    room = void.end - void.start - more
    if not room >= 9 or not void.end <= tracks.start or tracks.end > len(head):
        return None
    if SEEK_HEAD in parts:
        _move_targets(head, parts[SEEK_HEAD], segment.content, (void.start, tracks.start, more))
    empty = _element(VOID, bytes(room - 9), width=8)
    middle = empty + head[void.end : tracks.start] + grown
    return bytes(head[: void.start] + middle + head[tracks.end :])


def _grown_tracks(head: bytearray, tracks: _Element, display: bytes, number: int) -> bytes:
    """Return the description of all tracks, with the display's elements in that of a film."""
    content, film = b"", -1
    for track in _elements(head, tracks.content, tracks.end):
        inside = list(_elements(head, track.content, track.end)) if track.kind == TRACK else []
        film += any(e.kind == VIDEO for e in inside)
        if film != number or not any(e.kind == VIDEO for e in inside):
            content += b"" if track.kind == CRC else head[track.start : track.end]
            continue
        content += _element(TRACK, b"".join(_with_display(head, element, display) for element in inside))
    return _element(TRACKS, _with_crc(content) if head[tracks.content] == CRC else content)


def _with_display(head: bytearray, element: _Element, display: bytes) -> bytes:
    """Return a part of a track's description, in the picture's the display's elements instead of its own."""
    if element.kind != VIDEO:
        return bytes(head[element.start : element.end])
    inside = _elements(head, element.content, element.end)
    kept = [e for e in inside if e.kind not in (DISPLAY_WIDTH, DISPLAY_HEIGHT, DISPLAY_UNIT)]
    return _element(VIDEO, b"".join(bytes(head[e.start : e.end]) for e in kept) + display)


def _move_targets(head: bytearray, seek_head: _Element, base: int, moved: tuple[int, int, int]) -> None:
    """Change the index of the header's parts for those between two places that come earlier now."""
    first, last, by = moved
    for seek in _elements(head, seek_head.content, seek_head.end):
        for element in _elements(head, seek.content, seek.end) if seek.kind == SEEK else ():
            place = slice(element.content, element.end)
            at = int.from_bytes(head[place], "big")
            if element.kind == SEEK_POSITION and first < base + at <= last:
                head[place] = (at - by).to_bytes(element.end - element.content, "big")
    if head[seek_head.content] == CRC:
        content = head[seek_head.content + 6 : seek_head.end]
        head[seek_head.content : seek_head.end] = _with_crc(bytes(content))


def _elements(data: bytearray, start: int, end: int) -> Iterator[_Element]:
    """Yield the elements that lie one after the other in a part of a buffer."""
    while start < end:
        kind, after = _vint(data, start, marked=True)
        length, content = _vint(data, after)
        yield _Element(kind, start, content, content + length)
        start = content + length


def _vint(data: bytearray, at: int, *, marked: bool = False) -> tuple[int, int]:
    """Return a number of variable length and where the next byte is; an id keeps its length's mark."""
    length = 9 - data[at].bit_length()
    if length > 8 or at + length > len(data):
        raise ValueError("not an EBML number")
    value = int.from_bytes(data[at : at + length], "big")
    return value if marked else value & ((1 << 7 * length) - 1), at + length


def _element(kind: int, content: bytes, *, width: int | None = None) -> bytes:
    """Return an element; its length takes ``width`` bytes, or as few as it can."""
    size = width or max(1, -(-(len(content) + 1).bit_length() // 7))
    length = (len(content) | 1 << 7 * size).to_bytes(size, "big")
    return kind.to_bytes((kind.bit_length() + 7) // 8, "big") + length + content


def _number(kind: int, value: int) -> bytes:
    return _element(kind, value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big"))


def _with_crc(content: bytes) -> bytes:
    """Put before the content of an element its checksum, which is the first thing in it."""
    return _element(CRC, zlib.crc32(content).to_bytes(4, "little")) + content
