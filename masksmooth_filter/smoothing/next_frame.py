"""Look at the next frame on another thread while the ones before it are finished."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from masksmooth_filter.frames import Flows, Mask
from masksmooth_filter.smoothing.flow import FlowFinder
from masksmooth_filter.smoothing.held import Held
from masksmooth_filter.smoothing.picture import Gray, Picture
from masksmooth_filter.smoothing.team import Team


@dataclass(frozen=True, slots=True)
class Look:
    """A frame that has been looked at.

    Attributes
    ----------
    held : Held
        The frame.
    earlier : (h, w) uint8, optional
        Luma of the frame before it, if the flows to that are known.
    flows : Flows, optional
        Flows between the two.
    """

    held: Held
    earlier: Gray | None = None
    flows: Flows | None = None


class NextFrame:
    """The frame that is known to come next: its picture, its masks and the flow to it, found in advance.

    A third of a frame's work needs nothing but the frame and the one before it. Begun on another thread when
    the newest frame has been taken in, it goes on while the vote and the refinement of the frame that leaves
    are done, and costs neither latency nor a bit of the result.

    Parameters
    ----------
    flow : FlowFinder
        Finds flows; nobody else uses it between `begin` and `look`.
    team : Team
        Threads; with one alone nothing is done in advance.
    """

    def __init__(self, flow: FlowFinder, team: Team) -> None:
        self._flow, self._team = flow, team
        self._frame: Any = None
        self._mask: Mask | None = None
        self._begun: Future[Look] | None = None

    def expect(self, frame: Any, mask: Mask) -> None:
        """Say what comes next; neither may change until it is there."""
        self._frame, self._mask = frame, mask

    def begin(self, newest: Held) -> None:
        """Let another thread look at what is expected, if anything is, and find the flows to it."""
        if self._mask is not None and self._begun is None and self._team.threads > 1:
            self._begun = self._team.begin(partial(self._ahead, self._frame, self._mask, newest.picture.luma))

    def look(self, token: Any, frame: Any, mask: Mask) -> Look:
        """Return a frame that has been looked at: in advance, if it is what was expected, or now."""
        begun, expected = self._begun, frame is self._frame and mask is self._mask
        if begun is None or not expected or begun.cancel():
            self.drop()
            found = self._now(frame, mask)
        else:
            self._frame = self._mask = self._begun = None
            found = begun.result()
        found.held.token = token
        return found

    def drop(self) -> None:
        """Expect nothing; what was begun is waited for, as it uses what the next may need."""
        if self._begun is not None and not self._begun.cancel():
            self._begun.exception()
        self._frame = self._mask = self._begun = None

    def _now(self, frame: Any, mask: Mask) -> Look:
        picture = Picture.of(frame, self._team)
        planes = mask[np.newaxis] if mask.ndim == 2 else mask
        return Look(Held.of(None, picture, planes.copy(), self._team))

    def _ahead(self, frame: Any, mask: Mask, earlier: Gray) -> Look:
        held = self._now(frame, mask).held
        if held.picture.luma.shape != earlier.shape:
            return Look(held)
        return Look(held, earlier, self._flow.between(earlier, held.picture.luma))
