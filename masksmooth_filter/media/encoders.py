"""Which encoder, and with which options."""

from __future__ import annotations

import os
from dataclasses import dataclass

import av
import av.error
from av.codec import Codec
from av.codec.codec import UnknownCodecError
from av.video.codeccontext import VideoCodecContext

from masksmooth_filter.cores import usable_cores
from masksmooth_filter.errors import OptionError
from masksmooth_filter.media.containers import Target, container_format
from masksmooth_filter.media.defaults import DEFAULT_CODEC, default_codec, params
from masksmooth_filter.media.instructions import instructions
from masksmooth_filter.media.pixels import QUIET, PixelFormat, choose_pix_fmt, opens
from masksmooth_filter.media.probe import VideoInfo

QUALITY: dict[str, dict[str, str]] = {
    # 18 is the value commonly called visually lossless for x264; "medium" is x264's own default.
    "libx264": {"crf": "18", "preset": "medium"},
    "libx264rgb": {"crf": "18", "preset": "medium"},
    # x265 reaches the quality of an x264 crf about two to four steps higher.
    "libx265": {"crf": "20", "preset": "medium", "x265-params": "log-level=error"},
    # At 1280x720 crf 24 gave the size of x264's 18. cpu-used 5 is the fastest of "good"; 1 to 5 differed
    # by 1 % in size. Rows in threads, else small films use one core.
    "libvpx-vp9": {"crf": "24", "cpu-used": "5", "deadline": "good", "row-mt": "1"},
    "libsvtav1": {"crf": "24", "preset": "8"},
    "ffv1": {"level": "3"},
    "prores_ks": {"profile": "4444"},
}
"""The options an encoder gets unless others are asked for."""

PARAMS = {"libx264": "x264-params", "libx264rgb": "x264-params", "libx265": "x265-params",
          "libsvtav1": "svtav1-params"}  # fmt: skip
"""The option that takes an encoder's own parameters, as ``a=1:b=2``."""

LOOKAHEAD = 32 << 20
"""Bytes of frames that x264 looks ahead unless a preset is asked for: 10 frames of 1080p, 24 of 720p, its
usual 40 of less. With its copies each is 6 MB at 1080p, 190 MB for the other 30. Three clips with 10 for 40
at the same crf had 3 to 11 % less size and .14 to 1.0 dB less PSNR (docs/benchmarks.md)."""

MOST_THREADS = 16
"""Frames that x264 works on at once, at most."""

IN_WORK = 10
"""Bytes a pixel of each such frame: 20 MB at 1080p."""

SCARCE, AMPLE = 16 << 20, 40 << 20
"""Bytes for frames beyond one a core, as many again at most. A frame waits for the rows it needs of the one
before, and with one a core a fifth of 2 cores stood still. Two more at 1080p are 18 % less time where x264 is
the slowest part (by gaussian 45.2 ms a frame, not 55.0) and none where it is not (by motion)."""

FEW_CORES, AHEAD = 4, 13
"""Cores up to which x264 looks ahead with a thread for it only if there is room for the frames in its queue,
which are bytes a pixel: the same bits with 27 MB less at 1080p. Where x264 is the slowest part it takes 5 %
longer so on 2 cores (1080p and 480p, by gaussian); where it is not, the other stages keep them busy."""

FEWEST_AHEAD, MOST_AHEAD = 10, 40
X264 = ("libx264", "libx264rgb")

FIXED_QUANTISER = {"mpeg4": 2, "mpeg2video": 2, "mjpeg": 2}
"""Quantiser of encoders without crf; libav's default for them is 200 kbit/s."""

MAX_CRF = 63
"""The largest crf any encoder knows (VP9, AV1); x264 silently takes more and shows mud."""


@dataclass(frozen=True, slots=True)
class EncodeOptions:
    """How to encode; None leaves the choice to the container and encoder.

    Attributes
    ----------
    codec : str, optional
        An encoder by libav's name.
    crf : float, optional
        Constant rate factor, 0 .. 63, smaller is better.
    preset : str, optional
        The encoder's preset.
    pix_fmt : str, optional
        The pixel format to encode in; the source's if the encoder takes it.
    extra : tuple of (str, str)
        Further options of the encoder by libav's names; they win.
    room : int
        Bytes x264 may have to work on more frames at once than there are cores: `AMPLE` where the rest of
        the chain waits for it.

    Raises
    ------
    OptionError
        If crf is out of range.
    """

    codec: str | None = None
    crf: float | None = None
    preset: str | None = None
    pix_fmt: str | None = None
    extra: tuple[tuple[str, str], ...] = ()
    room: int = SCARCE

    def __post_init__(self) -> None:
        if self.crf is not None and not 0 <= self.crf <= MAX_CRF:
            raise OptionError(f"crf is {self.crf:g}; give 0 (best) to {MAX_CRF}")


def choose_codec(path: Target, options: EncodeOptions | None = None, *, info: VideoInfo | None = None) -> str:
    """Return the encoder for an output file: the one asked for, or its container's default.

    Parameters
    ----------
    path : path or int
        The output; only its suffix counts.
    options : EncodeOptions, optional
    info : VideoInfo, optional
        The film, which decides between defaults.

    Raises
    ------
    OptionError
        If the suffix stands for no container, or the encoder is unknown or does not open here.
    """
    format_ = container_format(path)
    name = (options or EncodeOptions()).codec or default_codec(format_, info)
    try:
        codec = Codec(name, "w")
    except UnknownCodecError:
        raise OptionError(f"there is no encoder {name!r}; {_there_is(format_)}") from None
    if codec.type != "video":
        raise OptionError(f"{name} encodes {codec.type}; {_there_is(format_)}")
    # Names prove nothing: the hardware encoders are in every build. Some open in their second format only.
    if not any(opens(codec.name, pix_fmt.name) for pix_fmt in (codec.video_formats or ())[:4]):
        raise OptionError(f"{name} cannot be opened here (is its device there?); {_there_is(format_)}")
    return codec.name


def pixel_format(codec: str, info: VideoInfo, options: EncodeOptions) -> PixelFormat:
    """Return the pixel format to encode in: the one asked for, else the best; see `choose_pix_fmt`.

    Parameters
    ----------
    codec : str
        The encoder.
    info : VideoInfo
        The source.
    options : EncodeOptions

    Raises
    ------
    OptionError
        If the encoder does not take the format asked for.
    """
    size = (info.width, info.height)
    if options.pix_fmt is None:
        return choose_pix_fmt(codec, info.pix_fmt, size=size)
    known = [format_.name for format_ in Codec(codec, "w").video_formats or ()]
    if options.pix_fmt not in known or not opens(codec, options.pix_fmt, size):
        there_is = " ".join(known)
        raise OptionError(f"{codec} cannot take {options.pix_fmt} at this size; it knows {there_is}")
    return PixelFormat(options.pix_fmt)


def open_encoder(context: VideoCodecContext, options: EncodeOptions, info: VideoInfo) -> None:
    """Open the encoder with its defaults and the given options.

    Parameters
    ----------
    context : av.video.codeccontext.VideoCodecContext
        Set up, not open.
    options : EncodeOptions
    info : VideoInfo
        The source, for the message.

    Raises
    ------
    OptionError
        If it does not open, or does not know an option.
    """
    wanted = _settings(context.name, options, info)
    if context.name in FIXED_QUANTISER:
        context.qscale, context.global_quality = True, FIXED_QUANTISER[context.name]
    if context.name in X264:
        context.thread_count = threads_of(context.width * context.height, usable_cores(), options.room)
    context.options = dict(wanted)
    given = " ".join(f"{key}={value}" for key, value in wanted.items())
    try:
        context.open()
    except (av.error.FFmpegError, ValueError) as error:
        what = f"{context.name} does not open with {given or 'its defaults'}"
        size = f"{info.width}x{info.height} {context.pix_fmt}"
        raise OptionError(f"{what} for {size}; check --preset, --crf and --encoder-option") from error
    if unknown := set(context.options) - set(QUIET.get(context.name, {})):
        raise OptionError(f"{context.name} has no option {' '.join(sorted(unknown))}; leave it out")


def threads_of(pixels: int, cores: int, room: int) -> int:
    """Return how many frames x264 works on at once: one a core, and as many again if there is room."""
    return min(cores + min(cores, room // (IN_WORK * pixels)), MOST_THREADS)


def _settings(codec: str, options: EncodeOptions, info: VideoInfo) -> dict[str, str]:
    """Return an encoder's defaults, what is to be said of the film, and the user's options, which win."""
    found = dict(QUALITY.get(codec, {}))
    found |= {} if options.crf is None else {"crf": f"{options.crf:g}"}
    found |= _lookahead(info, options.room) if options.preset is None and codec in X264 else {}
    found |= {} if options.preset is None else {"preset": options.preset}
    words = params(codec, info) | (instructions(info.width) if codec in X264 else {})
    own = ":".join(f"{key}={value}" for key, value in words.items())
    extra = dict(options.extra)
    if (name := PARAMS.get(codec)) is not None:
        joined = ":".join(part for part in (found.get(name), own, extra.get(name)) if part)
        extra |= {name: joined} if joined else {}
    return found | extra


def _lookahead(info: VideoInfo, room: int) -> dict[str, str]:
    """Return how many frames x264 looks ahead, and how, so that large ones do not take all memory."""
    pixels = info.width * info.height
    found = {"rc-lookahead": str(min(max(LOOKAHEAD // (pixels * 3 // 2), FEWEST_AHEAD), MOST_AHEAD))}
    no_thread = usable_cores() <= FEW_CORES and room < AHEAD * pixels
    return found | ({"x264-params": "sync-lookahead=0"} if no_thread else {})


def _there_is(format_: str) -> str:
    """List the encoders of this build that a container holds, for a message."""
    held = av.open(os.devnull, "w", format=format_).supported_codecs
    known = {name for name in held if _encodes_video(name)} or {DEFAULT_CODEC, *QUALITY}
    return f"for this container there is {' '.join(sorted(known))}"


def _encodes_video(name: str) -> bool:
    try:
        codec = Codec(name, "w")
    except UnknownCodecError:
        return False
    return codec.type == "video" and codec.name == name
