"""A film cut for its network has every frame once, and workers see the pictures that an uncut film has."""

from __future__ import annotations

import dataclasses
import itertools
from pathlib import Path
from typing import Any

import av
import pytest

from masksmooth_filter.options import Options
from masksmooth_filter.scale.chunk_work import ChunkOrder, picture_print, score
from masksmooth_filter.scale.chunks import plan_chunks
from masksmooth_filter.scale.films import Film
from tests.clips import make_clip, make_frame

FRAMES = 60
SHAPES: dict[str, dict[str, Any]] = {
    "reordered.mp4": {"options": {"g": "12", "bf": "3"}},
    "open.mkv": {"options": {"g": "12", "bf": "3", "x264-params": "open-gop=1"}},
    "broadcast.ts": {"options": {"g": "12", "bf": "2"}},
    "uneven.mkv": {"options": {"g": "12"}, "pts": [n * 512 + 200 * (n % 3) for n in range(FRAMES)]},
    "old.avi": {"codec": "mpeg4", "options": {"g": "12"}},
    "web.webm": {"codec": "libvpx-vp9", "options": {"g": "12", "cpu-used": "8", "deadline": "realtime"}},
}
SELFIE = Options(segmenter="selfie")


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("films")
    for name, settings in SHAPES.items():
        make_clip(folder / name, frames=FRAMES, **settings)
    return folder


def decoded(path: Path) -> list[av.VideoFrame]:
    with av.open(path) as container:
        return list(container.decode(video=0))


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("batch", [1, 8])
def test_chunks_begin_at_whole_batches_and_together_hold_every_frame_once(
    name: str, batch: int, films: Path
) -> None:
    chunks = plan_chunks(films / name, batch=batch, frames=15)
    assert len(chunks) > 2
    assert sum(chunk.frames for chunk in chunks) == FRAMES
    starts = list(itertools.accumulate((chunk.frames for chunk in chunks), initial=0))
    assert all(start % batch == 0 for start in starts[:-1])
    assert (chunks[0].start, chunks[-1].end) == (None, None)
    assert all(one.end == two.start for one, two in itertools.pairwise(chunks))
    times = sorted(frame.pts or 0 for frame in decoded(films / name))
    assert [chunk.start for chunk in chunks[1:]] == [times[start] for start in starts[1:-1]]


@pytest.mark.parametrize("name", SHAPES)
def test_a_chunk_is_of_the_pictures_that_an_uncut_film_has_there(name: str, films: Path) -> None:
    chunks = plan_chunks(films / name, batch=1, frames=15)
    prints = [picture_print(frame) for frame in decoded(films / name)]
    assert len(set(prints)) == FRAMES
    found = [score(ChunkOrder(Film(films / name), chunk, SELFIE)) for chunk in chunks]
    assert [each for scores in found for each in scores.prints] == prints  # type: ignore[union-attr]


def test_a_film_whose_packets_lack_times_of_their_own_is_not_cut(tmp_path: Path) -> None:
    path = tmp_path / "bare.h264"
    with av.open(str(path), "w", format="h264") as out:
        stream: Any = out.add_stream("libx264", rate=25, options={"g": "5"})
        stream.width, stream.height = 96, 64
        for number in range(20):
            out.mux(stream.encode(make_frame(number, 96, 64)))
        out.mux(stream.encode(None))
    (chunk,) = plan_chunks(path, batch=1, frames=5)
    assert (chunk.start, chunk.seek, chunk.end) == (None, None, None)


def test_the_checksum_sees_every_plane_and_how_colours_are_read() -> None:
    frame, other = make_frame(0, 96, 64), make_frame(0, 96, 64)
    assert picture_print(frame) == picture_print(other)
    plane = other.planes[2]
    plane.update(bytes([plane.line_size % 7]) * plane.buffer_size)
    assert picture_print(frame) != picture_print(other)
    other = make_frame(0, 96, 64)
    other.colorspace = 1
    assert picture_print(frame) != picture_print(other)


def test_where_seeking_leads_elsewhere_the_chunk_is_decoded_from_the_films_start(films: Path) -> None:
    path = films / "reordered.mp4"
    first, second, *_, last = plan_chunks(path, batch=1, frames=15)
    assert first.frames + second.frames < FRAMES
    right = score(ChunkOrder(Film(path), second, SELFIE))
    astray = dataclasses.replace(second, seek=last.seek)
    assert score(ChunkOrder(Film(path), astray, SELFIE)).prints == right.prints  # type: ignore[union-attr]
