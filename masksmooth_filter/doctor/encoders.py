"""The encoders: names prove nothing, so each is opened."""

from __future__ import annotations

import contextlib

from masksmooth_filter.doctor.finding import Finding

SOFTWARE = ("libx264", "libx264rgb", "libx265", "libvpx-vp9", "libsvtav1", "ffv1", "prores_ks", "gif",
            "mpeg4", "qtrle", "utvideo")  # fmt: skip
"""Encoders on a CPU that outputs may be written with; the first is the default."""

HARDWARE = ("h264_nvenc", "hevc_nvenc", "av1_nvenc", "h264_qsv", "h264_vaapi", "h264_amf",
            "h264_videotoolbox", "h264_v4l2m2m")  # fmt: skip
"""Encoders on devices; many builds have their names, few machines their devices."""


def encoders() -> list[Finding]:
    """Return the libraries, and which encoders really open on this machine."""
    import av

    versions = ", ".join(f"{name} {'.'.join(map(str, v))}" for name, v in av.library_versions.items())
    names = (*SOFTWARE, *HARDWARE)
    there = [name for name in names if _opens(name)]
    found = [Finding("libav", versions), _default(there), Finding("open here", " ".join(there) or "none")]
    rest = [name for name in names if name not in there]
    return [*found, Finding("do not open here", " ".join(rest), "note")] if rest else found


def _default(there: list[str]) -> Finding:
    default = SOFTWARE[0]
    if default in there:
        return Finding("default", f"{default} opens")
    return Finding("default", f"{default} does not open; --codec takes another", "bad")


def _opens(name: str) -> bool:
    from av.codec import Codec
    from av.codec.codec import UnknownCodecError

    from masksmooth_filter.media.pixels import opens

    with contextlib.suppress(UnknownCodecError):
        return any(opens(name, format_.name) for format_ in (Codec(name, "w").video_formats or ())[:4])
    return False
