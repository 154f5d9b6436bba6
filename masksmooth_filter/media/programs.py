"""What a broadcast says of its service, from one MPEG-TS into another: numbers, names, PIDs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import av.logging

PROGRAM = re.compile(r"^  Program (\d+) .*\n((?:    Metadata:\n(?:      .*\n)*)?)", re.MULTILINE)
"""A service in libav's description of a file (libavformat/dump.c)."""

NAME = re.compile(r"^      (service_name|service_provider) *: (.*)$", re.MULTILINE)

OWN_PIDS = {".ts": frozenset({0x1000}), ".m2ts": frozenset({0x100, 0x1001})}
"""PIDs the muxer uses itself, for the program map and the clock (libavformat/mpegtsenc.c)."""

FIRST_PID, LAST_PID = 0x20, 0x1FF9
"""Those below and above are the standard's own (ISO/IEC 13818-1; ETSI EN 300 468, table 1)."""


@dataclass(frozen=True, slots=True)
class Program:
    """A service.

    Attributes
    ----------
    number : int
        Its program number.
    names : dict of str to str
        ``service_name`` and ``service_provider``, where they are said.
    """

    number: int
    names: dict[str, str]


def first_program(container: Any) -> Program | None:
    """Return the first service of an MPEG-TS, or None.

    PyAV has no access to it but libav's description in words.

    Parameters
    ----------
    container : av.container.InputContainer
    """
    if container.format.name != "mpegts":
        return None
    level = av.logging.get_level()
    av.logging.set_level(av.logging.INFO)
    try:
        found = PROGRAM.search(container.dumps_format())
    finally:
        av.logging.set_level(level)
    return None if found is None else Program(int(found[1]), dict(NAME.findall(found[2])))


def pids(container: Any, suffix: str) -> dict[int, int]:
    """Return the PIDs of an MPEG-TS by stream index; none if not all can be kept.

    Parameters
    ----------
    container : av.container.InputContainer
    suffix : str
        Of the MPEG-TS to write.
    """
    if container.format.name != "mpegts":
        return {}
    found = {stream.index: stream.id for stream in container.streams}
    free = all(FIRST_PID <= pid <= LAST_PID for pid in found.values())
    taken = OWN_PIDS.get(suffix, frozenset()) & set(found.values())
    return found if free and not taken and len(set(found.values())) == len(found) else {}


def copy_program(source: Any, target: Any, copies: dict[int, Any], *, suffix: str) -> None:
    """Give an MPEG-TS the service and the PIDs of the one it comes from.

    Parameters
    ----------
    source, target : av.container.Container
    copies : dict of int to av.stream.Stream
        Streams of the target by index of the source's.
    suffix : str
        Of the target's name.
    """
    for index, pid in pids(source, suffix).items():
        if index in copies:
            copies[index].id = pid
    if (program := first_program(source)) is not None:
        target.container_options["mpegts_service_id"] = str(program.number)
        target.metadata.update(program.names)
