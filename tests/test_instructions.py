"""x264 gives a film the same bits each time, whatever was in the memory it gets."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from masksmooth_filter.media import instructions as module
from masksmooth_filter.media.instructions import instructions
from tests.test_cli import ENVIRONMENT

AVX2 = ("MMX2", "SSSE3", "BMI2", "AVX2")

ENCODED = """
import hashlib, sys
from fractions import Fraction
from masksmooth_filter.media import EncodeOptions, Encoder, OutputFile, VideoInfo
from tests.clips import make_frame

info = VideoInfo(208, 128, "yuv420p", Fraction(1, 25), rate=Fraction(25))
output = OutputFile(sys.argv[1], codec="libx264")
encoder = Encoder(output, info, options=EncodeOptions())
output.start()
packets = []
for number in range(40):
    frame = make_frame(number, info.width, info.height)
    frame.pts, frame.time_base = number, info.time_base
    packets += encoder.push(frame)
packets += encoder.flush()
print(hashlib.sha256(b"".join(map(bytes, packets))).hexdigest())
output.abort()
"""


def encoded(folder: Path, fill: int) -> str:
    """Encode 13 blocks a row, with all memory that malloc hands out full of a byte."""
    environment = {**ENVIRONMENT, "GLIBC_TUNABLES": f"glibc.malloc.perturb={fill}"}
    command = [sys.executable, "-c", ENCODED, str(folder / "out.mp4")]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


def test_packets_do_not_depend_on_what_was_in_memory(tmp_path: Path) -> None:
    assert len({encoded(tmp_path, fill) for fill in (0, 85, 170)}) == 1


@pytest.mark.parametrize(
    ("width", "found", "asm"),
    [
        (854, (*AVX2, "AVX512"), ",".join(AVX2)),
        (1920, (*AVX2, "AVX512"), None),
        (854, AVX2, None),
        (854, (), None),
    ],
    ids=["too wide", "rows of whole steps", "an older processor", "no x86"],
)
def test_avx_512_is_left_out_where_it_reads_beyond_rows(
    monkeypatch: pytest.MonkeyPatch, width: int, found: tuple[str, ...], asm: str | None
) -> None:
    monkeypatch.setattr(module, "_found", lambda: found)
    assert instructions(width).get("asm") == asm
