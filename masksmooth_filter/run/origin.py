"""Where a run's masks come from, and where they are kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import av

from masksmooth_filter.frames import MaskedFrame
from masksmooth_filter.run.scores import Scores
from masksmooth_filter.segment.masks_file import MasksFromFile
from masksmooth_filter.segment.masks_save import SaveMasks
from masksmooth_filter.segment.sparing import Sparing
from masksmooth_filter.settings import Every


class FarMasks(Protocol):
    """A filter whose masks a network makes elsewhere, in place of a `Segmenter`."""

    name: str
    """The segmenter's, once 'auto' is decided."""
    batch: int
    """Pictures the network is given at a time."""
    labels: tuple[str, ...]
    """The name of each class id."""
    latency: int

    def push(self, item: av.VideoFrame, /) -> list[MaskedFrame]:
        """Return the frame with its mask."""
        ...

    def flush(self) -> list[MaskedFrame]:
        """End the stream."""
        ...

    def stop(self) -> None:
        """Give up waiting; called from another thread."""
        ...

    def close(self) -> None:
        """Forget what was asked for. Twice is fine."""
        ...


@dataclass(frozen=True, slots=True)
class Origin:
    """Where masks come from.

    Attributes
    ----------
    segmenter : str
        For the report: the network's name, or the file's.
    masks : MasksFromFile, Sparing or FarMasks
        The filter.
    save : SaveMasks, optional
        The filter that keeps them.
    followed : int or 'auto', optional
        How keyframes are chosen; None where every frame has a mask of its own.
    scores : Scores, optional
        Where a network's masks are kept.
    labels : tuple of str
        The name of each class id.
    """

    segmenter: str
    masks: MasksFromFile | Sparing | FarMasks
    save: SaveMasks | None
    followed: Every | None
    scores: Scores | None = None
    labels: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What the stage is called."""
        if isinstance(self.masks, MasksFromFile):
            return "masks"
        return "segment" if isinstance(self.masks, Sparing) else "workers"
