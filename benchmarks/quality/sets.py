"""The data sets by name, and which of their sequences belong to which split."""

from __future__ import annotations

from typing import Literal, cast, get_args

from benchmarks.quality import davis, synthetic
from benchmarks.quality.clips import Clip
from masksmooth_filter.errors import OptionError

Data = Literal[
    "osvos", "deeplab", "synthetic", "synthetic-like", "synthetic-hard", "synthetic-like-hard",
    "failures", "failures-like",
]  # fmt: skip
DATA: tuple[str, ...] = get_args(Data)

Split = Literal["all", "tune", "test"]
SPLITS: tuple[str, ...] = get_args(Split)

TEST_SEED = 1000
"""Added to the seed of synthetic clips in the test split, so that they are others than the tuned ones."""

QUICK = ("blackswan", "dog", "scooter-black", "fast", "articulated", "occlusion")
"""Three real and three synthetic sequences for a first look."""


def sequences(data: str, split: Split) -> tuple[str, ...]:
    """Return the names of a set's sequences.

    Raises
    ------
    OptionError
        If there is no such set.
    """
    if data not in DATA:
        raise OptionError(f"no data {data!r}; there are {', '.join(DATA)}")
    if data.startswith("synthetic"):
        return synthetic.SCENARIOS
    if data.startswith("failures"):
        return synthetic.FAILURES
    return {"tune": davis.TUNE, "test": davis.TEST, "all": davis.TUNE + davis.TEST}[split]


def load(data: str, name: str, *, frames: int, height: int, seed: int) -> Clip:
    """Return one sequence of a set, with at most so many frames.

    Raises
    ------
    InputError
        If a file of the material is missing.
    """
    if not data.startswith(("synthetic", "failures")):
        return davis.load(cast(davis.Net, data), name, frames=frames, height=height)
    like = "-like" in data
    length = min(frames, synthetic.FRAMES)
    clip = synthetic.make(cast(synthetic.Scenario, name), seed=seed, height=height, like=like, frames=length)
    return synthetic.hardened(clip) if data.endswith("-hard") else clip
