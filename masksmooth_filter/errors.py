"""Every exception this library raises on purpose.

::

    MaskSmoothError
    ├── InputError      (also ValueError)    the input cannot be read or is not what was expected
    ├── OutputError     (also OSError)       the output cannot or must not be written
    ├── OptionError     (also ValueError)    an option is wrong; says what is allowed
    ├── MaskShapeError  (also ValueError)    a mask does not fit its frame or its stream
    ├── ModelError      (also RuntimeError)  weights or model files are missing, wrong or unsafe
    ├── DeviceError     (also RuntimeError)  the asked-for device is not there
    ├── FilterError     (also RuntimeError)  a filter failed on a frame; the cause is chained
    ├── VerificationError                    a written file does not hold all that its source held
    ├── WorkerError                          a worker failed; with its message and exit code
    └── BatchError                           some films of a batch failed

A message says what is wrong, what was expected and what to do. ``exit_code`` is the process's exit
status when the command line ends with that error; the README lists them.
"""

from __future__ import annotations


class MaskSmoothError(Exception):
    """Base of every error raised on purpose."""

    exit_code = 1


class OptionError(MaskSmoothError, ValueError):
    """An option has a value that is not allowed."""

    exit_code = 2


class InputError(MaskSmoothError, ValueError):
    """The input is missing, unreadable, or not what was expected."""

    exit_code = 3


class MaskShapeError(InputError):
    """A mask does not fit its frame, its stream, or the mask conventions."""


class OutputError(MaskSmoothError, OSError):
    """The output cannot be written, or must not be."""

    exit_code = 4


class ModelError(MaskSmoothError, RuntimeError):
    """Weights or a model file are missing, wrong, or unsafe to load."""

    exit_code = 5


class DeviceError(MaskSmoothError, RuntimeError):
    """The device that was asked for is not there."""

    exit_code = 6


class FilterError(MaskSmoothError, RuntimeError):
    """A filter failed while the chain ran; the original error is its ``__cause__``.

    Where the cause is one of ours, its message and exit code are kept.

    Parameters
    ----------
    name : str
        The filter that failed.
    cause : BaseException
        What it raised.
    time : float, optional
        Presentation time in seconds of the item it worked on, if known.
    """

    exit_code = 7

    def __init__(self, name: str, cause: BaseException, time: float | None = None) -> None:
        where = "" if time is None else f" at {time:.3f} s"
        known = isinstance(cause, MaskSmoothError)
        what = str(cause) if known else f"failed: {type(cause).__name__}: {cause}"
        super().__init__(f"{name}{where}: {what}")
        self.name = name
        self.time = time
        self.exit_code = getattr(cause, "exit_code", FilterError.exit_code)


class VerificationError(MaskSmoothError):
    """A file was written, and comparing it with its source found a difference; the file is kept."""

    exit_code = 8


class WorkerError(MaskSmoothError):
    """A worker failed over a part of a film.

    Parameters
    ----------
    message : str
        What it said.
    exit_code : int
        What the command would have ended with there.
    """

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class BatchError(MaskSmoothError):
    """Some films of a batch failed; the others are made, and ``batch.json`` says why these are not."""

    exit_code = 9
