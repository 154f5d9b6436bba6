"""masksmooth_kernels.median: the middle value over a window of frames."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import masksmooth_kernels as mk
from tests import oracle

volumes = hnp.arrays(
    np.uint8,
    st.tuples(st.integers(1, 40), st.integers(1, 3), st.integers(1, 5)),
    elements=st.integers(0, 255),
)
radii = st.integers(0, 15)
relaxed = settings(deadline=None, max_examples=60)  # the first example waits for the compiler


def noise(*shape: int) -> oracle.Bytes:
    return np.random.default_rng(8).integers(0, 256, shape, dtype=np.uint8)


def streamed(stream: mk.MedianStream, volume: oracle.Bytes) -> list[oracle.Bytes]:
    return [out for plane in volume for out in stream.push(plane)] + stream.flush()


@pytest.mark.parametrize("radius", range(16))
@pytest.mark.parametrize("frames", [1, 2, 4, 45])
def test_is_the_lower_middle_of_the_sorted_window_for_every_window(radius: int, frames: int) -> None:
    for volume in (noise(frames, 41, 53), noise(frames, 41, 53) % 3, noise(frames, 41, 53) // 128 * 255):
        assert np.array_equal(mk.temporal_median(volume, radius=radius), oracle.median(volume, radius))


@relaxed
@given(volumes, radii)
def test_is_always_a_value_of_its_window_and_the_oracles(volume: oracle.Bytes, radius: int) -> None:
    out = mk.temporal_median(volume, radius=radius)
    assert np.array_equal(out, oracle.median(volume, radius))
    for t, window in enumerate(oracle.windows(len(volume), radius)):
        assert (volume[window.start : window.stop] == out[t]).any(axis=0).all()


@relaxed
@given(volumes, radii)
def test_of_the_clip_backwards_is_the_result_backwards(volume: oracle.Bytes, radius: int) -> None:
    forwards = mk.temporal_median(volume, radius=radius)
    assert np.array_equal(mk.temporal_median(volume[::-1], radius=radius), forwards[::-1])


@relaxed
@given(volumes, radii)
def test_stream_gives_the_bits_of_the_whole_volume(volume: oracle.Bytes, radius: int) -> None:
    stream = mk.MedianStream(volume.shape[1:], radius=radius)
    expected = mk.temporal_median(volume, radius=radius)
    for _ in range(2):  # flush makes it as new
        assert np.array_equal(streamed(stream, volume), expected)


def test_removes_a_flash_of_up_to_radius_frames_and_keeps_a_step() -> None:
    flash = np.zeros((20, 1, 1), np.uint8)
    flash[8:11] = 255
    assert not mk.temporal_median(flash, radius=3).any()
    assert mk.temporal_median(flash, radius=2).sum() == 3 * 255
    step = np.repeat(np.array([0, 255], np.uint8), 10)
    assert np.array_equal(mk.temporal_median(step, radius=3), step)


def test_a_tie_at_the_end_of_the_clip_goes_to_the_lower_value() -> None:
    assert mk.temporal_median(np.array([200, 100], np.uint8), radius=1).tolist() == [100, 100]


@pytest.mark.parametrize("threads", [2, 3, 50])
def test_does_not_depend_on_the_number_of_threads(threads: int) -> None:
    volume = noise(9, 101, 97)
    alone = mk.temporal_median(volume, radius=2)
    assert np.array_equal(mk.temporal_median(volume, radius=2, threads=threads), alone)


@pytest.mark.parametrize(
    "shape", [(0, 4, 4), (3, 0, 4), (1,), (5,), (1, 1, 1), (4, 1, 7), (4, 7, 1), (6, 3, 5, 7)]
)
def test_takes_volumes_of_any_shape(shape: tuple[int, ...]) -> None:
    volume = noise(*shape)
    assert np.array_equal(mk.temporal_median(volume, radius=2), oracle.median(volume, 2))


def test_takes_volumes_that_are_strided_or_read_only() -> None:
    volume = noise(9, 8, 12)[:, ::2, 1:]
    volume.flags.writeable = False
    assert np.array_equal(mk.temporal_median(volume, radius=3), oracle.median(volume, 3))


def test_never_writes_to_its_input_and_gives_memory_of_its_own() -> None:
    volume = noise(9, 5, 5)
    before = volume.copy()
    out = mk.temporal_median(volume, radius=0)
    streamed(mk.MedianStream((5, 5), radius=4), volume)
    assert np.array_equal(out, before)
    assert np.array_equal(volume, before)
    assert not np.shares_memory(out, volume)


def test_writes_into_out_and_returns_it() -> None:
    volume, out = noise(5, 4, 4), np.empty((5, 4, 4), np.uint8)
    assert mk.temporal_median(volume, radius=1, out=out) is out
    assert np.array_equal(out, oracle.median(volume, 1))
    with pytest.raises(ValueError, match="shares memory"):
        mk.temporal_median(volume, radius=1, out=volume)


@pytest.mark.parametrize("radius", [-1, 16, 1.0, True, None])
def test_refuses_a_radius_and_says_which_are_allowed(radius: int) -> None:
    with pytest.raises(ValueError, match=r"from 0 .* to 15"):
        mk.temporal_median(noise(3, 2, 2), radius=radius)
    with pytest.raises(ValueError, match=r"from 0 .* to 15"):
        mk.MedianStream((2, 2), radius=radius)


def test_refuses_wrong_threads_and_volumes() -> None:
    with pytest.raises(ValueError, match="1 or more"):
        mk.temporal_median(noise(3, 2, 2), radius=1, threads=0)
    with pytest.raises(ValueError, match="bool; give a uint8"):
        mk.temporal_median(np.zeros((3, 2, 2), bool), radius=1)


def test_stream_holds_back_exactly_its_latency() -> None:
    stream = mk.MedianStream((2, 2), radius=2)
    assert stream.latency == 2
    assert [len(stream.push(plane)) for plane in noise(5, 2, 2)] == [0, 0, 1, 1, 1]
    assert len(stream.flush()) == 2
    assert stream.flush() == []


def test_stream_keeps_no_hold_on_what_it_takes_or_gives() -> None:
    volume = noise(12, 3, 4)
    stream = mk.MedianStream((3, 4), radius=2)
    given_back = []
    for plane in volume:
        lent = plane.copy()
        ready = stream.push(lent)
        lent[...] = 99
        given_back += [out.copy() for out in ready]
        for out in ready:
            out[...] = 77
    given_back += stream.flush()
    assert np.array_equal(given_back, oracle.median(volume, 2))


def test_stream_refuses_a_plane_that_does_not_fit_and_can_go_on() -> None:
    volume = noise(6, 3, 4)
    stream = mk.MedianStream((3, 4), radius=1)
    out = stream.push(volume[0])
    with pytest.raises(ValueError, match=r"shape \(3, 3\); give \(3, 4\)"):
        stream.push(volume[1][:, :3])
    out += streamed(stream, volume[1:])
    assert np.array_equal(out, oracle.median(volume, 1))
