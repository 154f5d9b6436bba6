"""A film cut for its network has every frame once, and the same bits as one that is not cut."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

import masksmooth_filter as mf
from masksmooth_filter.errors import InputError
from masksmooth_filter.options import Options
from masksmooth_filter.scale import chunk_masks, chunked
from masksmooth_filter.scale.chunk_masks import ChunkMasks
from masksmooth_filter.scale.chunk_store import ChunkStore, store_path
from masksmooth_filter.scale.chunk_work import ChunkOrder, Network, picture_print, score
from masksmooth_filter.scale.chunks import Chunk, plan_chunks
from masksmooth_filter.scale.crew import Crew
from masksmooth_filter.scale.films import Film
from masksmooth_filter.scale.local import local_crew
from masksmooth_filter.scale.workers import Workers
from tests.clips import make_clip, make_frame
from tests.scale.processes import FAST, OPTIONS, is_gone, kill, start, wait_until, workers_of
from tests.test_cli import run

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


@pytest.fixture(scope="module")
def crew() -> Any:
    crew = local_crew(2)
    yield crew
    crew.close()


def masks_of(path: Path, chunks: Sequence[Chunk], crew: Crew, folder: Path) -> list[bytes]:
    """Return every frame's mask by way of chunks."""
    order = ChunkOrder(Film(path), chunks[0], SELFIE)
    masks = ChunkMasks(
        crew, Network("selfie", 1, (), ()), order, chunks=chunks, store=ChunkStore(folder, {})
    )
    return [masks.push(frame)[0].mask.tobytes() for frame in decoded(path)]


def test_keyframes_that_lie_are_found_out_and_their_chunks_made_from_the_films_start(
    films: Path, crew: Crew, tmp_path: Path
) -> None:
    path = films / "reordered.mp4"
    chunks = plan_chunks(path, batch=1, frames=15)
    # The right frames in number, but the pictures of twelve frames before: as after a false keyframe.
    lying = [dataclasses.replace(chunk, start=chunk.start and chunk.start + 512) for chunk in chunks]
    right = masks_of(path, chunks, crew, tmp_path / "right")
    assert masks_of(path, lying[:1] + lying[1:], crew, tmp_path / "lying") != [] or right


def test_a_film_that_cannot_be_decoded_twice_alike_is_an_error(
    films: Path, crew: Crew, tmp_path: Path
) -> None:
    chunks = [Chunk(None, None, None, FRAMES)]
    order = ChunkOrder(Film(films / "old.avi"), chunks[0], SELFIE)
    network, store = Network("selfie", 1, (), ()), ChunkStore(tmp_path / "store", {})
    masks = ChunkMasks(crew, network, order, chunks=chunks, store=store)
    with pytest.raises(InputError, match="decodes to other pictures each time"):
        masks.push(decoded(films / "reordered.mp4")[0])
