"""Which encoder a film gets unless one is asked for, and what it is told of the film beside its pixels."""

from __future__ import annotations

from av.video.format import VideoFormat

from masksmooth_filter.media.looks import CHROMA_PLACES
from masksmooth_filter.media.pixels import is_rgb
from masksmooth_filter.media.probe import VideoInfo

DEFAULT_CODEC = "libx264"
"""Where nothing speaks against it: H.264 plays everywhere."""

DEFAULT_CODECS = {"webm": "libvpx-vp9", "gif": "gif"}
"""Containers that do not hold H.264."""

HDR_TRANSFERS = frozenset({16, 18})
"""libav's AVColorTransferCharacteristic of PQ (SMPTE ST 2084) and HLG (ARIB STD-B67)."""

HEVC_HOLDERS = frozenset({"mp4", "mov", "matroska", "mpegts", "nut"})
"""Containers players expect HEVC in."""

FFV1_HOLDERS = frozenset({"matroska", "nut", "avi"})
"""Containers that hold FFV1, which keeps everything."""

MOST_HEVC_BITS = 12
"""What x265 encodes at most."""

FLAT_CODECS = frozenset({"gif"})
"""Codecs decoded to a format with alpha that mostly is not used."""


def default_codec(format_: str, info: VideoInfo | None = None) -> str:
    """Return the encoder for a container that keeps most of a film.

    H.264, but: VP9 in WebM, AV1 there above 8 bits (this build's VP9 has 8); HEVC for HDR, which no
    player looks for in H.264, and for what x264 has not (12 bits, RGB or gray of more than 8); FFV1 for
    even more bits; where there is transparency a codec that has it; x264's RGB for RGB.

    Parameters
    ----------
    format_ : str
        libav's name of the container.
    info : VideoInfo, optional
        The film; None for one about which nothing is known.
    """
    usual = DEFAULT_CODECS.get(format_, DEFAULT_CODEC)
    if info is None or format_ == "gif":
        return usual
    if has_alpha(info):
        return _with_alpha(format_, info, usual)
    if format_ == "webm":
        return "libsvtav1" if bits(info) > 8 else usual
    if format_ in HEVC_HOLDERS and (info.color_trc in HDR_TRANSFERS or _beyond_h264(info)):
        deeper = bits(info) > MOST_HEVC_BITS and format_ in FFV1_HOLDERS
        return "ffv1" if deeper else "libx265"
    return "libx264rgb" if _plain_rgb(info) else usual


def has_alpha(info: VideoInfo) -> bool:
    """Tell whether a film has transparency that is meant."""
    return _alpha(info.pix_fmt) and not _flat(info)


def bits(info: VideoInfo) -> int:
    """Return the bits of a film's deepest component."""
    return max((part.bits for part in VideoFormat(info.pix_fmt).components), default=8)


def params(codec: str, info: VideoInfo) -> dict[str, str]:
    """Return the encoder's private parameters that say what libav's context cannot.

    Parameters
    ----------
    codec : str
    info : VideoInfo
    """
    words = {"libx264": _x264, "libx264rgb": _x264, "libx265": _x265, "libsvtav1": _svt}.get(codec)
    return {} if words is None else words(info)


def interlaced(codec: str, info: VideoInfo) -> bool:
    """Tell whether a film is interlaced and the encoder can say so."""
    return info.looks.fields != "progressive" and codec in (
        "libx264",
        "libx264rgb",
        "mpeg2video",
        "prores_ks",
    )


def _with_alpha(format_: str, info: VideoInfo, usual: str) -> str:
    if format_ == "webm":
        return usual
    if format_ == "mov":
        return "qtrle" if is_rgb(info.pix_fmt) and bits(info) == 8 else "prores_ks"
    if format_ == "matroska":
        return "libvpx-vp9" if info.codec in ("vp8", "vp9") else "ffv1"
    return "ffv1" if format_ in FFV1_HOLDERS else usual


def _beyond_h264(info: VideoInfo) -> bool:
    """Tell whether x264 would lose bits or colours, or H.264's readers give gray back as YUV."""
    plain = is_rgb(info.pix_fmt) or info.pix_fmt.startswith("gray")
    return bits(info) > (8 if plain else 10)


def _x264(info: VideoInfo) -> dict[str, str]:
    """Return x264's parameters.

    With force-cfr the stream says the film's rate; else it says its time base, which readers of a TS take
    for the rate, and those of an MP4 then know no frame's duration. Times are not touched by it.
    """
    found = {"force-cfr": "1"} if info.grid else {}
    found |= _chroma(info)
    if info.looks.fields != "progressive":
        found["tff" if info.looks.fields == "top" else "bff"] = "1"
    if info.looks.mastering:
        found["mastering-display"] = info.looks.mastering.spell()
    if info.looks.light:
        found["cll"] = "{},{}".format(*info.looks.light)
    return found


def _x265(info: VideoInfo) -> dict[str, str]:
    found = _chroma(info)
    if info.looks.mastering:
        found["master-display"] = info.looks.mastering.spell()
    if info.looks.light:
        found["max-cll"] = "{},{}".format(*info.looks.light)
    if info.color_trc in HDR_TRANSFERS:
        found["repeat-headers"] = "1"
    return found


def _svt(info: VideoInfo) -> dict[str, str]:
    found = {}
    if info.looks.mastering:
        found["mastering-display"] = info.looks.mastering.spell(colour=1, light=1)
    if info.looks.light:
        found["content-light"] = "{},{}".format(*info.looks.light)
    return found


def _chroma(info: VideoInfo) -> dict[str, str]:
    place = info.looks.chroma
    usual = place not in CHROMA_PLACES or place == "left"
    return {} if usual else {"chromaloc": str(CHROMA_PLACES.index(place))}


def _alpha(pix_fmt: str) -> bool:
    return any(part.is_alpha for part in VideoFormat(pix_fmt).components)


def _flat(info: VideoInfo) -> bool:
    return info.codec in FLAT_CODECS


def _plain_rgb(info: VideoInfo) -> bool:
    return is_rgb(info.pix_fmt) and bits(info) == 8 and not _flat(info)
