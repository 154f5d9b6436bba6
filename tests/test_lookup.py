"""Volumes of 0 and 255, whose windows are looked up: the bits are those of windows computed from pixels."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import masksmooth_kernels as mk
from masksmooth_kernels import lookup, strips
from masksmooth_kernels.job import BLOCK, STRIP
from tests import oracle
from tests.test_window_passes import KERNELS

SIZES = [1, BLOCK, STRIP + 3 * BLOCK + 77, 2 * STRIP, 3 * STRIP + BLOCK]


def flicker(frames: int, pixels: int, seed: int) -> oracle.Bytes:
    """Any bits at all in every fourth run of 64 pixels, none elsewhere."""
    rng = np.random.default_rng(seed)
    runs = np.repeat(rng.random(pixels // 64 + 1) < 0.25, 64)[:pixels]
    return (rng.integers(0, 2, (frames, pixels)) * runs * 255).astype(np.uint8)


def streamed(kind: str, volume: oracle.Bytes, **options: float) -> oracle.Bytes:
    """What a stream makes of it, which computes from pixels and bounds and looks nothing up."""
    stream = KERNELS[kind][1](volume.shape[1:], **options)
    return np.array(stream.push_all(list(volume)) + stream.flush())


def ways(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note how volumes are done from now on."""
    done: list[str] = []
    run = strips._run

    def noted(way: tuple[str, str], *rest: object) -> None:
        done.append(way[1])
        run(way, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(strips, "_run", noted)
    return done


@pytest.mark.parametrize("kind", KERNELS)
@settings(deadline=None, max_examples=30)
@given(st.integers(1, 12), st.sampled_from(SIZES), st.integers(0, 3), st.integers(0, 999))
def test_gives_the_bits_of_a_stream(kind: str, frames: int, pixels: int, radius: int, seed: int) -> None:
    volume = flicker(frames, pixels, seed)
    found = KERNELS[kind][0](volume, radius=radius, threads=1 + seed % 3)
    assert np.array_equal(found, streamed(kind, volume, radius=radius))


@pytest.mark.parametrize("kind", KERNELS)
@settings(deadline=None, max_examples=30)
@given(st.integers(1, 12), st.sampled_from(SIZES), st.integers(0, 3), st.data())
def test_gives_the_bits_of_a_stream_where_other_values_come_in(
    kind: str, frames: int, pixels: int, radius: int, data: st.DataObject
) -> None:
    volume = flicker(frames, pixels, 5)
    for _ in range(data.draw(st.integers(1, 3))):
        frame, pixel = data.draw(st.integers(0, frames - 1)), data.draw(st.integers(0, pixels - 1))
        volume[frame, pixel] = data.draw(st.sampled_from([1, 127, 128, 254]))
    found = KERNELS[kind][0](volume, radius=radius)
    assert np.array_equal(found, streamed(kind, volume, radius=radius))


@pytest.mark.parametrize("sigma", [1e-9, 0.3, 0.5, 1.1, 2.5, 1e6])
@pytest.mark.parametrize("kind", ["gaussian", "vote"])
def test_knows_any_sigma(kind: str, sigma: float) -> None:
    volume = flicker(9, STRIP, 1)
    found = KERNELS[kind][0](volume, radius=3, sigma=sigma)
    assert np.array_equal(found, streamed(kind, volume, radius=3, sigma=sigma))


def test_writes_only_into_an_out_of_any_alignment() -> None:
    volume, room = flicker(8, STRIP + BLOCK, 2), np.full(8 * (STRIP + BLOCK) + 128, 77, np.uint8)
    for at in (0, 1, 32, 63):
        room[:] = 77
        out = room[at:][: volume.size].reshape(volume.shape)
        assert np.array_equal(mk.temporal_median(volume, radius=2, out=out), oracle.median(volume, 2))
        assert (room[:at] == 77).all()
        assert (room[at + volume.size :] == 77).all()


@pytest.mark.skipif(
    not lookup.available(), reason="numba compiles for no AVX512_VBMI here: nothing is looked up"
)
@pytest.mark.parametrize("kind", KERNELS)
def test_computes_nothing_from_pixels_where_all_is_0_and_255(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = ways(monkeypatch)
    KERNELS[kind][0](flicker(9, 2 * STRIP, 3), radius=3)
    assert done == ["look_up"]


@pytest.mark.parametrize("kind", KERNELS)
def test_looks_nothing_up_where_a_window_is_longer_or_frames_are_uneven_or_soft(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    volume, done = flicker(9, STRIP, 4), ways(monkeypatch)
    KERNELS[kind][0](volume, radius=4)
    KERNELS[kind][0](volume // 2, radius=3)
    if kind == "gaussian":
        mk.temporal_gaussian(volume, radius=3, times=[0, 1, 2, 3, 5, 6, 7, 9, 12])
    assert "look_up" not in done


def test_without_the_instruction_the_bits_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    volume = flicker(9, STRIP, 6)
    found = mk.temporal_gaussian(volume, radius=3)
    monkeypatch.setattr(strips, "available", lambda: False)
    assert np.array_equal(mk.temporal_gaussian(volume, radius=3), found)
