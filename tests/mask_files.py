"""Files of masks by recipe, and frames to go with them."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from masksmooth_filter.frames import Mask, MaskedFrame
from masksmooth_filter.segment.masks_file import MasksFromFile
from masksmooth_filter.segment.masks_save import SaveMasks
from tests.pictures import random_frame

MS = Fraction(1, 1000)
SIZE = (40, 24)


def frame(pts: int, base: Fraction = MS, *, size: tuple[int, int] = SIZE) -> av.VideoFrame:
    made = random_frame("yuv420p", *size, seed=pts % 89)
    made.pts, made.time_base = pts, base
    return made


def frames(times: Sequence[int], base: Fraction = MS) -> list[av.VideoFrame]:
    return [frame(pts, base) for pts in times]


def save(path: Path, items: Sequence[MaskedFrame], **options: Any) -> None:
    saver = SaveMasks(path, **options)
    for item in items:
        assert saver.push(item) == [item]
    assert saver.flush() == []
    saver.close()


def read(path: Path | str, video: Sequence[av.VideoFrame], **options: Any) -> list[Mask]:
    masks = MasksFromFile(path, **options)
    out = []
    for item in video:
        (masked,) = masks.push(item)
        assert masked.frame is item
        out.append(masked.mask)
    assert masks.flush() == []
    masks.close()
    return out


def gray(level: int) -> NDArray[np.uint8]:
    """A picture with one bright half, too bright to be a class id."""
    picture = np.zeros(SIZE[::-1], np.uint8)
    picture[:, 20:] = level
    return picture


def video(path: Path, pictures: Sequence[NDArray[Any]], times: Sequence[int], **changes: Any) -> Path:
    """Write a gray video in milliseconds (or ``base``), FFV1 in Matroska unless told otherwise."""
    pix_fmt, base = changes.get("pix_fmt", "gray"), changes.get("base", MS)
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(changes.get("codec", "ffv1"), rate=25)
        stream.height, stream.width, stream.pix_fmt = *pictures[0].shape[:2], pix_fmt
        stream.codec_context.time_base = base
        for picture, pts in zip(pictures, times, strict=True):
            made = av.VideoFrame.from_ndarray(picture, format=changes.get("source", "gray"))
            made = made.reformat(format=pix_fmt)
            made.pts, made.time_base = pts, base
            container.mux(stream.encode(made))
        container.mux(stream.encode(None))
    return path


def png(path: Path, picture: NDArray[Any], pix_fmt: str = "gray") -> Path:
    """Write a PNG of any of FFmpeg's formats; pal8 gets the palette of VOC (id 1 is dark red)."""
    encoder: Any = av.CodecContext.create("png", "w")
    encoder.height, encoder.width = picture.shape[:2]
    encoder.pix_fmt, encoder.time_base = pix_fmt, Fraction(1, 25)
    if pix_fmt == "pal8":
        made = av.VideoFrame(picture.shape[1], picture.shape[0], "pal8")
        indices = np.frombuffer(memoryview(made.planes[0]), np.uint8).reshape(picture.shape[0], -1)
        indices[:, : picture.shape[1]] = picture
        palette = np.frombuffer(memoryview(made.planes[1]), np.uint32)
        palette[:] = 0xFF000000 | np.arange(256) * 0x400000 % 0x1000000 | np.arange(256)
    elif pix_fmt == "monob":
        made = av.VideoFrame.from_ndarray(picture, format="gray").reformat(format="monob")
    else:
        made = av.VideoFrame.from_ndarray(picture, format=pix_fmt)
    path.write_bytes(b"".join(bytes(packet) for packet in [*encoder.encode(made), *encoder.encode(None)]))
    return path


def folder(path: Path, pictures: Sequence[NDArray[Any]], pix_fmt: str = "gray") -> Path:
    path.mkdir()
    for number, picture in enumerate(pictures, 1):
        png(path / f"mask{number}.png", picture, pix_fmt)
    return path


def labelled(*ids: int) -> NDArray[np.uint8]:
    """Columns of class ids."""
    return np.repeat(np.uint8(ids), SIZE[0] // len(ids))[None].repeat(SIZE[1], axis=0)
