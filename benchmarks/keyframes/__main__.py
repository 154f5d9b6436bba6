"""``python -m benchmarks.keyframes``: J of the shared DAVIS sequences by interval, carried and held.

The network is the real DeepLabV3 of the test material (TFLite, 257 x 257), any class. 'held' repeats the
last keyframe's mask, which is what is done without motion.
"""

from __future__ import annotations

import argparse
import platform
import time
from dataclasses import dataclass
from fractions import Fraction
from importlib.metadata import version
from pathlib import Path
from typing import Any

import av
import numpy as np

from benchmarks.page import write_part
from benchmarks.quality.clips import Clip
from benchmarks.quality.davis import TEST, TUNE, load, material
from masksmooth_filter.composite.upsample import frame_confidence
from masksmooth_filter.frames import FollowedFrame, Mask, MaskedFrame
from masksmooth_filter.report.measures import iou
from masksmooth_filter.segment.litert import TfliteModel
from masksmooth_filter.segment.segmenter import Segmenter
from masksmooth_filter.settings import CARRIED_WINDOW, Every
from masksmooth_filter.smoothing.carry import Carry
from masksmooth_filter.smoothing.keyframes import Keyframes
from masksmooth_filter.smoothing.smoother import MaskSmoother

INTERVALS: tuple[Every, ...] = (1, 2, 3, 5, 8, "auto")
METHODS = ("none", "gaussian", "motion")
MODEL = "deeplabv3_257_mv_gpu.tflite"

Items = list[MaskedFrame | FollowedFrame]


@dataclass(frozen=True, slots=True)
class Row:
    """One interval on one sequence.

    Attributes
    ----------
    keys : float
        Share of the frames that were segmented.
    carried, held : dict of str to float
        Mean J by smoothing method.
    carry_ms : float
        Processor time a frame of following and carrying, in milliseconds.
    """

    keys: float
    carried: dict[str, float]
    held: dict[str, float]
    carry_ms: float


def measure(clip: Clip, masks: list[Mask], every: Every) -> Row:
    """Follow, carry and smooth one sequence."""
    frames = [_frame(picture, number) for number, picture in enumerate(clip.frames)]
    start = time.process_time()
    keyframes, carry = Keyframes(every), Carry()
    followed = [item for frame in frames for item in keyframes.push(frame)] + keyframes.flush()
    items: Items = [
        MaskedFrame(item.frame, mask, motion=item.motion) if item.key else item
        for item, mask in zip(followed, masks, strict=True)
    ]
    carried = [out for item in items for out in carry.push(item)] + carry.flush()
    spent = time.process_time() - start
    keys = sum(item.key for item in followed) / len(frames)
    window = {} if every == 1 else CARRIED_WINDOW
    scores = [{m: _mean_j(clip, one, m, window) for m in METHODS} for one in (carried, _hold(items))]
    return Row(keys, scores[0], scores[1], 1000 * spent / len(frames))


def _frame(picture: Any, number: int) -> av.VideoFrame:
    frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
    frame.pts, frame.time_base = number, Fraction(1, 25)
    return frame


def _hold(items: Items) -> list[MaskedFrame]:
    """Give frames without a mask that of the last keyframe."""
    held: list[MaskedFrame] = []
    for item in items:
        held.append(item if isinstance(item, MaskedFrame) else MaskedFrame(item.frame, held[-1].mask))
    return held


def _mean_j(clip: Clip, items: list[MaskedFrame], method: str, window: dict[str, Any]) -> float:
    wide = window if method == "motion" else {}
    smoother: MaskSmoother[int] = MaskSmoother(method=method, threads=2, **wide)
    pairs = []
    for number, item in enumerate(items):
        pairs += smoother.push(number, item.mask, item.frame, motion=item.motion)
    masks = [mask for _, mask in pairs + smoother.flush()]
    size = clip.truth.shape[2], clip.truth.shape[1]
    both = zip(masks, clip.truth, strict=True)
    return float(np.mean([iou(frame_confidence(mask, size) >= 128, truth) for mask, truth in both]))


def table(rows: dict[str, dict[Every, Row]], names: tuple[str, ...]) -> list[str]:
    """Return the mean over some sequences, a line an interval."""
    lines = [
        "| every | segmented | J carried: none | gaussian | motion | J held: none | gaussian | motion "
        "| following and carrying, CPU ms a frame |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for every in next(iter(rows.values())):
        of = [rows[name][every] for name in names]
        cells = [f"{np.mean([r.keys for r in of]):.0%}"]
        cells += [f"{np.mean([r.carried[m] for r in of]):.4f}" for m in METHODS]
        cells += [f"{np.mean([r.held[m] for r in of]):.4f}" for m in METHODS]
        lines.append(f"| {every} | {' | '.join(cells)} | {np.mean([r.carry_ms for r in of]):.1f} |")
    return lines


def each(rows: dict[str, dict[Every, Row]]) -> list[str]:
    """Return every sequence's J after 'motion', carried / held."""
    intervals = list(next(iter(rows.values())))
    lines = [
        f"| carried / held, motion | {' | '.join(map(str, intervals))} |",
        "| --- " * (len(intervals) + 1) + "|",
    ]
    for name, of in rows.items():
        cells = [f"{of[e].carried['motion']:.3f} / {of[e].held['motion']:.3f}" for e in intervals]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def main() -> None:
    """Measure, print, and render the page's part."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=40, help="of each sequence, at most")
    parser.add_argument("--out", type=Path, help="the page whose part is rendered")
    asked = parser.parse_args()
    segmenter = Segmenter(TfliteModel(material() / "models" / MODEL))
    rows: dict[str, dict[Every, Row]] = {}
    for name in TUNE + TEST:
        clip = load("deeplab", name, frames=asked.frames, height=480)
        masks = [out.mask for n, p in enumerate(clip.frames) for out in segmenter.push(_frame(p, n))]
        rows[name] = {every: measure(clip, masks, every) for every in INTERVALS}
        print(name, rows[name], flush=True)
    versions = ", ".join(f"{n} {version(n)}" for n in ("opencv-python-headless", "ai-edge-litert", "numba"))
    lines = [
        f"Rendered by `make bench-keyframes`, {asked.frames} frames a sequence at 480 rows; "
        f"Python {platform.python_version()}, {versions}.",
        "", "All six sequences:", "", *table(rows, TUNE + TEST),
        "", f"The test half ({', '.join(TEST)}):", "", *table(rows, TEST),
        "", "Each sequence after smoothing by motion:", "", *each(rows),
    ]  # fmt: skip
    print("\n".join(lines))
    if asked.out is not None:
        write_part(asked.out, "keyframes", "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
