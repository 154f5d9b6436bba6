"""What a run hands over: figures as JSON and CSV, plots, and the worst moments."""

import csv
import json
import re
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from masksmooth_filter.errors import OptionError, OutputError
from masksmooth_filter.frames import MaskedFrame
from masksmooth_filter.report import page, plots
from masksmooth_filter.report.plots import comparison_before_after, stability_before
from masksmooth_filter.report.report import Report, StageSpeed
from masksmooth_filter.report.series import RunFigures, Seen
from masksmooth_filter.report.sight import Sight
from masksmooth_filter.report.strips import before_after
from masksmooth_filter.report.tap import ReportTap
from masksmooth_filter.report.writing import Moments, check_report, write
from tests.conftest import ROOT
from tests.pictures import look_on, noisy_frame

SIZE = (64, 48)


def run(tap: ReportTap, frames: int) -> list[MaskedFrame]:
    return look_on(tap, frames, SIZE)


SETTINGS = {"method": "gaussian", "segmenter": "selfie", "classes": None, "truth": None}


def watch(tap: ReportTap, frames: int) -> None:
    """Masks that flicker over a picture that stands still."""
    rng = np.random.default_rng(3)
    still = noisy_frame(0, rng, SIZE).frame.to_ndarray()
    for i in range(frames):
        frame = av.VideoFrame.from_ndarray(still, format="rgb24")
        frame.pts, frame.time_base = i, Fraction(1, 25)
        tap.push(replace(noisy_frame(i, rng, SIZE), frame=frame))
    tap.flush()


def report_of(figures: RunFigures | None, **changes: object) -> Report:
    fields = {"frames": 12, "seconds": 0.48, "input": "in.mp4", "output": "out.mp4", "wall_s": 2.0}
    settings = {**SETTINGS, **changes.pop("settings", {})}  # type: ignore[dict-item]
    return Report(**{**fields, "figures": figures, "settings": settings, **changes})  # type: ignore[arg-type]


def steady(frames: int, *, bad: int | None = None, timed: bool = True) -> RunFigures:
    """Figures of a long clip in which one frame is bad."""
    small = [np.zeros((10, 10), np.uint8) for _ in range(3)]
    small[1][:, 1:] = small[0][:] = 255
    figures, still = RunFigures(), Sight((10, 10), 1.0, np.zeros((10, 10, 2), np.float32), cut=False)
    for i in range(frames):
        mask = small[2] if i == bad else small[i % 2]
        figures.add(Seen(still, i / 25 if timed else None, (mask, small[0])))
    return figures


def picture(png: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)[:, :, ::-1]


def strict_json(text: str) -> dict[str, object]:
    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is not JSON")

    return json.loads(text, parse_constant=refuse)


@pytest.fixture(scope="module")
def tap() -> ReportTap:
    tap = ReportTap()
    run(tap, 12)
    return tap


def test_json_holds_what_the_run_was(tap: ReportTap, tmp_path: Path) -> None:
    stages = (StageSpeed("segment", 12, 0.5), StageSpeed("smooth", 12, 0.0))
    settings = {"radius": 1, "sigma": None, "classes": (15,), "masks": Path("a/b")}
    write(report_of(tap.figures, stages=stages, settings=settings, warnings=("cut short",)), tmp_path)
    data = strict_json((tmp_path / "report.json").read_text())
    assert data["schema_version"] == 2
    assert data["settings"] == {**SETTINGS, **settings, "classes": [15], "masks": "a/b"}
    assert data["warnings"] == ["cut short"]
    waits = {"starved_s": 0.0, "blocked_s": 0.0, "queue_fill": 0.0}
    assert data["stages"][0] == {"name": "segment", "items": 12, "busy_s": 0.5, "per_second": 24.0, **waits}
    assert data["stages"][1]["per_second"] is None


def test_json_has_null_where_there_is_no_figure(tmp_path: Path) -> None:
    one_frame = ReportTap()
    run(one_frame, 1)
    write(report_of(one_frame.figures, seconds=float("nan")), tmp_path)
    data = strict_json((tmp_path / "report.json").read_text())
    assert data["seconds"] is None
    for one in data["figures"]["series"]:
        measured = {name: value for name, value in one.items() if value is not None}
        assert set(measured) == {"name", "label", "mean_area", "empty_frames"}
    assert data["figures"]["curves"]["series"]["raw"]["iou"] == {"mean": [None]}


def documented(heading: str) -> set[str]:
    """The fields that docs/report.md lists in the table under a heading."""
    part = (ROOT / "docs" / "report.md").read_text().split(f"## {heading}\n")[1].split("\n## ")[0]
    return set(re.findall(r"^\| `([\w.\[\]]+)`", part, re.M))


def paths(value: object, at: str = "") -> set[str]:
    """The paths of all fields in JSON; a list's as of its first element."""
    if isinstance(value, dict) and value and not at.endswith(("settings", "versions", "curves.series")):
        return {path for key, item in value.items() for path in {f"{at}.{key}", *paths(item, f"{at}.{key}")}}
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return paths(value[0], f"{at}[]")
    return set()


def test_the_json_has_the_fields_that_are_documented_and_no_others(tap: ReportTap) -> None:
    stages = (StageSpeed("segment", 12, 0.6),)
    content = report_of(steady(6, bad=3), stages=stages).to_dict()
    content["figures"]["cuts"] = [{"frame": 3, "time_s": 0.1}]
    found = {path.removeprefix(".") for path in paths(content)}
    assert found == documented("report.json")
    per_frame = set(content["figures"]["curves"]["series"]["raw"])
    assert per_frame | {"j", "f"} == documented("Figures of a frame")


def test_csv_has_a_line_a_frame(tap: ReportTap, tmp_path: Path) -> None:
    write(report_of(tap.figures), tmp_path)
    rows = list(csv.DictReader((tmp_path / "frames.csv").read_text().splitlines()))
    assert [int(row["frame"]) for row in rows] == list(range(12))
    assert [float(row["time_s"]) for row in rows] == pytest.approx([i * 0.04 for i in range(12)])
    for one in tap.figures.series:
        assert rows[0][f"iou_{one.name}"] == rows[0][f"changed_{one.name}"] == ""
        iou, changed = one.stability.iou[1:], one.stability.changed[1:]
        assert [float(row[f"iou_{one.name}"]) for row in rows[1:]] == pytest.approx(iou, abs=1e-6)
        assert [int(row[f"changed_{one.name}"]) for row in rows[1:]] == changed.tolist()
        assert [int(row[f"area_{one.name}"]) for row in rows] == one.stability.area.tolist()


def test_long_clips_are_binned_in_the_json_and_whole_in_the_csv(tmp_path: Path) -> None:
    figures = steady(9001, bad=4501)
    write(report_of(figures), tmp_path)
    curves = strict_json((tmp_path / "report.json").read_text())["figures"]["curves"]
    raw = curves["series"]["raw"]["iou"]
    assert curves["frames_per_point"] == 2
    assert len(raw["mean"]) == len(curves["time_s"]) == 4501
    assert min(low for low in raw["low"] if low is not None) == 0.0
    assert len((tmp_path / "frames.csv").read_text().splitlines()) == 9002


def test_the_folder_holds_the_page_the_plots_and_the_worst_moment(tmp_path: Path) -> None:
    tap = ReportTap()
    watch(tap, 24)
    (tmp_path / "notes.txt").write_text("mine")
    write(report_of(tap.figures), tmp_path, Moments(tap.worst, tap.corrected))
    pictures = {"stability_before.png", "comparison_before_after.png", "before_after.png"}
    written = {"report.html", "report.json", "frames.csv", "notes.txt", *pictures}
    assert {path.name for path in tmp_path.iterdir()} == written
    assert all(cv2.imread(str(tmp_path / name)) is not None for name in pictures)


def test_the_picture_is_of_the_bad_moment_that_smoothing_calmed_most(tmp_path: Path) -> None:
    tap = ReportTap()
    watch(tap, 120)
    greatest, calmed = tap.worst[:2]
    moments = (replace(greatest, changed_smoothed=greatest.changed), replace(calmed, changed_smoothed=0))
    write(report_of(tap.figures), tmp_path, Moments(moments))
    shown = (tmp_path / "before_after.png").read_bytes()
    assert shown == before_after(moments[1]) != before_after(moments[0])


def test_without_figures_there_is_only_the_json(tmp_path: Path) -> None:
    write(report_of(None), tmp_path / "new")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["report.json"]


def test_a_report_is_not_replaced_unless_asked(tmp_path: Path) -> None:
    write(report_of(None), check_report(tmp_path / "r"))
    with pytest.raises(OutputError, match="holds a report already"):
        check_report(tmp_path / "r")
    assert check_report(tmp_path / "r", overwrite=True) == tmp_path / "r"


def test_a_file_in_the_folders_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "r").write_text("")
    with pytest.raises(OutputError, match="is a file"):
        check_report(tmp_path / "r")


def test_summary_is_plain_lines(tap: ReportTap) -> None:
    text = report_of(tap.figures, stages=(StageSpeed("segment", 12, 0.6),)).summary()
    raw, smoothed = (one.stability for one in tap.figures.series)
    assert text.splitlines() == [
        "out.mp4: 12 frames, 0.48 s, in 2.0 s, 6.0 frames/s",
        "slowest part: segment, 50.0 ms a frame, busy 30% of the time; "
        "to go faster: --every auto, a smaller --size or network, or --device cuda",
        f"neighbour IoU {raw.mean_iou:.3f} -> {smoothed.mean_iou:.3f}, "
        f"changed pixels a frame {raw.mean_changed:,.0f} -> {smoothed.mean_changed:,.0f}",
    ]
    assert len(report_of(None, wall_s=0.0).summary().splitlines()) == 1


def test_a_missing_matplotlib_is_said_early_and_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plots, "find_spec", lambda name: None)
    with pytest.raises(OptionError, match=r"pip install 'masksmooth-filter\[report\]'"):
        check_report(tmp_path / "r")
    assert not (tmp_path / "r").exists()


def test_a_missing_jinja2_is_said_early_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "find_spec", lambda name: None)
    with pytest.raises(OptionError, match="needs Jinja2: pip install"):
        check_report(tmp_path / "r")
    assert not (tmp_path / "r").exists()


@pytest.mark.parametrize("frames", [0, 1, 2, 3, 5000])
def test_plots_can_be_drawn_for_any_length(frames: int) -> None:
    assert picture(comparison_before_after(steady(frames))).shape == (726, 1210, 3)


def test_plots_need_no_times() -> None:
    assert picture(stability_before(steady(3, timed=False))).std() > 1


def test_one_bad_frame_among_thousands_is_seen() -> None:
    def lowest_orange(png: bytes) -> int:
        panel = picture(png)[: 726 // 2].astype(int)
        return int(np.nonzero((panel[:, :, 0] - panel[:, :, 2] > 40).any(axis=1))[0].max())

    lines = steady(900, bad=451), steady(9001, bad=4501)
    few, many = (lowest_orange(stability_before(both)) for both in lines)
    assert lines[1].raw.stability.iou[4501] == 0.0
    assert abs(few - many) <= 3  # the same depth, drawn as a line and as a band


def test_the_frozen_masks_curve_is_the_blue_one_at_the_top() -> None:
    panel = picture(comparison_before_after(steady(30, bad=20)))[100 : 726 // 2].astype(int)
    blue = np.nonzero((panel[:, :, 2] - panel[:, :, 0] > 100).any(axis=1))[0]
    orange = np.nonzero((panel[:, :, 0] - panel[:, :, 2] > 100).any(axis=1))[0]
    assert blue.max() - blue.min() < 12  # a flat line with its markers
    solid = (panel[:, :, 2] - panel[:, :, 0] > 100).sum(axis=1).max()
    assert solid > 0.8 * 0.89 * panel.shape[1]  # the axes' width; the dashed mean alone covers half of it
    assert orange.max() > blue.max() + 100


def test_plots_are_drawn_in_any_thread_without_pyplot() -> None:
    code = (
        "import sys, threading\n"
        "import masksmooth_filter.report.plots as r\n"
        "from masksmooth_filter.report.series import RunFigures\n"
        "assert 'matplotlib' not in sys.modules and 'cv2' not in sys.modules\n"
        "got = []\n"
        "threads = [threading.Thread(target=lambda: got.append(r.stability_before(RunFigures())))"
        " for _ in range(2)]\n"
        "[t.start() for t in threads]; [t.join() for t in threads]\n"
        "assert len(got) == 2 and got[0] == got[1] and 'matplotlib.pyplot' not in sys.modules\n"
    )
    root = Path(__file__).resolve().parent.parent
    path = [str(root), str(root / "kernels")]
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {path}\n{code}"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
