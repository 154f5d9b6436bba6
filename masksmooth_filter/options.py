"""Everything one may choose for a run, with its default and its allowed values.

Light on purpose: the command line reads its choices and defaults from here, and ``--help`` must load
neither numpy nor av.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from masksmooth_filter.errors import OptionError

Method = Literal["gaussian", "median", "ema", "none"]
METHODS: tuple[str, ...] = get_args(Method)

Mode = Literal["overlay", "matte"]
MODES: tuple[str, ...] = get_args(Mode)

MAX_RADIUS = 15
"""Windows of 1 to 31 frames: half a second each side at 30 fps, beyond which things have moved on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options of `convert`, which are those of the command.

    Attributes
    ----------
    segmenter : str
        ``auto``, ``selfie``, ``deeplabv3_resnet50``, ``tflite:PATH`` or a plug-in's name.
    weights : Path, optional
        The segmenter's weights file, where it has one.
    offline : bool
        Never touch the network.
    device : str
        ``auto``, ``cpu``, ``cuda`` or ``cuda:N``.
    size : int, optional
        Short side of the picture the network sees, in pixels.
    classes : str, optional
        Class names or ids, comma separated; every foreground class as one mask by default.
    masks_from : str, optional
        Masks made elsewhere, instead of a segmenter.
    save_masks : Path, optional
        Where to keep the raw scores, for ``masks_from`` later.
    method : {'gaussian', 'median', 'ema', 'none'}
        How masks are smoothed.
    radius : int
        Frames on each side of the window.
    sigma : float, optional
        The Gaussian's standard deviation in frames.
    threshold : float
        Confidence from which a pixel is foreground, 0..1.
    mode : {'overlay', 'matte'}
        What is drawn.
    alpha : float
        Strength of the overlay, 0..1.
    color : str, optional
        The overlay's colour, a name or ``#rrggbb``.
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
    overwrite : bool
        Whether files that are there already may be replaced.
    drop_unsupported : bool
        Whether streams that the output's container cannot hold may be left out.

    Raises
    ------
    OptionError
        If a value is not allowed, or two options exclude each other.
    """

    segmenter: str = "auto"
    weights: Path | None = None
    offline: bool = False
    device: str = "auto"
    size: int | None = None
    classes: str | None = None
    masks_from: str | None = None
    save_masks: Path | None = None
    method: Method = "gaussian"
    radius: int = 3
    sigma: float | None = None
    threshold: float = 0.5
    mode: Mode = "overlay"
    alpha: float = 0.5
    color: str | None = None
    codec: str | None = None
    crf: float | None = None
    preset: str | None = None
    pix_fmt: str | None = None
    encoder_options: tuple[tuple[str, str], ...] = ()
    report: Path | None = None
    work_dir: Path | None = None
    overwrite: bool = False
    drop_unsupported: bool = False

    def __post_init__(self) -> None:
        for name in ("weights", "save_masks", "report", "work_dir"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, Path(getattr(self, name)))  # text is welcome too
        check_smoothing(self.method, self.radius, self.sigma)
        check_choice("mode", self.mode, MODES)
        check_share("threshold", self.threshold)
        check_share("alpha", self.alpha)
        if self.size is not None and self.size < 32:
            raise OptionError(f"size is {self.size}; give the short side in pixels, at least 32")
        if self.masks_from is not None:
            self._check_no_segmenter()

    def _check_no_segmenter(self) -> None:
        """Refuse options of a segmenter where masks come from elsewhere: they would change nothing."""
        for name in ("segmenter", "weights", "size", "device"):
            if getattr(self, name) not in ("auto", None):
                raise OptionError(f"--{name} has no effect with --masks-from; leave one of the two out")


def check_choice(name: str, value: Any, allowed: tuple[str, ...]) -> None:
    """Raise OptionError, listing what is allowed, unless ``value`` is."""
    if value not in allowed:
        raise OptionError(f"no {name} {value!r}; supported values are {', '.join(allowed)}")


def check_share(name: str, value: float) -> None:
    """Raise OptionError unless ``value`` is in 0..1."""
    if not 0 <= value <= 1:
        raise OptionError(f"{name} is {value}; give a number from 0 to 1")


def check_smoothing(method: str, radius: int, sigma: float | None) -> None:
    """Raise OptionError unless the method exists, and radius and sigma are in range."""
    check_choice("method", method, METHODS)
    if not isinstance(radius, int) or not 0 <= radius <= MAX_RADIUS:
        raise OptionError(f"radius is {radius}; give 0 (no smoothing) to {MAX_RADIUS} frames")
    if sigma is not None and not 0 < sigma < float("inf"):
        raise OptionError(f"sigma is {sigma}; give a standard deviation above 0, in frames")
