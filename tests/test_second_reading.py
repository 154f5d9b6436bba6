"""Other streams come when they are due, wherever the file stores them, and little of them is held."""

from fractions import Fraction
from pathlib import Path

import pytest

from masksmooth_filter.media import Demuxer
from masksmooth_filter.media.probe import open_input
from masksmooth_filter.media.second_reading import SecondReading
from tests.clips import make_clip, packet_hashes, run_ffmpeg
from tests.loop import convert
from tests.scattered import one_after_the_other, widest_gap

SUBTITLES = "1\n00:00:00,100 --> 00:00:00,500\nHello\n\n2\n00:00:17,600 --> 00:00:17,900\nBye\n"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film of 18 s with two sound tracks and a subtitle of two lines."""
    folder = tmp_path_factory.mktemp("scattered")
    clip = make_clip(folder / "clip.mkv", frames=90, rate=5, size=(32, 32), audio=2)
    (folder / "s.srt").write_text(SUBTITLES)
    run_ffmpeg("-i", str(clip), "-i", str(folder / "s.srt"), "-map", "0", "-map", "1", "-c", "copy",
               str(folder / "source.mkv"))  # fmt: skip
    return folder / "source.mkv"


ORDERS = [(0, 1, 2, 3), (1, 2, 3, 0), (1, 0, 3, 2), (3, 2, 1, 0)]


@pytest.mark.ffmpeg
@pytest.mark.parametrize("order", ORDERS, ids=str)
@pytest.mark.parametrize("held", [1 << 20, 4000, 1], ids=lambda n: f"{n} bytes")
def test_packets_come_in_the_order_of_their_times(
    tmp_path: Path, source: Path, order: tuple[int, ...], held: int
) -> None:
    path = one_after_the_other(source, tmp_path / "a.mkv", order)
    reading = SecondReading(lambda: open_input(path), (1, 2, 3), held_bytes=held)
    found = []
    for second in range(20):
        due = list(reading.until(Fraction(second)))
        assert all(second - 1 <= p.dts * p.time_base <= second for p in due if p.stream_index != 3 or second)
        found += due
    found += reading.until(None)
    times = [packet.dts * packet.time_base for packet in found]
    assert times == sorted(times)
    assert reading.readers == (1 if held == 1 << 20 else 3)
    reading.close()
    for index in (1, 2, 3):
        packets = [packet for packet in found if packet.stream_index == index]
        with open_input(source) as container:
            assert list(map(bytes, packets)) == [bytes(p) for p in container.demux(index) if p.size]


@pytest.mark.ffmpeg
@pytest.mark.parametrize("suffix", [".mkv", ".mp4", ".ts"])
@pytest.mark.parametrize("order", ORDERS[:2], ids=str)
def test_the_output_is_interleaved_though_the_input_is_not(
    tmp_path: Path, source: Path, order: tuple[int, ...], suffix: str
) -> None:
    path = one_after_the_other(source, tmp_path / "a.mkv", order)
    assert widest_gap(path) > 17
    convert(path, tmp_path / f"b{suffix}", drop=True)
    assert widest_gap(tmp_path / f"b{suffix}") < 1.1
    if suffix != ".ts":  # which frames AAC anew
        for stream in ("a:0", "a:1"):
            assert packet_hashes(tmp_path / f"b{suffix}", stream=stream) == packet_hashes(
                source, stream=stream
            )


def test_a_subtitle_with_a_long_pause_is_not_waited_for(source: Path) -> None:
    reading = SecondReading(lambda: open_input(source), (1, 3))
    assert [packet.stream_index for packet in reading.until(Fraction(1, 2))].count(3) == 1
    (reader,) = reading._readers
    assert not reader.is_past(Fraction(12))  # the second line is at 17.6 s
    assert len([packet for packet in reading.until(None) if packet.stream_index == 3]) == 1
    reading.close()


def test_without_other_streams_a_file_is_opened_once(tmp_path: Path) -> None:
    with Demuxer(make_clip(tmp_path / "a.mkv", frames=3)) as demuxer:
        assert not demuxer.once
        assert len(demuxer.container.streams) == 1
