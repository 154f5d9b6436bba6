"""Find, fetch, check and read published network weights.

An own loader, because torchvision's executes whatever pickle lies in its cache: it checks the hash only
while it downloads and calls ``torch.load(weights_only=False)``; it also has no timeout, prints its
progress to stdout, and meets a missing network with a bare URLError (docs/design.md).
"""

from __future__ import annotations

import errno
import hashlib
import os
import pickle
import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from masksmooth_filter.errors import ModelError, OutputError
from masksmooth_filter.files import PendingFile

Progress = Callable[[int, int | None], None]
"""Told the bytes fetched so far and, if the server says, how many there are."""

ENVIRONMENT = "MASKSMOOTH_WEIGHTS"
"""The environment variable that may name a weights file."""

_TIMEOUT = 30.0
"""Seconds without a byte from the server until a download is given up."""

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class PublishedWeights:
    """Where a file of weights is published.

    Attributes
    ----------
    url : str
        Where from; the name ends in ``-HASH.pth``, the first digits of the file's sha256.
    megabytes : float
        Its size, for messages.
    """

    url: str
    megabytes: float

    @property
    def filename(self) -> str:
        """The name it is published and cached under."""
        return self.url.rsplit("/", 1)[-1]

    @property
    def hash_prefix(self) -> str:
        """The first digits of its sha256, which PyTorch's publishers write into the name."""
        found = re.search(r"-([0-9a-f]{8,})\.", self.filename)
        if found is None:
            raise ModelError(f"{self.filename} does not carry its sha256; it cannot be checked")
        return found[1]


def find_weights(
    published: PublishedWeights,
    *,
    path: str | os.PathLike[str] | None = None,
    offline: bool = False,
    on_progress: Progress | None = None,
) -> Path:
    """Return a file of weights: ``path``, else $MASKSMOOTH_WEIGHTS, else PyTorch's cache, else a download.

    A file under the published name is always checked against its sha256, wherever it lies.

    Parameters
    ----------
    published : PublishedWeights
        What to look for.
    path : path, optional
        A file the user names; taken or refused, never replaced by another.
    offline : bool
        Never touch the network.
    on_progress : callable, optional
        Told how a download goes on.

    Raises
    ------
    ModelError
        If the named file is missing, a hash is wrong, or there is no file and none can be fetched.
    """
    cached = cache_folder() / published.filename
    found = _named(path) or cached
    if not os.path.isfile(found):  # Path.is_file raises where a folder may not be looked into
        if offline:
            raise ModelError(f"no weights, and --offline forbids fetching them. {_remedy(published, cached)}")
        _download(published, cached, on_progress=on_progress)
    elif found.name == published.filename:
        check_hash(found, published)
    return found


def load_state(
    path: Path, *, classes: int, heads: Sequence[str] = ("classifier.4.weight",)
) -> dict[str, Any]:
    """Read a state dict, running no code from the file, and leave out its auxiliary head.

    Parameters
    ----------
    path : Path
        A file made by ``torch.save``.
    classes : int
        How many classes the network has.
    heads : sequence of str
        The tensors whose first dimension is the number of classes.

    Returns
    -------
    dict of str to torch.Tensor
        float32 where floating; memory-mapped if the file is a zip, as all since PyTorch 1.6 are.

    Raises
    ------
    ModelError
        If it is no such file, is damaged, wants to run code, or has another number of classes.
    """
    import torch

    try:
        with path.open("rb") as file:
            mappable = file.read(4) == b"PK\x03\x04"  # mmap=True raises on the older format
        with warnings.catch_warnings(action="ignore"):  # about the pickle's age
            state = torch.load(path, map_location="cpu", weights_only=True, mmap=mappable)
    except PermissionError as error:
        raise ModelError(f"{path} may not be read; change its permissions, or give other weights") from error
    except Exception as error:  # a hostile or damaged pickle raises whatever its bytes happen to spell
        what = f"{path} is damaged or not a plain file of weights, so it is not used: {_reason(error)}"
        raise ModelError(
            f"{what}; fetch it again, or give one that torch.save made of a state dict"
        ) from error
    if not isinstance(state, Mapping) or not all(isinstance(v, torch.Tensor) for v in state.values()):
        raise ModelError(f"{path} does not hold a state dict (names and tensors); save model.state_dict()")
    kept = {k: v.float() if v.is_floating_point() else v for k, v in state.items()}
    _check_classes(path, kept, classes, heads)
    return {k: v for k, v in kept.items() if not k.startswith("aux_classifier.")}


def _reason(error: Exception) -> str:
    """Say what is wrong with a file that torch.load refused, without torch's advice to trust it."""
    if isinstance(error, pickle.UnpicklingError) and "weights_only" in str(error):
        return "it holds more than names and tensors, perhaps code; nothing of it was run"
    ends = isinstance(error, EOFError) or getattr(error, "errno", None) == errno.EINVAL
    if ends or "PytorchStreamReader" in str(error):
        return "it is empty, cut short, or its archive is broken"
    return str(error).strip().split("\n")[0].split(". ")[0][:200] or type(error).__name__


_OWN = "give the network's own with --weights, or name theirs with --segmenter"


def load_into(model: Any, state: dict[str, Any], *, path: Path) -> None:
    """Give every parameter and buffer of a model built on ``meta`` its values.

    Raises
    ------
    ModelError
        If a tensor is missing, left over, or of another shape.
    """
    wanted = model.state_dict()
    missing, unknown = sorted(wanted.keys() - state.keys()), sorted(state.keys() - wanted.keys())
    if missing or unknown:
        told = [f"{len(missing)} tensors missing ({missing[0]}, ..)"] if missing else []
        told += [f"{len(unknown)} unknown ({unknown[0]}, ..)"] if unknown else []
        raise ModelError(f"{path} holds weights of another network: {', '.join(told)}; {_OWN}")
    for name, tensor in wanted.items():
        if tensor.shape != state[name].shape:
            shapes = f"{tuple(state[name].shape)}, expected {tuple(tensor.shape)}"
            raise ModelError(f"{path} holds weights of another network: {name} has shape {shapes}; {_OWN}")
    model.load_state_dict(state, strict=True, assign=True)


def _check_classes(path: Path, state: Mapping[str, Any], classes: int, heads: Sequence[str]) -> None:
    found = {state[head].shape[0] for head in heads if head in state and state[head].ndim}
    if found - {classes}:
        given = found.pop()
        what = f"{path} holds weights for {given} classes; Pascal VOC's {classes} are expected"
        raise ModelError(f"{what}; {_OWN}")


def _named(path: str | os.PathLike[str] | None) -> Path | None:
    """Return the file the user names, if any; it must be there."""
    named = path or os.environ.get(ENVIRONMENT)
    if not named:
        return None
    if not os.path.isfile(named):
        source = "--weights" if path else f"${ENVIRONMENT}"
        what = "is a folder" if os.path.isdir(named) else "is not there, or may not be looked at"
        raise ModelError(f"the weights file {named} {what}; give another with {source}, or leave that out")
    return Path(named)


def cache_folder() -> Path:
    """Return PyTorch's own folder for checkpoints, by torch.hub's rule but without importing it."""
    caches = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    home = os.environ.get("TORCH_HOME", os.path.join(caches, "torch"))
    return Path(home).expanduser() / "hub" / "checkpoints"


def at_hand(published: PublishedWeights, *, path: str | os.PathLike[str] | None = None) -> Path | None:
    """Return the file that `find_weights` would take without fetching anything, if there is one."""
    named = path or os.environ.get(ENVIRONMENT)
    found = Path(named) if named else cache_folder() / published.filename
    return found if os.path.isfile(found) else None


def _remedy(published: PublishedWeights, cached: Path) -> str:
    return (
        f"Fetch {published.url} ({published.megabytes:.1f} MB) on a machine with a network and put it at "
        f"{cached}, or name it with --weights FILE"
    )


def check_hash(path: Path, published: PublishedWeights) -> None:
    """Raise ModelError unless a file is the published one; 0.2 s for 160 MB."""
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}; mend or delete it") from error
    if not found.startswith(published.hash_prefix):
        raise ModelError(
            f"{path} is not the published file: its sha256 begins {found[:8]}, expected "
            f"{published.hash_prefix}; delete it and fetch {published.url} again"
        )


def _download(published: PublishedWeights, target: Path, *, on_progress: Progress | None) -> None:
    from http.client import HTTPException
    from urllib.error import HTTPError

    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        pending = PendingFile(target, overwrite=True)
    except (OSError, OutputError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ModelError(
            f"{target.parent} cannot be written: {reason}. {_remedy(published, target)}"
        ) from error
    try:
        _fetch(published.url, pending.path, on_progress=on_progress)
        check_hash(pending.path, published)
        pending.commit()
    except (OSError, HTTPException) as error:
        if isinstance(error, HTTPError):  # it holds the connection open
            error.close()
        reason = getattr(error, "reason", None) or error
        raise ModelError(
            f"the weights could not be fetched ({reason}). {_remedy(published, target)}"
        ) from error
    finally:
        pending.discard()


def _fetch(url: str, path: Path, *, on_progress: Progress | None) -> None:
    import urllib.request  # imported here: with ssl and email behind it, 0.05 s that --help should not pay

    with urllib.request.urlopen(url, timeout=_TIMEOUT) as answer, path.open("wb") as file:
        length = answer.headers.get("Content-Length")
        total = int(length) if length else None
        for done in _copied(answer, file):
            if on_progress is not None:
                on_progress(done, total)


def _copied(source: Any, target: Any) -> Iterator[int]:
    done = 0
    while chunk := source.read(_CHUNK):
        done += target.write(chunk)
        yield done
