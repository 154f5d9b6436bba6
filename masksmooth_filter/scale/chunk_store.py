"""Chunks on the disk until the output is whole: a driver that was killed goes on from them."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from masksmooth_filter.files import PendingFile, shortened
from masksmooth_filter.scale.chunks import Chunk
from masksmooth_filter.scale.record import write_text


class MadeOfAChunk(Protocol):
    """What a worker has made of a chunk: a dataclass of plain values."""

    suffix: ClassVar[str]
    """Of its file's name."""
    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def file(self) -> bytes:
        """The file; empty where the worker has put it into the store, or there is none."""
        ...

    @property
    def bounded(self) -> tuple[bool, bool]:
        """What the network remembered before its first picture and after its last; see `ScoreReader`."""
        ...


Made = TypeVar("Made", bound=MadeOfAChunk)


def store_path(output: Path) -> Path:
    """Return the hidden folder beside an output that its chunks lie in."""
    return output.with_name(f".{shortened(output.name)}.chunks")


@dataclass(frozen=True, slots=True)
class ChunkStore(Generic[Made]):
    """A folder of chunks: a file each, and beside it what else is known of it.

    Attributes
    ----------
    folder : Path
        Made with the first chunk.
    kind : type
        What a chunk is made into.
    origin : mapping of str to plain values
        What chunks must be made of to be used.
    """

    folder: Path
    kind: type[Made]
    origin: Mapping[str, Any]

    def keep(self, chunk: Chunk, made: Made) -> Made:
        """Put a chunk on the disk; return what is known of it, its file left out.

        Raises
        ------
        OutputError
            If it cannot be written.
        """
        if made.file:
            put_down(made.file, self.path(chunk))
        known = dataclasses.replace(made, file=b"")
        about = dataclasses.asdict(known) | {"file": "", "origin": dict(self.origin)}
        write_text(self._about(chunk), json.dumps(about))
        return known

    def find(self, chunk: Chunk) -> Made | None:
        """Return what is known of a chunk that is there, its file left out; None if it is not."""
        try:
            known = json.loads(self._about(chunk).read_text())
            if known.pop("origin") != self.origin:
                return None
            values = {name: tuple(v) if isinstance(v, list) else v for name, v in known.items()}
            make: Callable[..., Made] = self.kind
            return make(**values | {"file": b""})
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def path(self, chunk: Chunk) -> Path:
        """Return where a chunk's file lies."""
        return self.folder / f"{chunk.name}{self.kind.suffix}"

    def _about(self, chunk: Chunk) -> Path:
        return self.folder / f"{chunk.name}.json"


def put_down(content: bytes, path: Path) -> None:
    """Write a chunk's file, whole or not at all.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    path.parent.mkdir(exist_ok=True)
    pending = PendingFile(path, overwrite=True)
    try:
        pending.path.write_bytes(content)
        pending.commit()
    finally:
        pending.discard()
