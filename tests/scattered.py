"""Films whose streams lie one after the other in the file, instead of side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av

IN_ORDER_OF_ARRIVAL = {"max_interleave_delta": "1", "avoid_negative_ts": "disabled"}
"""Have the muxer write packets as they come."""


def one_after_the_other(source: Path, target: Path, order: tuple[int, ...]) -> Path:
    """Copy a file so that all packets of a stream lie together, the streams in this order.

    Parameters
    ----------
    source, target : Path
        .mkv or .nut; others sort packets themselves.
    order : tuple of int
        Stream indexes.
    """
    with av.open(str(target), "w", options=IN_ORDER_OF_ARRIVAL) as out, av.open(str(source)) as about:
        copies = [out.add_stream_from_template(stream, opaque=True) for stream in about.streams]
        for copy, stream in zip(copies, about.streams, strict=True):
            copy.metadata.update(stream.metadata)
        for index in order:
            with av.open(str(source)) as container:
                for packet in container.demux(index):
                    if packet.size:
                        packet.stream = copies[index]
                        out.mux_one(packet)
    return target


def widest_gap(path: Path) -> float:
    """Return how far, in seconds, a packet lies behind one that comes before it in the file."""
    latest, widest = 0.0, 0.0
    with av.open(str(path)) as container:
        for packet in container.demux():
            if packet.size and packet.dts is not None:
                base: Any = packet.time_base
                time = float(packet.dts * base)
                widest, latest = max(widest, latest - time), max(latest, time)
    return widest
