"""What of a film neither the encoder nor the container has words for."""

from __future__ import annotations

from av.codec import Codec

from masksmooth_filter.media.defaults import interlaced
from masksmooth_filter.media.looks import orientation
from masksmooth_filter.media.probe import VideoInfo

SHAPED_CODECS = frozenset({"h264", "hevc", "mpeg1video", "mpeg2video", "mpeg4", "theora"})
"""Codecs that say themselves how wide a pixel is."""

SHAPED_CONTAINERS = frozenset({"mp4", "mov", "matroska", "webm"})
"""Containers that say it for any codec; in AVI and NUT PyAV has no way to."""

WITHOUT_ROTATION = frozenset({"mpegts", "avi", "nut", "gif"})
"""Containers that cannot say a rotation."""

WITH_FIELDS = frozenset({"matroska", "mov"})
"""Containers that say themselves which field comes first."""

H264_ENCODERS = frozenset({"libx264", "libx264rgb", "h264_nvenc", "h264_vaapi", "h264_qsv"})
"""Encoders of H.264, which has words of its own for a rotation."""


def losses(codec: str, format_: str, info: VideoInfo) -> list[str]:
    """Return what gets lost, a line each.

    Parameters
    ----------
    codec : str
        The encoder.
    format_ : str
        libav's name of the container.
    info : VideoInfo
        The film.
    """
    found = (_shape(codec, format_, info), _rotation(codec, format_, info), _looks(codec, format_, info))
    return [line for line in found if line]


def says_shape(codec: str) -> bool:
    """Tell whether an encoder's stream says how wide a pixel is."""
    return Codec(codec, "w").canonical_name in SHAPED_CODECS


def orientation_words(codec: str, format_: str, info: VideoInfo) -> str | None:
    """Return how H.264 itself says that the picture is turned, where the container has no place for it."""
    if format_ not in WITHOUT_ROTATION or info.display_matrix is None or codec not in H264_ENCODERS:
        return None
    return orientation(info.display_matrix)


def _shape(codec: str, format_: str, info: VideoInfo) -> str:
    shape = info.sample_aspect_ratio or 1
    if shape == 1 or says_shape(codec) or format_ in SHAPED_CONTAINERS:
        return ""
    where = f"{codec} in {format_}"
    return f"{where} cannot say that pixels are {shape} as wide as high; players will squeeze the picture"


def _rotation(codec: str, format_: str, info: VideoInfo) -> str:
    if not info.rotation or format_ not in WITHOUT_ROTATION or orientation_words(codec, format_, info):
        return ""
    return f"{format_} cannot say that the picture is turned by {info.rotation} degrees; it is shown unturned"


def _looks(codec: str, format_: str, info: VideoInfo) -> str:
    looks, lost = info.looks, []
    if looks.fields != "progressive" and not interlaced(codec, info) and format_ not in WITH_FIELDS:
        lost.append(f"interlaced, {looks.fields} field first")
    if (looks.mastering or looks.light) and "libx26" not in codec and codec != "libsvtav1":
        lost.append("graded for HDR (mastering display, content light)")
    return f"{codec} cannot say that the picture is {' and '.join(lost)}" if lost else ""
