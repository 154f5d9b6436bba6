"""A batch: bad films fail alone, done ones are skipped, and nothing is lost whoever is killed."""

from __future__ import annotations

import json
import re
import shutil
import signal
from pathlib import Path
from typing import Any

import click
import pytest

import masksmooth_filter as mf
from masksmooth_cli.main import command
from masksmooth_filter.errors import OptionError
from masksmooth_filter.scale.batch_result import Batch, FilmResult
from masksmooth_filter.scale.workers import Workers
from tests.clips import make_clip
from tests.scale.processes import FAST, OPTIONS, is_gone, kill, start, wait_until, workers_of
from tests.test_cli import run

FRAMES = 30


@pytest.fixture
def films(tmp_path: Path) -> Path:
    """Three films and a file that is none."""
    folder = tmp_path / "films"
    (folder / "more").mkdir(parents=True)
    for name in ("a.mp4", "b.mkv", "more/a.mp4"):
        make_clip(folder / name, frames=FRAMES, audio=1)
    (folder / "bad.mp4").write_bytes(b"no film at all" * 100)
    return folder


@pytest.fixture(scope="module")
def long_films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two films that take a second or two each."""
    folder = tmp_path_factory.mktemp("long") / "films"
    folder.mkdir()
    clip = make_clip(folder / "a.mp4", frames=120, size=(320, 240), audio=1, options={"preset": "ultrafast"})
    shutil.copy(clip, folder / "b.mp4")
    return folder


@pytest.fixture(scope="module")
def uninterrupted(long_films: Path) -> bytes:
    """What each of them becomes if nobody is killed."""
    return plain(long_films, "a.mp4", long_films.parent)


def films_of(folder: Path) -> dict[str, dict[str, Any]]:
    """Return what batch.json says of each film, by its output's name."""
    found = json.loads((folder / "batch.json").read_text())
    assert found["schema"] == 1
    return {str(Path(film["output"]).relative_to(folder)): film for film in found["films"]}


def hidden(folder: Path) -> list[str]:
    """Return what lies hidden among the outputs, records left out."""
    found = [path.relative_to(folder) for path in folder.rglob(".*") if path.name != ".batch"]
    return [str(path) for path in found if path.parts[0] != ".batch"]


def half_way(folder: Path, name: str) -> bool:
    """Tell whether an output that is being made has some of its masks on the disk."""
    return any(path.stat().st_size > 10_000 for path in folder.glob(f"*.{name}.scores.part*"))


def plain(films: Path, name: str, out: Path) -> bytes:
    """Return the output of a film that is converted by itself, in this process."""
    mf.convert(films / name, out / f"plain-{Path(name).name}", overwrite=True, **OPTIONS)
    return (out / f"plain-{Path(name).name}").read_bytes()


def test_a_bad_film_fails_alone_and_the_others_are_what_each_alone_would_be(
    films: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    done = run("--batch", films, "--output-dir", out, "--jobs", 2, "--verify", *FAST)  # type: ignore[arg-type]
    assert (done.returncode, done.stdout) == (9, "")
    assert "1 of 4 films failed" in done.stderr
    assert "Traceback" not in done.stderr
    found = films_of(out)
    assert {name: film["status"] for name, film in found.items()} == {
        "a.mp4": "done",
        "b.mkv": "done",
        "bad.mp4": "failed",
        "more/a.mp4": "done",
    }
    assert found["bad.mp4"]["exit_code"] == 3
    assert "cannot be read as a video" in found["bad.mp4"]["reason"]
    assert (found["a.mp4"]["frames"], found["a.mp4"]["verified"]) == (FRAMES, True)
    for name in ("a.mp4", "more/a.mp4"):  # Matroska's have a number that is drawn by lot
        assert (out / name).read_bytes() == plain(films, name, tmp_path)
    assert not hidden(out)


def test_a_film_is_skipped_only_while_its_bytes_options_and_output_are_the_same(
    films: Path, workers: Workers, tmp_path: Path
) -> None:
    out, names = tmp_path / "out", [films / "a.mp4", films / "b.mkv"]
    first = mf.convert_many(names, out, workers=workers, **OPTIONS)
    assert [film.status for film in first.films] == ["done", "done"]
    made = {path: path.stat().st_mtime_ns for path in out.glob("*.m*")}
    again = mf.convert_many(names, out, workers=workers, check=True, **OPTIONS)
    assert [(film.status, film.frames, film.verified) for film in again.films] == [
        ("skipped", FRAMES, True)
    ] * 2
    assert {path: path.stat().st_mtime_ns for path in out.glob("*.m*")} == made
    make_clip(films / "a.mp4", frames=FRAMES, audio=1, options={"crf": "35"})
    (out / "b.mkv").write_bytes(b"torn")
    third = mf.convert_many(names, out, workers=workers, overwrite=True, **OPTIONS)
    assert [film.status for film in third.films] == ["done", "done"]
    other = mf.convert_many(names, out, workers=workers, **OPTIONS | {"method": "median"})
    assert [film.exit_code for film in other.films] == [4, 4]
    assert "exists already" in (other.films[0].reason or "")
    assert not other.ok


def test_a_killed_worker_is_replaced_and_its_film_goes_on_to_the_same_bits(
    long_films: Path, uninterrupted: bytes, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    process = start("--batch", long_films, "--output-dir", out, "--jobs", "1", *FAST)
    wait_until(lambda: half_way(out, "a.mp4"), process=process)
    kill(workers_of(process)[0])
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    found = films_of(out)
    assert [film["status"] for film in found.values()] == ["done", "done"]
    assert found["a.mp4"]["tries"] == 2
    assert (out / "a.mp4").read_bytes() == uninterrupted
    assert not hidden(out)


def test_a_killed_driver_takes_its_workers_along_and_the_next_does_only_what_is_left(
    long_films: Path, uninterrupted: bytes, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    command = ("--batch", long_films, "--output-dir", out, "--jobs", "1", *FAST)
    process = start(*command)
    wait_until(lambda: half_way(out, "b.mp4"), process=process)
    made = (out / "a.mp4").stat().st_mtime_ns
    (worker,) = workers_of(process)
    kill(process.pid)
    process.communicate(timeout=60)
    wait_until(lambda: is_gone(worker))
    done = run(*command)
    assert done.returncode == 0, done.stderr
    assert [film["status"] for film in films_of(out).values()] == ["skipped", "done"]
    assert (out / "a.mp4").stat().st_mtime_ns == made
    assert (out / "b.mp4").read_bytes() == uninterrupted
    assert not hidden(out)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_a_batch_with_nothing_half_written(
    number: int, status: int, long_films: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    process = start("--batch", long_films, "--output-dir", out, "--jobs", "1", *FAST)
    wait_until(lambda: half_way(out, "a.mp4"), process=process)
    (worker,) = workers_of(process)
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == status, said
    assert "Traceback" not in said
    assert is_gone(worker)
    assert [film["status"] for film in films_of(out).values()] == ["not run", "not run"]
    assert not [path.name for path in out.glob("*.mp4")]
    assert not list(out.glob(".*.part*.mp4"))  # the masks alone are kept, to go on from


MIXED = {
    "no folder": (["--batch", "a.mp4"], "--output-dir DIR"),
    "no batch": (["a.mp4", "b.mp4", "--output-dir", "out"], "--output-dir is of --batch"),
    "no cluster": (["a.mp4", "b.mp4", "--needs", "gpu=1"], "no effect without --cluster"),
    "a pipe": (["--batch", "-", "--output-dir", "out"], "- is one pipe"),
    "three names": (["a.mp4", "b.mp4", "c.mp4"], "for more, --batch"),
    "one name": (["a.mp4"], "Missing argument 'OUTPUT'"),
}


@pytest.mark.parametrize(("arguments", "message"), MIXED.values(), ids=MIXED.keys())
def test_options_of_the_two_forms_do_not_mix(arguments: list[str], message: str) -> None:
    with pytest.raises((OptionError, click.UsageError), match=re.escape(message)) as caught:
        command.main(arguments, standalone_mode=False)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"workers": Workers(0)}, "--jobs is 0"),
        ({"masks_from": "m.mkv"}, "leave out --jobs"),
        ({"every": 2}, "leave out --jobs"),
    ],
    ids=["no jobs", "masks that are there", "keyframes"],
)
def test_what_workers_cannot_do_is_refused_before_they_are_started(
    options: dict[str, Any], message: str, films: Path, tmp_path: Path
) -> None:
    with pytest.raises(OptionError, match=message):
        mf.convert_in_chunks(films / "a.mp4", tmp_path / "out.mp4", **options)


def test_the_table_counts_what_became_of_films_and_says_why_some_failed() -> None:
    films = (
        FilmResult(input="a", output="o/a", status="done", exit_code=0, frames=100, seconds=4.0, wall_s=2.0),
        FilmResult(input="b", output="o/b", status="failed", exit_code=3, reason="it is no video"),
        FilmResult(input="c", output="o/c", status="not run"),
    )
    table = Batch(films, 2.0).table().splitlines()
    assert table[0] == "3 films in 2.0 s"
    assert [line.split() for line in table[1:4]] == [["done", "1"], ["failed", "1"], ["not", "run", "1"]]
    assert "50.0 frames/s, 2.00 times real time" in table[4]
    assert table[5].split() == ["b", "3", "it", "is", "no", "video"]
