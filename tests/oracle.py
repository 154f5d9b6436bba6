"""Slow numpy twins of the kernels, written from their definitions and sharing no code with them."""

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float64]


def windows(frames: int, radius: int) -> list[range]:
    """The frames each output sees: radius on each side, of those that exist."""
    return [range(max(0, t - radius), min(frames, t + radius + 1)) for t in range(frames)]


def gaussian(volume: Bytes, radius: int, sigma: float) -> Floats:
    """The exact weighted mean, not rounded."""
    out = np.empty(volume.shape)
    for t, window in enumerate(windows(len(volume), radius)):
        weights = [float(np.exp(-((f - t) ** 2) / (2 * sigma**2))) for f in window]
        total = sum(w * volume[f].astype(np.float64) for w, f in zip(weights, window, strict=True))
        out[t] = total / sum(weights)
    return out


def median(volume: Bytes, radius: int) -> Bytes:
    """The middle of the sorted values; of an even number the lower of the two in the middle."""
    out = np.empty_like(volume)
    for t, window in enumerate(windows(len(volume), radius)):
        ordered = np.sort(volume[window.start : window.stop], axis=0)
        out[t] = ordered[(len(ordered) - 1) // 2]
    return out


def vote(labels: Bytes, radius: int, sigma: float) -> Bytes:
    """The label of the greatest weight; of several the centre frame's, or else the lowest."""
    out = np.empty_like(labels)
    for t, window in enumerate(windows(len(labels), radius)):
        weights = np.exp(-((np.array(window) - t) ** 2) / (2 * sigma**2))
        for pixel in np.ndindex(labels.shape[1:]):
            seen = labels[(slice(window.start, window.stop), *pixel)]
            score = {int(label): float(weights[seen == label].sum()) for label in np.unique(seen)}
            best = [label for label, total in score.items() if total > max(score.values()) - 1e-8]
            own = int(labels[(t, *pixel)])
            out[(t, *pixel)] = own if own in best else min(best)
    return out


def ema(volume: Bytes, alpha: float) -> Floats:
    """The exponential mean in float64, not rounded."""
    out = volume.astype(np.float64)
    for t in range(1, len(volume)):
        out[t] = out[t - 1] + alpha * (volume[t] - out[t - 1])
    return out


def bilinear(mask: Bytes, size: tuple[int, int]) -> Floats:
    """A mask at another size by bilinear interpolation between pixel centres, not rounded."""
    out = mask.astype(np.float64)
    for axis, many in enumerate(size):
        few = mask.shape[axis]
        places = np.clip((np.arange(many) + 0.5) * few / many - 0.5, 0, few - 1)
        first = np.floor(places).astype(int)
        share = np.expand_dims(places - first, 1 - axis)
        after = np.take(out, np.minimum(first + 1, few - 1), axis)
        out = np.take(out, first, axis) * (1 - share) + after * share
    return out


def overlap(a: Bytes, b: Bytes, threshold: int) -> tuple[int, int, int]:
    """Pixels in both masks, in either, and in exactly one."""
    in_a, in_b = a >= threshold, b >= threshold
    return int((in_a & in_b).sum()), int((in_a | in_b).sum()), int((in_a ^ in_b).sum())


def blend(plane: NDArray[np.integer], weight: Bytes, colour: int) -> Floats:
    """The exact blend, not rounded."""
    samples = plane.astype(np.float64)
    return samples + (colour - samples) * (weight / 255)
