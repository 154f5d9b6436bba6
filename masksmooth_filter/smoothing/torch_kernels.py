"""The smoother's loops over pixels as torch operations, many pixels at once: twins of `masksmooth_kernels`.

They differ in the last bits only: planes are read between their pixels by ``grid_sample``, and ``exp`` is
torch's. Each function's formula is where its twin is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from masksmooth_kernels import crf, warp

if TYPE_CHECKING:
    from torch import Tensor

_TRUST_FLOOR = float(warp.TRUST_FLOOR)


class TorchKernels:
    """See `masksmooth_filter.smoothing.kernels.Kernels`.

    Parameters
    ----------
    device : str
        By torch's name. The smoother asks for CUDA only: on a CPU numba's loops are faster.
    """

    batch = 1 << 18  # 24 samples each: .3 GB while a round at full size is prepared

    def __init__(self, device: str) -> None:
        import torch

        self._torch, self._device = torch, torch.device(device)

    def own(self, array: NDArray[Any]) -> Tensor:
        """Return a copy of an array on the device."""
        return self._torch.tensor(np.ascontiguousarray(array), device=self._device)

    def empty(self, shape: Sequence[int]) -> Tensor:
        """Return float32 numbers to write to."""
        return self._torch.empty(tuple(shape), dtype=self._torch.float32, device=self._device)

    def joined(self, paths: Sequence[Tensor], times: Sequence[float]) -> tuple[Tensor, Tensor]:
        """Return several frames' walks as one path, with each walk's weight in time."""
        each = self._torch.tensor(times, dtype=self._torch.float32, device=self._device)
        return self._torch.cat(list(paths), dim=1), each.repeat_interleave(paths[0].shape[1])

    def corners_of(self, plane: NDArray[np.uint8]) -> Tensor:
        """Return a plane ``(h, w)`` as float32, which is what ``grid_sample`` reads."""
        return self.own(plane).float()

    def start_paths(
        self, luma: NDArray[np.uint8], rows: NDArray[np.intp], columns: NDArray[np.intp]
    ) -> Tensor:
        """Return paths that start at pixels of a frame, ``(4, N)``."""
        return self.own(warp.start_paths(luma, rows, columns))

    def link(self, field: Tensor, flow: NDArray[np.float32], back: NDArray[np.float32], alpha: float) -> None:
        """Write a step and the trust in it into a field ``(h, w, 3)``."""
        ahead, home, (height, width) = self.own(flow), self.own(back).reshape(-1, 2), flow.shape[:2]
        u, v = ahead.unbind(-1)
        x = u + self._torch.arange(width, device=self._device)
        y = v + self._torch.arange(height, device=self._device)[:, None]
        inside = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
        bu, bv = home[_nearest(x, y, width) * inside].unbind(-1)
        error = (u + bu) ** 2 + (v + bv) ** 2
        scale = 0.01 * (u * u + v * v + bu * bu + bv * bv) + alpha
        field[..., :2], field[..., 2] = ahead, inside * (scale / (scale + error))

    def step(self, path: Tensor, field: Tensor, there: Tensor, near: tuple[Any, float]) -> Tensor:
        """Move every walk one frame on; return what its vote weighs there."""
        (time, shade), (height, width) = near, there.shape
        u, v, trusted = field.reshape(-1, 3)[_nearest(path[0], path[1], width)].unbind(-1)
        x, y, trust = path[0] + u, path[1] + v, path[2] * trusted
        inside = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
        on = inside & (trust >= _TRUST_FLOOR)
        path[:2] = self._torch.where(on, self._torch.stack([x, y]), path[:2])
        path[2] = trust * on
        change = self._read(there, path) - path[3]
        alike = 1 / (1 + change * change * (0.5 / shade**2))
        return time * path[2] * alike * alike

    def gather(self, path: Tensor, weight: Tensor, mask: Tensor, sums: Tensor) -> None:
        """Add one frame's votes, all masks trusted alike."""
        sums += weight * self._read(mask, path)

    def gather_trusted(
        self, path: Tensor, weight: Tensor, mask: Tensor, trust: NDArray[np.float32], votes: Tensor
    ) -> None:
        """Add one frame's votes, each mask trusted as far as it is reliable there."""
        left, top = path[0].long() >> 1, path[1].long() >> 1
        trusted = weight * self.own(trust).reshape(-1)[top * trust.shape[1] + left]
        votes[0] += trusted * self._read(mask, path)
        votes[1] += trusted

    def likenesses(
        self, colours: Tensor, pixels: Tensor, offsets: Tensor, sigma: float, out: Tensor
    ) -> Tensor:
        """Write how much each pixel's samples resemble it, ``(K, N)``; return what they sum to."""
        mine, theirs = colours[pixels], colours[pixels + offsets[:, None]]
        squares = [(((theirs >> at) & 255) - ((mine >> at) & 255)).float() ** 2 for at in (0, 8, 16)]
        apart = crf.LUMA_SHARE * squares[0] + squares[1] + squares[2]
        out[:] = self._torch.exp(apart * (-0.5 / sigma**2))
        return out.sum(0)

    def mean_field(
        self,
        chance: Tensor,
        unary: Tensor,
        pixels: Tensor,
        colour: tuple[Tensor, Tensor, Tensor],
        near: tuple[Tensor, Tensor],
    ) -> Tensor:
        """Return the pixels' chances after one round, ``(N,)``."""
        one = 1 if chance.is_floating_point() else 1 / 255
        (offsets, alike, scale), (around, shares) = colour, near
        pull = (alike * (chance[pixels + offsets[:, None]] * one - 0.5)).sum(0) * scale
        pull += (shares[:, None] * (chance[pixels + around[:, None]] * one - 0.5)).sum(0)
        return self._torch.sigmoid(unary + 2 * pull)

    def _read(self, plane: Tensor, path: Tensor) -> Tensor:
        """Return a plane's values at the walks, bilinearly; beyond the edge it goes on as it ends."""
        down, across = (2 / max(side - 1, 1) for side in plane.shape)
        places = self._torch.stack([path[0] * across - 1, path[1] * down - 1], -1)  # from -1 to 1
        sampled = self._torch.nn.functional.grid_sample(
            plane[None, None], places[None, None], padding_mode="border", align_corners=True
        )
        return sampled.reshape(-1)


def _nearest(x: Tensor, y: Tensor, width: int) -> Tensor:
    """Return the nearest pixels, counted row by row."""
    return (y + 0.5).long() * width + (x + 0.5).long()
