"""One contract for every way in: all frames, in order, at their times, with the kernels' bits."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

import masksmooth_filter as mf
import masksmooth_kernels as mk
from masksmooth_filter.integrations.gst.stream import SteadyStream
from masksmooth_filter.options import Options
from tests.clips import make_clip, make_frame
from tests.integrations.adapters import ADAPTERS, Shown, frames_of
from tests.integrations.pushed import PUSHED

SIZE = (50, 34)
EVEN = [40 * n for n in range(9)]
UNEVEN = [0, 33, 67, 71, 140, 2000, 2040, 2041, 2100]
every_adapter = pytest.mark.parametrize("run", ADAPTERS.values(), ids=ADAPTERS.keys())

METHODS: dict[str, dict[str, Any]] = {
    "median": {"method": "median", "radius": 2},
    "gaussian": {"method": "gaussian", "radius": 2, "sigma": 1.1},
    "ema": {"method": "ema", "radius": 2},
    "motion": {"method": "motion", "radius": 2},
    "motion, causal": {"method": "motion", "radius": 2, "causal": True},
}


class Film:
    """A film, the masks for it, and the volumes of both."""

    def __init__(self, folder: Path, times: list[int]) -> None:
        how = {
            "size": SIZE,
            "codec": "ffv1",
            "pts": times,
            "time_base": Fraction(1, 1000),
            "frames": len(times),
        }
        self.times = [Fraction(t, 1000) for t in times]
        self.path = make_clip(folder / "film.mkv", **how)
        self.masks = make_clip(folder / "masks.mkv", pix_fmt="gray", **how)
        self.volume = np.stack([frame.to_ndarray() for frame in frames_of(self.masks)])

    def expected(self, method: str, radius: int, sigma: float | None = None, causal: bool = False) -> Any:
        """The mattes by the kernels, over the whole volume at once."""
        if method == "motion":
            rgb = np.stack([frame.to_ndarray(format="rgb24") for frame in frames_of(self.path)])
            look = {"lookahead": 0} if causal else {}
            smooth = mf.smooth(rgb, self.volume, method="motion", radius=radius, **look)
        elif method == "gaussian":
            times = [float(t) for t in self.times]
            smooth = mk.temporal_gaussian(self.volume, radius=radius, sigma=sigma, times=times)
        elif method == "median":
            smooth = mk.temporal_median(self.volume, radius=radius)
        else:
            smooth = mk.temporal_ema(self.volume, alpha=1 / (radius + 1))
        return np.where(smooth >= 128, 255, 0).astype(np.uint8)


@pytest.fixture(scope="module")
def uneven(tmp_path_factory: pytest.TempPathFactory) -> Film:
    """A film whose frames are 1 to 1860 ms apart."""
    return Film(tmp_path_factory.mktemp("uneven"), UNEVEN)


def mattes(out: list[Shown]) -> Any:
    """The mattes cut in the middle, which is the hard mask: their edges are soft."""
    return np.where(np.stack([item.matte for item in out]) >= 128, 255, 0)


@every_adapter
@pytest.mark.parametrize("length", [1, 2])
def test_as_many_frames_come_out_as_went_in_at_their_times(run: Any, length: int, tmp_path: Path) -> None:
    film = Film(tmp_path, EVEN[:length])
    out = run(film.path, tmp_path / "out.mkv", masks_from=str(film.masks), method="median", radius=3)
    assert [item.time for item in out] == film.times
    np.testing.assert_array_equal(mattes(out), film.expected("median", 3))


@every_adapter
@pytest.mark.parametrize("options", METHODS.values(), ids=METHODS.keys())
def test_uneven_times_are_kept_and_masks_have_the_bits_of_the_whole_volume(
    run: Any, options: dict[str, Any], uneven: Film, tmp_path: Path
) -> None:
    out = run(uneven.path, tmp_path / "out.mkv", masks_from=str(uneven.masks), **options)
    assert [item.time for item in out] == uneven.times
    np.testing.assert_array_equal(mattes(out), uneven.expected(**options))


@every_adapter
def test_durations_are_kept(run: Any, tmp_path: Path) -> None:
    film = Film(tmp_path, EVEN)
    out = run(film.path, tmp_path / "out.mkv", masks_from=str(film.masks), method="median", radius=1)
    assert [item.duration for item in out] == [Fraction(40, 1000)] * len(EVEN)


@every_adapter
def test_a_change_of_size_costs_no_frame(run: Any, resized: Path, tmp_path: Path) -> None:
    if run is ADAPTERS["PyAV loop"]:
        pytest.skip("the example opens its encoder once")
    out = run(resized, tmp_path / "out.mkv", segmenter="selfie", method="median", radius=2)
    assert [item.time - out[0].time for item in out] == [Fraction(n, 25) for n in range(12)]


@pytest.fixture(scope="module")
def resized(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six frames of one size and six of another, in one stream of NUT."""
    path = tmp_path_factory.mktemp("resized") / "film.nut"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mjpeg", rate=25, width=SIZE[0], height=SIZE[1], pix_fmt="yuvj420p")
        stream.codec_context.open()
        for number in range(12):
            width, height = SIZE if number < 6 else (2 * SIZE[0], 2 * SIZE[1])
            encoder = av.CodecContext.create("mjpeg", "w")
            encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuvj420p"
            encoder.time_base = Fraction(1, 25)
            frame = make_frame(number, width, height, pix_fmt="yuvj420p")
            (packet, *_) = [*encoder.encode(frame), *encoder.encode(None)]
            packet.stream, packet.pts, packet.dts, packet.time_base = stream, number, number, Fraction(1, 25)
            out.mux(packet)
    return path


@every_adapter
def test_a_film_without_frames_is_no_film(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "empty.mkv"
    with av.open(str(path), "w") as out:
        out.add_stream("ffv1", width=SIZE[0], height=SIZE[1], pix_fmt="yuv420p").codec_context.open()
        out.start_encoding()
    with pytest.raises((mf.InputError, RuntimeError, av.error.EOFError), match=r"End of file"):
        run(path, tmp_path / "out.mkv", segmenter="selfie", method="median")
    assert not (tmp_path / "out.mkv").exists()


every_pushed = pytest.mark.parametrize("make", PUSHED.values(), ids=PUSHED.keys())


@every_pushed
def test_nothing_comes_of_nothing(make: Any) -> None:
    pushed = make(segmenter="selfie", method="median", radius=2)
    pushed.flush()
    pushed.close()
    assert pushed.taken == []


@every_pushed
@pytest.mark.parametrize("method", ["median", "motion"])
def test_a_flush_empties_and_the_next_stream_is_as_the_first(make: Any, method: str, uneven: Film) -> None:
    pushed, frames = make(segmenter="selfie", method=method, radius=3, threshold=0.02), frames_of(uneven.path)
    for _ in range(2):
        for frame in frames:
            pushed.push(frame)
        pushed.flush()
    pushed.close()
    assert [item.time for item in pushed.taken] == uneven.times * 2
    first, second = mattes(pushed.taken[: len(frames)]), mattes(pushed.taken[len(frames) :])
    np.testing.assert_array_equal(first, second)
    assert 0 < first.mean() < 255


@every_pushed
def test_a_reset_forgets(make: Any, uneven: Film) -> None:
    frames = frames_of(uneven.path)
    pushed, fresh = (make(segmenter="selfie", radius=3, threshold=0.02) for _ in range(2))
    for frame in frames[:5]:
        pushed.push(frame)
    pushed.reset()
    before = len(pushed.taken)
    for one in (pushed, fresh):
        for frame in frames[5:]:
            one.push(frame)
        one.flush()
        one.close()
    assert before == 2
    assert [item.time for item in pushed.taken[before:]] == uneven.times[5:]
    np.testing.assert_array_equal(mattes(pushed.taken[before:]), mattes(fresh.taken))


@every_pushed
def test_a_new_size_lets_all_of_the_old_size_out(make: Any) -> None:
    pushed = make(segmenter="selfie", radius=2)
    for number in range(8):
        frame = make_frame(number, *(SIZE if number < 4 else (64, 48)))
        frame.pts, frame.duration, frame.time_base = number, 1, Fraction(1, 25)
        pushed.push(frame)
    pushed.flush()
    pushed.close()
    assert [item.time for item in pushed.taken] == [Fraction(n, 25) for n in range(8)]
    assert [item.matte.shape for item in pushed.taken] == [SIZE[::-1]] * 4 + [(48, 64)] * 4


def test_the_element_smooths_carried_masks_in_the_window_the_command_has_for_them(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", frames=6, size=(64, 48))
    masks = tmp_path / "masks.mkv"
    mf.convert(clip, tmp_path / "out.mp4", segmenter="selfie", every=3, method="none", save_masks=masks)
    stream = SteadyStream(Options(masks_from=str(masks)))
    assert stream.latency == mf.frame_filter(masks_from=str(masks)).latency
    stream.close()
