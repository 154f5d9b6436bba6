"""masksmooth_kernels.agreement: reliability from a mask and a consensus, beside a plain numpy twin."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from masksmooth_kernels.agreement import compare, trusted

sizes = st.tuples(st.integers(1, 9), st.integers(1, 40))
relaxed = settings(deadline=None, max_examples=40)  # the first example waits for the compiler


@relaxed
@given(sizes, st.integers(0, 999), st.floats(0.05, 2))
def test_says_what_both_see_and_what_differs(size: tuple[int, int], seed: int, full: float) -> None:
    rng = np.random.default_rng(seed)
    mask, (said, support) = rng.integers(0, 256, size, np.uint8), rng.random((2, *size), np.float32)
    own, gate = mask / 255, np.minimum(support / full, 1)
    either, unlike = np.maximum(own, said), np.abs(own - said)
    expected = np.stack([either, unlike, unlike * gate, either * gate], axis=-1)
    np.testing.assert_allclose(compare(mask, said, support, full), expected, atol=1e-6)


@relaxed
@given(sizes, st.integers(0, 999), st.floats(0, 1), st.floats(0, 1))
def test_any_contradiction_lowers_the_first_reading_and_only_supported_ones_the_second(
    size: tuple[int, int], seed: int, a: float, b: float
) -> None:
    rng = np.random.default_rng(seed)
    u = rng.random(size, np.float32)
    d, us = (u * rng.random(size, np.float32) for _ in range(2))
    ds = d * rng.random(size, np.float32)
    strict, lenient = trusted(np.stack([u, d, ds, us], axis=-1), (a, b), 0.03, 0.03)
    np.testing.assert_allclose(
        strict, max(a, 0.03) ** 2 * np.maximum(1 - d / (u + 0.03), 0.03) ** 2, atol=1e-5
    )
    kept = b**2 * (1 - ds / (u + 0.03)) ** 2
    np.testing.assert_allclose(lenient, 1 - us / (us + 0.001) * (1 - kept), atol=1e-5)
    unsupported = trusted(np.stack([u, d, 0 * ds, 0 * us], axis=-1), (a, b), 0.03, 0.03)[1]
    np.testing.assert_array_equal(unsupported, 1)
