"""Chunks on the disk until the output is whole: a driver that was killed goes on from them."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from masksmooth_filter.files import PendingFile, shortened
from masksmooth_filter.scale.chunk_work import ChunkScores
from masksmooth_filter.scale.chunks import Chunk
from masksmooth_filter.scale.record import write_text
from masksmooth_filter.segment.masks_source import VideoSource
from masksmooth_filter.segment.masks_tag import Masks


def store_path(output: Path) -> Path:
    """Return the hidden folder beside an output that its chunks lie in."""
    return output.with_name(f".{shortened(output.name)}.chunks")


@dataclass(frozen=True, slots=True)
class ChunkStore:
    """A folder of chunks: a file of scores each, and beside it what else is known of it.

    Attributes
    ----------
    folder : Path
        Made with the first chunk.
    origin : mapping of str to str
        What scores must be made of to be used.
    """

    folder: Path
    origin: Mapping[str, str]

    def keep(self, chunk: Chunk, scores: ChunkScores) -> None:
        """Put a chunk on the disk.

        Raises
        ------
        OutputError
            If it cannot be written.
        """
        self.folder.mkdir(exist_ok=True)
        pending = PendingFile(self._scores(chunk), overwrite=True)
        try:
            pending.path.write_bytes(scores.file)
            pending.commit()
        finally:
            pending.discard()
        known = {"origin": dict(self.origin), **dataclasses.asdict(dataclasses.replace(scores, file=b""))}
        write_text(self._about(chunk), json.dumps(known | {"file": ""}))

    def find(self, chunk: Chunk) -> ChunkScores | None:
        """Return what is known of a chunk that is there, its scores left out; None if it is not."""
        try:
            known = json.loads(self._about(chunk).read_text())
            if known.pop("origin") != dict(self.origin):
                return None
            prints, bounded = tuple(known["prints"]), tuple(known["bounded"])
            return ChunkScores(b"", prints, known["kind"], (bool(bounded[0]), bool(bounded[1])))
        except (OSError, ValueError, KeyError, IndexError):
            return None

    def masks(self, chunk: Chunk) -> Masks:
        """Read a chunk's masks, one after another."""
        return VideoSource(self._scores(chunk)).read()

    def remove(self) -> None:
        """Remove all chunks."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _scores(self, chunk: Chunk) -> Path:
        return self.folder / f"{chunk.name}.mkv"

    def _about(self, chunk: Chunk) -> Path:
        return self.folder / f"{chunk.name}.json"
