"""Steady segmentation masks for video.

A decode, segment, smooth, composite, encode chain of filters over PyAV frames, which keeps audio and
timestamps. `convert` runs all of it; `MaskSmoother` is the filter for other people's loops; the kernels
alone are in ``masksmooth_kernels``.

Names are loaded when they are first used, so that importing the package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from masksmooth_filter.composite.blur import BlurBackground
    from masksmooth_filter.composite.cutout import Cutout
    from masksmooth_filter.composite.edges import Edges
    from masksmooth_filter.composite.matte import Matte
    from masksmooth_filter.composite.overlay import Overlay
    from masksmooth_filter.composite.replace import ReplaceBackground
    from masksmooth_filter.composite.side_by_side import SideBySide
    from masksmooth_filter.errors import (
        BatchError,
        DeviceError,
        FilterError,
        InputError,
        MaskShapeError,
        MaskSmoothError,
        ModelError,
        OptionError,
        OutputError,
        VerificationError,
    )
    from masksmooth_filter.filter import Chain, Filter, chain, through
    from masksmooth_filter.frames import MaskedFrame
    from masksmooth_filter.options import Options
    from masksmooth_filter.report.report import Report
    from masksmooth_filter.run.frame_filter import frame_filter
    from masksmooth_filter.run.pipeline import convert
    from masksmooth_filter.scale.batch import convert_many
    from masksmooth_filter.scale.batch_result import Batch
    from masksmooth_filter.scale.chunked import convert_in_chunks, encode_in_chunks
    from masksmooth_filter.segment.segmenter import Segmenter
    from masksmooth_filter.settings import Smoothing
    from masksmooth_filter.smoothing.hold import Hold
    from masksmooth_filter.smoothing.smoother import MaskSmoother, Smoother, smooth
    from masksmooth_filter.verification.rows import Verification
    from masksmooth_filter.verification.verify import verify

__version__ = "0.1.0"

_HOMES = {
    "composite.blur": ("BlurBackground",),
    "composite.cutout": ("Cutout",),
    "composite.edges": ("Edges",),
    "composite.matte": ("Matte",),
    "composite.overlay": ("Overlay",),
    "composite.replace": ("ReplaceBackground",),
    "composite.side_by_side": ("SideBySide",),
    "errors": (
        "BatchError", "DeviceError", "FilterError", "InputError", "MaskShapeError", "MaskSmoothError",
        "ModelError", "OptionError", "OutputError", "VerificationError",
    ),
    "filter": ("Chain", "Filter", "chain", "through"),
    "frames": ("MaskedFrame",),
    "options": ("Options",),
    "report.report": ("Report",),
    "run.frame_filter": ("frame_filter",),
    "run.pipeline": ("convert",),
    "scale.batch": ("convert_many",),
    "scale.batch_result": ("Batch",),
    "scale.chunked": ("convert_in_chunks", "encode_in_chunks"),
    "segment.segmenter": ("Segmenter",),
    "settings": ("Smoothing",),
    "smoothing.hold": ("Hold",),
    "smoothing.smoother": ("MaskSmoother", "Smoother", "smooth"),
    "verification.rows": ("Verification",),
    "verification.verify": ("verify",),
}  # fmt: skip
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Batch",
    "BatchError",
    "BlurBackground",
    "Chain",
    "Cutout",
    "DeviceError",
    "Edges",
    "Filter",
    "FilterError",
    "Hold",
    "InputError",
    "MaskShapeError",
    "MaskSmoothError",
    "MaskSmoother",
    "MaskedFrame",
    "Matte",
    "ModelError",
    "OptionError",
    "Options",
    "OutputError",
    "Overlay",
    "ReplaceBackground",
    "Report",
    "Segmenter",
    "SideBySide",
    "Smoother",
    "Smoothing",
    "Verification",
    "VerificationError",
    "__version__",
    "chain",
    "convert",
    "convert_in_chunks",
    "convert_many",
    "encode_in_chunks",
    "frame_filter",
    "smooth",
    "through",
    "verify",
]


def __getattr__(name: str) -> Any:
    """Load a public name from its module on first use (PEP 562)."""
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
    globals()[name] = value
    return value
