"""The kernels beside NumPy and OpenCV on the same bytes, one thread each.

Off by default; ``pytest benchmarks/test_bench_kernels.py --benchmark-enable --benchmark-group-by=group``.
A group is ``function|shape|window``; ``output_bytes`` divided by the time is the rate the docstrings quote.
Every peer is first held against our result, away from the ends, where OpenCV repeats the border frame.
"""

from collections.abc import Callable, Iterator

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from pytest_benchmark.fixture import BenchmarkFixture

import masksmooth_kernels as mk

Bytes = NDArray[np.uint8]
SHAPE = (24, 270, 480)
WINDOWS = [3, 7, 15]


@pytest.fixture(scope="module")
def volume() -> Bytes:
    return np.random.default_rng(0).integers(0, 256, SHAPE, dtype=np.uint8)


@pytest.fixture(autouse=True)
def opencv_on_one_thread() -> Iterator[None]:
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    yield
    cv2.setNumThreads(before)


def measure(benchmark: BenchmarkFixture, call: Callable[[], object], group: str, output_bytes: int) -> None:
    call()  # compiles, and touches the memory
    benchmark.group = group
    benchmark.extra_info["output_bytes"] = output_bytes
    benchmark(call)


def numpy_gaussian(volume: Bytes, radius: int) -> Bytes:
    views = np.lib.stride_tricks.sliding_window_view(volume, 2 * radius + 1, axis=0)
    return np.rint(views @ mk.gaussian_weights(radius).astype(np.float32)).astype(np.uint8)


def opencv_gaussian(volume: Bytes, radius: int) -> Bytes:
    weights, rows = mk.gaussian_weights(radius), volume.reshape(len(volume), -1)
    smooth = cv2.sepFilter2D(rows, -1, np.ones(1), weights, borderType=cv2.BORDER_REPLICATE)
    return smooth.reshape(volume.shape)[radius : len(volume) - radius]


def opencv_gaussian_blur(volume: Bytes, radius: int) -> Bytes:
    rows, sigma = volume.reshape(len(volume), -1), max(radius / 2, 0.5)
    smooth = cv2.GaussianBlur(rows, (1, 2 * radius + 1), sigma, sigmaY=sigma, borderType=cv2.BORDER_REPLICATE)
    return smooth.reshape(volume.shape)[radius : len(volume) - radius]


def numpy_median(volume: Bytes, radius: int) -> Bytes:
    views = np.lib.stride_tricks.sliding_window_view(volume, 2 * radius + 1, axis=0)
    return np.partition(views, radius, axis=-1)[..., radius]


GAUSSIANS = {
    "numpy": numpy_gaussian,
    "opencv_sepFilter2D": opencv_gaussian,
    "opencv_GaussianBlur": opencv_gaussian_blur,
}


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("peer", ["ours", "stream", *GAUSSIANS])
def test_gaussian(benchmark: BenchmarkFixture, volume: Bytes, window: int, peer: str) -> None:
    radius = window // 2
    ours = mk.temporal_gaussian(volume, radius=radius)

    def stream() -> list[Bytes]:
        filter_ = mk.GaussianStream(volume.shape[1:], radius=radius)
        return [out for plane in volume for out in filter_.push(plane)] + filter_.flush()

    calls: dict[str, Callable[[], object]] = {
        "ours": lambda: mk.temporal_gaussian(volume, radius=radius, out=ours),
        "stream": stream,
    }
    if peer in GAUSSIANS:
        theirs = GAUSSIANS[peer](volume, radius)
        assert np.abs(theirs - ours[radius:-radius].astype(int)).max() <= 3  # OpenCV's weights have 8 bits
        calls[peer] = lambda: GAUSSIANS[peer](volume, radius)
    measure(benchmark, calls[peer], f"gaussian|{SHAPE}|{window}", volume.nbytes)


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("peer", ["ours", "stream", "numpy"])
def test_median(benchmark: BenchmarkFixture, volume: Bytes, window: int, peer: str) -> None:
    radius = window // 2
    ours = mk.temporal_median(volume, radius=radius)

    def stream() -> list[Bytes]:
        filter_ = mk.MedianStream(volume.shape[1:], radius=radius)
        return [out for plane in volume for out in filter_.push(plane)] + filter_.flush()

    assert np.array_equal(numpy_median(volume[:15], 3), mk.temporal_median(volume[:15], radius=3)[3:-3])
    calls: dict[str, Callable[[], object]] = {
        "ours": lambda: mk.temporal_median(volume, radius=radius, out=ours),
        "stream": stream,
        "numpy": lambda: numpy_median(volume, radius),
    }
    measure(benchmark, calls[peer], f"median|{SHAPE}|{window}", volume.nbytes)


@pytest.mark.parametrize("peer", ["ours", "opencv"])
def test_ema(benchmark: BenchmarkFixture, volume: Bytes, peer: str) -> None:
    def opencv() -> Bytes:
        state, out = volume[0].astype(np.float32), np.empty_like(volume)
        for t, plane in enumerate(volume):
            cv2.accumulateWeighted(plane, state, 0.3)
            out[t] = cv2.convertScaleAbs(state)
        return out

    ours = mk.temporal_ema(volume, alpha=0.3)
    assert np.abs(opencv() - ours.astype(int)).max() <= 1
    calls = {"ours": lambda: mk.temporal_ema(volume, alpha=0.3, out=ours), "opencv": opencv}
    measure(benchmark, calls[peer], f"ema|{SHAPE}|-", volume.nbytes)


@pytest.mark.parametrize("peer", ["ours", "numpy"])
def test_overlap(benchmark: BenchmarkFixture, peer: str) -> None:
    a, b = np.random.default_rng(1).integers(0, 256, (2, 1080, 1920), dtype=np.uint8)

    def numpy() -> tuple[int, int]:
        in_a, in_b = a >= 128, b >= 128
        return np.count_nonzero(in_a & in_b), np.count_nonzero(in_a | in_b)

    assert mk.overlap_counts(a, b)[:2] == numpy()
    calls: dict[str, Callable[[], object]] = {"ours": lambda: mk.overlap_counts(a, b), "numpy": numpy}
    measure(benchmark, calls[peer], f"overlap|{a.shape}|-", a.nbytes)


@pytest.mark.parametrize("peer", ["ours", "numpy", "copy"])
@pytest.mark.parametrize("bits", [8, 10])
def test_blend(benchmark: BenchmarkFixture, peer: str, bits: int) -> None:
    kind = np.uint8 if bits == 8 else np.uint16
    rng = np.random.default_rng(2)
    plane = rng.integers(0, 1 << bits, (1080, 1920), dtype=kind)
    weight = rng.integers(0, 256, plane.shape, dtype=np.uint8)
    out = np.empty_like(plane)

    def numpy() -> NDArray[np.integer]:
        total = plane.astype(np.uint32) * (255 - weight) + np.uint32(200) * weight + np.uint32(127)
        return (total // 255).astype(kind)

    assert np.array_equal(mk.blend(plane, weight, 200), numpy())
    calls: dict[str, Callable[[], object]] = {
        "ours": lambda: mk.blend(plane, weight, 200, out),
        "numpy": numpy,
        "copy": lambda: np.copyto(out, plane),
    }
    measure(benchmark, calls[peer], f"blend|{plane.shape} {bits} bits|-", plane.nbytes)
