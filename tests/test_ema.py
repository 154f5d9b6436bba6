"""masksmooth_kernels.ema: the causal exponential mean."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import masksmooth_kernels as mk
from tests import oracle

volumes = hnp.arrays(
    np.uint8,
    st.tuples(st.integers(1, 60), st.integers(1, 3), st.integers(1, 5)),
    elements=st.integers(0, 255),
)
alphas = st.floats(1e-3, 1.0)
relaxed = settings(deadline=None, max_examples=60)  # the first example waits for the compiler


def noise(*shape: int) -> oracle.Bytes:
    return np.random.default_rng(9).integers(0, 256, shape, dtype=np.uint8)


@relaxed
@given(volumes, alphas)
def test_is_within_0_52_of_float64(volume: oracle.Bytes, alpha: float) -> None:
    assert np.abs(mk.temporal_ema(volume, alpha=alpha) - oracle.ema(volume, alpha)).max() < 0.52


@pytest.mark.parametrize(("alpha", "bound"), [(1e-3, 0.52), (0.01, 0.502), (0.1, 0.501), (0.9, 0.501)])
def test_does_not_drift_from_float64_over_a_long_clip(alpha: float, bound: float) -> None:
    volume = np.concatenate(
        [np.full((3000, 2), 255, np.uint8), noise(3000, 2), np.zeros((3000, 2), np.uint8)]
    )
    assert np.abs(mk.temporal_ema(volume, alpha=alpha) - oracle.ema(volume, alpha)).max() < bound


@pytest.mark.parametrize("alpha", [0.01, 0.1, 1 / 3, 0.5, 0.99])
@pytest.mark.parametrize(("start", "level"), [(0, 255), (255, 0), (0, 1), (1, 0), (17, 200), (200, 199)])
def test_reaches_a_constant_exactly_and_never_sticks(alpha: float, start: int, level: int) -> None:
    volume = np.full((2000, 1), level, np.uint8)
    volume[0] = start
    out = mk.temporal_ema(volume, alpha=alpha)
    assert out[0] == start
    assert out[-1] == level


def test_is_half_way_to_a_new_level_after_ln_2_over_alpha_frames() -> None:
    volume = np.ones((1000, 1), np.uint8)
    volume[0] = 0
    reached = int(np.argmax(mk.temporal_ema(volume, alpha=0.001)))
    assert reached == pytest.approx(np.log(2) / 0.001, abs=2)


def test_does_not_stick_even_at_the_least_alpha() -> None:
    volume = np.full((30_000, 1), 255, np.uint8)
    volume[0] = 0
    assert mk.temporal_ema(volume, alpha=0.001)[-1] == 255


@relaxed
@given(volumes, alphas)
def test_stays_between_the_least_and_the_greatest_so_far(volume: oracle.Bytes, alpha: float) -> None:
    out = mk.temporal_ema(volume, alpha=alpha)
    assert (out >= np.minimum.accumulate(volume)).all()
    assert (out <= np.maximum.accumulate(volume)).all()


@relaxed
@given(volumes, alphas)
def test_stream_gives_the_bits_of_the_whole_volume_without_delay(volume: oracle.Bytes, alpha: float) -> None:
    stream = mk.EmaStream(volume.shape[1:], alpha=alpha)
    assert stream.latency == 0
    for _ in range(2):  # flush makes it as new
        outs = [stream.push(plane) for plane in volume]
        assert all(len(out) == 1 for out in outs)
        assert np.array_equal([out[0] for out in outs], mk.temporal_ema(volume, alpha=alpha))
        assert stream.flush() == []


def test_of_alpha_1_is_a_copy() -> None:
    volume = noise(5, 4, 4)
    out = mk.temporal_ema(volume, alpha=1)
    assert np.array_equal(out, volume)
    assert not np.shares_memory(out, volume)


@pytest.mark.parametrize(
    "shape", [(0, 4, 4), (3, 0, 4), (1,), (5,), (1, 1, 1), (4, 1, 7), (6, 3, 5, 7), (3, 99, 97)]
)
def test_takes_volumes_of_any_shape(shape: tuple[int, ...]) -> None:
    volume = noise(*shape)
    out = mk.temporal_ema(volume, alpha=0.25)
    assert out.shape == shape
    assert out.size == 0 or np.abs(out - oracle.ema(volume, 0.25)).max() < 0.501


def test_takes_strided_input_and_never_writes_to_it() -> None:
    volume = noise(9, 8, 12)[:, ::2, 1:]
    before = volume.copy()
    expected = mk.temporal_ema(before, alpha=0.3)
    stream = mk.EmaStream(volume.shape[1:], alpha=0.3)
    assert np.array_equal(mk.temporal_ema(volume, alpha=0.3), expected)
    assert np.array_equal([stream.push(plane)[0] for plane in volume], expected)
    assert np.array_equal(volume, before)


def test_writes_into_out_and_returns_it() -> None:
    volume, out = noise(5, 4, 4), np.empty((5, 4, 4), np.uint8)
    assert mk.temporal_ema(volume, alpha=0.5, out=out) is out
    assert np.array_equal(out, mk.temporal_ema(volume, alpha=0.5))
    with pytest.raises(ValueError, match="shares memory"):
        mk.temporal_ema(volume, alpha=0.5, out=volume)


@pytest.mark.parametrize("alpha", [0, -0.1, 1.01, 1e-4, float("nan"), "0.5", None])
def test_refuses_an_alpha_and_says_which_are_allowed(alpha: float) -> None:
    with pytest.raises(ValueError, match=r"0\.001 \.\. 1"):
        mk.temporal_ema(noise(3, 2, 2), alpha=alpha)
    with pytest.raises(ValueError, match=r"0\.001 \.\. 1"):
        mk.EmaStream((2, 2), alpha=alpha)


def test_stream_refuses_a_plane_that_does_not_fit_and_can_go_on() -> None:
    volume = noise(2, 3, 4)
    stream = mk.EmaStream((3, 4), alpha=0.5)
    first = stream.push(volume[0])
    with pytest.raises(ValueError, match=r"shape \(4, 3\); give \(3, 4\)"):
        stream.push(volume[1].T)
    assert np.array_equal(first + stream.push(volume[1]), mk.temporal_ema(volume, alpha=0.5))
