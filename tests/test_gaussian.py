"""masksmooth_kernels.gaussian: the weighted mean over a window of frames."""

import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import masksmooth_kernels as mk
from masksmooth_kernels import job
from masksmooth_kernels.recipes import LARGEST, entries_of
from masksmooth_kernels.weights import TOLERANCE, fixed_weights
from tests import oracle

volumes = hnp.arrays(
    np.uint8,
    st.tuples(st.integers(1, 40), st.integers(1, 3), st.integers(1, 5)),
    elements=st.integers(0, 255),
)
radii = st.integers(0, 15)
sigmas = st.one_of(st.none(), st.floats(1e-3, 1e3))
relaxed = settings(deadline=None, max_examples=60)  # the first example waits for the compiler


def noise(*shape: int) -> oracle.Bytes:
    return np.random.default_rng(7).integers(0, 256, shape, dtype=np.uint8)


def streamed(stream: mk.GaussianStream, volume: oracle.Bytes) -> list[oracle.Bytes]:
    return [out for plane in volume for out in stream.push(plane)] + stream.flush()


@pytest.mark.parametrize("radius", range(16))
@pytest.mark.parametrize("sigma", [0.3, None, 4.0, 1e6])
@pytest.mark.parametrize("frames", [3, 45])
def test_is_within_half_a_level_of_the_exact_mean_for_every_window(
    radius: int, sigma: float | None, frames: int
) -> None:
    soft, hard = noise(frames, 30, 20), noise(frames, 30, 20) // 128 * 255
    for volume in (soft, hard):
        exact = oracle.gaussian(volume, radius, max(radius / 2, 0.5) if sigma is None else sigma)
        assert np.abs(mk.temporal_gaussian(volume, radius=radius, sigma=sigma) - exact).max() < 0.51


@relaxed
@given(volumes, radii, sigmas)
def test_stays_between_the_least_and_the_greatest_of_its_window(
    volume: oracle.Bytes, radius: int, sigma: float | None
) -> None:
    out = mk.temporal_gaussian(volume, radius=radius, sigma=sigma)
    for t, window in enumerate(oracle.windows(len(volume), radius)):
        seen = volume[window.start : window.stop]
        assert (out[t] >= seen.min(axis=0)).all()
        assert (out[t] <= seen.max(axis=0)).all()


@relaxed
@given(st.integers(1, 40), st.integers(0, 255), radii, sigmas)
def test_leaves_a_constant_as_it_is(frames: int, level: int, radius: int, sigma: float | None) -> None:
    volume = np.full((frames, 1, 2), level, np.uint8)
    assert np.array_equal(mk.temporal_gaussian(volume, radius=radius, sigma=sigma), volume)


@relaxed
@given(volumes, radii, sigmas)
def test_of_the_clip_backwards_is_the_result_backwards(
    volume: oracle.Bytes, radius: int, sigma: float | None
) -> None:
    forwards = mk.temporal_gaussian(volume, radius=radius, sigma=sigma)
    assert np.array_equal(mk.temporal_gaussian(volume[::-1], radius=radius, sigma=sigma), forwards[::-1])


@relaxed
@given(volumes, radii, sigmas)
def test_stream_gives_the_bits_of_the_whole_volume(
    volume: oracle.Bytes, radius: int, sigma: float | None
) -> None:
    stream = mk.GaussianStream(volume.shape[1:], radius=radius, sigma=sigma)
    expected = mk.temporal_gaussian(volume, radius=radius, sigma=sigma)
    for _ in range(2):  # flush makes it as new
        assert np.array_equal(streamed(stream, volume), expected)


@pytest.mark.parametrize("threads", [2, 3, 50])
def test_does_not_depend_on_the_number_of_threads(threads: int) -> None:
    volume = noise(9, 101, 97)
    alone = mk.temporal_gaussian(volume, radius=2)
    assert np.array_equal(mk.temporal_gaussian(volume, radius=2, threads=threads), alone)


@pytest.mark.parametrize(
    "shape", [(0, 4, 4), (3, 0, 4), (1,), (5,), (1, 1, 1), (4, 1, 7), (4, 7, 1), (6, 3, 5, 7)]
)
def test_takes_volumes_of_any_shape(shape: tuple[int, ...]) -> None:
    volume = noise(*shape)
    out = mk.temporal_gaussian(volume, radius=2)
    assert out.shape == shape
    assert out.size == 0 or np.abs(out - oracle.gaussian(volume, 2, 1.0)).max() < 0.51


def test_takes_volumes_that_are_strided_or_read_only() -> None:
    volume = noise(9, 8, 12)[:, ::2, 1:]
    expected = mk.temporal_gaussian(np.ascontiguousarray(volume), radius=3)
    assert np.array_equal(mk.temporal_gaussian(volume, radius=3), expected)
    volume.flags.writeable = False
    assert np.array_equal(mk.temporal_gaussian(volume, radius=3), expected)


def test_of_radius_0_is_a_copy() -> None:
    volume = noise(4, 3, 3)
    out = mk.temporal_gaussian(volume, radius=0)
    assert np.array_equal(out, volume)
    assert not np.shares_memory(out, volume)


def test_never_writes_to_its_input() -> None:
    volume = noise(9, 5, 5)
    before = volume.copy()
    mk.temporal_gaussian(volume, radius=4)
    streamed(mk.GaussianStream((5, 5), radius=4), volume)
    assert np.array_equal(volume, before)


def test_writes_into_out_and_returns_it() -> None:
    volume, out = noise(5, 4, 4), np.empty((5, 4, 4), np.uint8)
    assert mk.temporal_gaussian(volume, radius=1, out=out) is out
    assert np.array_equal(out, mk.temporal_gaussian(volume, radius=1))


def test_refuses_an_out_that_does_not_fit() -> None:
    volume = noise(5, 4, 4)
    frozen = np.empty((5, 4, 4), np.uint8)
    frozen.flags.writeable = False
    wrong = {
        r"shape \(5, 4, 3\); give \(5, 4, 4\)": np.empty((5, 4, 3), np.uint8),
        "float64; give a uint8": np.empty((5, 4, 4)),
        "not C-contiguous or not writable": np.empty((5, 4, 8), np.uint8)[:, :, ::2],
        "not writable": frozen,
        "shares memory": volume,
    }
    for message, out in wrong.items():
        with pytest.raises(ValueError, match=message):
            mk.temporal_gaussian(volume, radius=1, out=out)


@pytest.mark.parametrize("radius", [-1, 16, 1.0, True, None, "3"])
def test_refuses_a_radius_and_says_which_are_allowed(radius: int) -> None:
    for call in (
        lambda: mk.temporal_gaussian(noise(3, 2, 2), radius=radius),
        lambda: mk.GaussianStream((2, 2), radius=radius),
        lambda: mk.gaussian_weights(radius),
    ):
        with pytest.raises(ValueError, match=r"from 0 .* to 15"):
            call()


@pytest.mark.parametrize("sigma", [0, -1.0, float("nan"), float("inf"), "1"])
def test_refuses_a_sigma_that_is_not_a_finite_number_above_0(sigma: float) -> None:
    with pytest.raises(ValueError, match="finite number of frames above 0"):
        mk.temporal_gaussian(noise(3, 2, 2), radius=1, sigma=sigma)
    with pytest.raises(ValueError, match="finite number of frames above 0"):
        mk.GaussianStream((2, 2), radius=1, sigma=sigma)


@pytest.mark.parametrize("threads", [0, -1, 1.5])
def test_refuses_a_number_of_threads_below_1(threads: int) -> None:
    with pytest.raises(ValueError, match="1 or more"):
        mk.temporal_gaussian(noise(3, 2, 2), radius=1, threads=threads)


def test_refuses_a_volume_that_is_not_uint8_frames() -> None:
    for volume, message in [(np.zeros((3, 2, 2)), "float64"), ([[1]], "list"), (np.uint8(3), "uint8")]:
        with pytest.raises(ValueError, match=message):
            mk.temporal_gaussian(volume, radius=1)
    with pytest.raises(ValueError, match="no axes"):
        mk.temporal_gaussian(np.array(3, np.uint8), radius=1)


@pytest.mark.parametrize("radius", range(16))
def test_weights_are_a_gaussian_of_sum_1(radius: int) -> None:
    weights = mk.gaussian_weights(radius, 2.5)
    distances = np.arange(-radius, radius + 1)
    assert weights.sum() == pytest.approx(1, abs=1e-15)
    assert np.allclose(weights / weights[radius], np.exp(-(distances**2) / 12.5), rtol=1e-14)


@pytest.mark.parametrize("sigma", [0.3, 1.0, 7.7, 1e6])
def test_weights_in_fixed_point_sum_to_exactly_one_however_the_window_is_cut(sigma: float) -> None:
    for radius in range(16):
        whole = mk.gaussian_weights(radius, sigma)
        for first in range(radius + 1):
            cut = whole[first:]
            fixed, shift = fixed_weights(cut, radius - first)
            assert fixed.sum() == 1 << shift
            assert np.array_equal(fixed_weights(cut[::-1], radius)[0], fixed[::-1])
            errors = fixed / (1 << shift) - cut / cut.sum()
            assert 255 * np.maximum(errors, 0).sum() < TOLERANCE


@given(hnp.arrays(np.float64, st.integers(1, 31), elements=st.floats(0, 1)), st.data())
def test_weights_in_fixed_point_are_near_enough_for_any_window(
    weights: oracle.Floats, data: st.DataObject
) -> None:
    centre = data.draw(st.integers(0, len(weights) - 1))
    weights[centre] = max(weights.max(), 1e-3)
    fixed, shift = fixed_weights(weights, centre)
    errors = fixed / (1 << shift) - weights / weights.sum()
    assert fixed.min() >= 0
    assert 255 * np.maximum(errors, 0).sum() < TOLERANCE


@given(st.lists(hnp.arrays(np.float64, 31, elements=st.floats(0, 1)), min_size=4, max_size=4))
def test_the_frames_that_four_windows_weigh_fit_into_the_room_there_is_for_them(
    windows: list[oracle.Floats],
) -> None:
    for weights in windows:
        weights[15] = max(weights.max(), 1e-3)
    fixed = [fixed_weights(weights, 15)[0] for weights in windows]
    pairs, shared = entries_of(fixed, [0, 1, 2, 3], 34)
    assert pairs.size <= job.ROOM - job.PAIRS
    taken = np.zeros((34, 4), np.int64)
    np.add.at(taken, pairs[:, 0], shared & 0xFFFF)
    np.add.at(taken, pairs[:, 1], shared >> 16)
    assert all(np.array_equal(taken[j : j + 31, j], weights) for j, weights in enumerate(fixed))
    assert max((shared & 0xFFFF).max(), (shared >> 16).max()) <= LARGEST


def test_sigma_is_half_the_radius_unless_given_and_at_least_half_a_frame() -> None:
    for radius, sigma in [(0, 0.5), (1, 0.5), (2, 1.0), (5, 2.5)]:
        assert np.array_equal(mk.gaussian_weights(radius), mk.gaussian_weights(radius, sigma))


@pytest.mark.parametrize("sigma", [5e-324, 1e-200, 1e300])
def test_an_extreme_sigma_keeps_the_frame_or_gives_the_plain_mean(sigma: float) -> None:
    volume = noise(3, 2, 2)
    expected = volume[1] if sigma < 1 else np.rint(volume.mean(axis=0))
    assert np.array_equal(mk.temporal_gaussian(volume, radius=1, sigma=sigma)[1], expected)


def test_stream_holds_back_exactly_its_latency() -> None:
    stream = mk.GaussianStream((2, 2), radius=3)
    assert stream.latency == 3
    assert [len(stream.push(plane)) for plane in noise(6, 2, 2)] == [0, 0, 0, 1, 1, 1]
    assert len(stream.flush()) == 3
    assert stream.flush() == []


@relaxed
@given(volumes, radii, st.data())
def test_stream_given_several_planes_at_once_gives_the_same(
    volume: oracle.Bytes, radius: int, data: st.DataObject
) -> None:
    stream = mk.GaussianStream(volume.shape[1:], radius=radius)
    out, first = [], 0
    while first < len(volume):
        end = data.draw(st.integers(first + 1, len(volume)))
        out += stream.push_all(list(volume[first:end]))
        first = end
    assert np.array_equal(out + stream.flush(), mk.temporal_gaussian(volume, radius=radius))


def test_stream_keeps_no_hold_on_what_it_takes_or_gives() -> None:
    volume = noise(12, 3, 4)
    stream = mk.GaussianStream((3, 4), radius=2)
    given_back = []
    for plane in volume:
        lent = plane.copy()
        ready = stream.push(lent)
        lent[...] = 99
        given_back += [out.copy() for out in ready]
        for out in ready:
            out[...] = 77
    given_back += stream.flush()
    assert np.array_equal(given_back, mk.temporal_gaussian(volume, radius=2))


def test_stream_refuses_a_plane_that_does_not_fit_and_can_go_on() -> None:
    volume = noise(6, 3, 4)
    stream = mk.GaussianStream((3, 4), radius=1)
    out = stream.push(volume[0])
    with pytest.raises(ValueError, match=r"shape \(4, 3\); give \(3, 4\)"):
        stream.push(volume[1].T)
    with pytest.raises(ValueError, match="float64; give a uint8"):
        stream.push(volume[1].astype(np.float64))
    out += streamed(stream, volume[1:])
    assert np.array_equal(out, mk.temporal_gaussian(volume, radius=1))


@pytest.mark.parametrize("shape", [[2, 2], (2.0, 2), (-1, 2), 4])
def test_stream_refuses_what_is_not_a_shape(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"tuple, such as \(height, width\)"):
        mk.GaussianStream(shape, radius=1)


def test_stream_holds_one_window_of_planes_and_no_more() -> None:
    plane = noise(512, 1024)
    mk.GaussianStream((1, 1), radius=1).push(plane[:1, :1])
    tracemalloc.start()
    try:
        stream = mk.GaussianStream(plane.shape, radius=2)
        for _ in range(30):
            stream.push(plane)
        held = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert held < 5.2 * plane.nbytes


def gaussian_in_time(volume: oracle.Bytes, at: np.ndarray, radius: int, sigma: float) -> oracle.Floats:
    """The exact mean weighted by distances in time over the window's mean spacing (plain loops)."""
    out = np.empty(volume.shape)
    for t, window in enumerate(oracle.windows(len(volume), radius)):
        spacing = (at[window[-1]] - at[window[0]]) / (len(window) - 1)
        weights = [math.exp(-(((at[f] - at[t]) / spacing) ** 2) / (2 * sigma**2)) for f in window]
        out[t] = sum(w * volume[f] for w, f in zip(weights, window, strict=True)) / sum(weights)
    return out


@pytest.mark.parametrize("radius", [1, 3, 15])
def test_with_times_a_frame_counts_by_its_distance_in_time(radius: int) -> None:
    rng = np.random.default_rng(radius)
    volume = rng.integers(0, 256, (20, 3, 5), np.uint8)
    at = np.cumsum(rng.uniform(0.01, 0.2, 20))
    smooth = mk.temporal_gaussian(volume, radius=radius, sigma=1.5, times=at.tolist())
    assert np.abs(smooth - gaussian_in_time(volume, at, radius, 1.5)).max() < 0.51


def test_a_stream_with_times_gives_the_volumes_bits() -> None:
    rng = np.random.default_rng(8)
    volume, at = rng.integers(0, 256, (17, 4, 4), np.uint8), np.cumsum(rng.uniform(0.01, 0.2, 17))
    stream = mk.GaussianStream((4, 4), radius=3)
    planes = [p for plane, t in zip(volume, at, strict=True) for p in stream.push(plane, t)] + stream.flush()
    assert np.array_equal(planes, mk.temporal_gaussian(volume, radius=3, times=at.tolist()))


def test_even_times_change_no_bit_also_when_a_container_rounded_them_to_milliseconds() -> None:
    volume = np.random.default_rng(9).integers(0, 256, (30, 4, 4), np.uint8)
    rounded = [round(1000 * t / 30) / 1000 for t in range(30)]
    even = mk.temporal_gaussian(volume, radius=4)
    assert np.array_equal(mk.temporal_gaussian(volume, radius=4, times=rounded), even)


@pytest.mark.parametrize("times", [[0, 1], [0, 1, 1], [0, 2, 1], [0, 1, math.nan]])
def test_times_that_are_not_one_a_frame_and_increasing_are_refused(times: list[float]) -> None:
    with pytest.raises(ValueError, match="times must be 3 finite numbers, one a frame, each above"):
        mk.temporal_gaussian(np.zeros((3, 2, 2), np.uint8), radius=1, times=times)
    with pytest.raises(ValueError, match="times must be 3 finite numbers"):
        mk.temporal_gaussian(np.zeros((3, 0, 2), np.uint8), radius=1, times=times)
