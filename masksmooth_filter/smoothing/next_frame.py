"""Look at the next frame on another thread while the ones before it are finished."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from masksmooth_filter.frames import Flows, Mask
from masksmooth_filter.smoothing.held import Held
from masksmooth_filter.smoothing.picture import Picture
from masksmooth_filter.smoothing.team import Team


@dataclass(frozen=True, slots=True)
class Look:
    """A frame that has been looked at.

    Attributes
    ----------
    held : Held
        The frame.
    earlier : Held, optional
        The frame before it, if it is known how it goes on from that.
    is_cut : bool
        Whether it does not.
    flows : Flows, optional
        Between the two, with the objects' own motion; None across a cut.
    """

    held: Held
    earlier: Held | None = None
    is_cut: bool = False
    flows: Flows | None = None


GoesOn = Callable[[Held, Held], Look]
"""Tells how the second of two frames goes on from the first."""


class NextFrame:
    """The frame that is known to come next: its picture, its masks and its motion, found in advance.

    Two fifths of a frame's work need nothing but the frame and the one before it. Begun on another thread
    when the newest frame has been taken in, it goes on while the vote and the refinement of the frame that
    leaves are done, and costs neither latency nor a bit of the result.

    Parameters
    ----------
    goes_on : callable
        Tells how a frame goes on from another; nobody else uses what it does between `begin` and `look`.
    team : Team
        Threads; with one alone nothing is done in advance.
    lasting : bool
        Whether masks stay as they are, and need not be copied.
    """

    def __init__(self, goes_on: GoesOn, team: Team, *, lasting: bool = False) -> None:
        self._goes_on, self._team, self._lasting = goes_on, team, lasting
        self._expected: tuple[Any, Mask] | None = None
        self._begun: tuple[Any, Mask, Future[Look]] | None = None

    def expect(self, frame: Any, mask: Mask) -> None:
        """Say what comes after the frame that is taken next; neither may change until it is there."""
        self._expected = frame, mask

    def begin(self, newest: Held) -> None:
        """Let another thread look at what is expected, if anything is, and how it goes on."""
        expected, self._expected = self._expected, None
        if expected is not None and self._team.threads > 1:
            self._begun = *expected, self._team.begin(partial(self._ahead, *expected, newest))

    def look(self, token: Any, frame: Any, mask: Mask) -> Look:
        """Return a frame that has been looked at: in advance, if it is what was expected, or now."""
        begun, self._begun = self._begun, None
        if begun is not None and not begun[2].cancel():
            begun[2].exception()  # waits: nobody else may use what it does
        known = begun is not None and begun[0] is frame and begun[1] is mask and not begun[2].cancelled()
        found = begun[2].result() if begun is not None and known else self._now(frame, mask)
        found.held.token = token
        return found

    def drop(self) -> None:
        """Expect nothing; what was begun is waited for."""
        if self._begun is not None and not self._begun[2].cancel():
            self._begun[2].exception()
        self._expected = self._begun = None

    def _now(self, frame: Any, mask: Mask) -> Look:
        picture = Picture.of(frame, self._team)
        planes = mask[np.newaxis] if mask.ndim == 2 else mask
        return Look(Held.of(None, picture, planes if self._lasting else planes.copy(), self._team))

    def _ahead(self, frame: Any, mask: Mask, newest: Held) -> Look:
        look = self._now(frame, mask)
        same = look.held.picture.size == newest.picture.size and len(look.held.planes) == len(newest.planes)
        return self._goes_on(newest, look.held) if same else look
