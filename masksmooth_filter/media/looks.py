"""What a picture says of itself that PyAV has no attribute for: chroma's place, fields, HDR's light."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, cast

import av
import av.logging
import numpy as np
from av.sidedata.sidedata import SideData

Fields = Literal["progressive", "top", "bottom"]

CHROMA_PLACES = ("left", "center", "topleft", "top", "bottomleft", "bottom")
"""Where chroma samples lie, in the order of H.264's chroma_sample_loc_type."""

FIELDS: dict[str, Fields] = {"i:T": "top", "i:B": "bottom"}

TURNS = (0, 90, 180, 270)


@dataclass(frozen=True, slots=True)
class Mastering:
    """The display a film was graded on (SMPTE ST 2086).

    Attributes
    ----------
    red, green, blue, white : (float, float)
        CIE 1931 x and y.
    brightest, darkest : float
        Luminance in cd/m2.
    """

    red: tuple[float, float]
    green: tuple[float, float]
    blue: tuple[float, float]
    white: tuple[float, float]
    brightest: float
    darkest: float

    def spell(self, *, colour: int = 50000, light: int = 10000) -> str:
        """Write it as x264 and x265 read it: ``G(x,y)B(x,y)R(x,y)WP(x,y)L(max,min)``.

        Parameters
        ----------
        colour, light : int
            Steps of a unit; 1 writes fractions, as SVT-AV1 wants them.
        """
        points = (("G", self.green), ("B", self.blue), ("R", self.red), ("WP", self.white))
        words = [f"{name}({_number(x, colour)},{_number(y, colour)})" for name, (x, y) in points]
        return "".join(words) + f"L({_number(self.brightest, light)},{_number(self.darkest, light)})"


@dataclass(frozen=True, slots=True)
class Looks:
    """How a picture wants to be shown.

    Attributes
    ----------
    chroma : str
        One of `CHROMA_PLACES`, or ``unspecified``.
    fields : {'progressive', 'top', 'bottom'}
        Whether it is interlaced, and which field comes first.
    mastering : Mastering, optional
        The display it was graded on.
    light : (int, int), optional
        Most light of a pixel and of a frame's average, in cd/m2 (CTA-861.3).
    """

    chroma: str = "unspecified"
    fields: Fields = "progressive"
    mastering: Mastering | None = None
    light: tuple[int, int] | None = None

    @classmethod
    def of(cls, frame: av.VideoFrame) -> Looks:
        """Look at a decoded frame."""
        words = _shown(frame)
        chroma = next((word[3:] for word in words if word.startswith("cl:")), "unspecified")
        fields = next((FIELDS[word] for word in words if word in FIELDS), "progressive")
        data = side_data(frame)
        return cls(
            chroma=chroma,
            fields=cast(Fields, fields),
            mastering=_mastering(data.get("MASTERING_DISPLAY_METADATA", b"")),
            light=_light(data.get("CONTENT_LIGHT_LEVEL", b"")),
        )


def side_data(frame: av.VideoFrame) -> dict[str, bytes]:
    """Return a frame's side data by libav's name of its type."""
    found = cast(Iterable[SideData], frame.side_data)  # typed as a mapping, iterates over values
    return {data.type.name: bytes(data) for data in found}


def display_matrix(frame: av.VideoFrame) -> tuple[int, ...] | None:
    """Return the nine numbers of the frame's display matrix (libavutil/display.h), or None."""
    data = side_data(frame).get("DISPLAYMATRIX")
    return None if data is None else tuple(int(n) for n in np.frombuffer(data, np.int32))


def orientation(matrix: tuple[int, ...]) -> str | None:
    """Return an H.264 display orientation as ``h264_metadata`` takes it, None if it cannot say the matrix.

    The standard (ITU-T H.264, D.2.27) flips first and turns after; libav's matrix the other way round.

    Parameters
    ----------
    matrix : tuple of 9 int
        As `display_matrix` returns it.
    """
    for turn in TURNS:
        for flip in (False, True):
            angle = math.radians(turn if flip else -turn)
            cos, sin, sign = round(math.cos(angle)), round(math.sin(angle)), -1 if flip else 1
            if np.array_equal(np.sign(matrix)[[0, 1, 3, 4]], [sign * cos, sin, -sign * sin, cos]):
                return f"rotate={turn}" + ":flip=horizontal" * flip
    return None


def _shown(frame: av.VideoFrame) -> list[str]:
    """Return what libavfilter's ``showinfo`` says of a frame, in words."""
    graph = av.filter.Graph()
    size = f"width={frame.width}:height={frame.height}:pix_fmt={frame.format.name}"
    source = graph.add("buffer", f"{size}:time_base={frame.time_base or '1/1000'}")
    show, sink = graph.add("showinfo", "checksum=0"), graph.add("buffersink")
    source.link_to(show)
    show.link_to(sink)
    graph.configure()
    level = av.logging.get_level()
    av.logging.set_level(av.logging.INFO)
    try:
        with av.logging.Capture() as lines:
            graph.vpush(frame)
            graph.vpull()
    finally:
        av.logging.set_level(level)
    return " ".join(line for _, name, line in lines if name == "showinfo").split()


def _mastering(data: bytes) -> Mastering | None:
    """Read libav's AVMasteringDisplayMetadata: ten rationals, and which of them are set."""
    if len(data) < 88:
        return None
    numbers = struct.unpack("22i", data[:88])
    if not (numbers[20] and numbers[21]):
        return None
    values = [n / d if d else 0.0 for n, d in zip(numbers[:20:2], numbers[1:20:2], strict=True)]
    red, green, blue, white = ((values[i], values[i + 1]) for i in range(0, 8, 2))
    return Mastering(red, green, blue, white, darkest=values[8], brightest=values[9])


def _light(data: bytes) -> tuple[int, int] | None:
    if len(data) < 8:
        return None
    most, average = struct.unpack("2I", data[:8])
    return int(most), int(average)


def _number(value: float, steps: int) -> str:
    return f"{value:g}" if steps == 1 else f"{round(value * steps)}"
