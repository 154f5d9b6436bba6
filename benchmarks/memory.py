"""Peak memory of the command when a film's streams lie side by side in its file, and when they do not.

``python benchmarks/memory.py [--minutes 10]``
"""

from __future__ import annotations

import argparse
import os
import shlex
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "kernels"), str(ROOT / "cli")]

from benchmarks.peak import peak_of  # noqa: E402
from tests.clips import run_ffmpeg  # noqa: E402
from tests.scattered import one_after_the_other, widest_gap  # noqa: E402

ORDERS = {"side by side": None, "film first": (0, 1, 2), "sound first": (1, 2, 0)}
COMMAND = [sys.executable, "-c", "from masksmooth_cli.main import main; main()"]
OPTIONS = shlex.split("--segmenter selfie --method gaussian --preset ultrafast --quiet")


def make_source(folder: Path, minutes: float) -> Path:
    """Two frames a second, so that the sound is most of the file: two tracks of uncompressed stereo."""
    seconds = 60 * minutes
    sounds = [
        f"-f lavfi -i anoisesrc=d={seconds}:r=48000:a=0.1:seed={n},aformat=channel_layouts=stereo"
        for n in (1, 2)
    ]
    films = f"-f lavfi -i testsrc2=s=160x120:r=2:d={seconds}"
    path = folder / "side by side.mkv"
    words = f"{films} {' '.join(sounds)} -map 0 -map 1 -map 2 -c:a pcm_s16le -g 20"
    run_ffmpeg(*shlex.split(words), str(path))
    return path


def peak(arguments: list[str]) -> float:
    """Run the command; return its peak resident memory in MB."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path[:3])}
    return peak_of([*COMMAND, *arguments, *OPTIONS], environment)


def main() -> None:
    """Make the films, run the command on each, print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=10)
    minutes = parser.parse_args().minutes
    print("| input | output | MB of sound | peak MB | widest gap in the output |")
    print("| --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = make_source(folder, minutes)
        sound = 2 * 60 * minutes * 48000 * 4 / 1e6
        for title, order in ORDERS.items():
            path = source if order is None else one_after_the_other(source, folder / f"{title}.mkv", order)
            for suffix in (".mkv", ".mov"):
                out = folder / f"out{suffix}"
                most = peak([str(path), str(out)])
                print(
                    f"| {title} | {suffix} | {sound:.0f} | {most:.0f} | {widest_gap(out):.1f} s |", flush=True
                )
                out.unlink()
            if order is not None:
                path.unlink()


if __name__ == "__main__":
    main()
