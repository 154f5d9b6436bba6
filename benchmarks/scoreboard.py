"""What is kept of a film, by us and by others: ``python benchmarks/scoreboard.py --peers PYTHON [--write]``.

Every program gets the same three small films, made here, and shall hand the picture on as it is (we tint,
deface blurs faces: neither matters here). ffprobe judges. ``--peers`` is a Python that has the others:
``pip install supervision deface av``. ``--write`` puts the table into docs/scoreboard.md and README.md.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from fractions import Fraction
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "kernels"), str(ROOT / "cli")]

from tests.clips import frame_times, make_clip, packet_hashes, probe, run_ffmpeg  # noqa: E402

PHONE = [n * 33 + (n % 7) * 5 + 67 * (n // 20) for n in range(100)]
"""Milliseconds at which a phone takes frames: uneven, and with a gap now and then."""

SUPERVISION = """
import supervision as sv, sys, inspect
audio = {"preserve_audio": True} if "preserve_audio" in inspect.signature(sv.process_video).parameters else {}
sv.process_video(source_path=sys.argv[1], target_path=sys.argv[2], callback=lambda frame, _: frame, **audio)
"""

RVM = """
import av, sys
from fractions import Fraction
# VideoReader and VideoWriter of RobustVideoMatting's inference_utils.py, with the picture as it is
source = av.open(sys.argv[1]); video = source.streams.video[0]
target = av.open(sys.argv[2], mode="w")
stream = target.add_stream("h264", rate=Fraction(f"{float(video.average_rate):.4f}"))
stream.pix_fmt = "yuv420p"
stream.bit_rate = 1000000
for frame in source.decode(video):
    picture = frame.to_ndarray(format="rgb24")
    if not stream.codec_context.is_open:
        stream.height, stream.width = picture.shape[:2]
    target.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
target.mux(stream.encode()); target.close()
"""

OURS = "from masksmooth_cli.main import main; main()"
KEEP = ["-map", "0", "-map", "-0:d", "-c", "copy", "-c:v", "libx264"]
TIMES = ["-fps_mode", "passthrough", "-enc_time_base", "-1"]


def commands(peers: str | None) -> dict[str, Callable[[str, str], list[str]]]:
    """Return the command line of each program."""
    ffmpeg = ["ffmpeg", "-v", "error", "-y"]
    found: dict[str, Callable[[str, str], list[str]]] = {
        "masksmooth-filter": lambda i, o: [
            sys.executable,
            "-c",
            OURS,
            i,
            o,
            "--segmenter",
            "selfie",
            "--quiet",
        ],
        "ffmpeg, default": lambda i, o: [*ffmpeg, "-i", i, "-vf", "null", o],
        "ffmpeg, all it can": lambda i, o: [
            *ffmpeg,
            "-noautorotate",
            "-i",
            i,
            *KEEP,
            *TIMES,
            "-vf",
            "null",
            o,
        ],
    }
    if peers is not None:
        found["supervision"] = lambda i, o: [peers, "-c", SUPERVISION, i, o]
        found["deface -k"] = lambda i, o: [str(Path(peers).with_name("deface")), "-k", i, "-o", o]
        found["PyAV loop (RVM)"] = lambda i, o: [peers, "-c", RVM, i, o]
    return found


def films(folder: Path) -> dict[str, Path]:
    """Make the three films."""
    turned = make_clip(
        folder / "plain.mp4", frames=len(PHONE), size=(128, 96), pts=PHONE, time_base=Fraction(1, 1000),
        audio=2, rotation=90, title="Holiday", chapters=True, sar=Fraction(4, 3), options={"bf": "2"},
        tags={"color_primaries": 1, "color_trc": 1, "colorspace": 1, "color_range": 1},
        container_options={"movie_timescale": "90000"},
    )  # fmt: skip
    words = folder / "words.srt"
    words.write_text("1\n00:00:01,000 --> 00:00:02,000\nHello\n")
    arguments = ["-map", "0:v", "-map", "0:a", "-map", "1", "-c", "copy", "-c:s", "mov_text"]
    labels = ["-metadata:s:s:0", "language=fra", "-movie_timescale", "90000"]
    run_ffmpeg("-i", str(turned), "-i", str(words), *arguments, *labels, str(folder / "phone.mp4"))
    deep = {"color_primaries": 9, "color_trc": 16, "colorspace": 9, "color_range": 1}
    return {
        "phone": folder / "phone.mp4",
        "deep": make_clip(folder / "deep.mp4", frames=30, pix_fmt="yuv420p10le", tags=deep),
        "odd": make_clip(folder / "odd.mp4", frames=30, size=(321, 181), pix_fmt="yuv444p"),
    }


def judge(phone: list[Path], deep: list[Path], odd: list[Path]) -> dict[str, str]:
    """Return what ffprobe sees of a program's three outputs; each argument is source and output."""
    times = [frame_times(path) for path in phone]
    worst = max((abs(a - b) for a, b in zip(*times, strict=False)), default=Fraction(0))
    streams = [probe(path, "-show_streams", "-show_chapters", "-show_format") for path in phone]
    sounds = [_sounds(path, found) for path, found in zip(phone, streams, strict=True)]
    kinds = [[s["codec_type"] for s in found["streams"]] for found in streams]
    film = [_film(found) for found in streams]
    same = sum(track in sounds[0][0] for track in sounds[1][0])
    return {
        "frames": f"{len(times[1])} of {len(times[0])}",
        "frame times off by at most": f"{float(worst) * 1000:.1f} ms",
        "length": f"{float(times[1][-1] - times[1][0]):.2f} of {float(times[0][-1] - times[0][0]):.2f} s",
        "sound tracks, packet for packet": f"{same} of {len(sounds[0][0])}",
        "their languages": f"{len(set(sounds[0][1]) & set(sounds[1][1]))} of {len(sounds[0][1])}",
        "subtitles": f"{kinds[1].count('subtitle')} of {kinds[0].count('subtitle')}",
        "chapters": f"{len(streams[1]['chapters'])} of {len(streams[0]['chapters'])}",
        "title": "yes" if streams[1]["format"].get("tags", {}).get("title") == "Holiday" else "no",
        "turned picture": _turned(*film),
        "pixel aspect": film[1].get("sample_aspect_ratio", "lost"),
        "BT.709 tags": _tags(film[1]),
        "10 bit, BT.2020 PQ": _tags(_film(probe(deep[1], "-show_streams"))) if deep[1].exists() else "fails",
        "321x181 yuv444p": _size(odd[1]),
    }


def _film(found: dict[str, Any]) -> dict[str, Any]:
    film: dict[str, Any] = next(s for s in found["streams"] if s["codec_type"] == "video")
    return film


def _size(path: Path) -> str:
    if not path.exists():
        return "fails"
    film = _film(probe(path, "-show_streams"))
    return f"{film['width']}x{film['height']} {film['pix_fmt']}"


def _sounds(path: Path, found: dict[str, Any]) -> tuple[list[list[str]], list[str]]:
    """Return the packet hashes and the languages of a file's sound tracks."""
    tracks = [s for s in found["streams"] if s["codec_type"] == "audio"]
    hashes = [packet_hashes(path, stream=f"a:{number}") for number in range(len(tracks))]
    return hashes, [track.get("tags", {}).get("language", "und") for track in tracks]


def _turned(before: dict[str, Any], after: dict[str, Any]) -> str:
    turns = [
        next((d["rotation"] for d in film.get("side_data_list", []) if "rotation" in d), 0)
        for film in (before, after)
    ]
    if turns[0] == turns[1]:
        return "tag kept"
    upright = after["height"] > after["width"] and before["height"] < before["width"]
    return "pixels turned" if upright else "lost"


def _tags(film: dict[str, Any]) -> str:
    names = (film["pix_fmt"], *(film.get(key, "-") for key in ("color_primaries", "color_transfer")))
    return " ".join(names)


def versions(peers: str | None) -> str:
    """Return the versions of everything that ran."""
    first = subprocess.run(["ffmpeg", "-version"], capture_output=True, text=True, check=True).stdout
    words = [f"FFmpeg {first.split()[2]}", f"av {version('av')} (ours)"]
    if peers is not None:
        names = ("supervision", "deface", "av", "opencv-python", "opencv-python-headless", "imageio-ffmpeg")
        code = (
            f"from importlib.metadata import distributions as d; w={names!r}\nfor n in w:\n for x in d():\n"
        )
        code += "  if x.metadata['Name'].lower()==n: print(n, x.version)"
        listed = subprocess.run([peers, "-c", code], capture_output=True, text=True, check=True).stdout
        words += sorted(set(listed.splitlines()))
    return ", ".join(words)


def table(results: dict[str, dict[str, str]]) -> str:
    """Return the results as markdown: a row for each thing, a column for each program."""
    things = next(iter(results.values()))
    rows = [["", *results], ["---"] * (len(results) + 1)]
    rows += [[thing, *(found[thing] for found in results.values())] for thing in things]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"


def run(peers: str | None) -> dict[str, dict[str, str]]:
    """Run every program on every film."""
    results = {}
    with tempfile.TemporaryDirectory() as name:
        sources = films(Path(name))
        for program, command in commands(peers).items():
            outputs = {}
            for kind, source in sources.items():
                outputs[kind] = Path(name) / f"{kind}-{len(results)}.mp4"
                line = command(str(source), str(outputs[kind]))
                done = subprocess.run(line, capture_output=True, text=True, cwd=name, env=_environment())
                if done.returncode or not outputs[kind].exists():
                    outputs[kind].unlink(missing_ok=True)
                    print(f"{program} failed on {kind}: {done.stderr[-300:]}", file=sys.stderr)
            pairs = {kind: [sources[kind], outputs[kind]] for kind in sources}
            results[program] = judge(pairs["phone"], pairs["deep"], pairs["odd"])
    return results


def _environment() -> dict[str, str]:
    path = os.pathsep.join(map(str, (ROOT, ROOT / "kernels", ROOT / "cli")))
    return os.environ | {"PYTHONPATH": path}


def main() -> None:
    """Print the table, and write it where it is shown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", help="a Python that has supervision, deface and av")
    parser.add_argument("--write", action="store_true", help="refresh docs/scoreboard.md and README.md")
    options = parser.parse_args()
    block = f"{table(run(options.peers))}\n{versions(options.peers)}.\n"
    print(block)
    if options.write:
        for path in (ROOT / "docs" / "scoreboard.md", ROOT / "README.md"):
            begin, end = "<!-- begin scoreboard -->\n", "<!-- end scoreboard -->"
            text = re.sub(f"({begin}).*?({end})", lambda m: m[1] + block + m[2], path.read_text(), flags=re.S)
            path.write_text(text)


if __name__ == "__main__":
    main()
