"""Where the motion smoother's time goes: ``python -m benchmarks.motion_profile``, or ``make bench-motion``.

Every row is one clip, its parts in ms of CPU time a frame, one thread. On a machine that others use as well
the same call takes now 1 and now 2 ms, so every call's time is the least of several runs over the same
frames. Two threads are measured in turn with one; beside them stands what two threads of this machine get
done of a plain loop, which is the most that can be asked, and what two free cores would make of the very
pieces that were given to the team (reckoned from the times of the pieces, in the order they were given).
"""

from __future__ import annotations

import argparse
import math
import platform
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality import sets
from masksmooth_filter.errors import InputError
from masksmooth_filter.smoothing.motion import MotionSmoother
from masksmooth_filter.smoothing.team import Team

Clip = tuple[str, NDArray[np.uint8], NDArray[np.uint8]]
"""Its name, frames and masks."""

ROOM = "masksmooth_filter.smoothing."
PARTS = {
    "walks, votes": ("scene.look_back", "scene.look_ahead", "scene.soft_vote"),
    "reliability": ("scene.judge",),
    "flow": ("flow.FlowFinder.between",),
    "fields, cuts": ("scene.Scene._link", "cuts.CutFinder.is_cut"),
    "refinement": ("scene.refined", "colour_model.count", "alignment.Alignment.look"),
    "full size": ("rough.Rough.finished", "scene.Scene._became"),
    "object's motion": ("object_motion.ObjectMotion.fused",),
    "pictures, masks": ("next_frame.Picture.of", "next_frame.Held.of"),
}
"""Functions by the name they are called by; what one of them spends in another counts there."""

REAL = (
    ("osvos", "dog", 480),
    ("osvos", "parkour", 480),
    ("osvos", "parkour", 1080),
    ("deeplab", "scooter-black", 1080),
)
"""Sequences and rows; those of 480 rows are scaled up for more."""


@dataclass
class Clock:
    """CPU times of calls by part, and what two cores would have saved."""

    calls: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    saved: float = 0.0
    busy_until: float = 0.0
    inner: threading.local = field(default_factory=threading.local)

    @property
    def now(self) -> float:
        """Time on the caller's core if there were a second one."""
        return time.thread_time() - self.saved

    def timed(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function with its time, less that of parts within it, put to its part."""

        def run(*args: Any, **kwargs: Any) -> Any:
            outer, self.inner.spent = getattr(self.inner, "spent", 0.0), 0.0
            begin = time.thread_time()
            try:
                return function(*args, **kwargs)
            finally:
                took = time.thread_time() - begin
                self.calls[part].append(took - self.inner.spent)
                self.inner.spent = outer + took

        return run

    def at(self, moment: float) -> None:
        """Go to a moment on one of the cores."""
        self.saved = time.thread_time() - moment

    def scheduled(self, team: Team, work: Sequence[Callable[[], Any]]) -> list[Any]:
        """Do the work one after the other; note when two cores that take piece after piece were done."""
        results, used = [], set()
        cores = [self.now, max(self.now, self.busy_until)]
        for piece in work:
            mine = cores.index(min(cores))
            self.at(cores[mine])
            self.busy_until = cores[
                1 - mine
            ]  # what this piece cuts up goes to the other core when it is free
            results.append(piece())
            cores[mine], cores[1 - mine] = self.now, max(self.busy_until, cores[1 - mine])
            used.add(mine)
        self.busy_until = cores[1] if used < {0, 1} else 0.0
        self.at(max(cores[core] for core in used or {0}))
        return results

    def begun(self, team: Team, piece: Callable[[], Any]) -> Future[Any]:
        """Do at once what the second core would begin; note when that would be done with it."""
        done, here = _Waited(self), self.now
        self.at(max(here, self.busy_until))
        self.busy_until = math.inf
        done.set_result(piece())
        self.busy_until = self.now
        self.at(here)
        return done


class _Waited(Future[Any]):
    """What the second core has begun; waited for as long as it would take."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def result(self, timeout: float | None = None) -> Any:
        """Return what was found, once the second core would have."""
        self._clock.at(max(self._clock.busy_until, self._clock.now))
        return super().result(timeout)


def patched(clock: Clock) -> list[tuple[Any, str, Any]]:
    """Put the clock round the parts; return what was there."""
    before = []
    for part, names in PARTS.items():
        for name in names:
            module, *path = name.split(".")
            owner: Any = import_module(ROOM + module)
            for step in path[:-1]:
                owner = getattr(owner, step)
            found = owner.__dict__[path[-1]]
            before.append((owner, path[-1], found))
            bare = found.__func__ if isinstance(found, classmethod) else found
            wrapped = clock.timed(part, bare)
            setattr(owner, path[-1], classmethod(wrapped) if isinstance(found, classmethod) else wrapped)
    before += [(Team, "run", Team.run), (Team, "begin", Team.begin)]
    Team.run = lambda team, work: clock.scheduled(team, work)  # type: ignore[method-assign,assignment]
    Team.begin = lambda team, piece: clock.begun(team, piece)  # type: ignore[method-assign,assignment]
    return before


def once(found: Clip, threads: int) -> NDArray[np.float64]:
    """Smooth a clip; return CPU and wall time of every push and of the flush, ``(2, T + 1)`` seconds."""
    smoother: MotionSmoother[int] = MotionSmoother(threads=threads)
    _, frames, masks = found
    times = [(time.process_time(), time.perf_counter())]
    clip = list(zip(frames, masks, strict=True))
    for index, (frame, mask) in enumerate(clip):
        if index + 1 < len(clip):  # as `smooth` does
            smoother.expect(*clip[index + 1])
        smoother.push(index, frame, mask)
        times.append((time.process_time(), time.perf_counter()))
    smoother.flush()
    times.append((time.process_time(), time.perf_counter()))
    return np.diff(np.array(times), axis=0).T


def parts_of(clip: Clip, repeats: int) -> tuple[dict[str, float], float]:
    """Return each part's least ms a frame, and the share of the time that two free cores would need."""
    least: dict[str, NDArray[np.float64]] = {}
    shares = []
    for _ in range(repeats):
        clock = Clock()
        before = patched(clock)
        try:
            whole = once(clip, 2)[0].sum()
        finally:
            for owner, name, found in before:
                setattr(owner, name, found)
        shares.append(1 - clock.saved / whole)
        for part, calls in clock.calls.items():
            least[part] = np.minimum(least.get(part, np.inf), np.array(calls))
    frames = len(clip[1])
    return {part: 1000 * float(least[part].sum()) / frames for part in PARTS}, min(shares)


def row(clip: Clip, repeats: int) -> str:
    """Return one clip's row of the table."""
    parts, share = parts_of(clip, repeats)
    runs = {threads: np.full((2, len(clip[1]) + 1), np.inf) for threads in (1, 2)}
    for _ in range(repeats):
        for threads, least in runs.items():
            np.minimum(least, once(clip, threads), out=least)
    (cpu, wall), (cpu2, wall2) = (1000 * least.sum(axis=1) / len(clip[1]) for least in runs.values())
    cells = [f"{parts[part]:.1f}" for part in PARTS]
    cells += [f"**{cpu:.0f}**, {wall:.0f}", f"{cpu2:.0f}, {wall2:.0f}", f"{1 / share:.2f}"]
    return f"| {clip[0]} | " + " | ".join(cells) + " |"


def machine_speedup() -> float:
    """Return how much faster two threads are done with two plain loops than one with both."""
    from numba import njit

    @njit(nogil=True)  # type: ignore[misc,untyped-decorator,unused-ignore]
    def spin(count: int) -> int:
        x = np.uint64(88172645463325252)
        for _ in range(count):
            x ^= x << np.uint64(13)
            x ^= x >> np.uint64(7)
        return int(x)

    def seconds(threads: int) -> float:
        begin = time.perf_counter()
        helpers = [threading.Thread(target=spin, args=(20_000_000,)) for _ in range(threads)]
        for helper in helpers:
            helper.start()
        for helper in helpers:
            helper.join()
        return time.perf_counter() - begin

    spin(1)
    pairs = [(seconds(1), seconds(2)) for _ in range(7)]
    return 2 * min(one for one, _ in pairs) / min(two for _, two in pairs)


def clips(count: int, real: bool) -> list[Clip]:
    """Return the clips: of the private material, or made up."""
    if not real:
        return [at_rows(sets.load("synthetic-like", "articulated", frames=count, height=480, seed=1), 480)]
    found = []
    for net, sequence, rows in REAL:
        found.append(at_rows(sets.load(net, sequence, frames=count, height=480, seed=0), rows))
    return found


def at_rows(clip: sets.Clip, rows: int) -> Clip:
    """Return a clip scaled up to so many rows, and to a whole number of eights of columns."""
    import cv2

    name = f"{rows}p, {clip.name}, {clip.data}"
    if clip.frames.shape[1] == rows:
        return name, clip.frames, clip.masks
    columns = round(clip.frames.shape[2] * rows / clip.frames.shape[1] / 8) * 8
    frames, masks = (
        [cv2.resize(image, (columns, rows), interpolation=cv2.INTER_CUBIC) for image in images]
        for images in (clip.frames, clip.masks)
    )
    return name, np.stack(frames), np.where(np.stack(masks) > 127, 255, 0).astype(np.uint8)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    import cv2

    parser = argparse.ArgumentParser(prog="python -m benchmarks.motion_profile", description=__doc__)
    parser.add_argument("--frames", type=int, default=14, help="of each clip")
    parser.add_argument("--repeats", type=int, default=5, help="runs of which the least counts")
    parser.add_argument("--synthetic", action="store_true", help="a made-up clip, not the private material")
    options = parser.parse_args(arguments)
    cv2.setNumThreads(1)
    versions = ", ".join(f"{name} {version(name)}" for name in ("numpy", "numba", "opencv-python-headless"))
    found = clips(options.frames, not options.synthetic)
    for _ in range(2):
        once(found[0], 2)  # compiles the kernels, or loads them
    print(f"{platform.machine()}, Python {platform.python_version()}, {versions}")
    print(f"two plain loops side by side: {machine_speedup():.2f} times as fast as one after the other\n")
    print(f"| | {' | '.join(PARTS)} | all: CPU, wall | two threads: CPU, wall | two free cores |")
    print("|---" * (len(PARTS) + 4) + "|")
    for clip in found:
        print(row(clip, options.repeats), flush=True)


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(f"{error}\n(--synthetic needs none of it)")
