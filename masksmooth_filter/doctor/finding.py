"""One thing the doctor found, and how it is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from masksmooth_filter.errors import MaskSmoothError

State = Literal["ok", "note", "bad"]
"""Fine; fine, but worth knowing; the default command cannot run with it."""

MARKS = {"ok": "ok", "note": "--", "bad": "!!"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes
    ----------
    name : str
        What.
    text : str
        What was found, in one line.
    state : {'ok', 'note', 'bad'}
        Whether the default command can run with it.
    """

    name: str
    text: str
    state: State = "ok"

    def line(self) -> str:
        """Return the finding as a line of a report."""
        return f"  {MARKS[self.state]}  {self.name}: {self.text}"


def looked(name: str, look: Callable[[], Finding], *, otherwise: State = "bad") -> Finding:
    """Return what ``look`` finds; if it fails, that it does and why.

    Parameters
    ----------
    name : str
        What is looked at.
    look : callable
    otherwise : {'note', 'bad'}
        What a failure means for the default command.
    """
    try:
        return look()
    except MaskSmoothError as error:
        return Finding(name, str(error), otherwise)
    except Exception as error:  # a broken installation raises whatever it likes
        what = str(error).strip().split("\n")[0][:300]
        return Finding(name, f"fails: {type(error).__name__}: {what}", otherwise)
