"""Look at everything a run would use, and say whether the default command could run."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import masksmooth_filter
from masksmooth_filter.doctor.finding import Finding

SECTIONS = {
    "machine": "machine.machine",
    "packages": "machine.packages",
    "segmenters": "segmenters.segmenters",
    "encoders": "encoders.encoders",
    "folders": "folders.folders",
}
"""What is looked at, and the function of this package that does; each is imported by itself, so that one
broken package does not hide the rest."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What the doctor found.

    Attributes
    ----------
    sections : dict of str to list of Finding
    seconds : float
        How long it took.
    """

    sections: dict[str, list[Finding]]
    seconds: float

    @property
    def bad(self) -> list[Finding]:
        """What keeps the default command from running."""
        return [
            finding for section in self.sections.values() for finding in section if finding.state == "bad"
        ]

    @property
    def ok(self) -> bool:
        """Whether the default command can run."""
        return not self.bad

    def text(self) -> str:
        """Return the report; the home folder is written ``~``, and nothing secret is in it."""
        names = ", ".join(dict.fromkeys(finding.name for finding in self.bad))
        outcome = "the default command can run" if self.ok else f"the default command CANNOT run: {names}"
        lines = [f"masksmooth-filter {masksmooth_filter.__version__}: {outcome}"]
        for title, findings in self.sections.items():
            lines += ["", title, *(finding.line() for finding in findings)]
        lines += ["", f"ok fine, -- worth knowing, !! must be mended; looked at in {self.seconds:.1f} s"]
        return _without_home("\n".join(lines))


def diagnose() -> Diagnosis:
    """Look at everything; nothing is fetched, and no file of the user's is touched."""
    start = time.perf_counter()
    sections = {title: _section(title, where) for title, where in SECTIONS.items()}
    return Diagnosis(sections, time.perf_counter() - start)


def _section(title: str, where: str) -> list[Finding]:
    module, _, name = where.partition(".")
    try:
        look: Callable[[], list[Finding]] = getattr(import_module(f"masksmooth_filter.doctor.{module}"), name)
        return look()
    except Exception as error:  # a broken installation raises whatever it likes
        what = str(error).strip().split("\n")[0][:300]
        return [Finding(title, f"cannot be looked at: {type(error).__name__}: {what}", "bad")]


def _without_home(text: str) -> str:
    try:
        home = Path.home()
    except RuntimeError:  # nobody knows it
        return text
    for path in {str(home), str(home.resolve())} - {"/"}:
        text = text.replace(path, "~")
    return text
