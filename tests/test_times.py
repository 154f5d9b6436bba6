"""Times: every frame and packet of the output is where it was in the input, judged by ffprobe."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from masksmooth_filter.timing import half_tick
from tests.clips import frame_times, make_clip, packet_hashes, packet_times, probe, run_ffmpeg, stream_entries
from tests.loop import convert

VFR = [0, 512, 1024, 1500, 4000, 4300, 9000, 9200, 12000, 12800]
TS = Fraction(1, 90000)
B_FRAMES = {"bf": "3", "g": "12"}
SHIFTED = "all streams are moved by +0"


def time_base(path: Path, stream: str = "v:0") -> Fraction:
    return Fraction(stream_entries(path, stream=stream)["time_base"])


def assert_same_times(source: Path, target: Path, stream: str, *, tolerance: Fraction | None = None) -> None:
    """Times agree to half a tick of the coarser base (0 where the bases divide)."""
    times = frame_times if stream.startswith("v") else packet_times
    before, after = (times(path, stream=stream) for path in (source, target))
    most = half_tick(time_base(source, stream), time_base(target, stream)) if tolerance is None else tolerance
    assert len(before) == len(after)
    assert max(abs(a - b) for a, b in zip(before, after, strict=True)) <= most


CASES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "CFR": ("a.mp4", "b.mp4", {"audio": 1}),
    "CFR into Matroska": ("a.mp4", "b.mkv", {"audio": 1}),
    "CFR out of Matroska": ("a.mkv", "b.mp4", {"audio": 1}),
    "CFR into QuickTime": ("a.mp4", "b.mov", {"audio": 1}),
    "NTSC rate": ("a.mp4", "b.mp4", {"pts": [1001 * n for n in range(20)], "time_base": Fraction(1, 30000)}),
    "VFR": ("a.mp4", "b.mp4", {"pts": VFR, "audio": 1}),
    "VFR into Matroska": ("a.mp4", "b.mkv", {"pts": VFR, "audio": 1}),
    "VFR out of Matroska": ("a.mkv", "b.mp4", {"pts": VFR, "audio": 1}),
    "B-frames": ("a.mp4", "b.mp4", {"options": B_FRAMES, "audio": 1}),
    "B-frames into Matroska": ("a.mp4", "b.mkv", {"options": B_FRAMES, "audio": 1}),
    "start at 33 ms": ("a.mkv", "b.mp4", {"pts": range(422, 9000, 512), "audio": 1}),
    "start at 33 ms, Matroska": ("a.mkv", "b.mkv", {"pts": range(422, 9000, 512), "audio": 1}),
    "late start": ("a.mp4", "b.mp4", {"pts": range(25600, 38400, 512), "audio": 1}),
    "delayed audio": ("a.mp4", "b.mp4", {"audio": 1, "audio_delay": Fraction(1, 2), "frames": 30}),
    "delayed audio into Matroska": (
        "a.mp4",
        "b.mkv",
        {"audio": 1, "audio_delay": Fraction(1, 2), "frames": 30},
    ),
    "two tracks": ("a.mkv", "b.mp4", {"audio": 2}),
    "TS": ("a.ts", "b.ts", {"pts": range(126000, 216000, 3600), "time_base": TS, "audio": 1}),
    "TS into MP4": ("a.ts", "b.mp4", {"pts": range(126000, 216000, 3600), "time_base": TS, "audio": 1}),
    "TS into Matroska": ("a.ts", "b.mkv", {"pts": range(126000, 216000, 3600), "time_base": TS, "audio": 1}),
    "WebM": ("a.webm", "b.webm", {"codec": "libvpx-vp9", "audio": 1, "options": {"deadline": "realtime"}}),
    "WebM into Matroska": ("a.webm", "b.mkv", {"codec": "libvpx-vp9", "audio": 1}),
    "a single frame": ("a.mp4", "b.mp4", {"frames": 1}),
}


@pytest.mark.ffmpeg
@pytest.mark.parametrize("name", CASES)
def test_frame_times_and_audio_packets_are_the_inputs(tmp_path: Path, name: str) -> None:
    source_name, target_name, recipe = CASES[name]
    source, target = make_clip(tmp_path / source_name, **recipe), tmp_path / target_name
    assert convert(source, target) == []
    same = {source.suffix, target.suffix} <= {".mp4", ".mov"}
    assert_same_times(source, target, "v:0", tolerance=Fraction(0) if same else None)
    for track in range(recipe.get("audio", 0)):
        assert_same_times(source, target, f"a:{track}")
        if ".ts" not in (source.suffix, target.suffix) or source.suffix == target.suffix:
            assert packet_hashes(source, stream=f"a:{track}") == packet_hashes(target, stream=f"a:{track}")


@pytest.mark.ffmpeg
def test_aac_out_of_a_transport_stream_is_the_same_sound(tmp_path: Path) -> None:
    """Its ADTS headers become the container's own header; ffmpeg's copy does the same."""
    source = make_clip(tmp_path / "a.ts", audio=1, time_base=TS)
    convert(source, tmp_path / "ours.mp4")
    run_ffmpeg("-i", str(source), "-map", "0:a", "-c", "copy", str(tmp_path / "theirs.mp4"))
    ours, theirs = (packet_hashes(tmp_path / name, stream="a:0") for name in ("ours.mp4", "theirs.mp4"))
    assert ours == theirs


@pytest.mark.ffmpeg
@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".nut"])
def test_times_before_zero_get_one_shift_for_all_streams(tmp_path: Path, suffix: str) -> None:
    """A transport stream whose 33-bit clock wraps half a second in has times before zero in libav."""
    clip = make_clip(tmp_path / "a.mp4", audio=1, frames=30)
    source, target = tmp_path / "wraps.ts", tmp_path / f"b{suffix}"
    run_ffmpeg("-i", str(clip), "-c", "copy", "-muxdelay", "0", "-output_ts_offset", "95443.2", str(source))
    assert frame_times(source)[0] < Fraction(-2, 5)
    warnings = convert(source, target)
    assert [w.split(" s together")[0][:-4] for w in warnings] == [SHIFTED]
    moved = {}
    for stream, times in (("v:0", frame_times), ("a:0", packet_times)):
        pairs = zip(times(target, stream=stream), times(source, stream=stream), strict=True)
        moved[stream] = {after - before for after, before in pairs}
    offsets = moved["v:0"] | moved["a:0"]
    assert len(frame_times(target)) == 30
    assert frame_times(target)[0] >= 0
    assert max(offsets) - min(offsets) <= Fraction(1, 1000)


@pytest.mark.ffmpeg
@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mov"])
def test_the_last_frame_keeps_its_duration(tmp_path: Path, suffix: str) -> None:
    source = make_clip(tmp_path / "a.mp4", pts=[0, 512, 1024, 9000], rate=2)
    convert(source, tmp_path / f"b{suffix}")
    seconds = [
        float(probe(path, "-show_format")["format"]["duration"]) for path in (source, tmp_path / f"b{suffix}")
    ]
    assert seconds[0] == pytest.approx(9000 / 12800 + 0.5, abs=0.002)
    assert seconds[1] == pytest.approx(seconds[0], abs=0.002)


@pytest.mark.ffmpeg
@pytest.mark.material
def test_the_private_films_keep_everything(tmp_path: Path, material: Path) -> None:
    for source in sorted((material / "videos").iterdir()):
        target = tmp_path / f"{source.stem}.mp4"
        assert convert(source, target) == []
        same = source.suffix == ".mp4"
        assert_same_times(source, target, "v:0", tolerance=Fraction(0) if same else None)
        kinds = [
            [s["codec_type"] for s in probe(path, "-show_streams")["streams"]] for path in (source, target)
        ]
        assert kinds[0] == kinds[1]
        for index in range(1, len(kinds[0])):
            assert packet_hashes(source, stream=str(index)) == packet_hashes(target, stream=str(index))
        names = ("pix_fmt", "color_range", "color_space", "color_transfer", "color_primaries")
        before, after = (stream_entries(path) for path in (source, target))
        assert {name: after.get(name) for name in names} == {name: before.get(name) for name in names}
        target.unlink()
