"""Memory that only the start of a run needed is given back, and nothing else."""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from masksmooth_cli.allocator import MAPPINGS, forget_start_up, unchanged

LIST = """\
1000-2000 r-xp 00000000 fe:00 260386   /usr/lib/libcode.so
Anonymous: 0 kB
Swap: 0 kB
VmFlags: rd ex
2000-3000 r--p 00001000 fe:00 260386   /usr/lib/libcode.so
Anonymous: 4 kB
Swap: 0 kB
VmFlags: rd
3000-4000 r--p 00001000 fe:00 260386   /usr/lib/libswapped.so.6.1
Anonymous: 0 kB
Swap: 4 kB
VmFlags: rd
4000-5000 rw-p 00000000 fe:00 260386   /usr/lib/libcode.so
Anonymous: 0 kB
Swap: 0 kB
VmFlags: rd wr
5000-6000 r--p 00000000 fe:00 17   /home/me/weights.bin
Anonymous: 0 kB
Swap: 0 kB
VmFlags: rd
6000-7000 r-xp 00000000 00:00 0
Anonymous: 0 kB
Swap: 0 kB
VmFlags: rd ex
7000-8000 r--p 00000000 fe:00 5   /usr/lib/libtables.so.6.1
Anonymous: 0 kB
Swap: 0 kB
VmFlags: rd
"""


def test_only_what_libraries_have_in_their_files_is_dropped() -> None:
    assert list(unchanged(LIST.splitlines())) == [(0x1000, 0x2000), (0x7000, 0x8000)]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux lists what a process has mapped")
def test_a_process_that_forgets_its_start_is_smaller_and_goes_on() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8)
    expected, before = cv2.GaussianBlur(picture, (0, 0), 2), pages_of_files()
    forget_start_up()
    assert pages_of_files() < before
    assert np.array_equal(cv2.GaussianBlur(picture, (0, 0), 2), expected)
    assert list(unchanged(MAPPINGS.read_text().splitlines()))


def pages_of_files() -> int:
    return int(Path("/proc/self/statm").read_text().split()[2])
