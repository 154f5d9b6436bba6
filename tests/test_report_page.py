"""The report's page, opened in a real browser."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path, PurePath
from typing import Any

import av
import cv2
import numpy as np
import pytest

from masksmooth_filter.frames import MaskedFrame
from masksmooth_filter.report.report import Report, StageSpeed
from masksmooth_filter.report.tap import ReportTap
from masksmooth_filter.report.writing import Moments, write
from tests.browser import Browser, need_browser

NASTY = "</script><script>alert('x')</script>\"<img src=x onerror=alert(1)>&.mp4"
FRAMES = 60


def watch(tap: ReportTap, frames: int, *, rivals: int = 0) -> None:
    """A disc that walks over a texture and flickers; a cut in the middle."""
    rng = np.random.default_rng(5)
    grounds = [cv2.resize(rng.integers(0, 256, (18, 32, 3), np.uint8), (320, 180)) for _ in range(2)]
    y, x = np.mgrid[:180, :320]
    for i in range(frames):
        frame = av.VideoFrame.from_ndarray(grounds[i * 2 // max(frames, 2)], format="rgb24")
        frame.pts, frame.time_base = i, Fraction(1, 25)
        calm, wild = (
            (np.hypot(x - 40 - 3 * i, y - 90) < 40 + shake).astype(np.uint8) * 255
            for shake in (0, rng.normal(0, 6))
        )
        tap.push(replace(MaskedFrame(frame, wild).smoothed(calm), rivals=(wild,) * rivals))
    tap.flush()


def report_of(tap: ReportTap, frames: int) -> Report:
    settings = {"method": "gaussian", "segmenter": "selfie", "classes": NASTY, "truth": None}
    return Report(
        frames=frames, seconds=frames / 25, input=NASTY, output=NASTY, wall_s=2.0, settings=settings,
        warnings=(f"--truth: {NASTY}",), stages=(StageSpeed("segment", frames, 0.6),), figures=tap.figures,
        command=f"masksmooth-filter {NASTY}", verdict="Flicker fell.",
    )  # fmt: skip


def write_page(folder: Path, frames: int, *, methods: tuple[str, ...] = ("smoothed",)) -> Path:
    tap = ReportTap(methods=methods)
    watch(tap, frames, rivals=len(methods) - 1)
    write(report_of(tap, frames), folder, Moments(tap.worst, tap.corrected))
    return folder / "report.html"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_page(tmp_path_factory.mktemp("page"), FRAMES)


@pytest.fixture(scope="module")
def data(page: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((page.parent / "report.json").read_text())
    return found


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    need_browser()
    browser = Browser(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()


def test_the_page_needs_nothing_from_elsewhere_and_is_of_bounded_size(page: Path) -> None:
    text = page.read_text()
    assert not re.findall(r"""(?:src|href)=["'](?!data:|\#)[^"']*""", text.replace(NASTY, ""))
    assert not re.search(r"url\(|@import|fetch\(|XMLHttpRequest", text)
    assert len(text) < 2_000_000


def test_names_from_outside_are_text_and_never_markup(page: Path) -> None:
    text = page.read_text()
    assert NASTY not in text
    assert "<img src=x" not in text
    assert text.count("</script>") == 3  # the two blocks of data and the page's own


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 390])
def test_the_page_opens_without_a_complaint(
    browser: Browser, page: Path, tmp_path: Path, width: int, scheme: str
) -> None:
    browser.look_like(width, 844, phone=width < 500, scheme=scheme)
    browser.open(page.as_uri())
    assert browser.messages() == []
    assert browser.run("return document.documentElement.scrollWidth") == width  # nothing to push sideways
    assert browser.run("return document.querySelector('h1').textContent") == PurePath(NASTY).name
    assert NASTY in browser.run("return document.querySelector('.facts').textContent")
    assert browser.run("return document.querySelector('.warnings li').textContent") == f"--truth: {NASTY}"
    assert browser.run("return [...document.images].every((i) => i.complete && i.naturalWidth > 0)")
    folder = Path(os.environ.get("MASKSMOOTH_SCREENSHOTS", tmp_path))
    shot = folder / f"report_{width}_{scheme}.png"
    browser.screenshot(shot, height=3000)
    pixels = cv2.imread(str(shot))
    assert (np.median(pixels) > 128) == (scheme == "light")
    assert pixels.std() > 10


def curve(browser: Browser, chart: str, series: int) -> np.ndarray:
    """The values that a curve shows, read back from its place on the screen: (points, 2), time and value."""
    svg = f".chart[data-key={chart}] svg"
    scale = browser.run("return {...document.querySelector(arguments[0]).dataset}", svg)
    low, high, top, bottom = (float(scale[name]) for name in ("low", "high", "top", "bottom"))
    left, right = float(scale["left"]), float(scale["right"])
    script = "return [...document.querySelectorAll(arguments[0])].map((p) => p.getAttribute('d')).join('')"
    d = browser.run(script, f"{svg} g.s{series} .curve")
    points = np.array([[float(v) for v in pair.split()] for pair in re.split("[ML]", d)[1:]])
    values = low + (bottom - points[:, 1]) / (bottom - top) * (high - low)
    return np.column_stack([(points[:, 0] - left) / (right - left), values])


@pytest.mark.browser
def test_the_curves_are_those_of_the_json(browser: Browser, page: Path, data: dict[str, Any]) -> None:
    browser.look_like(1200, 900, phone=False, scheme="light")
    browser.open(page.as_uri())
    shown = browser.run("return [...document.querySelectorAll('.chart')].map((c) => c.dataset.key)")
    assert shown == ["iou", "changed", "consistency", "jitter_px", "blinks_px"]
    times = np.array(data["figures"]["curves"]["time_s"])
    for chart in shown:
        for i, name in enumerate(("raw", "smoothed")):
            values = data["figures"]["curves"]["series"][name][chart]["mean"]
            known = [k for k, value in enumerate(values) if value is not None]
            wanted = np.array([values[k] for k in known])
            found = curve(browser, chart, i)
            np.testing.assert_allclose(found[:, 0], times[known] / times[-1], atol=2e-3)
            np.testing.assert_allclose(
                found[:, 1], wanted, atol=0.002 * max(1e-9, np.ptp(wanted) + wanted.max())
            )


READOUT = """return [...document.querySelectorAll('.chart[data-key=changed] .readout span')]
    .map((s) => s.textContent)"""
PLACE = """const chart = document.querySelector('.chart[data-key=changed] svg');
    chart.scrollIntoView({ block: 'center', behavior: 'instant' });
    const b = chart.getBoundingClientRect();
    return [b.left, b.top, b.width, b.height]"""


@pytest.mark.browser
def test_pointing_shows_the_values_of_that_frame(browser: Browser, page: Path, data: dict[str, Any]) -> None:
    browser.look_like(1200, 900, phone=False, scheme="light")
    browser.open(f"{page.as_uri()}#frame=20")
    series = data["figures"]["curves"]["series"]
    expected = [f"{series[name]['changed']['mean'][20]:,}" for name in ("raw", "smoothed")]
    assert browser.run(READOUT) == expected
    assert browser.run("return document.getElementById('at').textContent") == "0:00.800, frame 20"
    expected = [f"{series[name]['changed']['mean'][30]:,}" for name in ("raw", "smoothed")]
    for _ in range(50):  # the page may still be moving while its pictures are laid out
        left, top, width, height = browser.run(PLACE)
        browser.point(left + 46 + (width - 54) * 30 / (FRAMES - 1), top + height / 2)
        if browser.run(READOUT) == expected:
            break
        time.sleep(0.1)
    assert browser.run(READOUT) == expected
    assert browser.run("return document.getElementById('at').textContent") == "0:01.200, frame 30"


@pytest.mark.browser
def test_the_axis_can_be_seen_closer_and_whole_again(browser: Browser, page: Path) -> None:
    browser.look_like(1200, 900, phone=False, scheme="light")
    browser.open(page.as_uri())
    part = "const d = document.querySelector('.chart svg').dataset; return [Number(d.first), Number(d.last)]"
    assert browser.run(part) == [0, FRAMES - 1]
    browser.run("document.getElementById('closer').click()")
    first, last = browser.run(part)
    assert FRAMES / 2 - 2 <= last - first <= FRAMES / 2 + 2
    browser.run("document.getElementById('all').click()")
    assert browser.run(part) == [0, FRAMES - 1]
    assert browser.messages() == []


@pytest.mark.browser
@pytest.mark.parametrize("frames", [1, 2])
def test_the_shortest_clips_have_a_page_too(browser: Browser, tmp_path: Path, frames: int) -> None:
    browser.look_like(390, 844, phone=True, scheme="dark")
    browser.open(write_page(tmp_path, frames).as_uri())
    assert browser.messages() == []


@pytest.mark.browser
def test_a_comparison_has_a_row_and_a_curve_a_method(browser: Browser, tmp_path: Path) -> None:
    browser.look_like(1200, 900, phone=False, scheme="light")
    browser.open(write_page(tmp_path, 20, methods=("smoothed", "ema", "median:radius=5")).as_uri())
    rows = browser.run(
        "return [...document.querySelectorAll('.compare tbody th')].map((t) => t.textContent.trim())"
    )
    assert rows == ["raw", "smoothed in the video", "ema", "median:radius=5"]
    assert len(curve(browser, "changed", 3)) == 19
    cells = browser.run("return document.querySelector('.strip').children.length")
    assert cells == 5
    assert browser.messages() == []
