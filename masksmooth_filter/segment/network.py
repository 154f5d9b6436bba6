"""A network with what stands before and behind it: bytes of planes in, confidence out, all on one device."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from masksmooth_filter.errors import DeviceError
from masksmooth_filter.segment.network_input import PlaneLayout, network_input
from masksmooth_filter.segment.network_output import confidence
from masksmooth_filter.segment.torchvision_nets import Scores

if TYPE_CHECKING:
    import torch

LOG = logging.getLogger("masksmooth_filter")


class Network:
    """Bytes in, confidence out, in parts that the device's memory can take.

    Parameters
    ----------
    scores : callable
        The network proper.
    classes : tuple of int
        Ids for one plane each; empty for every class but background as one plane.
    batch : int
        Pictures at a time, until memory runs out.
    """

    def __init__(self, scores: Scores, *, classes: tuple[int, ...], batch: int) -> None:
        self._scores, self._classes = scores, classes
        self.batch = batch

    def __call__(self, raw: torch.Tensor, layout: PlaneLayout, size: tuple[int, int]) -> torch.Tensor:
        """Segment ``(N, nbytes)`` pictures into ``(N, C, h, w)`` uint8.

        Where memory runs out the batch becomes the largest part of itself that divides it, for good: every
        batch then still has the same shape.

        Raises
        ------
        DeviceError
            If it does not even suffice for one picture.
        """
        import torch

        while True:
            try:
                parts = [self._segment(part, layout, size) for part in raw.split(self.batch)]
                return torch.cat(parts)
            except torch.OutOfMemoryError as error:
                if self.batch == 1:
                    hint = "use a smaller --size, or --device cpu"
                    raise DeviceError(
                        f"the device's memory does not suffice for one picture; {hint}"
                    ) from error
            # Outside the handler, whose traceback would keep the tensors alive.
            self.batch = next(n for n in range(self.batch // 2, 0, -1) if self.batch % n == 0)
            LOG.warning(
                "the device's memory is full: the network takes %d pictures at a time now", self.batch
            )
            if torch.cuda.is_available():
                torch.cuda.empty_cache()

    def _segment(self, raw: torch.Tensor, layout: PlaneLayout, size: tuple[int, int]) -> torch.Tensor:
        import torch

        with torch.inference_mode():
            scores = self._scores(network_input(raw, layout, size))
            return confidence(scores, self._classes, size)


def input_size(width: int, height: int, *, short: int) -> tuple[int, int]:
    """Return the size with the short side as asked for, in the picture's shape; torchvision rounds so."""
    shorter = min(width, height)
    return short * width // shorter, short * height // shorter
