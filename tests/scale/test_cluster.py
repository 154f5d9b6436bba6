"""The same on a Ray cluster: two workers of one head, some of which are killed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import masksmooth_filter as mf
from masksmooth_filter.errors import DeviceError, OptionError
from masksmooth_filter.scale.chunk_store import store_path
from masksmooth_filter.scale.workers import Needs, Workers
from tests.clips import make_clip
from tests.scale.conftest import Head
from tests.scale.processes import FAST, OPTIONS, kill, start, start_in_chunks, wait_until
from tests.scale.scenes import make_scenes
from tests.test_cli import run

SMALL = Needs(memory=1 << 29)


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six films, two of which are corrupt."""
    folder = tmp_path_factory.mktemp("films") / "in"
    folder.mkdir()
    clip = make_clip(folder / "0.mp4", frames=90, size=(160, 120), audio=1, options={"preset": "ultrafast"})
    for number in (1, 2, 3):
        shutil.copy(clip, folder / f"{number}.mp4")
    (folder / "bad.mp4").write_bytes(b"nothing" * 100)
    (folder / "torn.mp4").write_bytes(clip.read_bytes()[:3000])
    return folder


@pytest.fixture(scope="module")
def plain(films: Path) -> bytes:
    mf.convert(films / "0.mp4", films.parent / "plain.mp4", **OPTIONS)
    return (films.parent / "plain.mp4").read_bytes()


def statuses(out: Path) -> dict[str, str]:
    found = json.loads((out / "batch.json").read_text())["films"]
    return {Path(film["input"]).name: film["status"] for film in found}


ALL = {
    **dict.fromkeys(("0.mp4", "1.mp4", "2.mp4", "3.mp4"), "done"),
    "bad.mp4": "failed",
    "torn.mp4": "failed",
}


def test_a_batch_survives_a_worker_that_is_killed(
    head: Head, films: Path, plain: bytes, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    where = ("--cluster", head.address, "--needs", "memory=512M")
    process = start("--batch", films, "--output-dir", "out", *where, *FAST, cwd=tmp_path)
    wait_until(lambda: list(out.glob("*.scores.part*")), process=process)
    kill(head.workers()[0])
    _, said = process.communicate(timeout=120)
    assert process.returncode == 9, said
    assert statuses(out) == ALL
    assert all((out / f"{n}.mp4").read_bytes() == plain for n in range(4))
    assert not [path.name for path in out.iterdir() if path.name.startswith(".") and path.name != ".batch"]
    wait_until(lambda: not head.workers())  # nothing of ours stays on the cluster
    again = run("--batch", str(films), "--output-dir", str(out), "--cluster", head.address, *FAST)
    assert again.returncode == 9
    assert set(statuses(out).values()) == {"skipped", "failed"}


def test_a_killed_driver_leaves_what_the_next_one_goes_on_from(
    head: Head, films: Path, plain: bytes, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    command = ("--batch", films, "--output-dir", out, "--cluster", head.address, "--jobs", "1", *FAST)
    process = start(*command)
    wait_until(lambda: list(out.glob("*1.mp4.scores.part*")), process=process)
    made = (out / "0.mp4").stat().st_mtime_ns
    kill(process.pid)
    process.communicate(timeout=60)
    wait_until(lambda: not head.workers())
    assert run(*command).returncode == 9
    assert statuses(out)["0.mp4"] == "skipped"
    assert (out / "0.mp4").stat().st_mtime_ns == made
    assert all((out / f"{n}.mp4").read_bytes() == plain for n in range(4))


def test_one_film_in_chunks_has_the_same_bits_though_a_worker_is_killed(head: Head, tmp_path: Path) -> None:
    film = make_clip(
        tmp_path / "in.mp4", frames=160, size=(160, 120), options={"g": "40", "preset": "ultrafast"}
    )
    out = tmp_path / "out.mp4"
    process = start_in_chunks(film, out, cluster=head.address)
    wait_until(lambda: list(store_path(out).glob("*.json")), process=process)
    kill(head.workers()[0])
    _, said = process.communicate(timeout=120)
    assert process.returncode == 0, said
    mf.convert(film, tmp_path / "plain.mp4", **OPTIONS)
    assert out.read_bytes() == (tmp_path / "plain.mp4").read_bytes()


def test_one_film_encoded_on_the_cluster_has_the_bits_of_one_encoded_by_processes(
    head: Head, workers: Workers, tmp_path: Path
) -> None:
    film = make_scenes(tmp_path / "in.mp4", scenes=(20, 20))
    options = {"segmenter": "selfie", "method": "none", "chunk_frames": 15}
    mf.encode_in_chunks(film, tmp_path / "here.mp4", workers=workers, **options)
    mf.encode_in_chunks(film, tmp_path / "there.mp4", workers=Workers(1, head.address, SMALL), **options)
    assert (tmp_path / "there.mp4").read_bytes() == (tmp_path / "here.mp4").read_bytes()


def test_films_and_outputs_go_through_the_object_store_where_folders_are_not_shared(
    head: Head, films: Path, plain: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Workers that look for what is not there stand for nodes that do not see our disk."""
    import masksmooth_filter.scale.batch as batch

    monkeypatch.setattr(batch, "_print", lambda path: "of no file there")
    original: Any = batch.Order

    def elsewhere(*args: Any) -> Any:
        return original(*args[:-1], Path("/nowhere/sign"))

    monkeypatch.setattr(batch, "Order", elsewhere)
    out = tmp_path / "out"
    result = mf.convert_many([films / "0.mp4"], out, workers=Workers(1, head.address, SMALL), **OPTIONS)
    assert result.ok, result.table()
    assert (out / "0.mp4").read_bytes() == plain
    monkeypatch.undo()
    assert mf.convert_many([films / "0.mp4"], out, **OPTIONS).films[0].status == "skipped"


def test_needs_that_no_node_meets_are_an_error_that_says_what_there_is(head: Head, films: Path) -> None:
    with pytest.raises(OptionError, match=r"no node of the cluster has cpu=1,gpu=4.*all together have cpu=2"):
        mf.convert_many([films], films.parent / "o", workers=Workers(None, head.address, Needs(gpu=4)))


def test_no_cluster_at_the_address_is_an_error_that_says_how_to_start_one(films: Path) -> None:
    pytest.importorskip("ray")
    with pytest.raises(DeviceError, match=r"no Ray cluster answers at 127.0.0.1:9 .*: ray start --head"):
        mf.convert_many([films], films.parent / "o", workers=Workers(None, "127.0.0.1:9"))
    with pytest.raises(OptionError, match="write auto, or HOST:PORT"):
        mf.convert_many([films], films.parent / "o", workers=Workers(None, "ray://127.0.0.1:10001"))
