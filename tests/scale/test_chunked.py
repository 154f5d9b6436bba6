"""One film whose network runs on workers has the bits of one that was made in one process."""

from __future__ import annotations

import dataclasses
import logging
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

import masksmooth_filter as mf
from masksmooth_filter.errors import InputError, ModelError
from masksmooth_filter.options import Options
from masksmooth_filter.scale.chunk_masks import ChunkMasks
from masksmooth_filter.scale.chunk_queue import AHEAD
from masksmooth_filter.scale.chunk_store import ChunkStore, store_path
from masksmooth_filter.scale.chunk_work import ChunkOrder, ChunkScores, Network, score
from masksmooth_filter.scale.chunks import Chunk, plan_chunks
from masksmooth_filter.scale.crew import Crew
from masksmooth_filter.scale.films import Film
from masksmooth_filter.scale.workers import Workers
from masksmooth_filter.segment.registry import create_model
from masksmooth_filter.segment.segmenter import Segmenter
from tests.clips import make_clip, make_frame
from tests.scale.processes import OPTIONS, is_gone, kill, start_in_chunks, wait_until, workers_of
from tests.tflite_files import tflite

FRAMES = 120


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Closed groups of twelve pictures, with B-frames and sound."""
    path = tmp_path_factory.mktemp("film") / "in.mp4"
    return make_clip(path, frames=FRAMES, audio=1, options={"g": "12", "bf": "3"})


def decoded(path: Path) -> list[av.VideoFrame]:
    with av.open(path) as container:
        return list(container.decode(video=0))


def chunk_masks(path: Path, crew: Crew, store: ChunkStore[ChunkScores], chunks: list[Chunk]) -> ChunkMasks:
    order = ChunkOrder(Film(path), chunks[0], Options(segmenter="selfie"))
    return ChunkMasks(crew, Network("selfie", 1, (), ()), order, chunks=chunks, store=store)


@pytest.mark.parametrize("method", ["motion", "median"])
def test_the_output_has_the_bits_of_a_run_in_one_process(
    film: Path, workers: Workers, tmp_path: Path, method: str
) -> None:
    options = {**OPTIONS, "method": method}
    mf.convert(film, tmp_path / "plain.mp4", save_masks=tmp_path / "plain.mkv", **options)
    report = mf.convert_in_chunks(
        film,
        tmp_path / "cut.mp4",
        workers=workers,
        chunk_frames=12,
        save_masks=tmp_path / "cut.mkv",
        **options,
    )
    assert report.frames == FRAMES
    assert (tmp_path / "cut.mp4").read_bytes() == (tmp_path / "plain.mp4").read_bytes()
    again = {"method": "median", "preset": "ultrafast"}
    for name in ("plain", "cut"):
        mf.convert(film, tmp_path / f"{name}2.mp4", masks_from=str(tmp_path / f"{name}.mkv"), **again)
    assert (tmp_path / "cut2.mp4").read_bytes() == (tmp_path / "plain2.mp4").read_bytes()
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_a_network_that_remembers_remembers_across_chunks(workers: Workers, tmp_path: Path) -> None:
    """The network's number leaves 0..1 in the flash alone, and is taken for a score from there on."""
    film, network = tmp_path / "flash.mp4", tflite(tmp_path / "n.tflite", weights=[[0.345, 0.345, 0.345]])
    with av.open(str(film), "w") as out:
        stream: Any = out.add_stream("libx264", rate=25, options={"g": "6", "crf": "0"})
        stream.width, stream.height = 96, 64
        for number in range(30):
            frame = make_frame(number, 96, 64)
            if number == 14:
                frame.planes[0].update(bytes([235]) * frame.planes[0].buffer_size)
                for plane in frame.planes[1:]:
                    plane.update(bytes([128]) * plane.buffer_size)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    options = {**OPTIONS, "segmenter": f"tflite:{network}"}
    mf.convert(film, tmp_path / "plain.mp4", **options)
    mf.convert_in_chunks(film, tmp_path / "cut.mp4", workers=workers, chunk_frames=6, **options)
    assert (tmp_path / "cut.mp4").read_bytes() == (tmp_path / "plain.mp4").read_bytes()
    without = score(ChunkOrder(Film(film), plan_chunks(film, batch=1, frames=6)[-1], Options(**options)))
    assert without.bounded == (True, True)  # type: ignore[union-attr]  # so the memory did matter


def test_a_chunk_of_other_pictures_is_found_out_and_made_again(
    film: Path, crew: Crew, tmp_path: Path
) -> None:
    chunks = plan_chunks(film, batch=1, frames=12)
    first, second = (
        score(ChunkOrder(Film(film), chunk, Options(segmenter="selfie"))) for chunk in chunks[:2]
    )
    segmenter = Segmenter(create_model("selfie"))  # type: ignore[arg-type]
    right = [segmenter.push(frame)[0].mask for frame in decoded(film)]
    for number, wrong in enumerate((first, dataclasses.replace(second, prints=second.prints[:5]))):
        store = ChunkStore(tmp_path / str(number), ChunkScores, {})
        store.keep(chunks[1], wrong)  # type: ignore[arg-type]
        masks = chunk_masks(film, crew, store, chunks)
        found = [masks.push(frame)[0].mask for frame in decoded(film)]
        assert np.array_equal(found, right)


def test_a_film_that_decodes_differently_each_time_is_an_error(
    film: Path, crew: Crew, tmp_path: Path
) -> None:
    other = make_clip(tmp_path / "other.mp4", frames=3, pix_fmt="yuv444p")
    masks = chunk_masks(
        film, crew, ChunkStore(tmp_path / "s", ChunkScores, {}), [Chunk(None, None, None, FRAMES)]
    )
    with pytest.raises(InputError, match="decodes to other pictures each time"):
        masks.push(decoded(other)[0])


def test_few_chunks_are_on_their_way_at_any_time(film: Path, crew: Crew, tmp_path: Path) -> None:
    chunks = plan_chunks(film, batch=1, frames=1)
    assert len(chunks) == 11
    store = ChunkStore(tmp_path / "store", ChunkScores, {})
    masks = chunk_masks(film, crew, store, chunks)
    for frame in decoded(film):
        masks.push(frame)
        consumed = next(number for number, chunk in enumerate(chunks, 1) if chunk.holds(frame.pts))
        assert len(list((tmp_path / "store").glob("*.mkv"))) <= consumed + crew.size + AHEAD


@pytest.mark.parametrize("victim", ["worker", "driver"])
def test_whoever_is_killed_the_output_has_the_same_bits(film: Path, victim: str, tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    store = store_path(out)
    process = start_in_chunks(film, out)
    wait_until(lambda: list(store.glob("*.json")), process=process)
    kept = {path: path.stat().st_mtime_ns for path in store.glob("*.json")}
    (worker,) = workers_of(process)
    kill(worker if victim == "worker" else process.pid)
    _, said = process.communicate(timeout=60)
    if victim == "driver":
        wait_until(lambda: is_gone(worker))
        assert not out.exists()
        assert {path: path.stat().st_mtime_ns for path in kept} == kept
        again = start_in_chunks(film, out)
        _, said = again.communicate(timeout=60)
        process = again
    assert process.returncode == 0, said
    mf.convert(film, tmp_path / "plain.mp4", **OPTIONS)
    assert out.read_bytes() == (tmp_path / "plain.mp4").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.mp4", "plain.mp4"]


def test_a_network_that_fails_far_away_fails_here_with_its_own_words_and_status(
    film: Path, workers: Workers, tmp_path: Path
) -> None:
    with pytest.raises(mf.MaskSmoothError, match=r"nowhere\.tflite") as caught:
        mf.convert_in_chunks(film, tmp_path / "out.mp4", workers=workers, segmenter="tflite:nowhere.tflite")
    assert caught.value.exit_code == ModelError.exit_code
    assert not list(tmp_path.iterdir())


def test_a_pipe_cannot_be_cut(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="read a film in several places"):
        mf.convert_in_chunks("-", tmp_path / "out.mp4", **OPTIONS)


def test_it_says_how_many_workers_and_chunks_there_are(
    film: Path, workers: Workers, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        mf.convert_in_chunks(film, tmp_path / "out.mp4", workers=workers, chunk_frames=60, **OPTIONS)
    assert "selfie runs on 2 workers, 2 chunks of the film" in caplog.text
