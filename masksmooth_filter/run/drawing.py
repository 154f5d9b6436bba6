"""From options to the filter that draws, and what its frames look like."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av

from masksmooth_filter.composite.blur import BlurBackground
from masksmooth_filter.composite.colour import FULL_RANGE, RGB, parse_colour
from masksmooth_filter.composite.cutout import Cutout, transparent
from masksmooth_filter.composite.drawing import Drawing
from masksmooth_filter.composite.edges import Edges
from masksmooth_filter.composite.matte import Matte, MattePixels
from masksmooth_filter.composite.overlay import Overlay
from masksmooth_filter.composite.planes import drawable
from masksmooth_filter.composite.replace import ReplaceBackground
from masksmooth_filter.composite.side_by_side import SideBySide, doubled
from masksmooth_filter.errors import OptionError
from masksmooth_filter.media import VideoInfo
from masksmooth_filter.media.containers import Target, container_format
from masksmooth_filter.media.pixels import is_rgb
from masksmooth_filter.media.probe import UNSET
from masksmooth_filter.modes import BLUR
from masksmooth_filter.options import Options

LOSSLESS_GRAY = ("ffv1",)
"""Encoders that a matte is given to as gray: exact, and nobody plays them in a browser."""

TRANSPARENT = frozenset({"mov", "webm", "matroska", "nut", "avi"})
"""Containers that hold a codec with an alpha plane; GIF has one bit of it."""


def drawing_filter(
    options: Options,
    *,
    matte: MattePixels = "yuv420p",
    labels: tuple[str, ...] = (),
    pixel_aspect: Fraction | None = None,
    start: Fraction | None = None,
) -> Drawing:
    """Return the filter that draws.

    Parameters
    ----------
    options : Options
        What the user chose.
    matte : {'yuv420p', 'yuv444p', 'gray'}
        The pixels of a matte.
    labels : tuple of str
        The name of each class id, for a legend.
    pixel_aspect : Fraction, optional
        Width to height of the film's pixels, 1 where nobody knows.
    start : Fraction, optional
        When the film begins, in seconds, which is where a video behind it begins; with the first frame that
        is drawn by default.

    Raises
    ------
    OptionError, InputError
        If a value is out of range, or the background cannot be read.
    """
    edges = edges_of(options)
    if options.mode == "matte":
        return Matte(edges=edges, pix_fmt=matte)
    if options.mode == "cutout":
        return Cutout(edges=edges)
    if options.mode == "blur":
        return BlurBackground(edges=edges, strength=BLUR if options.blur is None else options.blur)
    if options.mode == "replace":
        behind = background(options.background or "")
        aspect = pixel_aspect or Fraction(1)
        return ReplaceBackground(behind, edges=edges, pixel_aspect=aspect, start=start)
    overlay = overlay_filter(options, labels=labels)
    return SideBySide(overlay) if options.mode == "side-by-side" else overlay


def overlay_filter(options: Options, *, labels: tuple[str, ...] = ()) -> Overlay:
    """Return the filter that tints; a network without labels has one class, which the user has named."""
    names = labels or ("background", *(options.classes or "").split(","))
    return Overlay(
        edges=edges_of(options),
        alpha=options.alpha,
        colour=None if options.color is None else parse_colour(options.color),
        contour=options.contour,
        labels=names if options.legend else None,
    )


def edges_of(options: Options) -> Edges:
    """Return where the foreground ends."""
    return Edges(options.threshold, options.feather, options.invert)


def background(text: str) -> RGB | Path:
    """Return the colour that a background is, else the path of a file."""
    try:
        return parse_colour(text)
    except OptionError:
        return Path(text)


def matte_pixels(codec: str) -> MattePixels:
    """Return the pixels of a matte for an encoder."""
    return "gray" if codec in LOSSLESS_GRAY else "yuv420p"


def drawn_info(options: Options, info: VideoInfo, codec: str = "") -> VideoInfo:
    """Return what drawn frames look like.

    Parameters
    ----------
    options : Options
    info : VideoInfo
        The film.
    codec : str
        The output's encoder, which decides a matte's pixels.
    """
    if options.mode == "matte":
        plain = replace(info, pix_fmt=matte_pixels(codec), color_range=FULL_RANGE, colorspace=UNSET)
        return replace(plain, color_primaries=UNSET, color_trc=UNSET)
    pixels = drawable(info.pix_fmt)
    if options.mode == "cutout":
        full = pixels.startswith("yuvj") or is_rgb(transparent(pixels))
        return replace(
            info, pix_fmt=transparent(pixels), color_range=FULL_RANGE if full else info.color_range, codec=""
        )
    if options.mode == "side-by-side":
        width, height = doubled((info.width, info.height), pixels, info.rotation)
        return replace(info, pix_fmt=pixels, width=width, height=height)
    return replace(info, pix_fmt=pixels)


def codec_info(options: Options, info: VideoInfo) -> VideoInfo | None:
    """Return what decides between a container's default encoders; None for a matte, which has no colours."""
    return {"overlay": info, "matte": None}.get(options.mode, drawn_info(options, info))


def check_holds_alpha(options: Options, path: Target) -> None:
    """Raise OptionError if a cutout is wanted in a container without transparency."""
    if options.mode == "cutout" and container_format(path) not in TRANSPARENT:
        there_is = "name the output .mov (ProRes 4444), .webm (VP9) or .mkv (FFV1)"
        suffix = Path(str(path)).suffix
        raise OptionError(f"--mode cutout needs transparency, which {suffix} does not hold; {there_is}")


def check_keeps_alpha(options: Options, codec: str, pix_fmt: str) -> None:
    """Raise OptionError if a cutout is wanted of an encoder, or in a format, without transparency."""
    if options.mode == "cutout" and not any(part.is_alpha for part in av.VideoFormat(pix_fmt).components):
        there_is = "ffv1 (.mkv), prores_ks (.mov) and libvpx-vp9 (.webm) have it, unless --pix-fmt is given"
        raise OptionError(f"--mode cutout needs transparency; {codec} in {pix_fmt} has none. {there_is}")
