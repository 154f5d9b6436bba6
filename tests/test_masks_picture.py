from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from masksmooth_filter.errors import OptionError
from masksmooth_filter.frames import Mask
from masksmooth_filter.segment.masks_file import MasksFromFile
from tests.mask_files import MS, SIZE, folder, frame, frames, gray, labelled, read


@pytest.mark.parametrize(
    ("pix_fmt", "picture", "expected"),
    [
        ("gray", gray(77), gray(77)),
        ("gray16be", gray(1).astype(np.uint16) * 40000, gray(156)),
        ("rgb24", gray(77)[..., None].repeat(3, axis=-1), gray(77)),
        ("rgba", np.dstack([gray(77)] * 3 + [np.full_like(gray(0), 255)]), gray(77)),
        ("monob", gray(255), gray(255)),
    ],
)
def test_confidence_is_read_from_png_of_any_kind(
    tmp_path: Path, pix_fmt: str, picture: NDArray[Any], expected: Mask
) -> None:
    path = folder(tmp_path / "m", [picture], pix_fmt)
    assert np.array_equal(read(path, [frame(0)])[0], expected)


@pytest.mark.parametrize("pix_fmt", ["pal8", "gray"])
def test_label_pictures_give_a_plane_a_class_and_void_is_background(tmp_path: Path, pix_fmt: str) -> None:
    picture = labelled(0, 15, 12, 255)
    path = folder(tmp_path / "m", [np.zeros_like(picture), picture], pix_fmt)
    video = frames([0, 40])
    masks = MasksFromFile(path)
    assert masks.classes == ()
    assert np.array_equal(masks.push(video[0])[0].mask, np.zeros_like(picture))
    assert np.array_equal(masks.push(video[1])[0].mask, labelled(0, 255, 255, 0))
    assert masks.warnings == [
        f"the masks are read as class ids; write gray:{path} if they are faint confidence"
    ]
    masks.close()
    planes = read(path, video, classes=("dog", "15"))[1]
    assert np.array_equal(planes, [labelled(0, 0, 255, 0), labelled(0, 255, 0, 0)])


def test_a_prefix_settles_how_pictures_are_read(tmp_path: Path) -> None:
    faint = labelled(0, 3, 9, 20)
    path = folder(tmp_path / "m", [faint])
    assert np.array_equal(read(f"gray:{path}", [frame(0)])[0], faint)
    many = folder(tmp_path / "n", [labelled(0, 3, 90, 200)])
    assert np.array_equal(read(many, [frame(0)])[0], labelled(0, 3, 90, 200))
    assert np.array_equal(read(f"labels:{many}", [frame(0)])[0], labelled(0, 255, 255, 255))
    assert np.array_equal(
        read(f"labels:{many}", [frame(0)], classes=("90",))[0], labelled(0, 0, 255, 0)[np.newaxis]
    )


def test_a_gray_ramp_as_a_palette_is_confidence(tmp_path: Path) -> None:
    path = tmp_path / "m"
    path.mkdir()
    made = av.VideoFrame(*SIZE, "pal8")
    np.frombuffer(memoryview(made.planes[0]), np.uint8).reshape(SIZE[1], -1)[:, : SIZE[0]] = labelled(
        0, 1, 2, 1
    )
    ramp = np.uint32([0, 0xC8C8C8, 0x404040])
    np.frombuffer(memoryview(made.planes[1]), np.uint32)[:3] = ramp | 0xFF000000
    encoder: Any = av.CodecContext.create("png", "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = *SIZE, "pal8", MS
    (path / "a.png").write_bytes(b"".join(map(bytes, [*encoder.encode(made), *encoder.encode(None)])))
    assert np.array_equal(read(path, [frame(0)])[0], labelled(0, 200, 64, 200))


def test_classes_are_refused_for_confidence(tmp_path: Path) -> None:
    path = folder(tmp_path / "m", [gray(200)])
    with pytest.raises(OptionError, match=f"confidence without classes; .* write labels:{path}"):
        MasksFromFile(path, classes=("person",))


def test_blank_masks_are_noted(tmp_path: Path) -> None:
    masks = MasksFromFile(folder(tmp_path / "m", [gray(0)] * 2))
    assert masks.warnings == [f"all 2 masks of {tmp_path / 'm'} are blank"]
