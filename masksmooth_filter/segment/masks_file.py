"""Masks made elsewhere, in place of a network."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

import av
import numpy as np

from masksmooth_filter.errors import InputError, MaskShapeError, OptionError
from masksmooth_filter.frames import FollowedFrame, Mask, MaskedFrame
from masksmooth_filter.segment.labels import VOC_LABELS, parse_classes
from masksmooth_filter.segment.masks_match import Match, OrderMatch, TimeMatch
from masksmooth_filter.segment.masks_picture import Picture
from masksmooth_filter.segment.masks_source import open_source
from masksmooth_filter.segment.masks_tag import Kind, ScoreTag, StoredMask
from masksmooth_filter.segment.pictures import quarter_turns

# Datasets with other classes than VOC's go up to id 254; such ids are asked for by number.
_ANY_LABEL = (*VOC_LABELS, *map(str, range(len(VOC_LABELS), 255)))


class MasksFromFile:
    """Give every frame its mask from a file or folder; a Filter in place of `Segmenter`.

    A video is matched by time: a mask belongs to a frame if they are at most half a tick of the coarser
    time base, or 1 ms, apart. If the first mask and the first frame are not at the same time, both
    streams are taken to begin together. A folder of PNGs is matched by order, one picture a frame.

    Gray is confidence. Palette pictures, and gray with nothing but small ids, are class ids; the first
    mask that is not blank decides, and `warnings` says how.

    Parameters
    ----------
    path : path
        A video, a folder of PNGs, .json (COCO), .npz, or a file of `SaveMasks`; ``gray:PATH`` or
        ``labels:PATH`` settles how the pictures are to be read.
    classes : sequence of str, optional
        Names or ids, for one plane each; None for everything but background as one plane.
    follow_seeks : bool
        Whether times mean the same after a ``flush``, as in a player that seeks; otherwise the next frame
        begins a new stream, with the first mask.

    Attributes
    ----------
    warnings : list of str
        What was assumed and a user may want to know; filled while the masks are read.
    classes : tuple of int
        The class id of each plane; empty for one plane without a class.
    labels : tuple of str
        The name of each class id.
    path : Path
        The file or folder.
    forced : str, optional
        How the user settled that it is to be read.

    Raises
    ------
    InputError
        If there is nothing there that can be read as masks.
    OptionError
        If classes are asked for that the masks do not have.
    """

    latency = 0
    labels = VOC_LABELS

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        classes: tuple[str, ...] | None = None,
        follow_seeks: bool = False,
    ) -> None:
        self.warnings: list[str] = []
        self.forced, self.path = _split(os.fspath(path))
        self._source = open_source(self.path)
        self._kind: Kind = self.forced or self._guess()
        self.classes, self._planes = self._chosen(classes)
        self._match: Match | None = None
        self._last_is_bare = False
        self._follow_seeks = follow_seeks
        self._before: Match | None = None

    @property
    def tag(self) -> ScoreTag | None:
        """What a file of `SaveMasks` says of itself."""
        return self._source.tag

    @property
    def holds_labels(self) -> bool:
        """Whether its pictures are class ids, not confidence."""
        return self._kind == "labels"

    @property
    def sparse(self) -> bool:
        """Whether only keyframes have masks; frames come as `FollowedFrame` then."""
        return self._source.tag is not None and self._source.tag.sparse

    def push(self, item: av.VideoFrame | FollowedFrame, /) -> list[MaskedFrame | FollowedFrame]:
        """Take a frame and return it with its mask, or without where masks are of keyframes only.

        Raises
        ------
        InputError
            If the frame has no mask, or the masks are broken; says the time.
        MaskShapeError
            If the mask does not fit the frame.
        """
        followed, frame = (item, item.frame) if isinstance(item, FollowedFrame) else (None, item)
        first = self._match is None
        match = self._match = self._match or self._begin()
        stored = match.find(frame) if self.sparse and isinstance(match, TimeMatch) else match.mask_of(frame)
        self._last_is_bare = stored is None
        if followed and stored is None:
            return [followed]
        if stored is None:
            raise InputError(f"{self.path} has masks of keyframes only; give frames that are followed")
        mask = self._mask(stored)
        if first and self._before is None and isinstance(match, TimeMatch) and match.shift:
            moved = (
                f"the masks begin {float(abs(match.shift)):.3f} s {'before' if match.shift > 0 else 'after'}"
            )
            self.warnings.append(f"{moved} the video; both are taken to begin together")
        motion = followed.motion if followed else None
        return [MaskedFrame(frame, self._fitted(mask, frame, note=first), self.classes, motion=motion)]

    def flush(self) -> list[MaskedFrame | FollowedFrame]:
        """Stop reading, noting masks that are left over; the next frame gets the first mask again.

        With ``follow_seeks`` the next frame gets the mask of its time.

        Raises
        ------
        InputError
            If masks of keyframes end before the video does: its last frame always is one.
        """
        if self._last_is_bare:
            raise InputError(f"the masks of {self.path} end before the video; make them again")
        if self._follow_seeks:
            self._before = self._match or self._before
        elif self._match is not None and self._match.rest():
            self.warnings.append(
                f"{self.path} holds more masks than the video has frames; the rest is unused"
            )
        self.close()
        return []

    def close(self) -> None:
        """Close the masks' file."""
        if self._match is not None:
            self._match.close()
        self._match = None

    def _begin(self) -> Match:
        name, base = str(self.path), self._source.time_base
        masks = self._source.read()
        if base is not None:
            shift = self._before.shift if isinstance(self._before, TimeMatch) else None
            return TimeMatch(masks, base=base, name=name, shift=shift)
        if self._before is not None:
            raise InputError(f"{name} has masks by order alone, which is lost by a seek; make them a video")
        return OrderMatch(masks, name=name)

    def _guess(self) -> Kind:
        """Decide on the first mask that is not blank; files of our own say it."""
        if self._source.tag is not None:
            return self._source.tag.kind
        blank = 0
        with closing(self._source.read()) as masks:
            for mask in masks:
                if not mask.pictures[0].blank:
                    return self._kind_of(mask.pictures[0])
                blank += 1
        if not blank:
            raise InputError(f"{self.path} holds no masks")
        self.warnings.append(f"all {blank} masks of {self.path} are blank")
        return "gray"

    def _kind_of(self, picture: Picture) -> Kind:
        if not picture.looks_like_labels:
            return "gray"
        self.warnings.append(
            f"the masks are read as class ids; write gray:{self.path} if they are faint confidence"
        )
        return "labels"

    def _chosen(self, classes: tuple[str, ...] | None) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return the class ids to give, and for files of our own which planes they are."""
        tag = self._source.tag
        if self._kind == "labels":
            stored = tag.classes if tag else ()
            return (stored if classes is None else parse_classes(classes, _ANY_LABEL)), ()
        stored = tag.classes if tag else ()
        if classes is None:
            return stored, tuple(range(len(stored)))
        if not stored:
            hint = f"leave out --classes, or write labels:{self.path} if they are class ids"
            raise OptionError(f"the masks of {self.path} are confidence without classes; {hint}")
        wanted = parse_classes(classes, _ANY_LABEL) or stored
        for class_id in wanted:
            if class_id not in stored:
                have = ", ".join(f"{_ANY_LABEL[c]} ({c})" for c in stored)
                raise OptionError(f"{self.path} has no class {_ANY_LABEL[class_id]!r}; it has {have}")
        return wanted, tuple(stored.index(c) for c in wanted)

    def _mask(self, stored: StoredMask) -> Mask:
        if self._kind == "labels":
            return stored.pictures[0].label_planes(self.classes)
        if not self._planes:
            return stored.pictures[0].confidence()
        return np.stack([stored.pictures[plane].confidence() for plane in self._planes])

    def _fitted(self, mask: Mask, frame: av.VideoFrame, *, note: bool) -> Mask:
        """Return the mask as the frame is stored, or raise MaskShapeError if it does not fit."""
        height, width = mask.shape[-2:]
        size, tag = (frame.width, frame.height), self._source.tag
        if tag is not None:
            _check_shape((tag.width, tag.height), size, path=self.path)
            return mask
        if (width, height) == size:
            return mask
        turns = quarter_turns(frame)
        if turns % 2 and (height, width) == size:
            if note:
                self.warnings.append("the masks stand upright as the video is shown; they are turned with it")
            return np.ascontiguousarray(np.rot90(mask, -turns, axes=(-2, -1)))
        remedy = f"scale them, e.g. ffmpeg -i MASKS -vf scale={size[0]}:{size[1]} -c:v ffv1 fitting.mkv"
        found = f"the masks of {self.path} are {width}x{height}, the video is {size[0]}x{size[1]}"
        raise MaskShapeError(f"{found}; {remedy}")


def _split(text: str) -> tuple[Kind | None, Path]:
    """Take a leading ``gray:`` or ``labels:`` off a path."""
    if text.startswith("gray:"):
        return "gray", Path(text.removeprefix("gray:"))
    if text.startswith("labels:"):
        return "labels", Path(text.removeprefix("labels:"))
    return None, Path(text)


def _check_shape(made_for: tuple[int, int], size: tuple[int, int], *, path: Path) -> None:
    """Raise MaskShapeError unless both sizes have one shape, to 1 %: a proxy of the film may be smaller."""
    if abs(made_for[0] * size[1] - size[0] * made_for[1]) * 100 > size[0] * made_for[1]:
        sizes = f"{made_for[0]}x{made_for[1]}, this one is {size[0]}x{size[1]}"
        raise MaskShapeError(f"{path} was saved for a video of {sizes}; give the masks of this video")
