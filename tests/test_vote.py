"""masksmooth_kernels.vote: the label that weighs most over a window of frames."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import masksmooth_kernels as mk
from tests import oracle

shapes = st.tuples(st.integers(1, 35), st.integers(1, 3), st.integers(1, 5))
labels = st.integers(1, 20).flatmap(
    lambda top: hnp.arrays(np.uint8, shapes, elements=st.integers(0, top).map(lambda label: label * 12))
)
radii = st.integers(0, 15)
sigmas = st.sampled_from([None, 0.4, 2.0, 1e6])
relaxed = settings(deadline=None, max_examples=40)  # the first example waits for the compiler


def streamed(stream: mk.VoteStream, volume: oracle.Bytes) -> list[oracle.Bytes]:
    return [out for plane in volume for out in stream.push(plane)] + stream.flush()


@relaxed
@given(labels, radii, sigmas)
def test_is_the_label_of_the_greatest_weight_and_a_tie_the_centres_or_the_lowest(
    volume: oracle.Bytes, radius: int, sigma: float | None
) -> None:
    expected = oracle.vote(volume, radius, max(radius / 2, 0.5) if sigma is None else sigma)
    assert np.array_equal(mk.temporal_vote(volume, radius=radius, sigma=sigma), expected)


@pytest.mark.parametrize("radius", [1, 3, 7, 15])
@pytest.mark.parametrize("top", [1, 2, 20])
def test_is_right_where_regions_meet_and_most_is_still(radius: int, top: int) -> None:
    rng = np.random.default_rng(radius)
    still = np.repeat(rng.integers(0, top + 1, (1, 8, 20), np.uint8), 4, axis=2)
    volume = np.repeat(still, 33, axis=0)
    moving = rng.random(volume.shape) < 0.02
    volume[moving] = rng.integers(0, top + 1, moving.sum())
    assert np.array_equal(
        mk.temporal_vote(volume, radius=radius), oracle.vote(volume, radius, max(radius / 2, 0.5))
    )


@relaxed
@given(labels, radii, sigmas)
def test_stream_gives_the_bits_of_the_whole_volume(
    volume: oracle.Bytes, radius: int, sigma: float | None
) -> None:
    stream = mk.VoteStream(volume.shape[1:], radius=radius, sigma=sigma)
    expected = mk.temporal_vote(volume, radius=radius, sigma=sigma)
    for _ in range(2):  # flush makes it as new
        assert np.array_equal(streamed(stream, volume), expected)
    assert np.array_equal(stream.push_all(list(volume)) + stream.flush(), expected)


@relaxed
@given(labels, radii, sigmas)
def test_of_the_clip_backwards_is_the_result_backwards(
    volume: oracle.Bytes, radius: int, sigma: float | None
) -> None:
    forwards = mk.temporal_vote(volume, radius=radius, sigma=sigma)
    assert np.array_equal(mk.temporal_vote(volume[::-1], radius=radius, sigma=sigma), forwards[::-1])


@relaxed
@given(labels, radii)
def test_of_0_and_255_with_equal_weights_is_the_median_but_for_ties(
    volume: oracle.Bytes, radius: int
) -> None:
    volume = np.asarray(volume > 60, np.uint8) * np.uint8(255)
    voted, median = (
        mk.temporal_vote(volume, radius=radius, sigma=1e6),
        mk.temporal_median(volume, radius=radius),
    )
    assert np.array_equal(voted, np.where(voted == volume, np.maximum(voted, median), median)) or radius == 0


@pytest.mark.parametrize("threads", [2, 50])
def test_does_not_depend_on_the_number_of_threads_and_writes_into_out(threads: int) -> None:
    volume = np.random.default_rng(3).integers(0, 3, (9, 301, 157), np.uint8)
    out = np.empty_like(volume)
    assert mk.temporal_vote(volume, radius=2, threads=threads, out=out) is out
    assert np.array_equal(out, mk.temporal_vote(volume, radius=2))


def test_refuses_what_it_cannot_take() -> None:
    with pytest.raises(ValueError, match=r"from 0 .* to 15"):
        mk.temporal_vote(np.zeros((3, 2, 2), np.uint8), radius=16)
    with pytest.raises(ValueError, match="finite number of frames above 0"):
        mk.VoteStream((2, 2), radius=1, sigma=0)
    with pytest.raises(ValueError, match="int64; give a uint8"):
        mk.temporal_vote(np.zeros((3, 2, 2), np.int64), radius=1)
