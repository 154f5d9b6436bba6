"""What is in a packet, apart from how its container wraps it."""

from __future__ import annotations

import re

ADTS_SYNC = 0xFFF0

MARKUP = re.compile(r"<[^>]*>|\{\\[^}]*\}")
"""Tags of SubRip and WebVTT, override codes of ASS."""

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
