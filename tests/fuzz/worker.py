"""Runs the command again and again in one process: a JSON list of arguments in, a JSON outcome out.

The parent kills it when a case hangs, and starts another when a case crashed it.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import threading
import traceback
from pathlib import Path
from typing import Any

from masksmooth_cli.main import main

MEMORY = 6 << 30
"""Bytes of address space: an allocation that believes a lying header shows as a MemoryError."""


def run(arguments: list[str], log: Path) -> dict[str, Any]:
    """Run the command once; return its exit status, what it printed, and the threads it left."""
    sys.argv = ["masksmooth-filter", *arguments]
    with log.open("w+b") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
        status: Any = 0
        try:
            main()
        except SystemExit as done:
            status = done.code
        except BaseException:
            status = -1
            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
        file.seek(0)
        said = file.read().decode(errors="replace")
    return {"status": status, "said": said, "threads": threading.active_count() - 1}


def serve(log: Path) -> None:
    """Answer line by line until the input ends."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line), log)), file=answers, flush=True)


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
