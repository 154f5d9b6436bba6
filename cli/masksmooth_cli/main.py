"""``masksmooth-filter INPUT OUTPUT``.

Nothing heavy is imported until the options are parsed: ``--help`` loads click and this project's
choices, no numpy, av, numba or torch.
"""

from __future__ import annotations

import logging
import signal
import sys
from pathlib import Path
from typing import Any, NoReturn

import click

from masksmooth_cli.help import GroupedCommand
from masksmooth_cli.options import PATH, with_options
from masksmooth_cli.progress import ProgressBar
from masksmooth_filter import __version__
from masksmooth_filter.errors import MaskSmoothError

INTERRUPTED, TERMINATED = 130, 143

EPILOG = """Exit status: 0 done; 2 a wrong option; 3 the input; 4 the output; 5 model or weights; 6 the
device; 7 a filter failed on a frame; 130 interrupted; 143 terminated. A run that fails leaves nothing
under OUTPUT's name, and INPUT is never touched."""


@click.command(cls=GroupedCommand, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("input", type=PATH)
@click.argument("output", type=PATH)
@with_options
@click.version_option(__version__, prog_name="masksmooth-filter")
def command(input: Path, output: Path, quiet: bool, log_level: str, **settings: Any) -> None:
    """Steady the segmentation masks of a video.

    Decodes INPUT, segments every frame, smooths the masks over time, draws them and writes OUTPUT,
    with its audio and its timestamps as they were.
    """
    _log_to_stderr("warning" if quiet and log_level in ("debug", "info") else log_level)
    from masksmooth_filter.run.pipeline import convert

    bar = ProgressBar(enabled=not quiet)
    try:
        report = convert(input, output, on_progress=bar, **settings)
    finally:
        bar.close()
    for line in report.summary().splitlines():
        logging.getLogger("masksmooth_filter").info("%s", line)


def main() -> NoReturn:
    """Run the command; every error of ours is one line on stderr and an exit status of its own."""
    signal.signal(signal.SIGTERM, _terminate)
    try:
        status = command.main(prog_name="masksmooth-filter", standalone_mode=False) or 0
    except MaskSmoothError as error:
        status = _complain(str(error), error.exit_code)
    except click.ClickException as error:
        error.show()
        status = error.exit_code
    except (KeyboardInterrupt, click.Abort):
        status = _complain("interrupted; nothing was written to the output", INTERRUPTED)
    except Terminated:
        status = _complain("terminated; nothing was written to the output", TERMINATED)
    sys.exit(status)


class Terminated(BaseException):
    """SIGTERM came: unwind, so that temporary files are removed."""


def _terminate(*_: object) -> NoReturn:
    raise Terminated


def _complain(message: str, status: int) -> int:
    click.echo(f"masksmooth-filter: error: {message}", err=True)
    return status


def _log_to_stderr(level: str) -> None:
    """Send the library's log to stderr, information bare and the rest with its level."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Format())
    logger = logging.getLogger("masksmooth_filter")
    logger.handlers, logger.propagate = [handler], False
    logger.setLevel(level.upper())


class _Format(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        level = "" if record.levelno == logging.INFO else f"{record.levelname.lower()}: "
        return f"masksmooth-filter: {level}{record.getMessage()}"


if __name__ == "__main__":
    main()
