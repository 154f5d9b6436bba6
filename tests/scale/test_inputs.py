"""Which films a batch is of, and where their outputs go."""

from __future__ import annotations

from pathlib import Path

import pytest

from masksmooth_filter.errors import InputError, OptionError
from masksmooth_filter.scale.inputs import collect
from masksmooth_filter.scale.workers import Needs


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """a.mp4 b.mov notes.txt .hidden.mp4 2024/a.mp4 2024/old.wmv, all empty."""
    folder = tmp_path / "archive"
    (folder / "2024").mkdir(parents=True)
    for name in ("a.mp4", "b.mov", "notes.txt", ".hidden.mp4", "2024/a.mp4", "2024/old.wmv"):
        (folder / name).touch()
    return folder


def outputs(*inputs: str | Path, folder: Path, **options: object) -> dict[str, str]:
    """Return each input's name with its output, relative to the output folder."""
    jobs = collect([str(text) for text in inputs], folder, options)
    return {str(job.input): str(job.output.relative_to(folder)) for job in jobs}


def test_a_folders_films_keep_their_places_and_get_a_container_that_can_be_written(archive: Path) -> None:
    assert outputs(archive, folder=archive.parent / "out") == {
        f"{archive}/a.mp4": "a.mp4",
        f"{archive}/b.mov": "b.mov",
        f"{archive}/2024/a.mp4": "2024/a.mp4",
        f"{archive}/2024/old.wmv": "2024/old.wmv.mkv",
    }


def test_what_lies_in_the_output_folder_is_no_input(archive: Path) -> None:
    assert not [name for name in outputs(archive, folder=archive / "2024") if "2024" in name]


def test_patterns_find_films_in_order_and_each_is_taken_once(archive: Path) -> None:
    found = outputs(f"{archive}/*.m*", archive / "a.mp4", folder=archive.parent / "out")
    assert list(found) == [f"{archive}/a.mp4", f"{archive}/b.mov"]
    deep = outputs(f"{archive}/**/o*", folder=archive.parent / "out")
    assert list(deep) == [f"{archive}/2024/old.wmv"]


def test_a_file_is_taken_whatever_it_is_called_and_whether_or_not_it_is_there(archive: Path) -> None:
    found = outputs(archive / "notes.txt", archive / "gone.mp4", folder=archive)
    assert list(found.values()) == ["notes.txt.mkv", "gone.mp4"]


@pytest.mark.parametrize("text", ["nothing*.mp4", "empty"])
def test_a_pattern_or_folder_without_films_is_an_error_before_anything_is_done(
    text: str, archive: Path
) -> None:
    (archive / "empty").mkdir()
    with pytest.raises(InputError, match="holds no film"):
        collect([str(archive / text)], archive / "out", {})


def test_two_films_with_one_output_are_refused_with_both_names(archive: Path) -> None:
    with pytest.raises(OptionError, match=r"2024/a.mp4 would both be written to .* give the folder"):
        collect([f"{archive}/a.mp4", f"{archive}/2024/a.mp4"], archive / "out", {})


def test_reports_get_a_folder_for_each_film(archive: Path) -> None:
    jobs = collect([str(archive)], archive.parent / "out", {"report": archive.parent / "figures"})
    assert {str(job.options.report.relative_to(archive.parent)) for job in jobs if job.options.report} == {
        "figures/a.mp4",
        "figures/b.mov",
        "figures/2024/a.mp4",
        "figures/2024/old.wmv.mkv",
    }


def test_one_file_for_all_masks_is_refused(archive: Path) -> None:
    with pytest.raises(OptionError, match="--save-masks names one file"):
        collect([str(archive)], archive.parent / "out", {"save_masks": Path("scores.mkv")})


def test_an_option_that_is_wrong_for_all_is_said_once(archive: Path) -> None:
    with pytest.raises(OptionError, match="threshold is 2"):
        collect([str(archive)], archive.parent / "out", {"threshold": 2})


MANIFESTS = {
    "json": '[{"input": "a.mp4", "radius": 2, "refine": false}, {"input": "b.mov", "output": "x/b.mp4", '
    '"radius": "120ms", "encoder_options": {"tune": "film"}}]',
    "toml": '[options]\nradius = 2\n[[files]]\ninput = "a.mp4"\nrefine = false\n[[files]]\ninput = "b.mov"\n'
    'output = "x/b.mp4"\nradius = "120ms"\nencoder_options = [["tune", "film"]]\n',
    "csv": "input,output,radius,refine,encoder_options\na.mp4,,2,false,\nb.mov,x/b.mp4,120ms,,tune=film\n",
}


@pytest.mark.parametrize("kind", MANIFESTS)
def test_a_manifest_gives_each_film_options_of_its_own(kind: str, archive: Path) -> None:
    path = archive / f"films.{kind}"
    path.write_text(MANIFESTS[kind])
    one, two = collect([str(path)], archive.parent / "out", {"threshold": 0.4, "radius": 7})
    assert (one.input, one.output.name) == (archive / "a.mp4", "a.mp4")
    assert (one.options.radius, one.options.refine, one.options.threshold) == (2, False, 0.4)
    assert two.output == archive.parent / "out" / "x" / "b.mp4"
    assert (two.options.radius, two.options.encoder_options) == ("120ms", (("tune", "film"),))


WRONG = {
    "not json": ("json", "[", InputError, "cannot be read"),
    "another form": ("json", '{"films": []}', InputError, "it holds files"),
    "nothing": ("json", "[]", InputError, "names no films"),
    "no input": ("json", '[{"output": "a.mp4"}]', InputError, "film 1: write input"),
    "no such option": ("toml", '[[files]]\ninput="a"\nradios=1', OptionError, "film 1: .*'radios'; choose"),
    "a wrong value": ("csv", "input,alpha\na.mp4,3\n", OptionError, "film 1: alpha is 3"),
    "no truth value": ("csv", "input,refine\na.mp4,maybe\n", InputError, "refine is 'maybe'; write true"),
    "a torn row": ("csv", "input,radius\na.mp4\n", InputError, "line 2 has more or fewer cells"),
    "an output elsewhere": ("json", '[{"input":"a","output":"../../a.mp4"}]', OptionError, "lies outside"),
}


@pytest.mark.parametrize(("kind", "text", "error", "message"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_manifest_says_where_and_what(
    kind: str, text: str, error: type[Exception], message: str, archive: Path
) -> None:
    path = archive / f"films.{kind}"
    path.write_text(text)
    with pytest.raises(error, match=message):
        collect([str(path)], archive.parent / "out", {})


def test_needs_are_read_with_units_and_defaults() -> None:
    assert Needs.parse("cpu=2,gpu=0.5,memory=4G") == Needs(2, 0.5, 4 << 30)
    assert Needs.parse("") == Needs()
    assert Needs.parse("memory=512M").text() == "cpu=1,gpu=0,memory=0.5G"
    for text in ("cores=2", "cpu", "cpu=-1", "memory=1X", "gpu=nan"):
        with pytest.raises(OptionError, match=r"--needs .* write cpu=2,gpu=1"):
            Needs.parse(text)
