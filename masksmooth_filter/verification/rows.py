"""The lines of a verification."""

from __future__ import annotations

from dataclasses import dataclass

WIDTH = 44
"""Characters of a value shown; titles can be whole novels."""


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that was compared.

    Attributes
    ----------
    what : str
        The thing: ``frame times``, ``audio #1 packets`` ...
    source, output : str
        What each file holds, in words.
    ok : bool
        Whether the output is as it must be.
    note : str
        Why a difference is legitimate, or where it is; empty if nothing is to be said.
    """

    what: str
    source: str
    output: str
    ok: bool
    note: str = ""

    @property
    def verdict(self) -> str:
        """``same``, ``changed`` (legitimately, the note says why) or ``DIFFERS``."""
        return "DIFFERS" if not self.ok else "changed" if self.note else "same"


@dataclass(frozen=True, slots=True)
class Verification:
    """What came of comparing a source with an output.

    Attributes
    ----------
    rows : tuple of Row
        Everything that was compared, in the order of the table.
    """

    rows: tuple[Row, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing differs that must not."""
        return all(row.ok for row in self.rows)

    @property
    def differences(self) -> tuple[Row, ...]:
        """The rows that are not as they must be."""
        return tuple(row for row in self.rows if not row.ok)

    def table(self) -> str:
        """Return all rows as a table in plain text, a line each."""
        lines = [("", "what", "source", "output", "")]
        lines += [
            (row.verdict, row.what, _short(row.source), _short(row.output), row.note) for row in self.rows
        ]
        widths = [max(len(line[column]) for line in lines) for column in range(4)]
        return "\n".join(
            "  ".join(
                [*(cell.ljust(width) for cell, width in zip(line, widths, strict=False)), line[4]]
            ).rstrip()
            for line in lines
        )


def compared(what: str, source: object, output: object, *, excuse: str = "") -> Row:
    """Return a row of two values that must be equal, unless there is an excuse."""
    same = source == output
    note = "" if same else excuse
    return Row(what, _words(source), _words(output), same or bool(excuse), note)


def _words(value: object) -> str:
    return "-" if value is None or value == "" else str(value)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= WIDTH else line[: WIDTH - 3] + "..."
