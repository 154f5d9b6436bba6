"""RGB colours as native component values, by the frame's own matrix, range and bit depth."""

from __future__ import annotations

from functools import lru_cache

import av

from masksmooth_filter.errors import OptionError

RGB = tuple[int, int, int]

NAMED: dict[str, RGB] = {
    "green": (0, 200, 83), "red": (229, 57, 53), "blue": (33, 120, 243), "yellow": (255, 214, 0),
    "magenta": (216, 27, 96), "cyan": (0, 184, 212), "orange": (255, 111, 0),
    "white": (255, 255, 255), "black": (0, 0, 0),
}  # fmt: skip

KR_KB = {1: (0.2126, 0.0722), 4: (0.30, 0.11), 5: (0.299, 0.114), 6: (0.299, 0.114),
         7: (0.212, 0.087), 9: (0.2627, 0.0593), 10: (0.2627, 0.0593)}  # fmt: skip
"""Luma weights of red and blue by AVColorSpace (ITU-T H.273, table 4)."""

BT709, BT601, FULL_RANGE = 1, 6, 2


def parse_colour(text: str) -> RGB:
    """Read a colour name or ``#rrggbb``.

    Raises
    ------
    OptionError
        If it is neither; lists the names there are.
    """
    if text.lower() in NAMED:
        return NAMED[text.lower()]
    digits = text.removeprefix("#")
    try:
        if len(digits) != 6:
            raise ValueError
        return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)
    except ValueError:
        names = ", ".join(NAMED)
        raise OptionError(f"no colour {text!r}; give #rrggbb or one of {names}") from None


@lru_cache
def palette_colour(class_id: int) -> RGB:
    """Return the PASCAL VOC palette's colour of a class id (bit-interleaved, after the VOC devkit)."""
    channels = [0, 0, 0]
    for bit in range(8):
        for channel in range(3):
            channels[channel] |= (class_id >> (3 * bit + channel) & 1) << (7 - bit)
    return channels[0], channels[1], channels[2]


def matrix_of(frame: av.VideoFrame) -> int:
    """Return a frame's AVColorSpace; an untagged one is BT.709 from 720 lines on, else BT.601."""
    tagged = int(frame.colorspace)
    return tagged if tagged in KR_KB else (BT709 if frame.height >= 720 else BT601)


def native_value(frame: av.VideoFrame, component: str, bits: int, colour: RGB) -> int:
    """Return the value of one component of a colour in a frame's own encoding.

    Parameters
    ----------
    frame : av.VideoFrame
        Its matrix (`matrix_of`) and range count.
    component : {'y', 'u', 'v', 'r', 'g', 'b'}
        Which component.
    bits : int
        Bit depth; the value is in 0 .. 2**bits - 1.
    colour : (int, int, int)
        Red, green, blue, 0..255.
    """
    red, green, blue = (c / 255 for c in colour)
    top, scale = (1 << bits) - 1, 1 << (bits - 8)
    if component in "rgb":
        return round(top * (red, green, blue)["rgb".index(component)])
    kr, kb = KR_KB[matrix_of(frame)]
    luma = kr * red + (1 - kr - kb) * green + kb * blue
    full = frame.color_range == FULL_RANGE or frame.format.name.startswith(("yuvj", "gray"))
    if component == "y":
        return round(top * luma if full else (16 + 219 * luma) * scale)
    chroma = (blue - luma) / (2 - 2 * kb) if component == "u" else (red - luma) / (2 - 2 * kr)
    span = top if full else 224 * scale
    return min(top, round(128 * scale + span * chroma))
