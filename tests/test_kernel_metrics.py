"""masksmooth_kernels.metrics: overlap and change between two masks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import masksmooth_kernels as mk
from tests import oracle

relaxed = settings(deadline=None, max_examples=60)  # the first example waits for the compiler
pairs = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=9).flatmap(
    lambda shape: st.tuples(hnp.arrays(np.uint8, shape), hnp.arrays(np.uint8, shape))
)


@relaxed
@given(pairs, st.integers(0, 255))
def test_counts_what_numpy_counts(pair: tuple[oracle.Bytes, oracle.Bytes], threshold: int) -> None:
    assert mk.overlap_counts(*pair, threshold=threshold) == oracle.overlap(*pair, threshold)


@pytest.mark.parametrize("size", [1, 127, 32767, 32768, 32769, 300_001])
def test_counts_do_not_overflow_on_large_planes(size: int) -> None:
    full, empty = np.full(size, 255, np.uint8), np.zeros(size, np.uint8)
    assert mk.overlap_counts(full, full) == (size, size, 0)
    assert mk.overlap_counts(full, empty) == (0, size, size)
    assert mk.overlap_counts(empty, empty) == (0, 0, 0)


def test_a_pixel_at_the_threshold_is_foreground() -> None:
    a, b = np.array([127, 128], np.uint8), np.array([128, 128], np.uint8)
    assert mk.overlap_counts(a, b) == (1, 2, 1)


def test_gives_plain_ints_for_strided_and_read_only_planes() -> None:
    a = np.random.default_rng(3).integers(0, 256, (40, 60), dtype=np.uint8)
    view = a[::2, 5:-5]
    view.flags.writeable = False
    counts = mk.overlap_counts(view, a[1::2, 5:-5])
    assert counts == oracle.overlap(view, a[1::2, 5:-5], 128)
    assert all(type(count) is int for count in counts)


def test_refuses_planes_that_do_not_fit_and_thresholds_out_of_range() -> None:
    plane = np.zeros((3, 4), np.uint8)
    with pytest.raises(ValueError, match=r"b has shape \(4, 3\); give \(3, 4\)"):
        mk.overlap_counts(plane, plane.T)
    with pytest.raises(ValueError, match="a is bool; give a uint8"):
        mk.overlap_counts(plane > 0, plane)
    for threshold in (-1, 256, 0.5, True):
        with pytest.raises(ValueError, match="from 0 to 255"):
            mk.overlap_counts(plane, plane, threshold)
