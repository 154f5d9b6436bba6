"""Every figure of the report, recomputed from exported masks by the formulas of docs/report.md alone."""

from __future__ import annotations

import csv
import json
import math
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

import masksmooth_filter as mf

Masks = list[np.ndarray]
CLIPS = ("plain", "cut", "uneven", "ten bits", "two classes", "nothing", "one frame")
FRAMES = 22


def picture(i: int, width: int, height: int, *, scene: int) -> np.ndarray:
    """A textured disc that walks over a textured ground, which drifts."""
    rng = np.random.default_rng(scene)
    ground, thing = (
        cv2.resize(rng.integers(0, 256, (24, 40, 3), np.uint8), (2 * width, height)) for _ in "ab"
    )
    out = ground[:, i : i + width].copy()
    y, x = np.mgrid[:height, :width]
    disc = np.hypot(x - 40 - 3 * i, y - height / 2) < 26
    out[disc] = np.roll(thing[:, :width], 3 * i, axis=1)[disc]
    return out


def mask_of(i: int, width: int, height: int, *, shake: bool) -> np.ndarray:
    """The disc as a network sees it: its border shakes, now and then it is lost, a blob comes and goes."""
    rng = np.random.default_rng(100 + i)
    y, x = np.mgrid[:height, :width]
    radius = 26 + (rng.normal(0, 2.5) if shake else 0)
    found = np.hypot(x - 40 - 3 * i - (rng.normal(0, 2) if shake else 0), y - height / 2) < radius
    if shake and i % 11 == 7:
        found[:] = False
    if shake and i % 7 == 3:
        found[10:30, width - 40 : width - 15] = True
    return (found * 255).astype(np.uint8)


def make_clip(path: Path, kind: str) -> tuple[Path, Path, Path]:
    """A film, the network's masks of it and the truth, as a user has them."""
    width, height = (322, 194) if kind == "ten bits" else (540, 360) if kind == "plain" else (256, 144)
    frames = 1 if kind == "one frame" else FRAMES
    film, masks, truth = path / "film.mkv", path / "masks", path / "truth"
    masks.mkdir()
    truth.mkdir()
    with av.open(film, "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.width, stream.height = width, height
        stream.pix_fmt = "yuv420p10le" if kind == "ten bits" else "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        for i in range(frames):
            shown = picture(i, width, height, scene=int(kind == "cut" and i >= 14))
            frame = av.VideoFrame.from_ndarray(shown, format="rgb24").reformat(format=stream.pix_fmt)
            frame.pts = i * 40 + (i % 3) * 15 if kind == "uneven" else i * 40
            frame.time_base = Fraction(1, 1000)
            container.mux(stream.encode(frame))
            found, right = (mask_of(i, width, height, shake=shake) for shake in (True, False))
            if kind == "nothing":
                found[:] = 0
            if kind == "two classes":
                found = np.where(found > 0, np.where(np.arange(width) < 90, 15, 12), 0).astype(np.uint8)
                right = np.where(right > 0, 15, 0).astype(np.uint8)
            cv2.imwrite(str(masks / f"{i:04}.png"), found)
            cv2.imwrite(str(truth / f"{i:04}.png"), right)
        container.mux(stream.encode())
    return film, masks, truth


class Study:
    """What went into a run and what it left, read by nothing of the library: the matte is smoothed masks."""

    def __init__(self, path: Path, kind: str) -> None:
        film, masks, truth = make_clip(path, kind)
        classes = {"classes": "person,dog"} if kind == "two classes" else {}
        report, out = path / "report", path / "out.mkv"
        mf.convert(
            film, out, masks_from=str(masks), truth=str(truth), method="gaussian", radius=2,
            mode="matte", codec="ffv1", report=report, **classes,
        )  # fmt: skip
        self.json = json.loads((report / "report.json").read_text())
        self.csv = list(csv.DictReader((report / "frames.csv").read_text().splitlines()))
        with av.open(out) as container:
            smoothed = [frame.to_ndarray() > 127 for frame in container.decode(video=0)]
        self.masks = {"raw": self._read(masks), "smoothed": smoothed}
        self.truth = self._read(truth)
        with av.open(film) as container:
            self.frames = list(container.decode(video=0))
        self.height, self.width = self.masks["raw"][0].shape

    @staticmethod
    def _read(folder: Path) -> Masks:
        return [cv2.imread(str(p), cv2.IMREAD_UNCHANGED) > 0 for p in sorted(folder.glob("*.png"))]

    @property
    def times(self) -> np.ndarray:
        return np.array([float(frame.pts * frame.time_base) for frame in self.frames])

    @property
    def cuts(self) -> set[int]:
        return {cut["frame"] for cut in self.json["figures"]["cuts"]}

    def column(self, name: str) -> np.ndarray:
        return np.array([float(row[name] or "nan") for row in self.csv])

    def summary(self, name: str) -> dict[str, float]:
        return next(one for one in self.json["figures"]["series"] if one["name"] == name)


@pytest.fixture(scope="module", params=CLIPS)
def study(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Study:
    return Study(tmp_path_factory.mktemp("study"), request.param)


def iou(a: np.ndarray, b: np.ndarray) -> float:
    return (a & b).sum() / (a | b).sum() if (a | b).any() else 1.0


def border(mask: np.ndarray) -> np.ndarray:
    padded = np.pad(mask, ((0, 1), (0, 1)), mode="edge")
    inner = padded[:-1, :-1]
    corner = np.zeros_like(mask)
    corner[:-1, :-1] = inner[:-1, :-1] ^ padded[1:-1, 1:-1]
    return (inner ^ padded[1:, :-1]) | (inner ^ padded[:-1, 1:]) | corner


def distances(points: np.ndarray, others: np.ndarray) -> np.ndarray:
    """From every pixel set in one plane to the nearest set in another."""
    a, b = np.argwhere(points).astype(float), np.argwhere(others).astype(float)
    return np.array([np.sqrt(((b - p) ** 2).sum(axis=1)).min() for p in a])


def on_grid(study: Study, masks: Masks) -> Masks:
    size = tuple(study.json["figures"]["grid"])
    return [cv2.resize(m.astype(np.uint8) * 255, size, interpolation=cv2.INTER_AREA) for m in masks]


def carried(study: Study, masks: Masks) -> list[np.ndarray | None]:
    """Each mask's predecessor where the motion takes it; None where a scene begins."""
    width, height = study.json["figures"]["grid"]
    small = [
        np.ascontiguousarray(
            frame.reformat(width=width, height=height, format="gray", interpolation="AREA").to_ndarray()
        )
        for frame in study.frames
    ]
    places = np.dstack(np.meshgrid(np.arange(width), np.arange(height))).astype(np.float32)
    out: list[np.ndarray | None] = [None]
    for t in range(1, len(masks)):
        dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
        at = dis.calc(small[t], small[t - 1], None) + places
        moved = cv2.remap(masks[t - 1], at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        out.append(None if t in study.cuts else moved > 127)
    return out


def same(found: object, expected: list[float] | float, *, digits: int = 5) -> None:
    nothing = np.nan if found is None else found
    np.testing.assert_allclose(np.asarray(nothing, float), expected, atol=0.6 * 10**-digits, rtol=1e-5)


def mean(values: list[float]) -> float:
    known = [v for v in values if not math.isnan(v)]
    return float(np.mean(known)) if known else math.nan


@pytest.mark.parametrize("name", ["raw", "smoothed"])
def test_neighbour_iou_and_changed_pixels(study: Study, name: str) -> None:
    masks = study.masks[name]
    ious = [math.nan, *(iou(a, b) for a, b in pairwise(masks))]
    changed = [math.nan, *(float((a ^ b).sum()) for a, b in pairwise(masks))]
    same(study.column(f"iou_{name}"), ious)
    same(study.column(f"changed_{name}"), changed, digits=0)
    same(study.column(f"area_{name}"), [float(m.sum()) for m in masks], digits=0)
    same(study.summary(name)["mean_iou"], mean(ious))
    same(study.summary(name)["mean_changed"], mean(changed))
    same(study.summary(name)["mean_area"], mean([float(m.sum()) for m in masks]))
    assert study.summary(name)["empty_frames"] == sum(not m.any() for m in masks)


@pytest.mark.parametrize("name", ["raw", "smoothed"])
def test_consistency_and_jitter(study: Study, name: str) -> None:
    soft = on_grid(study, study.masks[name])
    consistency, jitter = [], []
    step = study.width / study.json["figures"]["grid"][0]
    for mask, before in zip(soft, carried(study, soft), strict=True):
        inside = mask > 127
        consistency.append(math.nan if before is None else iou(inside, before))
        edges = (None, None) if before is None else (border(inside), border(before))
        if edges[0] is None or not edges[0].any() or not edges[1].any():
            jitter.append(math.nan)
            continue
        far = distances(*edges)
        close = far[far <= 8 + 1e-3]
        jitter.append(close.mean() * step if close.size else math.nan)
    same(study.column(f"consistency_{name}"), consistency)
    same(study.column(f"jitter_px_{name}"), jitter, digits=4)
    same(study.summary(name)["mean_consistency"], mean(consistency))
    same(study.summary(name)["mean_jitter_px"], mean(jitter))


@pytest.mark.parametrize("name", ["raw", "smoothed"])
def test_flicker(study: Study, name: str) -> None:
    inside = [soft > 127 for soft in on_grid(study, study.masks[name])]
    times, blinks = study.times, [math.nan]
    switched = np.full(inside[0].shape, -1)
    for t in range(1, len(inside)):
        if t in study.cuts:
            switched[:] = -1
            blinks.append(math.nan)
            continue
        now = inside[t] ^ inside[t - 1]
        earliest = min(t - 1, int(np.argmax(times >= times[t] - 0.1 - 1e-6)))
        blinks.append(float((now & (switched >= earliest)).sum()))
        switched[now] = t
    step = study.width / study.json["figures"]["grid"][0]
    same(study.column(f"blinks_px_{name}"), [b * step**2 for b in blinks], digits=1)
    area, span = np.mean([m.sum() for m in inside]), times[-1] - times[0]
    same(study.summary(name)["flicker_per_s"], np.nansum(blinks) / (area * span) if area * span else math.nan)


@pytest.mark.parametrize("name", ["raw", "smoothed"])
def test_lag_behind_the_truth(study: Study, name: str) -> None:
    masks, truth = ([soft > 127 for soft in on_grid(study, m)] for m in (study.masks[name], study.truth))
    inner = [
        t for t in range(3, len(masks) - 3) if not any(t - 3 < cut <= t + 3 for cut in study.cuts)
    ]  # fmt: skip
    expected = math.nan
    if inner:
        curve = np.mean([[iou(masks[t], truth[t - s]) for s in range(-3, 4)] for t in inner], axis=0)
        best = int(curve.argmax())
        if np.ptp(curve) >= 0.02 and best in (0, 6):
            expected = best - 3
        elif np.ptp(curve) >= 0.02:
            low, top, high = curve[best - 1 : best + 2]
            expected = best - 3 + (high - low) / (2 * (top - min(low, high)))
    step = (study.times[-1] - study.times[0]) / max(1, len(masks) - 1)
    same(study.summary(name)["lag_ms"], 1000 * expected * step)


@pytest.mark.parametrize("name", ["raw", "smoothed"])
def test_accuracy(study: Study, name: str) -> None:
    tolerance = math.ceil(0.008 * math.hypot(study.width, study.height))
    j, f = [], []
    for mask, truth in zip(study.masks[name], study.truth, strict=True):
        j.append(iou(mask, truth))
        edge, wanted = border(mask), border(truth)
        if not edge.any() or not wanted.any():
            f.append(float(edge.any() == wanted.any()))
            continue
        p, r = ((distances(*pair) <= tolerance + 1e-3).mean() for pair in ((edge, wanted), (wanted, edge)))
        f.append(2 * p * r / (p + r) if p + r else 0.0)
    same(study.column(f"j_{name}"), j)
    same(study.column(f"f_{name}"), f)
    same(study.summary(name)["mean_j"], mean(j))
    same(study.summary(name)["mean_f"], mean(f))


def test_what_smoothing_changed(study: Study) -> None:
    corrected = [float((a ^ b).sum()) for a, b in zip(*study.masks.values(), strict=True)]
    same(study.column("corrected"), corrected, digits=0)
    same(study.json["figures"]["mean_corrected"], mean(corrected))


def test_the_curves_are_those_of_the_frames(study: Study) -> None:
    curves = study.json["figures"]["curves"]
    same(curves["time_s"], list(study.times))
    for name, figures in curves["series"].items():
        for figure, curve in figures.items():
            values = [math.nan if v is None else v for v in curve["mean"]]
            np.testing.assert_allclose(values, study.column(f"{figure}_{name}"), atol=1e-6)


def test_a_cut_is_found_where_it_is(study: Study, request: pytest.FixtureRequest) -> None:
    assert study.cuts == ({14} if "[cut]" in request.node.name else set())
    assert [int(row["cut"]) for row in study.csv] == [int(t in study.cuts) for t in range(len(study.csv))]
