"""The GStreamer element: events, latency, what buffers carry, errors."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from masksmooth_filter.options import Options
from masksmooth_filter.run.frame_filter import ABOUT_FILES
from tests.clips import make_clip, picture
from tests.integrations.gst_harness import Bit, GstFailed, gstreamer, run
from tests.integrations.gst_pads import Pads, pads

Gst = gstreamer()
STEP = 40_000_000
CAPS = "video/x-raw,format=GRAY8,width=48,height=32,framerate=25/1"
LARGER = "video/x-raw,format=GRAY8,width=64,height=40,framerate=25/1"
PLAIN = {"segmenter": "selfie", "method": "median", "radius": 2}


def bit(number: int, size: tuple[int, int] = (48, 32), pts: int | None = None) -> Bit:
    return Bit(picture(number, *size).tobytes(), number * STEP if pts is None else pts, STEP)


def bits(count: int, size: tuple[int, int] = (48, 32)) -> list[Bit]:
    return [bit(n, size) for n in range(count)]


def filled(made: Pads, count: int) -> Pads:
    """Push pictures so that two of them are held."""
    for item in bits(count):
        assert made.push(item) == Gst.FlowReturn.OK
    assert len(made.times) == count - 2
    return made


def test_at_the_end_of_the_stream_all_that_is_held_comes_out_first() -> None:
    with pads(CAPS, **PLAIN) as made:
        filled(made, 5).send(Gst.Event.new_eos())
        assert made.times == [n * STEP for n in range(5)]
        assert made.out[-1] == "eos"


@pytest.mark.parametrize("event", ["segment", "gap", "segment-done"])
def test_what_is_held_comes_out_before_an_event_that_ends_it(event: str) -> None:
    events = {
        "segment": lambda made: made.segment(9 * STEP),
        "gap": lambda made: made.send(Gst.Event.new_gap(5 * STEP, STEP)),
        "segment-done": lambda made: made.send(Gst.Event.new_segment_done(Gst.Format.TIME, 5 * STEP)),
    }
    with pads(CAPS, **PLAIN) as made:
        events[event](filled(made, 5))
        assert made.times == [n * STEP for n in range(5)]
        assert made.out[-1] == event
        made.push(bit(9))
        made.send(Gst.Event.new_eos())
        assert made.times[5:] == [9 * STEP]


def test_a_change_of_size_lets_the_old_size_out_before_the_new_caps() -> None:
    with pads(CAPS, **PLAIN) as made:
        filled(made, 5).caps(LARGER)
        assert made.out[-1] == "caps"
        for n in range(5, 9):
            made.push(bit(n, (64, 40)))
        made.send(Gst.Event.new_eos())
        assert made.times == [n * STEP for n in range(9)]
        sizes = [len(item.data) for item in made.out if isinstance(item, Bit)]
        assert sizes == [48 * 32] * 5 + [64 * 40] * 4


def test_the_same_caps_again_cut_no_window() -> None:
    with pads(CAPS, **PLAIN) as made:
        filled(made, 5).caps(CAPS)
        assert len(made.times) == 3


def test_a_flush_drops_what_is_held_and_windows_begin_anew() -> None:
    with pads(CAPS, **PLAIN) as made:
        filled(made, 5).send(Gst.Event.new_flush_start())
        made.send(Gst.Event.new_flush_stop(True))
        made.segment(100 * STEP)
        for n in range(100, 104):
            made.push(bit(n))
        made.send(Gst.Event.new_eos())
        assert made.times == [0, STEP, 2 * STEP, *(n * STEP for n in range(100, 104))]


def test_a_scene_cut_lets_the_whole_scene_out_and_every_picture_keeps_its_time() -> None:
    dark, bright = (np.full((32, 48), level, np.uint8) for level in (20, 230))
    noise = np.random.default_rng(0).integers(0, 25, (12, 32, 48), np.uint8)
    scenes = [(bright if n >= 6 else dark) - noise[0] // 2 + noise[n] // 4 for n in range(12)]
    items = [Bit(scene.tobytes(), n * STEP, STEP) for n, scene in enumerate(scenes)]
    out = run("masksmooth segmenter=selfie radius=3 alpha=0", CAPS, items)
    assert [(b.data, b.pts, b.duration) for b in out] == [(b.data, b.pts, b.duration) for b in items]


def test_uneven_and_missing_times_and_durations_are_kept() -> None:
    times = [(0, STEP), (STEP, None), (7 * STEP, 1), (None, None), (8 * STEP + 1, 3 * STEP)]
    items = [Bit(picture(n, 48, 32).tobytes(), *time) for n, time in enumerate(times)]
    with pads(CAPS.replace("25/1", "0/1"), **PLAIN) as made:
        for item in items:
            made.push(item)
        made.send(Gst.Event.new_eos())
        assert [(b.pts, b.duration) for b in made.out if isinstance(b, Bit)] == times


def test_flags_offsets_and_metas_stay_with_their_picture() -> None:
    kind = Gst.Caps.from_string("timestamp/x-ntp")

    def mark(number: int) -> Any:
        def change(buffer: Any) -> None:
            buffer.offset = 100 + number
            buffer.add_reference_timestamp_meta(kind, 1000 + number, 1)
            if number == 3:
                buffer.set_flags(Gst.BufferFlags.MARKER)

        return change

    with pads(CAPS, **PLAIN) as made:
        for n in range(6):
            made.push(bit(n), mark(n))
        made.send(Gst.Event.new_eos())
        metas = [buffer.get_reference_timestamp_meta(kind).timestamp for buffer in made.buffers]
        assert metas == [1000 + n for n in range(6)]
        marked = [buffer.has_flags(Gst.BufferFlags.MARKER) for buffer in made.buffers]
        assert marked == [n == 3 for n in range(6)]


@pytest.mark.parametrize(
    ("properties", "frames"),
    [
        ("method=gaussian radius=3", 3),
        ("method=motion radius=4", 4),
        ("method=motion radius=4 lookahead=1", 1),
        ("method=motion radius=4 causal=true", 0),
        ("method=ema causal=true", 0),
        ("method=median radius=2 scene-cuts=yes", 3),
    ],
)
@pytest.mark.parametrize("rate", ["25/1", "30000/1001"])
def test_the_latency_is_that_of_the_held_frames_to_the_nanosecond(
    properties: str, frames: int, rate: str
) -> None:
    source = f"videotestsrc is-live=true ! video/x-raw,format=I420,width=64,height=48,framerate={rate}"
    own = latency(f"{source} ! masksmooth segmenter=selfie {properties} ! fakesink sync=true")
    number, per = map(int, rate.split("/"))
    assert own - latency(f"{source} ! identity ! fakesink sync=true") == frames * per * 10**9 // number


def latency(pipeline: str) -> int:
    """What a live pipeline says of its latency."""
    playing = Gst.parse_launch(pipeline)
    playing.set_state(Gst.State.PLAYING)
    bus = playing.get_bus()
    came = bus.timed_pop_filtered(20 * Gst.SECOND, Gst.MessageType.ASYNC_DONE | Gst.MessageType.ERROR)
    assert came.type == Gst.MessageType.ASYNC_DONE
    query = Gst.Query.new_latency()
    assert playing.query(query)
    live, least, _ = query.parse_latency()
    playing.set_state(Gst.State.NULL)
    assert live
    return int(least)


def test_a_live_source_can_be_followed_without_a_frame_of_delay() -> None:
    with pads(CAPS, segmenter="selfie", causal=True) as made:
        for n in range(6):
            made.push(bit(n))
            assert made.times[-1] == n * STEP


def test_the_latency_message_comes_with_the_caps() -> None:
    with pads(CAPS, **PLAIN) as made:
        assert len(made.messages(Gst.MessageType.LATENCY)) == 1
        made.caps(LARGER)
        assert not made.messages(Gst.MessageType.LATENCY)
        made.caps(LARGER.replace("25/1", "50/1"))
        assert len(made.messages(Gst.MessageType.LATENCY)) == 1


WRONG = {
    "method": ({"method": "magic"}, "no method 'magic'; supported values are motion, gaussian"),
    "segmenter": ({"segmenter": "magic"}, "choose from auto, selfie"),
    "masks": ({"masks_from": "/nowhere.mkv"}, "there is no file or folder of masks /nowhere.mkv"),
    "useless": ({"method": "median", "lookahead": 2}, "has no effect with --method median"),
    "mode": ({"mode": "hologram"}, "supported values are overlay, matte"),
    "scene cuts": ({"scene_cuts": "perhaps"}, "supported values are auto, yes, no"),
}


@pytest.mark.parametrize(("properties", "told"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_property_is_an_error_on_the_bus(properties: dict[str, Any], told: str) -> None:
    with pytest.raises(GstFailed, match=told):
        Pads(CAPS, **properties)


def test_an_error_on_the_way_stops_the_stream_and_is_on_the_bus(tmp_path: Path) -> None:
    masks = make_clip(tmp_path / "masks.mkv", frames=3, size=(48, 32), pix_fmt="gray", codec="ffv1")
    with pads(CAPS, masks_from=str(masks), method="none") as made:
        flows = [made.push(item) for item in bits(4)]
        assert flows == [Gst.FlowReturn.OK] * 3 + [Gst.FlowReturn.ERROR]
        with pytest.raises(GstFailed, match=r"the frame at 0\.120 s has no mask"):
            made.check()
        assert len(made.times) == 3


def test_a_buffer_that_is_too_small_is_an_error_and_no_picture() -> None:
    with pads(CAPS, **PLAIN) as made:
        assert made.push(Bit(b"too small", 0, STEP)) == Gst.FlowReturn.ERROR
        with pytest.raises(GstFailed, match="a buffer of 9 bytes is too small for its caps"):
            made.check()


def test_what_the_masks_reader_assumes_is_a_warning_on_the_bus(tmp_path: Path) -> None:
    masks = make_clip(
        tmp_path / "m.mkv", frames=3, size=(48, 32), pix_fmt="gray", codec="ffv1", pts=[500, 540, 580]
    )
    with pads(CAPS, masks_from=str(masks), method="none") as made:
        for item in bits(3):
            made.push(item)
        (warning,) = made.messages(Gst.MessageType.WARNING)
        assert "both are taken to begin together" in warning.parse_warning()[0].message


def test_masks_follow_a_seek_by_their_times(tmp_path: Path) -> None:
    masks = make_clip(tmp_path / "masks.mkv", frames=20, size=(48, 32), pix_fmt="gray", codec="ffv1")
    hard = {"mode": "matte", "threshold": 0.8, "feather": 0.0}
    with pads(CAPS, masks_from=str(masks), method="none", **hard) as made:
        made.push(bit(0))
        for start in (12, 4):
            made.send(Gst.Event.new_flush_start())
            made.send(Gst.Event.new_flush_stop(True))
            made.segment(start * STEP)
            made.push(bit(start))
        shown = [np.frombuffer(item.data, np.uint8) for item in made.out if isinstance(item, Bit)]
        for matte, number in zip(shown, (0, 12, 4), strict=True):
            want = np.where(picture(number, 48, 32) >= 204, 255, 0)
            np.testing.assert_array_equal(matte.reshape(32, 48), want)


@pytest.mark.parametrize("properties", [{"mode": "blur"}, {"mode": "replace", "background": "white"}])
def test_modes_of_the_films_own_caps_are_drawn(properties: dict[str, Any]) -> None:
    """A picture without a person is all background: blurred, or white."""
    words = " ".join(f"{name}={value}" for name, value in {**PLAIN, **properties, "hold": 80}.items())
    out = run(f"masksmooth {words}", CAPS, bits(6))
    assert [item.pts for item in out] == [n * STEP for n in range(6)]
    assert all("GRAY8" in item.caps for item in out)
    for number, item in enumerate(out):
        seen, was = np.frombuffer(item.data, np.uint8), picture(number, 48, 32).ravel()
        assert (seen != was).mean() > 0.3


@pytest.mark.parametrize("mode", ["cutout", "side-by-side"])
def test_modes_of_other_caps_are_an_error_on_the_bus(mode: str) -> None:
    with pytest.raises(GstFailed, match=f"the element does not draw mode {mode}; it draws overlay, matte"):
        run(f"masksmooth mode={mode} segmenter=selfie", CAPS, bits(1))


def test_drawing_can_be_changed_while_frames_flow() -> None:
    with pads(CAPS, segmenter="selfie", method="none", alpha=0.0, threshold=0.0) as made:
        made.push(bit(0))
        made.element.set_property("alpha", 1.0)
        made.element.set_property("color", "black")
        made.push(bit(1))
        first, second = (item for item in made.out if isinstance(item, Bit))
        assert first.data == bit(0).data
        assert set(second.data) == {0}


def test_every_option_that_is_not_about_files_is_a_property() -> None:
    from masksmooth_filter.integrations.gst.properties import DEFAULTS, field_of, options_of

    fields = {field.name for field in dataclasses.fields(Options)}
    assert {field_of(name) for name in DEFAULTS} == fields - set(ABOUT_FILES)
    assert options_of(DEFAULTS) == Options()


def test_no_picture_is_skipped_for_being_late() -> None:
    assert Gst.ElementFactory.make("masksmooth").get_property("qos") is False


def test_looking_at_the_element_loads_nothing_heavy() -> None:
    code = (
        "import sys; from masksmooth_filter.integrations import gst; gst.register();"
        "from gi.repository import Gst; Gst.ElementFactory.make('masksmooth');"
        "print([m for m in ('torch', 'numba', 'cv2', 'ai_edge_litert', 'onnxruntime') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_it_can_be_started_again() -> None:
    with pads(CAPS, **PLAIN) as made:
        filled(made, 5)
        made.element.set_state(Gst.State.NULL)
        again = made.element.set_state(Gst.State.PLAYING)
        assert again == Gst.StateChangeReturn.SUCCESS
