"""Somebody's own decode and encode loop with the filter in it: the sound is copied, times are kept.

``python examples/pyav_loop.py in.mp4 out.mp4``
"""

import sys
from typing import Any

import av

import masksmooth_filter as mf


def main(
    source: str, target: str, *, codec: str = "libx264", pix_fmt: str = "yuv420p", **options: Any
) -> None:
    """Draw steady masks on a film; ``options`` are those of `masksmooth_filter.frame_filter`."""
    steady = mf.frame_filter(**options)
    with av.open(source) as reader, av.open(target, "w") as writer:
        film = reader.streams.video[0]
        size = {"width": film.width, "height": film.height}
        out = writer.add_stream(codec, rate=film.average_rate, pix_fmt=pix_fmt, **size)
        out.codec_context.time_base = film.time_base
        copies = {sound: writer.add_stream_from_template(sound) for sound in reader.streams.audio}
        for packet in reader.demux(film, *copies):
            if packet.stream in copies:
                if packet.dts is not None:  # the last packet of a stream is empty
                    packet.stream = copies[packet.stream]
                    writer.mux(packet)
                continue
            for frame in packet.decode():
                for drawn in steady.push(frame):
                    writer.mux(out.encode(drawn))
        for drawn in steady.flush():
            writer.mux(out.encode(drawn))
        writer.mux(out.encode())
    steady.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
