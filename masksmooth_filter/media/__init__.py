"""Reading and writing films: packets in, frames through, packets out, every other stream untouched."""

from masksmooth_filter.media.containers import CONTAINERS, container_format
from masksmooth_filter.media.decode import Decoder
from masksmooth_filter.media.demux import Demuxer
from masksmooth_filter.media.encode import Encoder, PlainVideo
from masksmooth_filter.media.encoders import EncodeOptions, choose_codec
from masksmooth_filter.media.pipes import PIPE, StandardInput, StandardOutput
from masksmooth_filter.media.pixels import PixelFormat, choose_pix_fmt
from masksmooth_filter.media.probe import VideoInfo, film_stream, open_input
from masksmooth_filter.media.remux import OutputFile

__all__ = [
    "CONTAINERS",
    "PIPE",
    "Decoder",
    "Demuxer",
    "EncodeOptions",
    "Encoder",
    "OutputFile",
    "PixelFormat",
    "PlainVideo",
    "StandardInput",
    "StandardOutput",
    "VideoInfo",
    "choose_codec",
    "choose_pix_fmt",
    "container_format",
    "film_stream",
    "open_input",
]
