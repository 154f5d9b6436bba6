"""The window kernels on planes of many vectors: strips, tiles, ends, stores of any alignment."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import masksmooth_kernels as mk
from masksmooth_kernels.job import BLOCK, STRIP
from masksmooth_kernels.window import WindowStream
from tests import oracle

Whole = Callable[..., oracle.Bytes]
KERNELS: dict[str, tuple[Whole, Callable[..., WindowStream]]] = {
    "gaussian": (mk.temporal_gaussian, mk.GaussianStream),
    "median": (mk.temporal_median, mk.MedianStream),
    "vote": (mk.temporal_vote, mk.VoteStream),
}


def masks(frames: int, pixels: int, seed: int, labels: int) -> oracle.Bytes:
    """Runs of one value over which an edge wanders, so that some vectors stand still and some do not."""
    rng = np.random.default_rng(seed)
    runs = np.repeat(rng.integers(0, labels, pixels // 50 + 1), 50)[:pixels]
    shifts = rng.integers(-3, 4, frames) * (rng.random(frames) < 0.7)
    volume = np.stack([np.roll(runs, shift) for shift in shifts]) * (255 // max(labels - 1, 1))
    flips = rng.random((frames, 1)) < 0.2
    volume[:, pixels // 3 : pixels // 2] = np.where(flips, 0, volume[:, pixels // 3 : pixels // 2])
    return volume.astype(np.uint8)


def check(kind: str, volume: oracle.Bytes, radius: int, found: oracle.Bytes) -> None:
    if kind == "median":
        assert np.array_equal(found, oracle.median(volume, radius))
    elif kind == "vote":
        assert np.array_equal(found, oracle.vote(volume, radius, max(radius / 2, 0.5)))
    else:
        assert np.abs(found - oracle.gaussian(volume, radius, max(radius / 2, 0.5))).max() < 0.51


@pytest.mark.parametrize("kind", KERNELS)
@settings(deadline=None, max_examples=25)
@given(
    st.integers(1, 24),
    st.integers(1, 1500),
    st.sampled_from([1, 3, 7]),
    st.integers(0, 999),
    st.integers(2, 8),
)
def test_is_right_on_planes_of_any_size_in_an_out_of_any_alignment(
    kind: str, frames: int, pixels: int, radius: int, seed: int, labels: int
) -> None:
    volume, (whole, stream) = masks(frames, pixels, seed, labels), KERNELS[kind]
    room = np.full(volume.size + 128, 77, np.uint8)
    out = room[seed % 64 :][: volume.size].reshape(volume.shape)
    check(kind, volume, radius, whole(volume, radius=radius, out=out, threads=1 + seed % 3))
    assert (room[: seed % 64] == 77).all()
    assert (room[seed % 64 + volume.size :] == 77).all()
    batch, filter_ = 1 + seed % 6, stream((pixels,), radius=radius)
    pushed = [
        plane for at in range(0, frames, batch) for plane in filter_.push_all(list(volume[at : at + batch]))
    ]
    assert np.array_equal(np.array(pushed + filter_.flush()), out)


@pytest.mark.parametrize("kind", KERNELS)
@pytest.mark.parametrize("radius", [1, 7])
@pytest.mark.parametrize("more", [-33, -1, 0, 1, 31, 32, 33, 64, BLOCK - 1, BLOCK + 1])
def test_is_right_where_a_strip_ends(kind: str, radius: int, more: int) -> None:
    volume, (whole, stream) = masks(18, STRIP + more, more + 40, 3), KERNELS[kind]
    out = whole(volume, radius=radius)
    check(kind, volume, radius, out)
    filter_ = stream((STRIP + more,), radius=radius)
    pushed = [plane for frame in volume for plane in filter_.push(frame)]
    assert np.array_equal(np.array(pushed + filter_.flush()), out)


@pytest.mark.parametrize("kind", KERNELS)
@pytest.mark.parametrize("pixels", [BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + 333])
@pytest.mark.parametrize("batch", [1, 3])
def test_a_stream_of_blocks_still_moving_and_noisy_gives_the_bits_of_a_volume(
    kind: str, pixels: int, batch: int
) -> None:
    rng, (whole, stream) = np.random.default_rng(pixels), KERNELS[kind]
    volume = masks(20, pixels, pixels, 3)
    volume[:, : pixels // 4] = 7
    volume[6:9, : pixels // 8] = rng.integers(0, 3, (3, pixels // 8))
    volume[10:, pixels // 2 :] = rng.integers(
        0, 256, (10, pixels - pixels // 2)
    )  # every tile of a block open
    filter_ = stream((pixels,), radius=3)
    found = [plane for at in range(0, 20, batch) for plane in filter_.push_all(list(volume[at : at + batch]))]
    assert np.array_equal(np.array(found + filter_.flush()), whole(volume, radius=3))


@pytest.mark.parametrize("frames", range(1, 14))
def test_cut_medians_computed_together_are_those_of_the_frames_there_are(frames: int) -> None:
    volume = np.random.default_rng(frames).integers(0, 256, (frames, 100), np.uint8)
    for radius in (1, 3, 7):
        assert np.array_equal(mk.temporal_median(volume, radius=radius), oracle.median(volume, radius))
