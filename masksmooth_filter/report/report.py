"""What one run did, as an object and as text; `masksmooth_filter.report.writing` makes files of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from masksmooth_filter.report.contents import SCHEMA_VERSION, figures_dict, plain
from masksmooth_filter.report.series import RunFigures

KNOBS = {
    "decode": "a source that is coded for speed (an editing codec), or a smaller one",
    "segment": "--every auto, a smaller --size or network, or --device cuda",
    "follow": "leave out --every, which pays for slow networks only",
    "carry": "leave out --every, which pays for slow networks only",
    "masks": "masks of the network's size instead of the frame's",
    "workers": "more of them, with --jobs or --cluster",
    "smooth": "a smaller --radius, or --method gaussian",
    "full size": "--no-refine, or --method gaussian",
    "work dir": "--report instead of --work-dir",
    "report": "leave out --report",
    "encode": "--preset veryfast, or a hardware encoder with --codec",
}
"""What a user may turn where a stage is the slowest."""


@dataclass(frozen=True, slots=True)
class StageSpeed:
    """How fast one filter of the chain worked.

    Attributes
    ----------
    name : str
        The filter.
    items : int
        How many frames it took in.
    busy_s : float
        Seconds it worked, waiting left out.
    starved_s, blocked_s : float
        Seconds it waited for frames, and for room behind it.
    queue_fill : float
        Mean share of the queue before it that was taken, 0 to 1.
    """

    name: str
    items: int
    busy_s: float
    starved_s: float = 0.0
    blocked_s: float = 0.0
    queue_fill: float = 0.0

    @property
    def per_second(self) -> float | None:
        """Frames a second while it worked, or None if the clock saw no time pass."""
        return self.items / self.busy_s if self.busy_s > 0 else None

    def line(self, wall_s: float) -> str:
        """Return what it did in a run of so many seconds, in a line."""
        busy, starved, blocked = (s / wall_s for s in (self.busy_s, self.starved_s, self.blocked_s))
        waits = f"waiting for frames {starved:.0%}, for room {blocked:.0%}"
        speed = f"{self.per_second or 0:.0f} frames/s while it works"
        return f"{self.name}: {speed}; busy {busy:.0%}, {waits}; queue {self.queue_fill:.0%} full"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What one run did.

    Attributes
    ----------
    frames : int
        Frames written.
    seconds : float
        Length of the video.
    input, output : str
        Paths or names.
    settings : mapping of str to plain values
        The options of the run.
    warnings : tuple of str
        What the user was warned of.
    stages : tuple of StageSpeed
        The filters' speeds, in the order of the chain.
    wall_s : float
        Seconds the run took.
    figures : RunFigures, optional
        How steady the masks were, if that was measured.
    command, machine : str
        The command that does the same again, and where it ran.
    versions : dict of str to str
        Of this program and of what it used.
    verdict : str
        What smoothing did, in one sentence.
    findings : tuple of str
        What the figures say about the choice of method, in words.
    labels : dict of str to str
        What each series of the figures is called.
    """

    frames: int
    seconds: float
    input: str
    output: str
    wall_s: float
    settings: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    stages: tuple[StageSpeed, ...] = ()
    figures: RunFigures | None = None
    command: str = ""
    machine: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    verdict: str = ""
    findings: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)

    def summary(self) -> str:
        """Return two or three plain lines: how much, how fast, how steady."""
        rate = f", {self.frames / self.wall_s:.1f} frames/s" if self.wall_s > 0 else ""
        lines = [f"{self.output}: {self.frames} frames, {self.seconds:.2f} s, in {self.wall_s:.1f} s{rate}"]
        slowest = max(self.stages, key=lambda stage: stage.busy_s, default=None)
        if slowest and slowest.items:
            lines.append(self._bottleneck(slowest))
        if self.figures and self.figures.raw.stability.mean_iou is not None:
            lines.append(_steadiness(self.figures))
        return "\n".join(lines)

    def stage_lines(self) -> list[str]:
        """Return a line a stage: how fast it could go, what it waited for, how full its queue was."""
        return [stage.line(max(self.wall_s, 1e-9)) for stage in self.stages]

    def _bottleneck(self, slowest: StageSpeed) -> str:
        """Name the part that holds up the others, and what the user may turn."""
        each = slowest.busy_s / slowest.items * 1000
        share = slowest.busy_s / self.wall_s if self.wall_s > 0 else 0.0
        knob = KNOBS.get(slowest.name)
        advice = f"; to go faster: {knob}" if knob else ""
        return f"slowest part: {slowest.name}, {each:.1f} ms a frame, busy {share:.0%} of the time{advice}"

    def to_dict(self) -> dict[str, Any]:
        """Return the report as ``report.json`` holds it: plain values, None for what does not exist."""
        return dict(
            plain(
                {
                    "schema_version": SCHEMA_VERSION,
                    "frames": self.frames,
                    "seconds": self.seconds,
                    "input": self.input,
                    "output": self.output,
                    "command": self.command,
                    "versions": dict(self.versions),
                    "machine": self.machine,
                    "settings": dict(self.settings),
                    "warnings": list(self.warnings),
                    "verdict": self.verdict,
                    "findings": list(self.findings),
                    "wall_s": self.wall_s,
                    "stages": [_stage_dict(stage) for stage in self.stages],
                    "figures": self.figures and figures_dict(self.figures, self.labels),
                }
            )
        )


def _steadiness(figures: RunFigures) -> str:
    raw, smoothed = figures.raw.stability, figures.smoothed.stability
    iou = f"neighbour IoU {raw.mean_iou:.3f} -> {smoothed.mean_iou:.3f}"
    return f"{iou}, changed pixels a frame {raw.mean_changed:,.0f} -> {smoothed.mean_changed:,.0f}"


def _stage_dict(stage: StageSpeed) -> dict[str, Any]:
    return {
        "name": stage.name,
        "items": stage.items,
        "busy_s": stage.busy_s,
        "per_second": stage.per_second,
        "starved_s": stage.starved_s,
        "blocked_s": stage.blocked_s,
        "queue_fill": stage.queue_fill,
    }
