"""``verify(src, dst)``: whether the output holds everything that the source held."""

from __future__ import annotations

import os
from collections.abc import Iterator
from fractions import Fraction

from masksmooth_filter.media.protocols import parse_protocols
from masksmooth_filter.modes import MODES, Mode
from masksmooth_filter.settings import check_choice
from masksmooth_filter.timing import half_tick
from masksmooth_filter.verification.holds import excuse, is_writers, lost_tags
from masksmooth_filter.verification.measure import NO_TIME, Contents, measure
from masksmooth_filter.verification.picture import picture_rows
from masksmooth_filter.verification.rows import Row, Verification, compared
from masksmooth_filter.verification.times import common_shift, frame_rows, shift_row
from masksmooth_filter.verification.tracks import disposition_row, tag_rows, track_rows

CHAPTER_TICK = Fraction(1, 1000)
"""Chapters are in milliseconds in .mp4; .mkv counts finer."""

PathLike = str | os.PathLike[str]


def verify(
    src: PathLike,
    dst: PathLike,
    *,
    mode: Mode = "overlay",
    drop_unsupported: bool = False,
    allow_protocols: str | None = None,
) -> Verification:
    """Compare everything but the picture's content of two films.

    Frame count and times, every other stream packet by packet, labels, chapters, tags, and what is said
    about the picture. Both files are read and their films decoded once, in little memory.

    Parameters
    ----------
    src, dst : path
        The film, and what was made of it.
    mode : {'overlay', 'matte', 'cutout', 'blur', 'replace', 'side-by-side'}
        What was drawn: a matte has a pixel format and colours of its own, side-by-side a size.
    drop_unsupported : bool
        Whether streams may be missing from ``dst``.
    allow_protocols : str, optional
        What ``src`` may be beside a plain file, as for the command.

    Returns
    -------
    Verification
        A row for each thing; ``ok`` is False if one differs that must not.

    Raises
    ------
    InputError
        If one of the two cannot be read as a film.
    OptionError
        If the mode or a protocol does not exist.
    """
    check_choice("mode", mode, MODES)
    source, output = measure(src, allowed=parse_protocols(allow_protocols)), measure(dst)
    shift = common_shift(source.film, output.film)
    rows = [
        *frame_rows(source.film, output.film, shift),
        shift_row(shift),
        *_end_rows(source, output, shift),
        *_read_rows(source, output),
        *picture_rows(source, output, mode=mode),
        *_film_rows(source, output),
        *track_rows(source, output, shift, dropped=drop_unsupported),
        *_chapter_rows(source, output, shift),
        *_file_rows(source, output),
    ]
    return Verification(tuple(rows))


def _end_rows(source: Contents, output: Contents, shift: Fraction) -> Iterator[Row]:
    """Yield the row about the last frame's duration, if the source says it."""
    if source.end is None or NO_TIME in (source.film.times[-1], output.film.times[-1]):
        return
    last = source.end - source.film.times[-1] * source.film.base
    words = f"{float(last):.6f} s"
    if output.end is None:
        yield Row("last frame's duration", words, "-", True, f"{output.family} does not say it here")
        return
    kept = output.end - output.film.times[-1] * output.film.base
    near = abs(kept - last) <= 2 * half_tick(source.film.base, output.film.base)
    yield Row("last frame's duration", words, f"{float(kept):.6f} s", near)


def _read_rows(source: Contents, output: Contents) -> Iterator[Row]:
    """Yield a row if one of the files could not be read to its end."""
    states = [
        f"{contents.damaged} damaged packets{', ' * bool(contents.error)}{contents.error}"
        for contents in (source, output)
    ]
    if source.damaged or source.error or output.damaged or output.error:
        whole = not (output.damaged or output.error)
        yield Row("reading", states[0], states[1], whole, "the source is damaged" if whole else "")


def _film_rows(source: Contents, output: Contents) -> Iterator[Row]:
    """Yield the rows about the film's labels."""
    before, after = source.film, output.film
    for key in ("language", "title"):
        words = [track.tags.get(key) for track in (before, after)]
        if words[0] not in (None, "und"):
            yield compared(f"film {key}", *words, excuse=excuse(output.family, key))
    yield disposition_row("film", before, after, output.family)
    lost = lost_tags(output.family, _plain(before.tags), after.tags, stream=True)
    yield from tag_rows("film tags", before.tags, after.tags, lost, output.family)


def _chapter_rows(source: Contents, output: Contents, shift: Fraction) -> Iterator[Row]:
    """Yield the row about chapters, if there are any."""
    before, after = source.chapters, output.chapters
    if not before and not after:
        return
    reason = lacks = "" if after else excuse(output.family, "chapters")
    starts = [chapter[0] + shift for chapter in before]
    if output.family in ("mp4", "mov") and starts and after and starts[0] > CHAPTER_TICK:
        starts[0], reason = Fraction(0), f"{output.family} begins with its first chapter"
    alike = len(before) == len(after) and all(
        a[2] == b[2] and abs(b[0] - start) <= CHAPTER_TICK
        for a, start, b in zip(before, starts, after, strict=True)
    )
    counts = [f"{len(chapters)} chapters" for chapters in (before, after)]
    if not alike and len(before) == len(after):
        reason = "titles or starts are not those of the source"
    yield Row("chapters", counts[0], counts[1], alike or bool(lacks), reason)


def _file_rows(source: Contents, output: Contents) -> Iterator[Row]:
    """Yield the rows about the tags of the whole file and its time code."""
    lost = lost_tags(output.family, _plain(source.tags), output.tags, stream=False)
    kept = [key for key in _plain(source.tags) if source.tags[key] == output.tags.get(key)]
    if kept:
        yield compared("tags", " ".join(sorted(kept)), " ".join(sorted(kept)))
    yield from tag_rows("tags", source.tags, output.tags, lost, output.family)
    codes = [_timecode(contents) for contents in (source, output)]
    if codes[0]:
        yield compared("time code", *codes, excuse=excuse(output.family, "timecode"))


def _plain(tags: dict[str, str]) -> dict[str, str]:
    """Leave out the writing program's tags, and the time code, which is compared by itself."""
    return {key: value for key, value in tags.items() if key != "timecode" and not is_writers(key)}


def _timecode(contents: Contents) -> str | None:
    """Return the time code, wherever the container keeps it."""
    places = [contents.tags, contents.film.tags, *(track.tags for track in contents.tracks)]
    return next((tags["timecode"] for tags in places if "timecode" in tags), None)
