"""Pages that several benchmarks write, each its own part."""

from __future__ import annotations

import re
from pathlib import Path


def write_part(page: Path, name: str, text: str) -> None:
    """Replace what is between ``<!-- begin NAME -->`` and ``<!-- end NAME -->``.

    Parameters
    ----------
    page : Path
        A Markdown file with both marks.
    name : str
        Of the part.
    text : str
        What shall stand there, ending in a line break.

    Raises
    ------
    ValueError
        If the page has no such part.
    """
    old = page.read_text()
    marks = re.compile(rf"(<!-- begin {name} -->\n).*?(<!-- end {name} -->)", re.S)
    if not marks.search(old):
        raise ValueError(f"{page} has no part {name!r}; put its two marks where it shall stand")
    page.write_text(marks.sub(lambda m: m[1] + text + m[2], old))
