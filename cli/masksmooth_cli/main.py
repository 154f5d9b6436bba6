"""``masksmooth-filter INPUT OUTPUT``, and ``masksmooth-filter --batch INPUTS... --output-dir DIR``.

Nothing heavy is imported until the options are parsed: ``--help`` loads click and this project's
choices, no numpy, av, numba or torch.
"""

from __future__ import annotations

import logging
import signal
import sys
from typing import Any, NoReturn

import click

from masksmooth_cli.allocator import give_memory_back
from masksmooth_cli.forms import run_batch, run_one, take_form
from masksmooth_cli.help import GroupedCommand
from masksmooth_cli.options import with_options
from masksmooth_cli.signals import Ended, catch_signals
from masksmooth_filter import __version__
from masksmooth_filter.errors import MaskSmoothError

EPILOG = """Exit status: 0 done; 1 --doctor found that nothing could run; 2 a wrong option; 3 the input; 4 the
output; 5 model or weights; 6 the device; 7 a filter failed on a frame; 8 --verify found a difference (OUTPUT
is kept); 9 films of a batch failed; 129, 130, 143 ended by SIGHUP, Ctrl-C, SIGTERM. A run that fails leaves
nothing under OUTPUT's name, and INPUT is never touched."""


ENDED = (
    "no unfinished output is left; a run begun with --resume or --batch goes on from its masks when the same "
    "command is given again, any other starts over"
)


@click.command(
    cls=GroupedCommand,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"]},
    forms=("[OPTIONS] INPUT OUTPUT", "[OPTIONS] --batch INPUTS... --output-dir DIR"),
)
@click.argument("paths", nargs=-1)  # a Path would turn http://host into http:/host
@with_options
@click.version_option(__version__, prog_name="masksmooth-filter")
def command(paths: tuple[str, ...], quiet: bool, log_level: str, **settings: Any) -> None:
    """Steady the segmentation masks of a video.

    Decodes INPUT, segments every frame, smooths the masks over time, draws them and writes OUTPUT,
    with its audio and its timestamps as they were.
    """
    form = take_form(paths, settings)
    _log_to_stderr("warning" if quiet and log_level in ("debug", "info") else log_level)
    if form.output_dir is not None:
        run_batch(form, settings, quiet=quiet)
    else:
        run_one(form, settings, quiet=quiet)


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
