"""Twelve scenarios with exact truth, from a seed, and three where smoothers are known to fail.

Lengths are pixels at 240 rows. Outlines, motion and mistakes depend on the seed and the scenario alone: the
variant with like colours shows the same thing in other paint, so the two can be compared clip by clip.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, get_args
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.clips import Clip
from benchmarks.quality.mistakes import DROP, confidence
from benchmarks.quality.scenes import Motion, Outline, Part, Scene, draw, pose
from benchmarks.quality.textures import Surface, palettes, surface

Usual = Literal[
    "static", "slow", "fast", "vfast", "rotscale", "articulated",
    "occlusion", "cut", "shake", "thin", "lowcontrast", "dark_noise",
]  # fmt: skip
Failure = Literal["lines", "seldom", "shadow"]
Scenario = Usual | Failure
SCENARIOS: tuple[Scenario, ...] = get_args(Usual)
FAILURES: tuple[Scenario, ...] = get_args(Failure)
"""Lines 1.5 pixels wide; an object that is hardly seen in three frames of five; a shadow of its colours."""

SPEED = {
    "static": 0.0,
    "slow": 1.5,
    "fast": 9.0,
    "vfast": 22.0,
    "articulated": 3.0,
    "occlusion": 4.0,
    "thin": 4.0,
    "lines": 4.0,
}
"""Pixels a frame; 2 where not named."""

ROOM = 130.0
"""The object goes to and fro this far from the middle, so it never leaves the picture."""

FRAMES = 28

SELDOM = 0.6
"""Share of the frames in which the object of *seldom* is hardly seen."""


@dataclass(frozen=True, slots=True)
class _Paint:
    """Surfaces for one clip: the object's and the ground's."""

    random: np.random.Generator
    like: bool
    contrast: float

    def pair(self) -> tuple[Callable[[], Surface], Surface]:
        """Return a maker of surfaces for parts of the object, and the ground's surface."""
        mine, ground = palettes(self.random, like=self.like)
        if self.contrast < 1:  # as if by fog: the object's colours come near the ground's
            mine = ground.mean(axis=0) + self.contrast * (mine - ground.mean(axis=0))
        paint = lambda: surface(self.random, mine, (140, 140), self.contrast)  # noqa: E731
        return paint, surface(self.random, ground, (300, 500), self.contrast)


def make(scenario: Scenario, *, seed: int, height: int, like: bool, frames: int = FRAMES) -> Clip:
    """Return a clip with soft masks.

    Parameters
    ----------
    scenario : one of SCENARIOS
        What happens.
    seed : int
        Same seed, same clip.
    height : int
        Rows; 16:9.
    like : bool
        Whether object and ground have like colours and textures.
    frames : int
        Length.
    """
    key = [seed, crc32(scenario.encode())]
    shape = (height, 2 * round(height * 16 / 18))
    cuts = (frames // 2,) if scenario == "cut" else ()
    scenes = [_scene(scenario, [*key, i], like) for i in range(1 + len(cuts))]
    noise = np.random.default_rng([*key, 8])
    drawn = [
        draw(scenes[-1 if cuts and t >= cuts[0] else 0], t, shape=shape, random=noise) for t in range(frames)
    ]
    truth = np.stack([mask for _, mask in drawn])
    pictures = np.stack([picture for picture, _ in drawn])
    name = "synthetic-like" if like else "synthetic"
    masks = confidence(truth, [*key, 9], drop=SELDOM if scenario == "seldom" else DROP)
    return Clip(name, scenario, pictures, truth, masks, cuts)


def hardened(clip: Clip) -> Clip:
    """Return the clip with its masks cut at half: 0 or 255."""
    hard = np.where(clip.masks >= 128, np.uint8(255), np.uint8(0))
    return replace(clip, data=f"{clip.data}-hard", masks=hard)


def _scene(scenario: Scenario, key: list[int], like: bool) -> Scene:
    shapes, paint = np.random.default_rng([*key, 1]), np.random.default_rng([*key, 2, like])
    new_surface, ground = _Paint(paint, like, 0.35 if scenario == "lowcontrast" else 1.0).pair()
    path = _path(SPEED.get(scenario, 2.0), shapes)
    if scenario == "articulated":
        outlines = _figure(path)
    elif scenario in ("thin", "lines"):
        length, width, middle = (96, 6, 13) if scenario == "thin" else (120, 1.5, 22)
        rods = [_rod(length, width, i * np.pi / 3) for i in range(3)]
        outlines = [*((rod, _turning(path, 0.03)) for rod in rods), (_blob(shapes, middle), path)]
    elif scenario == "rotscale":
        outlines = [(_blob(shapes, 44), _turning(path, 0.11, swell=0.35))]
    else:
        outlines = [(_blob(shapes, 42), path)]
    parts = [Part(outline, new_surface(), motion) for outline, motion in outlines]
    scene = Scene(ground, parts)
    if scenario == "shadow":
        fallen = Part(_fallen(outlines[0][0]), parts[0].surface // 5 * 4, path)
        return replace(scene, behind=[fallen])
    if scenario == "occlusion":
        bars = [
            Part(_rod(300, 26, np.pi / 2), ground[:280, i : i + 280], _fixed(x))
            for i, x in ((0, -45), (300, 50))
        ]
        return replace(scene, before=bars)
    if scenario == "shake":
        return replace(scene, camera=_shaken(np.random.default_rng([*key, 3])))
    return replace(scene, gain=0.25, noise=7.0) if scenario == "dark_noise" else scene


def _path(speed: float, random: np.random.Generator) -> Motion:
    start, slope = random.uniform(0, 4 * ROOM), random.uniform(-0.3, 0.3)

    def at(t: int) -> NDArray[np.float64]:
        x = abs((start + speed * t) % (4 * ROOM) - 2 * ROOM) - ROOM
        return pose(x, slope * x)

    return at


def _turning(path: Motion, turn: float, swell: float = 0) -> Motion:
    return lambda t: path(t) @ pose(turn=turn * t, scale=1 + swell * np.sin(0.25 * t))


def _fixed(x: float) -> Motion:
    return lambda t: pose(x)


def _shaken(random: np.random.Generator) -> Motion:
    offsets = random.normal(0, 1, (4 * FRAMES, 3)) * (5, 5, 0.012)
    return lambda t: pose(*offsets[t % len(offsets), :2], turn=offsets[t % len(offsets), 2])


def _blob(random: np.random.Generator, radius: float) -> Outline:
    angle = np.linspace(0, 2 * np.pi, 96, endpoint=False)
    waves = [random.uniform(0, 0.32 / m) * np.cos(m * angle + random.uniform(0, 7)) for m in range(2, 7)]
    r = radius * (1 + np.sum(waves, axis=0))
    return np.stack([r * np.cos(angle), r * np.sin(angle)], axis=1)


def _fallen(outline: Outline) -> Outline:
    """Return the shadow that an outline casts to one side: flat, and as far from it as it is high."""
    low = outline[:, 1].max()
    return np.stack([outline[:, 0] + 0.8 * (low - outline[:, 1]), low - 0.35 * (low - outline[:, 1])], axis=1)


def _rod(length: float, width: float, turn: float, *, hinged: bool = False) -> Outline:
    """Return a bar about its middle, or about one end."""
    x0 = 0 if hinged else -length / 2
    corners = np.array(
        [[x0, -width / 2], [x0 + length, -width / 2], [x0 + length, width / 2], [x0, width / 2]]
    )
    return corners @ pose(turn=turn)[:2, :2].T


def _figure(path: Motion) -> list[tuple[Outline, Motion]]:
    """Return a walker: head, trunk, two arms and two legs that swing a third of a turn in 14 frames."""
    angle = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)

    def limb(y: float, phase: float) -> Motion:
        return lambda t: path(t) @ pose(0, y, turn=np.pi / 2 + 0.95 * np.sin(2 * np.pi * t / 14 + phase))

    limbs = [(_rod(length, width, 0, hinged=True), limb(y, phase)) for length, width, y, phase in (
        (46, 13, 22, 0.0), (46, 13, 22, np.pi), (38, 10, -22, 0.7), (38, 10, -22, 0.7 + np.pi),
    )]  # fmt: skip
    trunk, head = circle * (17, 32), circle * 12 + (0, -42)
    return [limbs[0], limbs[2], (trunk, path), (head, path), limbs[1], limbs[3]]
