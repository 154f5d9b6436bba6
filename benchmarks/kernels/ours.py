"""Our own contenders: a whole volume, and planes as they come."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

import masksmooth_kernels as mk
from benchmarks.kernels.copying import aligned, stream_copy
from benchmarks.kernels.interleave import Call
from benchmarks.kernels.peers import Bytes, Function
from masksmooth_kernels.window import WindowStream

STREAMS: dict[Function, Callable[..., WindowStream]] = {
    "gaussian": mk.GaussianStream,
    "gaussian 0/255": mk.GaussianStream,
    "median": mk.MedianStream,
    "vote 0/255": mk.MedianStream,
    "vote labels": mk.VoteStream,
}
WHOLE: dict[Function, Callable[..., Bytes]] = {
    "gaussian": mk.temporal_gaussian,
    "gaussian 0/255": mk.temporal_gaussian,
    "median": mk.temporal_median,
    "vote 0/255": mk.temporal_median,
    "vote labels": mk.temporal_vote,
}


def whole(function: Function, volume: Bytes, radius: int, out: Bytes, *, threads: int = 1) -> Bytes:
    """Smooth a whole volume into ``out``."""
    return WHOLE[function](volume, radius=radius, out=out, threads=threads)


def stream(
    function: Function, volume: Bytes, radius: int, take: Callable[[Bytes], object], *, batch: int = 1
) -> None:
    """Push planes, ``batch`` at a time; hand each result over and let it go."""
    filter_ = STREAMS[function](volume.shape[1:], radius=radius)
    for first in range(0, len(volume), batch):
        for out in filter_.push_all(list(volume[first : first + batch])):
            take(out)
    for out in filter_.flush():
        take(out)


def contender(function: Function, volume: Bytes, radius: int, name: str) -> tuple[Call, Callable[[], Bytes]]:
    """Return one of `plan.ours` to be timed, and its result to be checked."""
    if " in" in name:
        batch = int(name.split()[1])

        def collected() -> Bytes:
            found: list[Bytes] = []
            stream(function, volume, radius, lambda plane: found.append(plane.copy()), batch=batch)
            return np.array(found)

        return Call(lambda: stream(function, volume, radius, lambda plane: None, batch=batch)), collected
    out, threads = aligned(volume.shape), 2 if "threads" in name else 1
    return (
        Call(lambda: whole(function, volume, radius, out, threads=threads)),
        lambda: whole(function, volume, radius, out, threads=threads),
    )


def copies(volume: Bytes, *, threads: int = 1) -> dict[str, Call]:
    """Return the memory copies of a volume."""
    target = aligned(volume.shape)
    if threads == 1:
        return {
            "copy": Call(lambda: stream_copy(volume, target)),
            "np.copyto": Call(lambda: np.copyto(target, volume)),
        }
    pool, half = ThreadPoolExecutor(2), len(volume) // 2
    parts = [(volume[:half], target[:half]), (volume[half:], target[half:])]
    return {"copy, 2 threads": Call(lambda: list(pool.map(lambda part: stream_copy(*part), parts)))}
