"""Which pixel format an encoder gets, and the conversion into it: the one that loses nothing, or least."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import av
import av.error
from av.codec import Codec
from av.codec.codec import PixFmtLoss, find_best_pix_fmt_of_list
from av.codec.context import CodecContext
from av.video.codeccontext import VideoCodecContext
from av.video.format import VideoFormat

from masksmooth_filter.errors import OptionError
from masksmooth_filter.media.probe import UNSET, VideoInfo

LIMITED, FULL = 1, 2
"""libav's AVColorRange."""

BT709 = 1
"""libav's AVColorSpace and swscale's matrix number, for pictures that were RGB."""

INTERLEAVED = ("nv", "p0", "p2", "p4", "x2", "yuvj")
"""Format names never chosen for another one: chroma in one plane, or a range in the name."""

LOSSES = {
    PixFmtLoss.RESOLUTION: "colour resolution",
    PixFmtLoss.DEPTH: "bit depth",
    PixFmtLoss.COLORSPACE: "the exact colours",
    PixFmtLoss.ALPHA: "transparency",
    PixFmtLoss.COLORQUANT: "most colours",
    PixFmtLoss.CHROMA: "colour",
}

QUIET = {"libx265": {"x265-params": "log-level=none"}}
"""Encoders that would print to the terminal when a format is tried."""


@dataclass(frozen=True, slots=True)
class PixelFormat:
    """A pixel format for an encoder.

    Attributes
    ----------
    name : str
        libav's name.
    note : str
        What is to be said about it: that and why it is not the source's, and what gets lost; or empty.
    """

    name: str
    note: str = ""


def choose_pix_fmt(codec: str, pix_fmt: str, *, size: tuple[int, int]) -> PixelFormat:
    """Choose the pixel format to encode a source in: its own if it can be, else the nearest.

    Formats are tried by opening the encoder at the real size: libx264 lists yuv420p but refuses it
    at odd sizes, others list what this build cannot do.

    Parameters
    ----------
    codec : str
        The encoder.
    pix_fmt : str
        Of the source.
    size : (width, height)
        Of the source.

    Raises
    ------
    OptionError
        If the encoder takes nothing of that size.
    """
    plain = pix_fmt.replace("yuvj", "yuv")  # the same bytes; the range goes into the tags
    for name, loss in _candidates(codec, pix_fmt, plain):
        if opens(codec, name, size):
            return PixelFormat(name, "" if name in (pix_fmt, plain) else _note(codec, pix_fmt, name, loss))
    width, height = size
    raise OptionError(f"{codec} cannot take {width}x{height} {pix_fmt} pictures; choose another codec")


def opens(codec: str, pix_fmt: str, size: tuple[int, int] = (64, 64)) -> bool:
    """Tell whether an encoder of this build and machine really opens for such pictures."""
    os.environ.setdefault("SVT_LOG", "1")  # SVT-AV1 prints a page about itself; 1 leaves errors
    context = CodecContext.create(codec, "w")
    if not isinstance(context, VideoCodecContext):
        return False
    context.width, context.height = size
    context.pix_fmt = pix_fmt
    context.time_base, context.framerate = Fraction(1, 25), Fraction(25)
    context.color_range = FULL  # mjpeg knows no other; the rest do not care
    context.thread_count = 1
    context.options = dict(QUIET.get(codec, {}))
    try:
        context.open()
    except (av.error.FFmpegError, ValueError):
        return False
    return True


def is_rgb(pix_fmt: str) -> bool:
    """Tell whether a pixel format holds RGB, also by palette."""
    format_ = VideoFormat(pix_fmt)
    return format_.is_rgb or format_.has_palette


def encoded_tags(info: VideoInfo, pix_fmt: str) -> dict[str, int]:
    """Return the colour tags for a video of ``info`` encoded as ``pix_fmt``, by attribute name.

    Parameters
    ----------
    info : VideoInfo
        The source.
    pix_fmt : str
        What the encoder gets.
    """
    space, range_ = info.colorspace, info.color_range
    if is_rgb(pix_fmt):
        space, range_ = 0, FULL
    elif is_rgb(info.pix_fmt):
        space, range_ = BT709, LIMITED
    elif space == 0:  # "RGB" on YUV pictures: a tag nobody set, and one that wrecks the colours
        space = UNSET
    primaries, trc = info.color_primaries or UNSET, info.color_trc or UNSET
    return {"color_range": range_, "colorspace": space, "color_primaries": primaries, "color_trc": trc}


def convert(frame: av.VideoFrame, info: VideoInfo, pix_fmt: str) -> av.VideoFrame:
    """Convert a frame of ``info.pix_fmt`` to ``pix_fmt``; times stay.

    YUV to finer YUV repeats samples and keeps the range, so it can be undone exactly; swscale's
    default would interpolate the chroma, and would take gray for full range and squeeze it.

    Parameters
    ----------
    frame : av.VideoFrame
        In the format of ``info``.
    info : VideoInfo
        The source, for its matrix and range.
    pix_fmt : str
        The format to convert to.
    """
    was_rgb, will_be_rgb = is_rgb(info.pix_fmt), is_rgb(pix_fmt)
    if was_rgb and not will_be_rgb:
        return frame.reformat(
            format=pix_fmt, dst_colorspace=BT709, src_color_range=FULL, dst_color_range=LIMITED
        )
    range_ = info.color_range or LIMITED
    if will_be_rgb and not was_rgb:
        matrix = info.colorspace if info.colorspace not in (0, UNSET) else None
        return frame.reformat(
            format=pix_fmt, src_colorspace=matrix, src_color_range=range_, dst_color_range=FULL
        )
    # For gray swscale copies only between two full ranges; the other way round it is the same copy.
    range_ = FULL if info.pix_fmt.startswith("gray") else range_
    return frame.reformat(
        format=pix_fmt, interpolation="POINT", src_color_range=range_, dst_color_range=range_
    )


def _candidates(codec: str, pix_fmt: str, plain: str) -> Iterator[tuple[str, PixFmtLoss]]:
    """Yield formats of an encoder, nearest to the source first, with what each loses."""
    formats = [format_.name for format_ in Codec(codec, "w").video_formats or ()]
    first = [pix_fmt, plain, plain.replace("gray", "yuv420p")]
    if "pal8" in formats and "rgb24" not in formats:
        # GIF, not PNG: a palette made for each picture is nearer to it than any fixed one.
        yield "pal8", PixFmtLoss.COLORQUANT
    for name in dict.fromkeys(first):
        if name in formats:
            yield name, PixFmtLoss.NONE
    rest = [name for name in formats if name not in first and not name.startswith(INTERLEAVED)]
    while rest:
        best, loss = find_best_pix_fmt_of_list(rest, plain, has_alpha=True)
        if best is None:
            return
        yield best.name, loss
        rest.remove(best.name)


def _note(codec: str, pix_fmt: str, name: str, loss: PixFmtLoss) -> str:
    lost = ", ".join(word for flag, word in LOSSES.items() if loss & flag)
    outcome = f"{lost} cannot be kept" if lost else "nothing is lost"
    return f"{codec} does not take these {pix_fmt} pictures; they are written as {name}: {outcome}"
