"""The GStreamer element: pixel formats, strides, colours, the matte."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from masksmooth_filter.composite.planes import drawable
from tests.clips import picture
from tests.integrations.gst_harness import Bit, gstreamer, piped, run
from tests.integrations.gst_pads import pads

Gst = gstreamer()

from masksmooth_filter.integrations.gst.bindings import GstVideo  # noqa: E402
from masksmooth_filter.integrations.gst.video import PIX_FMTS  # noqa: E402

SIZE = (39, 23)
STEP = 40_000_000
every_format = pytest.mark.parametrize("name", PIX_FMTS)


def caps_of(name: str, size: tuple[int, int] = SIZE, more: str = "") -> str:
    return f"video/x-raw,format={name},width={size[0]},height={size[1]},framerate=25/1{more}"


def test_pattern(name: str) -> Bit:
    """A picture of an odd size as GStreamer itself writes it."""
    source = f"videotestsrc num-buffers=1 pattern=smpte75 ! {caps_of(name)} ! appsink name=out"
    pipeline = Gst.parse_launch(source)
    pipeline.set_state(Gst.State.PLAYING)
    sample = pipeline.get_by_name("out").emit("try-pull-sample", 10 * Gst.SECOND)
    with sample.get_buffer().map(Gst.MapFlags.READ) as mapped:
        data = bytes(mapped.data)
    pipeline.set_state(Gst.State.NULL)
    return Bit(data, 0, STEP)


test_pattern.__test__ = False  # type: ignore[attr-defined]


def pixels(name: str, data: bytes) -> list[bytes]:
    """The bytes of each plane that are picture, not padding, by GStreamer's own description."""
    info = GstVideo.VideoInfo.new_from_caps(Gst.Caps.from_string(caps_of(name)))
    found = {}
    for c in range(info.finfo.n_components):
        plane = info.finfo.plane[c]
        width = -(-SIZE[0] >> info.finfo.w_sub[c]) * info.finfo.pixel_stride[c]
        lines, stride = -(-SIZE[1] >> info.finfo.h_sub[c]), info.stride[plane]
        start = info.offset[plane]
        found[plane] = b"".join(data[start + n * stride :][:width] for n in range(lines))
    return [found[plane] for plane in sorted(found)]


@every_format
def test_where_no_mask_is_every_format_passes_bit_for_bit(name: str) -> None:
    item = test_pattern(name)
    (out,) = run("masksmooth segmenter=selfie method=none threshold=1 alpha=1", caps_of(name), [item])
    assert pixels(name, out.data) == pixels(name, item.data)
    assert len(out.data) == len(item.data)


@every_format
def test_the_tints_colour_is_the_colour_that_is_shown(name: str) -> None:
    if name.startswith("GRAY"):
        pytest.skip("gray has no colour")
    middle = "masksmooth segmenter=selfie method=none threshold=0 alpha=1 color=#e53935"
    (out,) = run(f"{middle} ! videoconvert ! video/x-raw,format=RGB", caps_of(name), [test_pattern(name)])
    shown = np.frombuffer(out.data, np.uint8).reshape(SIZE[1], -1)[:, : 3 * SIZE[0]].reshape(-1, 3)
    assert np.abs(shown.astype(int) - (0xE5, 0x39, 0x35)).max() <= 3  # a step of limited range is 1.2


@every_format
def test_masks_are_drawn_on_the_format_itself(name: str) -> None:
    assert drawable(PIX_FMTS[name]) == PIX_FMTS[name]


@pytest.mark.parametrize("name", ["I420", "NV12", "P010_10LE", "RGB"])
def test_strides_come_from_the_buffers_video_meta(name: str) -> None:
    item = test_pattern(name)
    info = GstVideo.VideoInfo.new_from_caps(Gst.Caps.from_string(caps_of(name)))
    planes = info.finfo.n_planes
    strides = [info.stride[p] + 64 for p in range(planes)]
    lines = [SIZE[1] if p == 0 else -(-SIZE[1] // 2) for p in range(planes)]
    offsets = [100 + sum(s * n for s, n in zip(strides[:p], lines[:p], strict=True)) for p in range(planes)]
    data = np.full(offsets[-1] + strides[-1] * lines[-1], 0xAA, np.uint8)
    source = np.frombuffer(item.data, np.uint8)
    for p in range(planes):
        rows = source[info.offset[p] :][: info.stride[p] * lines[p]].reshape(lines[p], -1)
        target = data[offsets[p] :][: strides[p] * lines[p]].reshape(lines[p], -1)
        target[:, : rows.shape[1]] = rows
    padded = [x + [0] * (4 - planes) for x in (offsets, strides)]

    def with_meta(buffer: Any) -> None:
        where = GstVideo.VideoFrameFlags.NONE, info.finfo.format, *SIZE, planes
        GstVideo.buffer_add_video_meta_full(buffer, *where, *padded)

    plain = {"segmenter": "selfie", "method": "none", "threshold": 0.0, "alpha": 0.3}
    with pads(caps_of(name), **plain) as made:
        made.push(Bit(data.tobytes(), 0, STEP), with_meta)
        made.push(Bit(item.data, STEP, STEP))
        made.check()
        strided, straight = (pixels(name, bit.data) for bit in made.out if isinstance(bit, Bit))
    assert strided == straight


def test_the_matte_is_gray_and_nothing_but_black_and_white() -> None:
    bits = [Bit(picture(n, 64, 48).tobytes(), n * STEP, STEP) for n in range(4)]
    colour = ",colorimetry=2:4:16:1"
    hard = "masksmooth segmenter=selfie radius=1 mode=matte feather=0"
    with piped(hard, caps_of("GRAY8", (64, 48), colour)) as pipe:
        for bit in bits:
            pipe.push(bit)
        pipe.end()
        out = pipe.rest()
    assert [(bit.pts, bit.duration) for bit in out] == [(bit.pts, bit.duration) for bit in bits]
    assert "format=(string)GRAY8" in out[0].caps
    assert {value for bit in out for value in bit.data} <= {0, 255}


@pytest.mark.parametrize("name", ["I420", "NV12", "RGB"])
def test_a_matte_can_be_made_of_any_format_and_encoded_by_any(name: str) -> None:
    middle = "masksmooth segmenter=selfie method=none mode=matte ! videoconvert ! video/x-raw,format=I420"
    (out,) = run(middle, caps_of(name), [test_pattern(name)])
    assert len(out.data) == GstVideo.VideoInfo.new_from_caps(Gst.Caps.from_string(caps_of("I420"))).size
