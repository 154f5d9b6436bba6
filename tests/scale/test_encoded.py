"""One film encoded in chunks by workers shows the pictures of a run in one process, at the same times."""

from __future__ import annotations

import subprocess
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import masksmooth_filter as mf
from masksmooth_filter.errors import OptionError, OutputError
from masksmooth_filter.media import Demuxer, EncodeOptions
from masksmooth_filter.media.parts import Joints, PartEncoding, part_encoder
from masksmooth_filter.scale.chunk_film import ChunkPackets
from masksmooth_filter.scale.chunk_queue import AHEAD, ChunkQueue, Place
from masksmooth_filter.scale.chunk_store import store_path
from masksmooth_filter.scale.crew import Crew
from masksmooth_filter.scale.films import load
from masksmooth_filter.scale.scene_chunks import SceneChunks
from masksmooth_filter.scale.workers import Workers
from tests.clips import make_clip
from tests.scale.processes import is_gone, kill, start_in_chunks, wait_until, workers_of
from tests.scale.scenes import make_scenes
from tests.test_cli import run

BASIC: dict[str, Any] = {"segmenter": "selfie", "preset": "ultrafast"}
GAUSSIAN: dict[str, Any] = {**BASIC, "method": "gaussian", "scene_cuts": True}
NONE: dict[str, Any] = {**BASIC, "method": "none"}
EXACT: dict[str, Any] = {"segmenter": "selfie", "codec": "ffv1"}

FLASHES = (15, 24, 33, 48, 49)
"""A frame before a cut, within a scene, a frame after a cut; and two, which are no flash, at a cut."""


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four scenes of 24 frames, B-frames, sound, and frames that do not all last alike."""
    return make_scenes(tmp_path_factory.mktemp("film") / "in.mp4", uneven=True)


@pytest.fixture(scope="module")
def flashing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_scenes(tmp_path_factory.mktemp("film") / "in.mp4", scenes=(16, 16, 16, 16), flashes=FLASHES)


def hashes(path: Path, *options: str) -> list[str]:
    """What ffmpeg says of every frame, or with ``-c copy`` of every packet: its times, size and checksum."""
    command = ["ffmpeg", "-v", "error", "-i", str(path), *options, "-f", "framemd5", "-"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


def chunks_of(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that the chunks of all runs from now on are put into, by their frames."""
    found: list[int] = []
    whole = ChunkQueue.next

    def noted(queue: ChunkQueue[ChunkPackets]) -> Place[ChunkPackets] | None:
        if (place := whole(queue)) is not None:
            found.append(place.chunk.frames)
        return place

    monkeypatch.setattr(ChunkQueue, "next", noted)
    return found


@pytest.mark.ffmpeg
@pytest.mark.parametrize(
    ("settings", "suffix"),
    [
        ({"method": "ema", "scene_cuts": True, "crf": 0, "preset": "medium", "mode": "matte"}, ".mp4"),
        ({"method": "none", "crf": 0, "mode": "side-by-side"}, ".ts"),
    ],
    ids=["reordered pictures", "headers in the packets"],
)
def test_pictures_times_and_sound_are_those_of_a_run_in_one_process(
    film: Path, workers: Workers, tmp_path: Path, settings: dict[str, Any], suffix: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Where the encoder loses nothing: what it was given."""
    chunks = chunks_of(monkeypatch)
    plain, cut = tmp_path / f"plain{suffix}", tmp_path / f"cut{suffix}"
    mf.convert(film, plain, segmenter="selfie", **settings)
    report = mf.encode_in_chunks(film, cut, workers=workers, chunk_frames=20, segmenter="selfie", **settings)
    assert chunks == [24, 24, 24, 24]
    assert report.frames == 96
    assert hashes(cut, "-map", "0:v") == hashes(plain, "-map", "0:v")
    assert hashes(cut, "-map", "0:a", "-c", "copy") == hashes(plain, "-map", "0:a", "-c", "copy")
    assert mf.verify(film, cut, mode=settings.get("mode", "overlay")).ok
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([plain.name, cut.name])


@pytest.mark.ffmpeg
@pytest.mark.parametrize("causal", [False, True], ids=["waiting", "causal"])
def test_flashes_and_cuts_in_a_row_end_no_chunk_where_the_smoother_goes_on(
    flashing: Path, workers: Workers, tmp_path: Path, causal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    chunks = chunks_of(monkeypatch)
    mf.convert(flashing, tmp_path / "plain.mkv", causal=causal, **EXACT)
    mf.encode_in_chunks(
        flashing, tmp_path / "cut.mkv", workers=workers, chunk_frames=2, causal=causal, **EXACT
    )
    assert hashes(tmp_path / "cut.mkv") == hashes(tmp_path / "plain.mkv")
    assert len(chunks) > 2
    if not causal:
        starts = [sum(chunks[:n]) for n in range(1, len(chunks))]
        assert not {24, 25} & set(starts)  # a flash within a scene


def test_the_bits_depend_neither_on_the_number_of_workers_nor_on_who_was_killed(
    film: Path, workers: Workers, tmp_path: Path
) -> None:
    mf.encode_in_chunks(film, tmp_path / "two.mp4", workers=workers, chunk_frames=20, **GAUSSIAN)
    out = tmp_path / "one.mp4"
    driver = start_in_chunks(film, out, form="encode")
    wait_until(lambda: list(store_path(out).glob("*.json")), process=driver)
    (worker,) = workers_of(driver)
    kill(driver.pid)
    driver.communicate(timeout=60)
    wait_until(lambda: is_gone(worker))
    kept = {path: path.stat().st_mtime_ns for path in store_path(out).glob("*.json")}
    assert kept
    assert not out.exists()
    again = start_in_chunks(film, out, form="encode")
    kill(wait_until(lambda: workers_of(again), process=again)[0])
    wait_until(lambda: len(list(store_path(out).glob("*.json"))) > len(kept), process=again)
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    _, said = again.communicate(timeout=60)
    assert again.returncode == 0, said
    assert out.read_bytes() == (tmp_path / "two.mp4").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.mp4", "two.mp4"]


def test_each_chunk_begins_with_a_keyframe_and_nothing_is_decoded_after_it_is_shown(
    film: Path, workers: Workers, tmp_path: Path
) -> None:
    out = tmp_path / "out.mp4"
    mf.encode_in_chunks(film, out, workers=workers, chunk_frames=20, **NONE | {"preset": "medium"})
    with av.open(out) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    assert [n for n, packet in enumerate(packets) if packet.is_keyframe] == [0, 24, 48, 72]
    decoded = [packet.dts or 0 for packet in packets]
    assert decoded == sorted(set(decoded))
    assert all(packet.dts <= packet.pts for packet in packets)  # type: ignore[operator]
    assert any(packet.dts != packet.pts for packet in packets)


def test_a_film_without_cuts_is_one_chunk_and_the_run_says_so(workers: Workers, tmp_path: Path) -> None:
    film = make_clip(tmp_path / "in.mp4", frames=60)
    report = mf.encode_in_chunks(film, tmp_path / "out.mp4", workers=workers, chunk_frames=10, **NONE)
    assert report.frames == 60
    assert any("the film is one chunk by its scene cuts" in line for line in report.warnings)


@pytest.mark.parametrize(
    ("least", "batch", "frames"),
    [
        (10, 1, [24] * 4),
        (24, 1, [24] * 4),
        (25, 1, [48, 48]),
        (49, 1, [96]),
        (10, 12, [24] * 4),
        (10, 16, [48, 48]),
        (10, 7, [96]),
    ],
)
def test_chunks_begin_at_scenes_and_at_whole_batches(
    film: Path, least: int, batch: int, frames: list[int]
) -> None:
    scenes = SceneChunks(least=least, batch=batch)
    with av.open(film) as container:
        decoded = list(container.decode(video=0))
    found = [chunk for frame in decoded if (chunk := scenes.push(frame))] + scenes.flush()
    assert [chunk.frames for chunk in found] == frames
    assert (found[0].start, found[-1].end) == (None, None)
    assert [one.end for one in found[:-1]] == [two.start for two in found[1:]]
    for chunk in found[1:]:
        assert chunk.seek is not None
        assert chunk.start is not None
        assert chunk.seek <= chunk.start


def test_few_chunks_are_on_their_way_at_any_time(
    film: Path, crew: Crew, workers: Workers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    most = 0
    whole = ChunkQueue.ask

    def counted(queue: ChunkQueue[ChunkPackets]) -> None:
        nonlocal most
        whole(queue)
        most = max(most, len(queue._places))

    monkeypatch.setattr(ChunkQueue, "ask", counted)
    many = make_scenes(tmp_path / "in.mp4", scenes=[9] * 9)
    mf.encode_in_chunks(many, tmp_path / "out.mp4", workers=workers, chunk_frames=8, **NONE)
    assert 1 < most <= crew.size + AHEAD


def test_workers_that_do_not_share_the_disk_send_what_they_have_encoded(
    film: Path, crew: Crew, workers: Workers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mf.encode_in_chunks(film, tmp_path / "shared.mp4", workers=workers, chunk_frames=40, **NONE)
    monkeypatch.setattr(crew, "_send", load)
    mf.encode_in_chunks(film, tmp_path / "sent.mp4", workers=workers, chunk_frames=40, **NONE)
    assert (tmp_path / "sent.mp4").read_bytes() == (tmp_path / "shared.mp4").read_bytes()


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"hold": 200}, "--hold looks at masks across scene cuts"),
        ({"save_masks": "masks.mkv"}, "--save-masks looks at masks"),
        ({"report": "report"}, "--report looks at masks"),
        ({"method": "gaussian"}, "add --scene-cuts"),
        ({"method": "motion", "scene_cuts": False}, "begins anew"),
        ({"every": 2}, "leave out --jobs"),
        ({"masks_from": "masks.mkv", "segmenter": "auto"}, "leave out --jobs"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_reaches_across_cuts_is_refused(
    film: Path, workers: Workers, tmp_path: Path, settings: dict[str, Any], why: str
) -> None:
    with pytest.raises(OptionError, match=why):
        mf.encode_in_chunks(
            film, tmp_path / "out.mp4", workers=workers, **{"segmenter": "selfie", **settings}
        )
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "settings", "why"),
    [("out.avi", {}, "a tick a frame"), ("out.webm", {"mode": "cutout"}, "keeps transparency beside")],
)
def test_files_that_cannot_be_joined_are_refused(
    workers: Workers, tmp_path: Path, name: str, settings: dict[str, Any], why: str
) -> None:
    film = make_clip(tmp_path / "in.mp4", frames=10)
    with pytest.raises(OptionError, match=why):
        mf.encode_in_chunks(film, tmp_path / name, workers=workers, segmenter="selfie", **settings)
    assert not (tmp_path / name).exists()


def test_an_encoder_with_other_headers_is_an_error(film: Path, tmp_path: Path) -> None:
    with Demuxer(film) as demuxer:
        info = demuxer.info
    encoding = PartEncoding(".mp4", "libx264", Fraction(0), info, EncodeOptions(), b"another build")
    with pytest.raises(OutputError, match="other headers on a worker"), part_encoder(encoding):
        pass


@pytest.mark.parametrize("form", [["--batch", "in.mp4", "--output-dir", "o"], ["in.mp4", "o.mp4"]])
def test_the_option_is_for_one_film_on_workers(form: list[str], tmp_path: Path) -> None:
    done = run(*form, "--encode-chunks", cwd=tmp_path)
    assert done.returncode == OptionError.exit_code
    assert "--encode-chunks shares one film out among workers" in done.stderr


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.lists(st.integers(1, 900), min_size=4, max_size=12), min_size=1, max_size=5),
    st.integers(0, 3),
    st.randoms(use_true_random=False),
)
def test_decoding_times_are_those_of_one_encoder(parts: list[list[int]], delay: int, random: Any) -> None:
    """The n-th packet is decoded when the picture ``delay`` before the n-th is shown (x264's encoder.c)."""
    joints, shown, found, now = Joints(), [], [], 0
    for steps in parts:
        times = []
        for step in steps:
            now += step
            times.append(now)
        lead = times[delay] - times[0]
        own = [time - lead for time in times[:delay]] + times[: len(times) - delay]
        order = [times[0], *reorder(times[1:], delay, random)]
        found += joints.decoding_times(order, own)
        shown += times
    lead = shown[delay] - shown[0]
    assert found == [time - lead for time in shown[:delay]] + shown[: len(shown) - delay]


def reorder(times: list[int], delay: int, random: Any) -> list[int]:
    """Return pictures in an order of decoding that ``delay`` allows: one comes early by as much at most."""
    order = list(times)
    for start in range(0, len(order) - delay, delay + 1):
        group = order[start : start + delay + 1]
        random.shuffle(group)
        order[start : start + delay + 1] = group
    return order


def test_parts_that_do_not_join_are_an_error() -> None:
    joints = Joints()
    joints.decoding_times([0, 1, 2], [0, 1, 2])
    with pytest.raises(OutputError, match="do not join"):
        joints.decoding_times([1, 2], [1, 2])
