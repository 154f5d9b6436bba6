"""The worst moments: which are picked, what is shown of them, and where."""

import av
import cv2
import numpy as np
import pytest

from masksmooth_filter.frames import MaskedFrame
from masksmooth_filter.report.looks import Shot
from masksmooth_filter.report.moments import Moment, WorstMoments
from masksmooth_filter.report.strips import BIG, GAP, HEAD, LABEL, MARGIN, before_after, strip
from masksmooth_filter.report.tap import ReportTap
from tests.pictures import look_on, noisy_frame

SIZE = (BIG, 160)


class Watcher:
    """A `ReportTap` whose shots go on to `WorstMoments`, as in a work dir."""

    latency = 0

    def __init__(self, *, radius: int, sigma: float | None = None) -> None:
        self.tap, self._worst = ReportTap(), WorstMoments(radius=radius, sigma=sigma)

    @property
    def moments(self) -> tuple[Moment, ...]:
        return self._worst.moments

    def push(self, item: MaskedFrame) -> list[MaskedFrame]:
        self._worst.add(self.tap.observe(item))
        return [item]

    def flush(self) -> list[MaskedFrame]:
        self._worst.cut()
        return self.tap.flush()

    def close(self) -> None:
        self.tap.close()


def run(tap: Watcher, frames: int) -> list[MaskedFrame]:
    return look_on(tap, frames, SIZE)


def picture(png: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)[:, :, ::-1]


@pytest.fixture(scope="module")
def tap() -> Watcher:
    tap = Watcher(radius=1)
    run(tap, 12)
    return tap


def picked(changes: list[int], radius: int, keep: int) -> list[int]:
    """The frames that the rule picks, told without a stream: walk, stand, let the greater take over."""
    found, t = [], 0
    while t < len(changes):
        if changes[t] > 0:
            u = t + 1
            while u < len(changes) and u <= t + 2 * radius:
                if changes[u] > changes[t]:
                    t, u = u, u
                u += 1
            found.append(t)
            t += 2 * radius
        t += 1
    return sorted(found, key=lambda i: -changes[i])[:keep]


@pytest.mark.parametrize("radius", [0, 1, 3])
def test_the_worst_moments_are_the_greatest_changes_well_apart(radius: int) -> None:
    changes = [0, *np.random.default_rng(radius).integers(0, 60, 150).tolist()]
    worst = WorstMoments(radius=radius, keep=4)
    rng = np.random.default_rng(0)
    frame, mask = av.VideoFrame(8, 8, "gray"), rng.integers(0, 256, (8, 8), np.uint8)
    for i, changed in enumerate(changes):
        worst.add(Shot(MaskedFrame(frame, mask), i, (mask, mask), changed, 0))
    worst.cut()
    found = [moment.now.index for moment in worst.moments]
    assert found == picked(changes, radius, 4)
    assert max(changes) == changes[found[0]]
    assert all(abs(a - b) > 2 * radius for a in found for b in found if a != b)
    assert all(moment.before.index == moment.now.index - 1 for moment in worst.moments)


def test_a_mask_that_never_changes_has_no_worst_moment() -> None:
    tap = Watcher(radius=2)
    item = noisy_frame(0, np.random.default_rng(0), SIZE)
    for _ in range(9):
        tap.push(item)
    tap.flush()
    assert tap.moments == ()
    assert tap.tap.figures.raw.stability.mean_iou == 1.0


def test_the_frame_behind_a_flush_has_no_neighbour() -> None:
    tap = Watcher(radius=1)
    run(tap, 4)
    run(tap, 3)
    assert np.isnan(tap.tap.figures.raw.stability.iou).tolist() == [True, *[False] * 3, True, False, False]
    assert 4 not in [moment.now.index for moment in tap.moments]


def window(items: list[MaskedFrame], t: int, radius: int) -> tuple[np.ndarray, np.ndarray]:
    """Raw masks round frame t, as many as there are, and their distances from it."""
    near = range(max(0, t - radius), min(len(items), t + radius + 1))
    return np.stack([items[i].raw for i in near]), np.array(near) - t  # type: ignore[misc]


@pytest.mark.parametrize(("radius", "frames"), [(1, 12), (4, 9)])
def test_a_moments_filters_are_those_of_the_formula(radius: int, frames: int) -> None:
    tap = Watcher(radius=radius, sigma=1.3)
    items = run(tap, frames)
    for moment in tap.moments:
        volume, distance = window(items, moment.now.index, radius)
        weights = np.exp(-(distance**2) / (2 * 1.3**2))
        mean = np.tensordot(weights / weights.sum(), volume, 1)
        median = np.sort(volume, axis=0)[(len(volume) - 1) // 2]
        _assert_cut(moment.gaussian, cv2.resize(mean, SIZE))
        _assert_cut(moment.median, cv2.resize(median.astype(np.float64), SIZE))
    assert len(tap.moments) >= (2 if radius == 1 else 1)


def _assert_cut(mask: np.ndarray, confidence: np.ndarray) -> None:
    """Two roundings to whole levels lie between the exact confidence and the mask."""
    assert (mask[confidence >= 130] == 255).all()
    assert (mask[confidence <= 126] == 0).all()


def test_a_strip_shows_frame_raw_gaussian_median_and_the_runs_mask_side_by_side(tap: Watcher) -> None:
    moment = tap.moments[0]
    sheet = picture(strip(moment))
    width, height = 480, 120
    assert sheet.shape == (HEAD + LABEL + height + MARGIN, 2 * MARGIN + 5 * width + 4 * GAP, 3)
    shown = [
        sheet[HEAD + LABEL : -MARGIN, MARGIN + i * (width + GAP) :][:height, :width].astype(int)
        for i in range(5)
    ]
    filtered = (moment.now.raw, moment.gaussian, moment.median, moment.now.smoothed)
    masks = [np.repeat(m[:, :, None], 3, 2) for m in filtered]
    for panel, expected in zip(shown, [moment.now.picture, *masks], strict=True):
        same = cv2.resize(expected, (width, height), interpolation=cv2.INTER_AREA)
        assert np.abs(panel - same).max() <= 1


def test_before_and_after_differ_from_the_frame_only_under_the_mask_and_its_border(tap: Watcher) -> None:
    moment = tap.moments[0]
    sheet = picture(before_after(moment))
    columns = [MARGIN, MARGIN + BIG + GAP]
    rows = [HEAD + LABEL, HEAD + LABEL + SIZE[1] + GAP + LABEL]
    for look, top in zip((moment.before, moment.now), rows, strict=True):
        for mask, left in zip((look.raw, look.smoothed), columns, strict=True):
            panel = sheet[top : top + SIZE[1], left : left + BIG].astype(int)
            touched = cv2.dilate(mask, np.ones((3, 3), np.uint8)) > 0
            assert np.abs(panel - look.picture)[~touched].max(initial=0) <= 1
            assert np.abs(panel - look.picture)[touched].mean() > 20


def test_tall_pictures_stand_in_one_row() -> None:
    tap = Watcher(radius=0)
    rng = np.random.default_rng(2)
    for _ in range(3):
        frame = av.VideoFrame.from_ndarray(rng.integers(0, 256, (96, 54), np.uint8), format="gray")
        tap.push(MaskedFrame(frame, rng.integers(0, 256, (12, 9), np.uint8)))
    tap.flush()
    height, width, _ = picture(before_after(tap.moments[0])).shape
    assert (height, width) == (HEAD + LABEL + BIG + MARGIN, 2 * MARGIN + 4 * 360 + 3 * GAP)
