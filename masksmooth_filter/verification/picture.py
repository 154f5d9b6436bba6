"""Comparing what is said about the picture: format, colours, rotation, shape."""

from __future__ import annotations

import struct
from fractions import Fraction
from typing import Any

import av

from masksmooth_filter.media.probe import UNSET
from masksmooth_filter.modes import Mode
from masksmooth_filter.verification.holds import excuse
from masksmooth_filter.verification.measure import Contents, side_data
from masksmooth_filter.verification.rows import Row, compared

COLOURS = {
    "colour primaries": "color_primaries",
    "colour transfer": "color_trc",
    "colour matrix": "colorspace",
}

MATTE = "a matte is gray, full range, without colour"

HDR_UNIT = 50000
"""Chromaticities of a mastering display are in 1/50000 (SMPTE ST 2086), encoders round to that."""


TWO = "two pictures beside each other"


def picture_rows(source: Contents, output: Contents, *, mode: Mode) -> list[Row]:
    """Return the rows about the picture of the first frame."""
    matte = mode == "matte"
    before, after = source.first, output.first
    sizes = [f"{frame.width}x{frame.height}" for frame in (before, after)]
    rows = [
        compared("size", *sizes, excuse=TWO if mode == "side-by-side" else ""),
        _format_row(before, after, matte=matte),
        *_colour_rows(before, after, matte=matte),
        compared("rotation", *map(_turn, (before, after)), excuse=excuse(output.family, "rotation")),
        compared("pixel aspect", source.shape, output.shape, excuse=excuse(output.family, "pixel aspect")),
    ]
    if before.interlaced_frame or after.interlaced_frame:
        rows.append(compared("interlaced", before.interlaced_frame, after.interlaced_frame))
    return rows + _light_rows(before, after, matte=matte)


def _format_row(before: av.VideoFrame, after: av.VideoFrame, *, matte: bool) -> Row:
    names = [frame.format.name.replace("yuvj", "yuv") for frame in (before, after)]
    if matte:
        return compared("pixel format", *names, excuse=MATTE)
    kept = _keeps(before.format, after.format)
    return compared("pixel format", *names, excuse="another format, which loses nothing" if kept else "")


def _keeps(before: Any, after: Any) -> bool:
    """Tell whether a format holds all that another holds: bits, colour, transparency."""
    bits = [max(c.bits for c in format_.components) for format_ in (before, after)]
    alpha = [any(c.is_alpha for c in format_.components) for format_ in (before, after)]
    if bits[1] < bits[0] or alpha[0] > alpha[1]:
        return False
    grey = len(before.components) - alpha[0] == 1
    grid = [
        (1, 1) if format_.is_rgb else (format_.chroma_width(64), format_.chroma_height(64))
        for format_ in (before, after)
    ]
    full = [(64, 64) if cell == (1, 1) else cell for cell in grid]
    return grey or (full[1][0] >= full[0][0] and full[1][1] >= full[0][1])


def _colour_rows(before: av.VideoFrame, after: av.VideoFrame, *, matte: bool) -> list[Row]:
    """Return the rows about range, primaries, transfer and matrix; those nobody gave are left out."""
    mixed = before.format.is_rgb != after.format.is_rgb
    reason = MATTE if matte else "between RGB and YUV the tags differ" if mixed else ""
    rgb = "RGB is RGB, said or not" * (before.format.is_rgb and after.format.is_rgb)
    ranges = [_range(frame) for frame in (before, after)]
    rows = [compared("colour range", *ranges, excuse=reason or rgb or _limited(*ranges))]
    for what, name in COLOURS.items():
        values = [int(getattr(frame, name)) for frame in (before, after)]
        if values != [UNSET, UNSET]:
            rows.append(compared(what, *values, excuse=reason or rgb * (name == "colorspace")))
    return rows


def _range(frame: av.VideoFrame) -> str:
    if frame.format.name.startswith("yuvj"):
        return "full"
    return ("unset", "limited", "full")[int(frame.color_range)]


def _limited(before: str, after: str) -> str:
    """Excuse a range that was unset and is said now: unset means limited."""
    return "unset means limited" if {before, after} == {"unset", "limited"} else ""


def _turn(frame: av.VideoFrame) -> str:
    """Return the picture's rotation, with mirroring where the display matrix mirrors."""
    matrix = side_data(frame).get("DISPLAYMATRIX")
    if matrix is None:
        return f"{frame.rotation}"
    a, b, _, c, d, *_ = struct.unpack("=9i", matrix)
    return f"{frame.rotation}" + (", mirrored" if a * d - b * c < 0 else "")


def _light_rows(before: av.VideoFrame, after: av.VideoFrame, *, matte: bool) -> list[Row]:
    """Return the rows about HDR side data; none if the source has none."""
    data = [side_data(frame) for frame in (before, after)]
    rows = []
    reason = MATTE if matte else ""
    if "MASTERING_DISPLAY_METADATA" in data[0]:
        masters = [_mastering(d.get("MASTERING_DISPLAY_METADATA")) for d in data]
        rows.append(compared("mastering display", *masters, excuse=reason))
    if "CONTENT_LIGHT_LEVEL" in data[0]:
        levels = [_levels(d.get("CONTENT_LIGHT_LEVEL")) for d in data]
        rows.append(compared("content light level", *levels, excuse=reason))
    return rows


def _mastering(data: bytes | None) -> str:
    """Return the ten figures of AVMasteringDisplayMetadata in 1/50000."""
    if data is None:
        return ""
    numbers = struct.unpack_from("=20i", data)
    pairs = zip(numbers[::2], numbers[1::2], strict=True)
    return " ".join(str(round(Fraction(n, d) * HDR_UNIT)) if d else "?" for n, d in pairs)


def _levels(data: bytes | None) -> str:
    return "" if data is None else "{}/{}".format(*struct.unpack_from("=2I", data))
