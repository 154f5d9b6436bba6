"""What may be opened beside a plain file: nothing, unless it is allowed by name."""

from __future__ import annotations

import os
import re

from masksmooth_filter.errors import OptionError

PROTOCOLS: dict[str, tuple[str, ...]] = {
    "concat": (),
    "crypto": (),
    "data": (),
    "ftp": ("tcp",),
    "http": ("tcp",),
    "https": ("http", "tcp", "tls"),
    "rtmp": ("tcp",),
    "rtp": ("udp",),
    "srt": (),
    "subfile": (),
    "tcp": (),
    "tls": ("tcp",),
    "udp": (),
}
"""libav's protocols that may be allowed, and those each is built on."""

PLAYLISTS = {"ffconcat": "concat", "hls": "hls", "dash": "dash"}
"""Files that name other files, by what allows them, and libav's name of their format. What they name must be
a file, or of a protocol that is allowed too."""

ALL = "all"

URL = re.compile(r"([a-z][a-z0-9]*)[:,]")

WAIT_S = 30
"""Seconds without an answer after which another host is given up."""

Allowed = frozenset[str]
"""Names of `PROTOCOLS` and `PLAYLISTS`; empty allows files alone."""


def parse_protocols(text: str | None) -> Allowed:
    """Read a list such as ``http,ffconcat``, or ``all``.

    Raises
    ------
    OptionError
        If a name is not known.
    """
    names = frozenset(name.strip().lower() for name in (text or "").split(",") if name.strip())
    known = {*PROTOCOLS, *PLAYLISTS}
    if names == {ALL}:
        return frozenset(known)
    if unknown := sorted(names - known):
        there_is = f"{ALL} or a list of {' '.join(sorted(known))}"
        raise OptionError(f"--allow-protocols does not know {' '.join(unknown)}; give {there_is}")
    return names


def is_url(name: str, allowed: Allowed) -> bool:
    """Tell whether a name is to be opened by an allowed protocol; a file of that name comes first.

    Parameters
    ----------
    name : str
    allowed : frozenset of str
        As `parse_protocols` returns it.
    """
    found = URL.match(name.lower())
    return found is not None and found[1] in allowed & PROTOCOLS.keys() and not os.path.lexists(name)


def whitelist(allowed: Allowed) -> str:
    """Return libav's ``protocol_whitelist``."""
    below = {lower for name in allowed for lower in PROTOCOLS.get(name, ())}
    return ",".join(sorted({"file"} | (allowed & PROTOCOLS.keys()) | below))


def forbidden_formats(allowed: Allowed) -> frozenset[str]:
    """Return libav's names of the playlists that are not allowed; IMF's never are."""
    return frozenset({"imf", *PLAYLISTS.values()} - {PLAYLISTS[name] for name in allowed & PLAYLISTS.keys()})
