"""The shortest possible run: decode, encode and mux in one thread, every other stream carried."""

from collections.abc import Iterable
from pathlib import Path

import av

from masksmooth_filter.frames import CarriedPacket
from masksmooth_filter.media import Demuxer, EncodeOptions, Encoder, OutputFile, choose_codec


def convert(source: Path, target: Path, *, drop: bool = False) -> list[str]:
    """Decode, encode and mux in one loop; return all warnings."""
    options = None if target.suffix == ".webm" else EncodeOptions(preset="veryfast")
    with Demuxer(source) as demuxer:
        output = OutputFile(target, demuxer, codec=choose_codec(target, options), drop_unsupported=drop)
        encoder = Encoder(output, demuxer.info, options=options)
        output.start()

        def send(frames: Iterable[av.VideoFrame]) -> None:
            for packet in (packet for frame in frames for packet in encoder.push(frame)):
                output.mux(packet)

        for item in demuxer:
            if isinstance(item, CarriedPacket):
                output.mux(item)
            else:
                send(demuxer.decoder.push(item))
        send(demuxer.decoder.flush())
        for packet in encoder.flush():
            output.mux(packet)
        output.close()
        output.close()
        return demuxer.warnings + encoder.warnings + output.warnings
