"""An image or a video behind the foreground, in the film's own size, pixel format, matrix and range."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
from av.error import FFmpegError

from masksmooth_filter.composite.colour import FULL_RANGE, matrix_of
from masksmooth_filter.errors import InputError
from masksmooth_filter.timing import time_of

MATRIX_NAMES = {1: "bt709", 4: "fcc", 5: "bt601", 6: "bt601", 7: "smpte240m", 9: "bt2020", 10: "bt2020"}
"""What libavfilter's scale calls a matrix, by AVColorSpace."""

TURNS = {0: (), 1: ("transpose=clock",), 2: ("hflip", "vflip"), 3: ("transpose=cclock",)}
"""Filters that turn an upright picture as the film's frames are stored, by quarter turns."""

Timed = tuple[Fraction, av.VideoFrame]


class Backdrop:
    """The picture behind each frame of a film.

    Parameters
    ----------
    path : Path
        An image, or a video; always a file.
    pixel_aspect : Fraction
        Width to height of the film's pixels.
    start : Fraction, optional
        When the film begins, in seconds; with the first frame that comes by default.

    Raises
    ------
    InputError
        If it cannot be read.
    """

    def __init__(
        self, path: Path, pixel_aspect: Fraction = Fraction(1), *, start: Fraction | None = None
    ) -> None:
        self._path, self._pixel_aspect = path, pixel_aspect
        self._begin = self._start = start
        self._shown: Timed | None = None
        self._next: Timed | None = None
        self._frames: Iterator[Timed] = iter(())
        self._ready: tuple[av.VideoFrame, object, av.VideoFrame] | None = None
        self._scaler = _Scaler(pixel_aspect)
        self._rewind()

    def behind(self, film: av.VideoFrame) -> av.VideoFrame:
        """Return what is behind a frame: of a video the picture of the same time since its start.

        Parameters
        ----------
        film : av.VideoFrame
            In a `drawable` format.

        Returns
        -------
        av.VideoFrame
            Of the film's size and format; for a gray film YUV of the same depth, whose luma it is.
        """
        time = time_of(film) or Fraction(0)
        if self._start is None:
            self._start = time
        shown = self._at(max(time - self._start, Fraction(0)))
        key = (matrix_of(film), film.rotation, *_encoding(film))
        if self._ready is None or self._ready[0] is not shown or self._ready[1] != key:
            self._ready = shown, key, self._scaler.scaled(shown, film)
        return self._ready[2]

    def close(self) -> None:
        """Close the file; the next frame begins it again."""
        self._frames, self._ready, self._start = iter(()), None, self._begin
        self._scaler = _Scaler(self._pixel_aspect)
        self._shown = self._next = None

    def _at(self, time: Fraction) -> av.VideoFrame:
        if self._shown is None or time < self._shown[0]:  # the film was moved back
            self._rewind()
        while self._next is not None and self._next[0] <= time:
            self._shown, self._next = self._next, next(self._frames, None)
        assert self._shown is not None
        return self._shown[1]

    def _rewind(self) -> None:
        self._frames = _endless(self._path)
        self._shown = next(self._frames)
        self._next = next(self._frames, None)


def _endless(path: Path) -> Iterator[Timed]:
    """Yield a video's pictures with their times since its start, again and again; an image only once."""
    offset = Fraction(0)
    while True:
        count, last, step = 0, Fraction(0), Fraction(1, 25)
        for time, frame in _once(path):
            count, step, last = count + 1, (time - last) or step, time
            yield offset + time, frame
        if count == 0:
            raise InputError(f"{path} holds no picture; give an image, a video or a colour as the background")
        if count == 1:
            return
        offset += last + step


def _once(path: Path) -> Iterator[Timed]:
    """Decode a file's pictures, the first at 0."""
    if not path.is_file():
        raise InputError(f"there is no background {path}; give an image, a video, or a colour")
    try:
        with av.open(f"file:{path}", container_options={"protocol_whitelist": "file"}) as container:
            if not container.streams.video:
                raise InputError(f"the background {path} has no picture; give an image or a video")
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            start: Fraction | None = None
            for frame in container.decode(stream):
                time = time_of(frame) or Fraction(0)
                start = time if start is None else start
                yield max(time - start, Fraction(0)), frame
    except FFmpegError as error:
        raise InputError(f"the background {path} cannot be read: {error.strerror or error}") from error


class _Scaler:
    """Scales a picture to cover a film's frames, in their encoding."""

    def __init__(self, pixel_aspect: Fraction) -> None:
        self._pixel_aspect = pixel_aspect
        self._key: object = None
        self._graph = av.filter.Graph()

    def scaled(self, picture: av.VideoFrame, film: av.VideoFrame) -> av.VideoFrame:
        key = (*_encoding(picture), *_encoding(film), film.rotation, picture.time_base)
        if key != self._key:
            self._key, self._graph = key, self._build(picture, film)
        self._graph.vpush(picture)
        return self._graph.vpull()

    def _build(self, picture: av.VideoFrame, film: av.VideoFrame) -> av.filter.Graph:
        graph, pixels = av.filter.Graph(), film.format.name
        size = f"width={picture.width}:height={picture.height}:pix_fmt={picture.format.name}"
        nodes = [graph.add("buffer", f"{size}:time_base={picture.time_base or '1/1000'}")]
        for spec in (*self._cropped(picture, film), *TURNS[round(film.rotation / 90) % 4]):
            name, _, arguments = spec.partition("=")
            nodes.append(graph.add(name, arguments))
        full = film.color_range == FULL_RANGE or film.format.is_rgb or pixels.startswith(("yuvj", "gray"))
        ways = {"w": film.width, "h": film.height, "flags": "bicubic+accurate_rnd+full_chroma_int",
                "in_color_matrix": MATRIX_NAMES[matrix_of(picture)],
                "out_color_matrix": MATRIX_NAMES[matrix_of(film)],
                "out_range": "full" if full else "limited"}  # fmt: skip
        nodes.append(graph.add("scale", ":".join(f"{name}={value}" for name, value in ways.items())))
        # swscale makes gray of RGB by BT.601 whatever it is told; luma of full-range YUV is meant.
        pixels = pixels.replace("gray", "yuv444p")
        nodes += [graph.add("format", f"pix_fmts={pixels}"), graph.add("buffersink")]
        for before, after in pairwise(nodes):
            before.link_to(after)
        graph.configure()
        return graph

    def _cropped(self, picture: av.VideoFrame, film: av.VideoFrame) -> tuple[str, ...]:
        """Return the crop that leaves the middle of a picture in the shape of the film as it is shown."""
        wide, high = film.width * self._pixel_aspect, Fraction(film.height)
        if round(film.rotation / 90) % 2:
            wide, high = high, wide
        factor = max(wide / picture.width, high / picture.height)
        width = max(1, min(picture.width, round(wide / factor)))
        height = max(1, min(picture.height, round(high / factor)))
        return (f"crop={width}:{height}",)


def _encoding(frame: av.VideoFrame) -> tuple[object, ...]:
    return (
        frame.width, frame.height, frame.format.name, int(frame.colorspace), int(frame.color_range)
    )  # fmt: skip
