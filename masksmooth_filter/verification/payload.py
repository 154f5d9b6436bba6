"""What is in a packet, apart from how its container wraps it."""

from __future__ import annotations

import re

ADTS_SYNC = 0xFFF0

MARKUP = re.compile(r"<[^>]*>|\{\\[^}]*\}")
"""Tags of SubRip and WebVTT, override codes of ASS."""

START_CODE = re.compile(rb"\x00{2,}\x01")

PARAMETER_UNITS = {"h264": frozenset({7, 8, 9}), "hevc": frozenset({32, 33, 34, 35, 39})}
"""Unit types of parameter sets and delimiters, and of HEVC the messages before a picture, which .mp4 keeps
with the sets (ITU-T H.264, table 7-1; H.265, table 7-1)."""

ASS_FIELDS = 8
"""Commas before the text of an ASS event as Matroska stores it."""

TEXT_CODECS = frozenset({"ass", "mov_text", "ssa", "subrip", "text", "webvtt"})
"""Subtitles that are text, which containers convert into each other."""


def without_transport_header(content: bytes, codec: str) -> bytes:
    """Return an AAC frame without its ADTS header: MPEG-TS has one before each frame, .mp4 one for all.

    The header's length is 7 bytes, or 9 with a checksum (ISO/IEC 13818-7, 6.2). Other content is
    returned as it is.
    """
    if codec == "aac" and len(content) > 9 and int.from_bytes(content[:2], "big") & 0xFFF6 == ADTS_SYNC:
        return content[7 if content[1] & 1 else 9 :]
    return content


def without_framing(content: bytes, codec: str) -> bytes:
    """Return a packet as every container has it.

    AAC without ADTS headers; of H.264 and HEVC the slices alone: .mp4 puts a length before each unit,
    MPEG-TS a start code, and there parameter sets and delimiters stand before each key frame.
    """
    if codec not in PARAMETER_UNITS:
        return without_transport_header(content, codec)
    kinds = PARAMETER_UNITS[codec]
    units = _by_lengths(content) or [unit.rstrip(b"\0") for unit in START_CODE.split(content)]
    return b"\0\0\1".join(unit for unit in units if unit and _unit_kind(unit, codec) not in kinds)


def _unit_kind(unit: bytes, codec: str) -> int:
    return unit[0] & 31 if codec == "h264" else unit[0] >> 1 & 63


def _by_lengths(content: bytes) -> list[bytes]:
    """Cut a packet at its units' lengths, of four bytes each; nothing if they do not fill it exactly."""
    units, at = [], 0
    while at + 4 < len(content):
        end = at + 4 + int.from_bytes(content[at : at + 4], "big")
        units.append(content[at + 4 : end].rstrip(b"\0"))
        at = end
    return units if at == len(content) else []


def plain_text(content: bytes, codec: str) -> str | None:
    """Return the words of a text subtitle without markup and line ends, or None if it is a picture."""
    if codec not in TEXT_CODECS:
        return None
    if codec == "mov_text":  # 3GPP TS 26.245: a 16-bit length, the text, then boxes of style
        content = content[2 : 2 + int.from_bytes(content[:2], "big")]
    text = content.decode("utf-8", errors="replace")
    if codec in ("ass", "ssa"):
        text = text.split(",", ASS_FIELDS)[-1].replace(r"\N", "\n").replace(r"\n", "\n").replace(r"\h", " ")
    return " ".join(MARKUP.sub("", text).split())
