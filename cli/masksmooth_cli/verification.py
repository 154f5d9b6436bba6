"""What ``--verify`` prints."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from masksmooth_filter.errors import InputError, VerificationError


def print_verification(input: str, output: Path, *, quiet: bool, **allowed: Any) -> None:
    """Compare the two files and print the table on stderr; with ``quiet`` only what differs.

    Raises
    ------
    VerificationError
        If something differs that must not, or the output cannot be read; the output is kept.
    """
    from masksmooth_filter.verification.verify import verify

    name = os.fspath(output)
    try:
        result = verify(input, output, **allowed)
    except InputError as error:
        raise VerificationError(f"{name} is written, but cannot be verified: {error}") from error
    if not quiet or not result.ok:
        click.echo(result.table(), err=True)
    if not result.ok:
        found = ", ".join(row.what for row in result.differences)
        count = len(result.differences)
        raise VerificationError(
            f"{name} is written and kept, but {count} things are not as in the source: {found}"
        )
