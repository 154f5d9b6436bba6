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

from masksmooth_cli.allocator import give_memory_back
from masksmooth_cli.help import GroupedCommand
from masksmooth_cli.options import PATH, with_options
from masksmooth_cli.progress import ProgressBar
from masksmooth_cli.signals import Ended, catch_signals
from masksmooth_cli.verification import print_verification
from masksmooth_filter import __version__
from masksmooth_filter.errors import MaskSmoothError, OptionError

EPILOG = """Exit status: 0 done; 1 --doctor found that nothing could run; 2 a wrong option; 3 the input; 4 the
output; 5 model or weights; 6 the device; 7 a filter failed on a frame; 8 --verify found a difference (OUTPUT
is kept); 129, 130, 143 ended by SIGHUP, Ctrl-C, SIGTERM. A run that fails leaves nothing under OUTPUT's name,
and INPUT is never touched."""


ENDED = (
    "no unfinished output is left; a run begun with --resume goes on from its masks when the same command is "
    "given again, any other starts over"
)


@click.command(cls=GroupedCommand, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("input")  # a Path would turn http://host into http:/host
@click.argument("output", type=PATH)
@with_options
@click.version_option(__version__, prog_name="masksmooth-filter")
def command(input: str, output: Path, quiet: bool, log_level: str, verify: bool, **settings: Any) -> None:
    """Steady the segmentation masks of a video.

    Decodes INPUT, segments every frame, smooths the masks over time, draws them and writes OUTPUT,
    with its audio and its timestamps as they were.
    """
    if verify:
        _refuse_pipes(Path(input), output)
    _log_to_stderr("warning" if quiet and log_level in ("debug", "info") else log_level)
    from masksmooth_filter.run.pipeline import convert

    bar = ProgressBar(enabled=not quiet)
    try:
        report = convert(input, output, on_progress=bar, **settings)
    finally:
        bar.close()
    for line in [*report.stage_lines(), *report.summary().splitlines()]:
        logging.getLogger("masksmooth_filter").info("%s", line)
    if verify:
        allowed = {name: settings[name] for name in ("mode", "drop_unsupported", "allow_protocols")}
        print_verification(input, output, quiet=quiet, **allowed)


def main() -> NoReturn:
    """Run the command; every error of ours is one line on stderr and an exit status of its own."""
    catch_signals()
    give_memory_back()
    try:
        status = command.main(prog_name="masksmooth-filter", standalone_mode=False) or 0
    except MaskSmoothError as error:
        status = _complain(str(error), error.exit_code)
    except click.ClickException as error:
        error.show()
        status = error.exit_code
    except Ended as end:
        status = _complain(f"{end}; {ENDED}", end.status)
    except (KeyboardInterrupt, click.Abort):
        status = _complain(f"interrupted; {ENDED}", 128 + signal.SIGINT)
    sys.exit(status)


def _refuse_pipes(*paths: Path) -> None:
    if Path("-") in paths:
        raise OptionError("--verify reads INPUT and OUTPUT a second time, and a pipe has none; give files")


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
