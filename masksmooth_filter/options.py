"""Everything one may choose for a run, with its default and its allowed values.

Light on purpose: the command line reads its choices and defaults from here, and ``--help`` must load
neither numpy nor av.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal, get_args

from masksmooth_filter.errors import OptionError
from masksmooth_filter.modes import MODES, Mode, check_mode, milliseconds
from masksmooth_filter.settings import (
    CARRIED_WINDOW,
    MAX_RADIUS,
    Every,
    Gate,
    Method,
    Smoothing,
    Strength,
    check_choice,
    check_every,
    check_share,
    parse_comparison,
)

ExportSize = Literal["mask", "frame"]
EXPORT_SIZES: tuple[str, ...] = get_args(ExportSize)

Precision = Literal["auto", "fp32", "bf16", "fp16"]
PRECISIONS: tuple[str, ...] = get_args(Precision)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options of `convert`, which are those of the command.

    Attributes
    ----------
    segmenter : str
        ``auto``, ``selfie``, ``deeplabv3_resnet50``, ``deeplabv3_mobilenet_v3_large``,
        ``lraspp_mobilenet_v3_large``, ``tflite:PATH``, ``onnx:PATH`` or a plug-in's name.
    weights : Path, optional
        The segmenter's weights file, where it has one.
    offline : bool
        Never touch the network.
    device : str
        ``auto``, ``cpu``, ``cuda`` or ``cuda:N``: where the network runs; unless it is ``auto``, method
        'motion' too.
    precision : {'auto', 'fp32', 'bf16', 'fp16'}
        Number format of the network's convolutions; by default the fastest the device has.
    exact : bool
        The network's own argmax, label by label, instead of confidence from fast arithmetic.
    compiled : bool
        Whether to compile the network, which pays in long films.
    size : int, optional
        Short side of the picture the network sees, in pixels.
    classes : str, optional
        Class names or ids, comma separated; every foreground class as one mask by default.
    masks_from : str, optional
        Masks made elsewhere, instead of a segmenter.
    save_masks : Path, optional
        Where to keep the raw scores, for ``masks_from`` later.
    every : int or 'auto'
        Every how manyeth frame the network sees, 1 to 10; the masks of those between are carried along the
        motion. 'auto' where the picture changes.
    method, sigma, strength, refine, lookahead, scene_cuts, gate
        As for `Smoothing`.
    radius : int or str, optional
        Frames on each side of the window, or a time such as ``"120ms"``.
    causal : bool
        No look-ahead: the same as ``lookahead=0``.
    threshold : float
        Confidence from which a pixel is foreground, 0..1.
    hold : float or str
        Milliseconds for which each mask is kept before and after, as ``"300ms"``; the union is drawn.
    mode : {'overlay', 'matte', 'cutout', 'blur', 'replace', 'side-by-side'}
        What is drawn (docs/modes.md).
    feather : float
        Pixels over which the foreground's edge fades; 0 is hard, 1 anti-aliased.
    invert : bool
        Whether foreground and background change places.
    alpha : float
        Strength of the overlay, 0..1.
    color : str, optional
        The overlay's colour, a name or ``#rrggbb``.
    contour : int
        Width of a line along the overlay's border in pixels; 0 for none.
    legend : bool
        Whether the overlay names its classes in a corner.
    blur : float, optional
        Of mode 'blur': standard deviation in percent of the picture's short side; 3 by default.
    background : str, optional
        Of mode 'replace': an image, a video or a colour.
    codec, preset : str, optional
        Video encoder and its preset; by default chosen by the output's container.
    crf : float, optional
        The encoder's constant quality.
    pix_fmt : str, optional
        The pixel format to encode in; the source's, or the nearest, by default.
    encoder_options : tuple of (str, str)
        Further options of the encoder by libav's names; they win.
    report, work_dir : Path, optional
        Folders for the report, and for everything the study keeps (frames, masks, plots, videos).
    export : tuple of str
        Where to keep the masks that are drawn: a folder (``png16:`` before it for 16 bits), or a file
        ``.mkv`` (labels), ``.json`` (COCO) or ``.npz``.
    export_size : {'mask', 'frame'}
        Size of exported confidence: the masks' own, or the frames'.
    truth : str, optional
        The right masks, where they are known: what ``masks_from`` takes. Needs ``report``.
    compare : str, optional
        Further methods whose masks the report sets beside this run's, comma separated, as ``gaussian`` or
        ``median:radius=5``. Needs ``report``.
    overwrite : bool
        Whether files that are there already may be replaced.
    resume : bool
        Whether to go on from the masks that an interrupted run of the same has left, and to leave this
        run's if it does not come to its end.
    drop_unsupported : bool
        Whether streams that the output's container cannot hold may be left out.
    allow_protocols : str, optional
        What the input may be beside a plain file: ``"http,ffconcat"``, or ``"all"``.

    Raises
    ------
    OptionError
        If a value is not allowed, or two options exclude each other.
    """

    segmenter: str = "auto"
    weights: Path | None = None
    offline: bool = False
    device: str = "auto"
    precision: Precision = "auto"
    exact: bool = False
    compiled: bool = False
    size: int | None = None
    classes: str | None = None
    masks_from: str | None = None
    save_masks: Path | None = None
    every: Every = 1
    method: Method | str = "motion"
    radius: int | str | None = None
    sigma: float | None = None
    causal: bool = False
    lookahead: int | None = None
    strength: Strength = "auto"
    refine: bool = True
    scene_cuts: bool | None = None
    gate: Gate = "none"
    threshold: float = 0.5
    hold: float | str = 0
    mode: Mode = "overlay"
    feather: float = 1.0
    invert: bool = False
    alpha: float = 0.5
    color: str | None = None
    contour: int = 0
    legend: bool = False
    blur: float | None = None
    background: str | None = None
    codec: str | None = None
    crf: float | None = None
    preset: str | None = None
    pix_fmt: str | None = None
    encoder_options: tuple[tuple[str, str], ...] = ()
    report: Path | None = None
    work_dir: Path | None = None
    export: tuple[str, ...] = ()
    export_size: ExportSize = "mask"
    truth: str | None = None
    compare: str | None = None
    overwrite: bool = False
    resume: bool = False
    drop_unsupported: bool = False
    allow_protocols: str | None = None

    def __post_init__(self) -> None:
        for name in ("weights", "save_masks", "report", "work_dir"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, Path(getattr(self, name)))  # text is welcome too
        self.smoothing()
        exports = (self.export,) if isinstance(self.export, str | Path) else self.export
        object.__setattr__(self, "export", tuple(map(str, exports)))
        object.__setattr__(self, "hold", milliseconds("hold", self.hold))
        check_choice("mode", self.mode, MODES)
        check_mode(self)
        check_choice("export size", self.export_size, EXPORT_SIZES)
        check_choice("precision", self.precision, PRECISIONS)
        check_exact(self.exact, self.precision, compiled=self.compiled)
        check_share("threshold", self.threshold)
        check_share("alpha", self.alpha)
        if self.size is not None and self.size < 32:
            raise OptionError(f"size is {self.size}; give the short side in pixels, at least 32")
        check_every(self.every)
        self.rivals()
        for name in ("truth", "compare"):
            if getattr(self, name) is not None and self.report is None:
                raise OptionError(f"--{name} needs --report DIR, which shows what comes of it")
        if self.masks_from is not None:
            self._check_no_segmenter()

    def smoothing(
        self, *, rate: Fraction | None = None, threads: int = 1, carried: bool | None = None
    ) -> Smoothing:
        """Return how masks are smoothed.

        Parameters
        ----------
        rate : Fraction, optional
            Frames a second, for a radius given as a time; 25 where nobody knows.
        threads : int
            Threads to use.
        carried : bool, optional
            Whether most masks are carried from keyframes, for which 'motion' has a window of its own
            unless a radius is given; by default where ``every`` is not 1.
        """
        if self.causal and self.lookahead not in (None, 0):
            raise OptionError(f"--causal and --lookahead {self.lookahead} exclude each other; give one")
        if self.causal and self.method in ("gaussian", "median"):
            raise OptionError(f"--method {self.method} looks ahead; use motion or ema with --causal")
        sparse = self.every != 1 if carried is None else carried
        wide = CARRIED_WINDOW if sparse and self.method == "motion" and self.radius is None else {}
        chosen: dict[str, Any] = {
            "radius": radius_in_frames(self.radius, rate),
            "sigma": self.sigma,
            "lookahead": 0 if self.causal and self.method not in ("ema", "none") else self.lookahead,
        }
        return Smoothing(
            method=self.method,
            **chosen | {name: value for name, value in wide.items() if chosen[name] is None},
            strength=self.strength,
            refine=self.refine,
            scene_cuts=self.scene_cuts,
            gate=self.gate,
            threads=threads,
            device=self.device if self.method == "motion" and self.device != "auto" else "cpu",
        )

    def rivals(self) -> dict[str, Smoothing]:
        """Return how the methods smooth that this run is compared with, by what the user called them."""
        return {} if self.compare is None else parse_comparison(self.compare)

    def _check_no_segmenter(self) -> None:
        """Refuse options of a segmenter where masks come from elsewhere: they would change nothing."""
        names = (
            "segmenter",
            "weights",
            "size",
            "precision",
            "exact",
            "compiled",
            "resume",
            "every",
            *(("device",) if self.method != "motion" else ()),
        )
        for name in names:
            if getattr(self, name) not in ("auto" if name != "every" else 1, None, False):
                shown = name.replace("compiled", "compile")
                raise OptionError(f"--{shown} has no effect with --masks-from; leave one of the two out")
        if self.every != 1:
            raise OptionError("--every has no effect with --masks-from; leave one of the two out")


def check_exact(exact: bool, precision: str, *, compiled: bool) -> None:
    """Raise OptionError if the network's own arithmetic is asked for together with another."""
    other = (
        "--precision " + precision if precision not in ("auto", "fp32") else "--compile" if compiled else ""
    )
    if exact and other:
        raise OptionError(f"--exact is the network's own fp32 arithmetic; leave out {other}")


def radius_in_frames(radius: int | str | None, rate: Fraction | None) -> int | None:
    """Return a radius in frames; a time is rounded, to 1 at least and `MAX_RADIUS` at most.

    Raises
    ------
    OptionError
        If text is neither a whole number nor a number followed by ``ms``.
    """
    if not isinstance(radius, str):
        return radius
    milliseconds = radius.strip().lower().removesuffix("ms")
    try:
        if milliseconds == radius.strip().lower():
            return int(radius)
        return min(max(round(float(milliseconds) * (rate or 25) / 1000), 1), MAX_RADIUS)
    except ValueError:
        raise OptionError(f"radius is {radius!r}; give frames, as 3, or a time, as 120ms") from None
