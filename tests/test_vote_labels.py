"""masksmooth_kernels.vote on many labels, ties and what comes near a tie, beside whole numbers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import masksmooth_kernels as mk
from masksmooth_kernels._vote_polls import (
    BYTES_AT,
    EXACT,
    FINE,
    LEAD,
    LONGEST,
    ROW,
    SHORTS_AT,
    TOTAL,
    vote_recipe,
)
from masksmooth_kernels.job import TOGETHER, VECTOR
from masksmooth_kernels.schedule import schedule
from tests import oracle

radii = st.integers(0, 15)
sigmas = st.sampled_from([None, 0.3, 0.4, 0.7, 1.0, 2.0, 3.5, 1e6]) | st.floats(0.2, 30)
relaxed = settings(deadline=None, max_examples=60)


def whole_numbers(labels: oracle.Bytes, radius: int, sigma: float) -> oracle.Bytes:
    """The label of the greatest weight in units of 2**-30, all pixels of a frame at once."""
    out = np.empty_like(labels)
    for t, window in enumerate(oracle.windows(len(labels), radius)):
        distances = np.array(window) - t
        weights = np.rint(np.exp(-0.5 * (distances / sigma) ** 2) * 2.0**30).astype(np.int64)
        seen = labels[window.start : window.stop]
        best, most = labels[t].copy(), np.zeros(labels.shape[1:], np.int64)
        for k, weight in enumerate(weights):
            most[seen[k] == labels[t]] += weight
        for label in np.unique(seen):  # from the lowest: a tie of others goes to the first
            total = np.tensordot(weights, (seen == label).astype(np.int64), axes=1)
            better = total > most
            best[better], most[better] = label, total[better]
        out[t] = best
    return out


def drawn(frames: int, pixels: int, labels: int, seed: int) -> oracle.Bytes:
    """Any ids from 0 to 255: still, noisy, and runs of frames in which ties are frequent."""
    rng = np.random.default_rng(seed)
    ids = rng.choice(256, labels, replace=False).astype(np.uint8)
    noise = ids[rng.integers(0, labels, (frames, pixels))]
    turns = ids[(np.arange(frames)[:, np.newaxis] // rng.integers(1, 9, pixels)) % labels]
    mirrored = np.concatenate([noise[: (frames + 1) // 2], noise[: frames // 2][::-1]])
    kind = np.repeat(rng.integers(0, 4, pixels // 20 + 1), 20)[:pixels]
    made: oracle.Bytes = np.choose(kind, [np.broadcast_to(noise[0], noise.shape), noise, turns, mirrored])
    return made


@relaxed
@given(
    st.integers(1, 40),
    st.integers(1, 150),
    st.sampled_from([2, 3, 4, 7, 21, 256]),
    st.integers(0, 9999),
    radii,
    sigmas,
)
def test_of_any_ids_is_the_heaviest_in_whole_numbers_of_volumes_and_of_streams(
    frames: int, pixels: int, labels: int, seed: int, radius: int, sigma: float | None
) -> None:
    volume = drawn(frames, pixels, labels, seed)
    expected = whole_numbers(volume, radius, max(radius / 2, 0.5) if sigma is None else sigma)
    assert np.array_equal(mk.temporal_vote(volume, radius=radius, sigma=sigma), expected)
    stream = mk.VoteStream((pixels,), radius=radius, sigma=sigma)
    assert np.array_equal([out for p in volume for out in stream.push(p)] + stream.flush(), expected)


@pytest.mark.parametrize("radius", [1, 2, 3, 4, 5, 7, 15])
@pytest.mark.parametrize("labels", [2, 3, 21])
def test_of_noise_over_whole_tiles_is_the_heaviest(radius: int, labels: int) -> None:
    volume = np.random.default_rng(radius).integers(0, labels, (2 * radius + 6, 5000), np.uint8)
    expected = whole_numbers(volume, radius, max(radius / 2, 0.5))
    assert np.array_equal(mk.temporal_vote(volume, radius=radius), expected)


@pytest.mark.parametrize("radius", [1, 2, 3])
def test_every_way_three_labels_can_lie_in_a_window_is_decided_exactly(radius: int) -> None:
    frames = 2 * radius + 1
    ways = np.stack(np.unravel_index(np.arange(3**frames), (3,) * frames)).astype(np.uint8)
    for ids in ([0, 1, 2], [255, 128, 0], [7, 200, 9]):
        volume = np.array(ids, np.uint8)[ways]
        for sigma in (None, 0.6, 1.0, 1e6):
            expected = whole_numbers(volume, radius, max(radius / 2, 0.5) if sigma is None else sigma)
            assert np.array_equal(mk.temporal_vote(volume, radius=radius, sigma=sigma), expected)


def weights_of(poll: NDArray[np.int64], fine: bool) -> NDArray[np.int64]:
    """The weights in bytes or in 16 bits, once each; they are written once for each lane."""
    if fine:
        wide = poll[SHORTS_AT:].view(np.uint16).reshape(LONGEST, VECTOR // 2)
    else:
        wide = poll[BYTES_AT + ROW * (TOGETHER - 1) : SHORTS_AT].view(np.uint8).reshape(-1, VECTOR)[:LONGEST]
    assert (wide == wide[:, :1]).all()
    return wide[:, 0].astype(np.int64)


@pytest.mark.parametrize("fine", [False, True])
@pytest.mark.parametrize("radius", [1, 3, 4, 6, 7, 12, 15])
@pytest.mark.parametrize("sigma", [None, 0.4, 1.0, 3.5, 1e6])
def test_small_weights_decide_only_as_the_exact_ones_do(fine: bool, radius: int, sigma: float | None) -> None:
    """Of random pairs of sets of frames: what leads by `LEAD` weighs more, or no less where that is 0."""
    plan = schedule(0, 40, radius=radius, held=0, end=True)
    _recipe, polls = vote_recipe(plan, radius, max(radius / 2, 0.5) if sigma is None else sigma)
    rng, place = np.random.default_rng(radius), FINE if fine else 0
    for poll, before, count in zip(polls, plan.before, plan.counts, strict=True):
        weights, exact = weights_of(poll, fine), poll[EXACT : EXACT + LONGEST]
        assert weights[count:].sum() == 0
        assert weights.sum() == poll[place + TOTAL] <= (65535 if fine else 255)
        parts = rng.integers(0, 3, (3000, LONGEST))
        a, b = parts == 1, parts == 2
        lead, truth = (a * 1 - b) @ weights, (a * 1 - b) @ exact
        if poll[place + LEAD]:
            assert (truth[lead >= poll[place + LEAD]] > 0).all()
            continue
        own = a[:, before] * 1 - b[:, before]
        assert np.array_equal(np.sign(lead), np.where(truth == 0, own, np.sign(truth)))


def test_bytes_decide_up_to_7_frames_with_the_default_sigma_and_equal_weights_always() -> None:
    for radius, sigma in ((1, 0.5), (2, 1.0), (3, 1.5), (15, 1e6)):
        _recipe, polls = vote_recipe(schedule(0, 40, radius=radius, held=0, end=True), radius, sigma)
        assert all(poll[LEAD] == 0 for poll in polls)
