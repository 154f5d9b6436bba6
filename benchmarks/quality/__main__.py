"""Judge smoothing methods against ground truth: ``python -m benchmarks.quality --quick``."""

from __future__ import annotations

import os
import sys

os.environ.setdefault("NUMBA_NUM_THREADS", "1")  # before numba is loaded: times are those of one thread

from benchmarks.quality.command import main

if __name__ == "__main__":
    sys.exit(main())
