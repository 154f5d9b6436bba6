"""A film that is encoded in parts, one by one: each part's encoder, and the times at the joints."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from masksmooth_filter.errors import OptionError, OutputError
from masksmooth_filter.media.encode import Encoder
from masksmooth_filter.media.encoders import EncodeOptions
from masksmooth_filter.media.probe import VideoInfo
from masksmooth_filter.media.remux import OutputFile

KEPT = 64
"""Times remembered across a joint: encoders reorder at most 16 pictures."""


BESIDE = ("libvpx-vp9", "libvpx")
"""Encoders that give transparency as a second picture in a packet's side data."""


@dataclass(frozen=True, slots=True)
class PartEncoding:
    """How a file's film is encoded, so that another process can encode a part of it.

    Attributes
    ----------
    suffix : str
        Of the file: its container.
    codec : str
        The encoder.
    shift : Fraction
        Seconds that the file adds to all times.
    info : VideoInfo
        What the encoder's frames look like.
    options : EncodeOptions
        What the user chose.
    headers : bytes
        What the file's header says of the codec; the same for all parts, or they cannot be joined.
    """

    suffix: str
    codec: str
    shift: Fraction
    info: VideoInfo
    options: EncodeOptions
    headers: bytes

    @classmethod
    def of(cls, output: OutputFile, encoder: Encoder, *, suffix: str, options: EncodeOptions) -> PartEncoding:
        """Describe the film of a file that is set up.

        Raises
        ------
        OptionError
            If it counts frames instead of keeping times, for a part does not know what was counted before;
            or if its packets have something beside them, which is not carried from part to part.
        """
        codec = output.stream.codec_context.name
        if codec in BESIDE and encoder.pix_fmt.startswith("yuva"):
            raise OptionError(
                f"{codec} keeps transparency beside its packets, where --encode-chunks loses it; leave that "
                "out, or name the output .mkv (FFV1) or .mov (ProRes)"
            )
        if encoder.time_base != encoder.info.time_base:
            raise OptionError(
                f"{codec} in {suffix} has a tick a frame, so times cannot be told part by part; leave out "
                f"--encode-chunks, or name the output .mp4 or .mkv"
            )
        return cls(suffix, codec, output.shift, encoder.info, options, encoder.headers)


@contextmanager
def part_encoder(encoding: PartEncoding) -> Iterator[Encoder]:
    """Yield an encoder for one part, as that of the whole file; the packets are the caller's.

    Raises
    ------
    OutputError
        If it would need other headers than the file has, as another build of the codec may.
    """
    with tempfile.TemporaryDirectory(prefix="masksmooth-") as folder:
        output = OutputFile(Path(folder, f"part{encoding.suffix}"), codec=encoding.codec)
        try:
            output.shift = encoding.shift
            encoder = Encoder(output, encoding.info, options=encoding.options)
            if encoder.headers != encoding.headers:
                raise OutputError(
                    f"{encoding.codec} has other headers on a worker than in the file, so its packets cannot "
                    "join; install the same versions everywhere, or leave out --encode-chunks"
                )
            yield encoder
        finally:
            output.abort()


def owned(packets: Iterable[av.Packet[Any]], output: OutputFile) -> Iterator[av.Packet[Any]]:
    """Yield packets that were encoded elsewhere as those of a file's film."""
    for packet in packets:
        packet.stream = output.stream
        yield packet


class Joints:
    """Gives packets of parts the decoding times that they have in one film.

    An encoder that reorders pictures starts each part's decoding times before its first picture, by as much
    as it reorders. In one film those are the times of the last pictures before (the n-th packet is decoded
    when the picture ``delay`` before the n-th is shown), whatever the distances of frames are.
    """

    def __init__(self) -> None:
        self._shown: list[int] = []
        self._last: int | None = None

    def decoding_times(self, shown: Sequence[int], decoded: Sequence[int]) -> list[int]:
        """Return the decoding times of the next part's packets.

        Parameters
        ----------
        shown, decoded : sequence of int
            When each packet is shown and decoded, in ticks, as its encoder said.

        Raises
        ------
        OutputError
            If they do not rise, or a packet would be decoded after it is shown.
        """
        first = min(shown)
        early = next((n for n, time in enumerate(decoded) if time >= first), len(decoded))
        times = list(decoded)
        if self._last is not None and early:
            times[:early] = self._shown[-early:]
        before = self._last if self._last is not None else times[0] - 1
        for time, latest in zip(times, shown, strict=True):
            if not before < time <= latest:
                raise OutputError(
                    f"the encoder's parts do not join: decoding at tick {time} after {before}, shown at "
                    f"{latest}; leave out --encode-chunks, or choose another --codec"
                )
            before = time
        self._last = before
        self._shown = (self._shown + sorted(shown)[-KEPT:])[-KEPT:]
        return times
