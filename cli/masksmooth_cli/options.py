"""The command's options, heading by heading; their names are a contract."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from masksmooth_cli.help import option
from masksmooth_filter.modes import BLUR, MODES
from masksmooth_filter.options import EXPORT_SIZES, PRECISIONS
from masksmooth_filter.settings import GATES, MAX_EVERY, MAX_RADIUS, METHODS

PATH = click.Path(path_type=Path)


class _OrAuto(click.ParamType[Any]):
    """A number, or ``auto``."""

    def __init__(self, name: str, number: click.ParamType[Any]) -> None:
        self.name, self._number = name, number

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read the number, if it is one."""
        return value if value == "auto" else self._number.convert(value, param, ctx)


STRENGTH, EVERY = _OrAuto("strength", click.FLOAT), _OrAuto("every", click.INT)
LEVELS = ("debug", "info", "warning", "error")

MASKS = "Masks"
MODEL = "Network"
SMOOTH = "Smoothing"
DRAW = "Drawing"
ENCODE = "Encoding"
KEEP = "Keeping results"
RUN = "Running"
SCALE = "Many films, or many workers"


def _pairs(_context: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> Any:
    """Split ``K=V`` into pairs."""
    for text in given:
        if "=" not in text or text.startswith("="):
            raise click.BadParameter(f"{text!r} is not KEY=VALUE, for example tune=film")
    return tuple(tuple(text.split("=", 1)) for text in given)


def _diagnose(context: click.Context, _option: click.Parameter, wanted: bool) -> None:
    """Print the doctor's report and end; INPUT and OUTPUT need not be given."""
    if not wanted or context.resilient_parsing:
        return
    from masksmooth_filter.doctor.diagnosis import diagnose

    found = diagnose()
    click.echo(found.text())
    context.exit(0 if found.ok else 1)


# fmt: off
OPTIONS = (
    option(MASKS, "--segmenter", default="auto", metavar="NAME",
           help="selfie (people, embedded); deeplabv3_resnet50, deeplabv3_mobilenet_v3_large, "
                "lraspp_mobilenet_v3_large (20 classes, need torch); tflite:PATH; onnx:PATH; a plug-in's "
                "name; or auto: deeplabv3_resnet50 where torch and a CUDA device are there, else selfie."),
    option(MASKS, "--classes", metavar="LIST",
           help="Class names or ids, comma separated, a mask each; default: every class as one."),
    option(MASKS, "--masks-from", metavar="PATH",
           help="Masks made elsewhere instead of a network: a gray or label video (by time), a folder "
                "of PNGs (one a frame), .json (COCO), .npz, or what --save-masks or --export wrote."),
    option(MASKS, "--save-masks", type=PATH, metavar="FILE",
           help="Keep the raw scores (.mkv, lossless), to smooth again without the network."),
    option(MASKS, "--every", type=EVERY, default=1, metavar="N|auto",
           help=f"Segment every Nth frame only, 1 to {MAX_EVERY}, or where the picture changes; the masks "
                "between follow the motion."),
    option(MODEL, "--weights", type=PATH, metavar="FILE", help="The network's weights file."),
    option(MODEL, "--offline", is_flag=True, help="Never download anything."),
    option(MODEL, "--device", default="auto", metavar="DEVICE",
           help="auto, cpu, cuda or cuda:N; where cuda is named, method motion runs there too."),
    option(MODEL, "--precision", type=click.Choice(PRECISIONS), default="auto",
           help="Of torch networks; auto: bf16 where the hardware multiplies it, else fp16 on CUDA and "
                "fp32 on a CPU."),
    option(MODEL, "--exact", is_flag=True,
           help="Torchvision's own labels, bit for bit, 1.5 to 3 times slower; masks without confidence."),
    option(MODEL, "--compile", "compiled", is_flag=True,
           help="Compile the torch network: minutes at the start, for long films."),
    option(MODEL, "--size", type=int, metavar="N", help="Short side of what the network sees, in pixels."),
    option(SMOOTH, "--method", metavar="|".join(METHODS), default="motion",
           help="motion follows what moves and keeps to the picture's edges; the others average, each "
                "place by itself; or a plug-in's name."),
    option(SMOOTH, "--radius", metavar="N|MSms",
           help=f"Frames on each side of the window, 0 to {MAX_RADIUS}, or a time such as 120ms; "
                "default: 5 for motion (15 with --every), else 3."),
    option(SMOOTH, "--sigma", type=float, metavar="S",
           help="Standard deviation of the weights in frames; default: 7 for motion (3 with less "
                "lookahead, 21 with --every), else half the radius."),
    option(SMOOTH, "--causal", is_flag=True, help="Look at the past only: no frame is held back."),
    option(SMOOTH, "--lookahead", type=int, metavar="N",
           help="Frames to wait for, up to the radius, which is the default."),
    option(SMOOTH, "--strength", default="auto", metavar="0..1|auto", type=STRENGTH,
           help="How far motion trusts the picture's colours over the masks."),
    option(SMOOTH, "--refine/--no-refine", default=True, show_default=True,
           help="Bring masks onto the picture's edges."),
    option(SMOOTH, "--scene-cuts/--no-scene-cuts", default=None,
           help="Begin anew at scene cuts; default: with motion only."),
    option(SMOOTH, "--gate", type=click.Choice(GATES), default="none",
           help="entropy: the plain methods smooth only what the network is unsure of."),
    option(SMOOTH, "--threshold", type=float, default=0.5, metavar="0..1",
           help="Confidence from which a pixel is foreground."),
    option(DRAW, "--mode", type=click.Choice(MODES), default="overlay",
           help="Tint the foreground; write the mask; cut the foreground out, with transparency; blur or "
                "replace the background; or raw and smoothed side by side."),
    option(DRAW, "--background", metavar="PATH|COLOUR",
           help="With replace: an image, a video (from its start, again and again), or a colour."),
    option(DRAW, "--blur", type=float, metavar="PERCENT",
           help="With blur: its standard deviation in percent of the picture's short side; "
                f"default: {BLUR:g}."),
    option(DRAW, "--feather", type=float, default=1.0, metavar="PX",
           help="Pixels over which the foreground's edge fades; 0: hard."),
    option(DRAW, "--invert", is_flag=True, help="Let foreground and background change places."),
    option(DRAW, "--hold", default="0ms", metavar="MS",
           help="Keep what was foreground for so long before and after: no missed frame exposes anything."),
    option(DRAW, "--alpha", type=float, default=0.5, metavar="0..1", help="Strength of the tint."),
    option(DRAW, "--color", metavar="COLOUR", help="A name (green, red, ...) or #rrggbb."),
    option(DRAW, "--contour", type=int, default=0, metavar="PX",
           help="Width of a line along the tint's border; 0: none."),
    option(DRAW, "--legend", is_flag=True, help="Name the classes in a corner, with their colours."),
    option(ENCODE, "--codec", metavar="NAME", help="Video encoder; by default chosen by OUTPUT's container."),
    option(ENCODE, "--crf", type=float, metavar="Q", help="Constant quality; lower is better and larger."),
    option(ENCODE, "--preset", metavar="NAME", help="The encoder's preset."),
    option(ENCODE, "--pix-fmt", metavar="NAME",
           help="Pixel format to encode in; by default the source's, or the nearest that loses nothing."),
    option(ENCODE, "--encoder-option", "encoder_options", multiple=True, metavar="K=V", callback=_pairs,
           help="A further option of the encoder by FFmpeg's name; may be given again."),
    option(KEEP, "--report", type=PATH, metavar="DIR",
           help="Did it help, and where not? report.html: figures, curves and pictures, before and after; "
                "the same as JSON, CSV and plots (docs/report.md)."),
    option(KEEP, "--compare", metavar="METHODS",
           help="In the report, further methods on the same masks, comma separated, as in gaussian,"
                "median:radius=5,motion:lookahead=0."),
    option(KEEP, "--truth", metavar="PATH",
           help="In the report, accuracy against the right masks: anything --masks-from takes."),
    option(KEEP, "--work-dir", type=PATH, metavar="DIR",
           help="Everything between: frames, raw and smoothed masks, plots and tables, videos."),
    option(KEEP, "--export", multiple=True, metavar="PATH",
           help="Keep the masks that are drawn; may be given again: a folder (PNG; png16:FOLDER for 16 "
                "bits), .mkv (label video), .json (COCO RLE), .npz. --masks-from reads them all."),
    option(KEEP, "--export-size", type=click.Choice(EXPORT_SIZES), default="mask",
           help="Of exported PNGs and .npz: the masks' own, which loses nothing, or the film's."),
    option(KEEP, "--overwrite", is_flag=True, help="Replace files that are there already."),
    option(KEEP, "--resume", is_flag=True,
           help="Go on from the masks that an interrupted run of the same command has left, and leave "
                "this run's if it is ended."),
    option(KEEP, "--drop-unsupported", is_flag=True,
           help="Leave out streams that OUTPUT's container cannot hold, instead of refusing."),
    option(KEEP, "--verify", is_flag=True,
           help="Read INPUT and OUTPUT again and prove that nothing was lost: frame times, every packet of "
                "the other streams, chapters, tags; print the table; status 8 if something differs."),
    option(SCALE, "--batch", is_flag=True,
           help="INPUTS are many: files, folders, 'patterns*', manifests (.json, .csv, .toml) with options "
                "for each; a bad one fails alone, batch.json says why; what is done already is skipped."),
    option(SCALE, "--output-dir", type=PATH, metavar="DIR", help="Where the outputs of --batch go."),
    option(SCALE, "--jobs", type=int, metavar="N",
           help="Worker processes: as many films at a time, or as many chunks of one film for the network."),
    option(SCALE, "--cluster", metavar="auto|HOST:PORT",
           help="Workers on a Ray cluster instead, as many as fit or --jobs; needs the extra 'cluster'."),
    option(SCALE, "--encode-chunks", is_flag=True,
           help="One film: workers also smooth, draw and encode, from scene cut to scene cut. Its pictures "
                "are the same, its bits are not: each chunk begins with a keyframe."),
    option(SCALE, "--needs", metavar="LIST",
           help="What a worker of a cluster is given, as cpu=2,gpu=1,memory=4G; default: a core and 1G."),
    option(RUN, "--allow-protocols", is_flag=False, flag_value="all", metavar="LIST",
           help="INPUT may be more than a file: http, https, ... (a URL), concat, ffconcat, hls, dash (files "
                "that name others), or all; comma separated. OUTPUT is always a file."),
    option(RUN, "--doctor", is_flag=True, is_eager=True, expose_value=False, callback=_diagnose,
           help="Print what would be used here and why, for a bug report; status 1 if nothing could run."),
    option(RUN, "--quiet", is_flag=True, help="No progress and no information; warnings remain."),
    option(RUN, "--log-level", type=click.Choice(LEVELS), default="info",
           help="How much is said on stderr."),
)
# fmt: on


def with_options(function: Any) -> Any:
    """Give a click command all of `OPTIONS`, in their order."""
    for decorate in reversed(OPTIONS):
        function = decorate(function)
    return function
