"""What a worker process does with a call, and what it keeps from one call to the next."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from multiprocessing import parent_process
from typing import Any, NoReturn

from masksmooth_filter.errors import MaskSmoothError
from masksmooth_filter.scale.crew import Failure

UNFORESEEN = 1
"""Exit status of what is not one of our own errors."""


class Stopped(BaseException):
    """The driver has told the worker to stop: unwound as an exception, so that part files are removed."""


class _State:
    """Whether this process is in the midst of a call."""

    busy = False


def prepare() -> None:
    """Set up a process of this machine: it stops when told to, and never outlives its driver.

    Ctrl-C reaches every process of a terminal; the driver alone decides what it means. OpenMP's threads, that
    run torch's networks, sleep while they wait for each other, unless the user says otherwise: they spin by
    default, and the teams of two workers then keep each other from the cores (two on 2 cores with
    deeplabv3_mobilenet_v3_large at 256 rows: 1.2 frames a second, asleep 49). As many as in a plain run they
    must be, for with one thread torch rounds otherwise than with two. It is read when torch is loaded.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _stop)
    threading.Thread(target=_end_with_driver, daemon=True).start()


def call(function: Callable[..., Any], *args: Any) -> Any:
    """Call a function; return its result, or a `Failure` for any error: not every error can be pickled."""
    _State.busy = True
    try:
        return function(*args)
    except MaskSmoothError as error:
        return Failure(str(error), error.exit_code)
    except Stopped:
        os._exit(128 + signal.SIGTERM)
    except Exception as error:
        return Failure(f"{type(error).__name__}: {error}", UNFORESEEN)
    finally:
        _State.busy = False


def _stop(number: int, _: object) -> NoReturn:
    signal.signal(number, signal.SIG_IGN)
    if _State.busy:
        raise Stopped
    os._exit(128 + number)


def _end_with_driver() -> None:
    """End at once when the driver is gone: what is on the disk by then is what the next one goes on from."""
    driver = parent_process()
    if driver is not None:
        driver.join()
        os._exit(128 + signal.SIGHUP)
