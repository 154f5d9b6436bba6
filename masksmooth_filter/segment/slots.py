"""Where a batch lies from its planes to its masks: memory of the host, and on CUDA of the device too.

With two slots a GPU is never idle between batches: while the network works on one, the other's masks come
down, and its next pictures are copied and go up. Three streams carry the three directions and events put
them in order; nobody waits for a whole device. In steady state nothing is allocated.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

Run = Callable[["torch.Tensor"], "torch.Tensor"]
"""``(N, nbytes)`` uint8 on the device to ``(N, C, h, w)`` uint8 confidence there."""


class Slot(Protocol):
    """Room for one batch."""

    rows: NDArray[np.uint8]
    """``(batch, nbytes)``: where the pictures' bytes are put. Free again once `masks` has returned."""

    def launch(self, run: Run, count: int) -> None:
        """Begin to work on the first ``count`` rows."""
        ...

    def masks(self) -> NDArray[np.uint8]:
        """Wait for the masks of what was launched; ``(count, C, h, w)``, the caller's own."""
        ...


class HostSlot:
    """A slot on a CPU: the work is done when `launch` returns.

    Parameters
    ----------
    batch, nbytes : int
        Pictures, and bytes a picture.
    """

    def __init__(self, batch: int, nbytes: int) -> None:
        self.rows = np.empty((batch, nbytes), np.uint8)
        self._masks: NDArray[np.uint8] | None = None

    def launch(self, run: Run, count: int) -> None:
        """Work on the first ``count`` rows; a part of a batch costs a part of the time."""
        import torch

        self._masks = run(torch.from_numpy(self.rows[:count])).numpy()

    def masks(self) -> NDArray[np.uint8]:
        """Return what `launch` made."""
        assert self._masks is not None
        return self._masks


class Streams:
    """A CUDA device's three lanes: up, compute, down.

    What was put on the device before, such as weights, is there when they begin: these streams do not wait
    for the default one.
    """

    def __init__(self, device: str) -> None:
        import torch

        torch.cuda.synchronize(device)
        self.device = device
        self.up, self.compute, self.down = (torch.cuda.Stream(device) for _ in range(3))


class CudaSlot:
    """A slot on a CUDA device: pinned memory here, fixed memory there, and events between the streams.

    Parameters
    ----------
    batch, nbytes : int
        Pictures, and bytes a picture.
    streams : Streams
        Shared by all slots of a network.
    """

    def __init__(self, batch: int, nbytes: int, streams: Streams) -> None:
        import torch

        self._streams = streams
        self._pinned = torch.zeros((batch, nbytes), dtype=torch.uint8, pin_memory=True)
        self.rows = self._pinned.numpy()
        with torch.cuda.stream(streams.up):
            self._bytes = torch.zeros((batch, nbytes), dtype=torch.uint8, device=streams.device)
        self._up, self._computed, self._down = (torch.cuda.Event() for _ in range(3))
        self._found: Any = None
        self._masks: Any = None
        self._count = 0

    def launch(self, run: Run, count: int) -> None:
        """Queue upload, network and download.

        The network always sees a whole batch, so that every shape is one cuDNN has tuned for: behind a part
        of a batch the bytes of an older one are left, and their masks are not returned.
        """
        import torch

        streams, self._count = self._streams, count
        with torch.cuda.device(streams.device):
            with torch.cuda.stream(streams.up):
                self._bytes[:count].copy_(self._pinned[:count], non_blocking=True)
                self._up.record()
            with torch.cuda.stream(streams.compute):
                streams.compute.wait_event(self._up)
                self._found = run(self._bytes)
                self._computed.record()
            if self._masks is None or self._masks.shape != self._found.shape:
                self._masks = torch.empty(self._found.shape, dtype=torch.uint8, pin_memory=True)
            with torch.cuda.stream(streams.down):
                streams.down.wait_event(self._computed)
                self._masks[:count].copy_(self._found[:count], non_blocking=True)
                self._down.record()

    def masks(self) -> NDArray[np.uint8]:
        """Wait for this batch alone, and return its masks."""
        self._down.synchronize()
        self._found = None  # only now: the download read it on another stream than it was allocated on
        return np.array(self._masks[: self._count].numpy())
