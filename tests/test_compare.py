"""Several methods on the same masks in one run, and what a report says in words."""

import json
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import masksmooth_filter as mf
from masksmooth_filter.errors import OptionError
from masksmooth_filter.frames import MaskedFrame
from masksmooth_filter.options import Options
from masksmooth_filter.report.findings import findings, verdict
from masksmooth_filter.report.reproduce import command, machine, versions
from masksmooth_filter.report.series import RunFigures, Seen
from masksmooth_filter.report.sight import Sight
from masksmooth_filter.run.rivals import Rivalry
from masksmooth_filter.settings import Smoothing, parse_comparison
from masksmooth_filter.smoothing.smoother import Smoother
from tests.clips import make_clip
from tests.pictures import masked_frames
from tests.test_cli import run as run_command

RIVALS = {"median": {"radius": 1}, "gaussian:radius=5": {"method": "gaussian", "radius": 5}, "none": {}}


def smoothed_by(items: list[MaskedFrame], **settings: Any) -> list[np.ndarray]:
    smoother = Smoother(output_size="frame", **settings)
    return [item.mask for pushed in items for item in smoother.push(pushed)] + [
        item.mask for item in smoother.flush()
    ]


@pytest.mark.parametrize("frames", [0, 1, 2, 7, 30])
def test_every_method_gives_what_it_gives_alone(frames: int) -> None:
    items = masked_frames(frames)
    settings = {name: {"method": name, **some} for name, some in RIVALS.items()}
    others = {name: Smoother(output_size="frame", **some) for name, some in settings.items()}
    both = Rivalry(Smoother(output_size="frame", method="ema"), others)
    held, out = 0, []
    for item in items:
        out += both.push(item)
        held = max(held, 1 + items.index(item) - len(out))
    out += both.flush()
    assert held <= both.latency == 5
    assert [item.frame for item in out] == [item.frame for item in items]
    assert all(item.raw is given.mask for item, given in zip(out, items, strict=True))
    alone = [smoothed_by(items, method="ema"), *(smoothed_by(items, **some) for some in settings.values())]
    for item, *masks in zip(out, *alone, strict=True):
        for found, expected in zip((item.mask, *item.rivals), masks, strict=True):
            np.testing.assert_array_equal(found, expected)
    assert set(both.ms_per_frame) == ({"smoothed", *RIVALS} if frames > 6 else set(both.ms_per_frame))
    both.close()
    both.close()


def test_a_comparison_is_read_as_it_is_written() -> None:
    read = parse_comparison("gaussian, median:radius=5,motion:lookahead=0:refine=false")
    assert list(read) == ["gaussian", "median:radius=5", "motion:lookahead=0:refine=false"]
    assert read["median:radius=5"] == Smoothing(method="median", radius=5)
    assert read["motion:lookahead=0:refine=false"] == Smoothing(method="motion", lookahead=0, refine=False)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "nothing to compare with"),
        ("gaussian,gaussian", "names a method twice"),
        ("blur", "supported values are motion, gaussian"),
        ("gaussian:radius", "key=value"),
        ("gaussian:size=3", "does not exist; there are device, gate"),
        ("gaussian:radius=99", "radius is 99"),
        ("none,ema,median,gaussian,motion", "give 4 at most"),
    ],
)
def test_what_cannot_be_compared_is_said_before_any_work(text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=words):
        Options(compare=text, report=tmp_path)


@pytest.mark.parametrize("name", ["truth", "compare"])
def test_what_only_the_report_shows_needs_a_report(name: str) -> None:
    with pytest.raises(OptionError, match=f"--{name} needs --report DIR"):
        Options(**{name: "median"})


def test_the_command_compares_on_cached_masks_without_a_network(tmp_path: Path) -> None:
    film, masks = make_clip(tmp_path / "in.mp4", frames=12), tmp_path / "scores.mkv"
    mf.convert(film, tmp_path / "first.mp4", segmenter="selfie", method="none", save_masks=masks)
    done = run_command(
        str(film), str(tmp_path / "out.mp4"), "--masks-from", str(masks), "--method", "gaussian",
        "--report", str(tmp_path / "r"), "--compare", "ema,median:radius=1",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    content = json.loads((tmp_path / "r" / "report.json").read_text())
    series = content["figures"]["series"]
    assert [one["name"] for one in series] == ["raw", "smoothed", "ema", "median:radius=1"]
    assert [one["label"] for one in series] == ["raw", "gaussian", "ema", "median:radius=1"]
    assert "segment" not in [stage["name"] for stage in content["stages"]]
    alone = mf.convert(
        film, tmp_path / "alone.mp4", masks_from=str(masks), method="median", radius=1, report=tmp_path / "a"
    )
    expected = alone.to_dict()["figures"]["series"][1]
    differing = {name for name, value in expected.items() if value != series[3][name]}
    assert differing <= {"name", "label", "ms_per_frame"}


def figures_of(masks: np.ndarray, smoothed: np.ndarray, *, speed: float = 0.0) -> RunFigures:
    figures = RunFigures()
    flow = np.full((*masks.shape[1:], 2), (-speed, 0), np.float32)
    for i, pair in enumerate(zip(masks, smoothed, strict=True)):
        sight = Sight(masks.shape[:0:-1], 1.0, flow if i else None, cut=False)
        figures.add(Seen(sight, i / 25, pair))
    return figures


def walking(frames: int, *, step: int, late: int = 0, wide: int = 12) -> np.ndarray:
    """A bar that walks to the right."""
    masks = np.zeros((frames, 40, 200), np.uint8)
    for i, mask in enumerate(masks):
        left = 10 + step * max(0, i - late)
        mask[5:35, left : left + wide] = 255
    return masks


def test_a_radius_that_reaches_over_the_motion_is_warned_of() -> None:
    masks = walking(16, step=6)
    figures = figures_of(masks, masks, speed=6)
    (line,) = findings(figures, Smoothing(method="gaussian", radius=3))
    assert line.startswith("the radius of 3 frames is too long for 94% of the frames: motion of up to 6 px")
    assert "--method motion" in line
    assert findings(figures, Smoothing(method="motion")) == ()
    assert findings(figures_of(walking(16, step=0), walking(16, step=0)), Smoothing(method="gaussian")) == ()


def test_masks_that_trail_are_warned_of_with_the_remedy() -> None:
    figures = figures_of(walking(20, step=4), walking(20, step=4, late=2), speed=4)
    lines = findings(figures, Smoothing(method="motion", lookahead=0))
    (late,) = [line for line in lines if "trail" in line]
    assert late.startswith("the smoothed masks trail by 80 ms")
    assert "leave out --causal" in late


def test_empty_and_overruled_masks_are_warned_of() -> None:
    masks = walking(20, step=0)
    gone = masks.copy()
    gone[:5] = 0
    lines = findings(figures_of(gone, masks), Smoothing(method="none"))
    assert lines == ("the raw mask is empty in 25% of the frames, the smoothed one in 0%",)
    assert "overruled" in findings(figures_of(masks, gone), Smoothing(method="none"))[0]
    nothing = figures_of(np.zeros_like(masks), np.zeros_like(masks))
    assert "is it the right segmenter" in findings(nothing, Smoothing(method="none"))[0]
    assert verdict(nothing).startswith("All masks are empty")


def test_the_verdict_says_by_how_much_flicker_fell() -> None:
    masks = walking(20, step=0)
    blinking = masks.copy()
    blinking[::4] = 0
    assert verdict(figures_of(blinking, masks)).startswith("Flicker fell by 100%")
    assert verdict(figures_of(masks[:1], masks[:1])).startswith("One frame alone")


def test_the_reports_command_makes_the_same_options() -> None:
    changed = {
        "method": "gaussian", "radius": 2, "refine": False, "scene_cuts": True, "compiled": True,
        "encoder_options": (("tune", "film"), ("x", "a b")), "color": "#ff0000", "report": Path("my report"),
    }  # fmt: skip
    line = command("in's.mp4", "-o.mp4", changed)
    assert shlex.split(line) == [
        "masksmooth-filter", "in's.mp4", "./-o.mp4", "--method", "gaussian", "--radius", "2", "--no-refine",
        "--scene-cuts", "--compile", "--encoder-option", "tune=film", "--encoder-option", "x=a b",
        "--color", "#ff0000", "--report", "my report",
    ]  # fmt: skip


def test_every_option_of_a_run_is_spelled_as_the_command_spells_it() -> None:
    from dataclasses import fields

    from masksmooth_cli.main import command as cli

    known = {name for parameter in cli.params for name in (*parameter.opts, *parameter.secondary_opts)}
    for field in fields(Options):
        value = (("k", "v"),) if field.name == "encoder_options" else field.default is not True
        spelled = shlex.split(command("a", "b", {field.name: value}))
        assert spelled[3] in known, field.name


def test_versions_and_machine_are_named() -> None:
    assert versions()["masksmooth-filter"] == mf.__version__
    assert versions()["av"]
    assert "threads" in machine()
