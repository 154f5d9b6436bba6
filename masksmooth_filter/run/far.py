"""What may be made elsewhere instead of here: a film's masks, or all of its new packets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol

import av

from masksmooth_filter.frames import MaskedFrame
from masksmooth_filter.media import Demuxer
from masksmooth_filter.media.parts import PartEncoding
from masksmooth_filter.report.report import StageSpeed

if TYPE_CHECKING:
    from masksmooth_filter.run.origin import Origin


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


class FarFilm(Protocol):
    """Has a film decoded, segmented, smoothed, drawn and encoded elsewhere, in place of the whole chain."""

    def origin(self) -> Origin:
        """Return where its masks come from, for a chain that is checked but not run."""
        ...

    def packets(self, demuxer: Demuxer, encoding: PartEncoding, *, latency: int) -> Iterator[av.Packet[Any]]:
        """Yield the new film's packets in order, with all but their stream.

        Parameters
        ----------
        demuxer : Demuxer
            The open input.
        encoding : PartEncoding
            How the file that is written has its film encoded.
        latency : int
            Frames that the smoother holds back.
        """
        ...

    @property
    def speeds(self) -> tuple[StageSpeed, ...]:
        """How busy they were."""
        ...

    @property
    def warnings(self) -> list[str]:
        """What there is to warn of, in plain words; complete after the last packet."""
        ...

    def stop(self) -> None:
        """Give up waiting; called from another thread."""
        ...
