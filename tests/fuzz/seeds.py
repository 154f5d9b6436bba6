"""The whole films that are damaged: small ones in every container, made by recipe."""

from __future__ import annotations

import subprocess
from pathlib import Path

import av

from tests.clips import make_clip

SIZE = (64, 48)
FRAMES = 10

REMUXES = {
    "fragments.mp4": ("tagged.mp4", "mp4", {"movflags": "frag_keyframe+empty_moov"}),
    "quicktime.mov": ("tagged.mp4", "mov", {}),
    "stream.nut": ("plain.mkv", "nut", {}),
}
"""Containers the recipes of tests/clips.py do not write: name -> (source, format, options)."""


def make_seeds(folder: Path) -> list[Path]:
    """Write the seeds into an empty folder; the same bytes every time but for libav's own dates."""
    common = {"frames": FRAMES, "size": SIZE}
    seeds = [
        make_clip(folder / "plain.mkv", audio=1, chapters=True, **common),
        make_clip(folder / "tagged.mp4", audio=2, rotation=90, title="a", chapters=True, **common),
        make_clip(folder / "packets.ts", audio=1, **common),
        make_clip(folder / "vp9.webm", codec="libvpx-vp9", audio=1, options={"cpu-used": "8"}, **common),
        make_clip(folder / "old.avi", codec="mpeg4", options={"bf": "0"}, **common),
        make_clip(folder / "exact.mkv", codec="ffv1", pix_fmt="yuv420p", **common),
    ]
    return seeds + [
        _remux(folder / source, folder / name, format_, options)
        for name, (source, format_, options) in REMUXES.items()
    ]


def _remux(source: Path, target: Path, format_: str, options: dict[str, str]) -> Path:
    with av.open(source) as film, av.open(target, "w", format=format_, options=options) as out:
        tracks = {
            s.index: out.add_stream_from_template(s, opaque=True)
            for s in film.streams
            if s.type in ("video", "audio")
        }
        for packet in film.demux():
            if packet.size and packet.stream_index in tracks:
                packet.stream = tracks[packet.stream_index]
                out.mux(packet)
    return target


def revision(root: Path) -> str:
    """Return the commit that is tested, for the record."""
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=root, capture_output=True, text=True
    )
    return done.stdout.strip() or "unknown"
