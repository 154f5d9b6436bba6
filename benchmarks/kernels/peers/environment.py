"""An environment with VapourSynth for the peers: ``python -m benchmarks.kernels.peers.environment``.

Its wheels need Python 3.12 or newer, which the project does not. Found are: this Python, ``python3.12`` and
newer on the path, and those of pyenv. Where there is none, the peers are listed as absent.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[3] / ".venv-vapoursynth"
PACKAGES = ("numpy", "vapoursynth", "vapoursynth-zsmooth", "vapoursynth-blur-frameblender")
OLDEST = (3, 12)
READY = "import numpy, vapoursynth; vapoursynth.core.zsmooth, vapoursynth.core.frameblender"


def interpreter() -> Path | None:
    """Return the environment's Python, or None if `main` has not made it."""
    python = FOLDER / "bin" / "python"
    return python if python.exists() else None


def candidates() -> list[str]:
    """Return Pythons that may be new enough, the first to try first."""
    named = [f"python3.{minor}" for minor in (13, 12, 14)]
    pyenv = sorted(Path.home().glob(".pyenv/versions/3.*/bin/python"), reverse=True)
    return [sys.executable, *named, *map(str, pyenv)]


def new_enough(python: str) -> bool:
    """Tell whether a Python runs and is new enough."""
    code = f"import sys; sys.exit(sys.version_info < {OLDEST})"
    try:
        return subprocess.run([python, "-c", code], capture_output=True).returncode == 0
    except OSError:
        return False


def main() -> None:
    """Make the environment unless it is there and works; say what happened."""
    python = interpreter()
    if python and subprocess.run([python, "-c", READY], capture_output=True).returncode == 0:
        return
    base = next(filter(new_enough, candidates()), None)
    if base is None:
        print(
            "VapourSynth's wheels need Python 3.12 or newer and none was found: it will be listed as absent"
        )
        return
    subprocess.run([base, "-m", "venv", "--clear", FOLDER], check=True)
    install = [str(FOLDER / "bin" / "python"), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    done = subprocess.run([*install, *PACKAGES])
    if done.returncode:
        shutil.rmtree(FOLDER)
        print("VapourSynth could not be installed: it will be listed as absent")


if __name__ == "__main__":
    main()
