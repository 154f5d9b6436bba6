"""Tables in markdown from a run's results."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.kernels.goals import GOALS
from benchmarks.kernels.peers import every_peer
from benchmarks.kernels.plan import KINDS, RING, SIZES, WINDOWS
from benchmarks.kernels.results import Results, Row, of_copy, rate, short, slower

NAMES = {
    "gaussian": "Gaussian",
    "gaussian 0/255": "Gaussian of 0/255 masks",
    "median": "median",
    "vote 0/255": "majority vote of 0/255 masks",
    "vote labels": "weighted vote of labels",
    "ours": "whole volume",
    "ours, 1 in": "frame by frame",
    "ours, 4 in": "4 frames at a time",
    "ours, 8 in": "8 frames at a time",
}

COPIES = "copy", "copy, 2 threads"
"""What a copy is named in the results."""


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a markdown table; without rows, nothing."""
    if not rows:
        return ""
    lines = [head, ["---"] + ["--:"] * (len(head) - 1), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def goals(results: Results) -> str:
    """Every goal with what the recipe's and the network's masks gave, quartiles in brackets."""
    rows = []
    for goal in GOALS:
        cells = [f"{NAMES[goal.function]}, {NAMES[goal.contender]}, window {goal.window}", goal.words()]
        for source in ("recipe", "network"):
            found = goal.found(results, source)
            cells.append("not run" if found is None else _with_verdict(found, goal.bound))
        rows.append(cells)
    return table(["one thread, 1080p", "goal, at least", "recipe's masks", "a network's masks"], rows)


def _with_verdict(found: list[float], bound: float) -> str:
    median, low, high = found
    verdict = "reached" if median >= bound else "**missed**"
    return f"{short(median)} ({short(low)} .. {short(high)}) {verdict}"


def rates(results: Results, function: str) -> str:
    """GB/s of ours and the share of a copy: a row a window, a column for each size and game."""
    games = [("ours", size) for size in SIZES] + [("ours, 1 in", size) for size in SIZES]
    games += [("ours, 4 in", "1080p"), ("ours, 8 in", "1080p")]
    rows = []
    for window in WINDOWS:
        found = [results.row(function, name, window, size=size) for name, size in games]
        if any(found):
            rows.append([str(window), *map(_rate_and_share, found)])
    return table(["window", *(f"{NAMES[name]}, {size}" for name, size in games)], rows)


def _rate_and_share(row: Row | None) -> str:
    share, gbs = of_copy(row), rate(row)
    return f"{short(gbs)} ({short(share[0])})" if share and gbs else ""


def others(results: Results, function: str) -> str:
    """Each peer's GB/s and how many times slower than ours it is; frame by frame after the stroke."""
    names = [name for name in results.contenders(function) if not name.startswith("ours")]
    rows = []
    for name in names:
        for size in SIZES:
            found = [results.row(function, name, window, size=size) for window in WINDOWS]
            if any(found):
                rows.append([name, size, *map(_rate_and_times, found), _off(found)])
    return table(["", "size", *(f"window {window}" for window in WINDOWS), "differs by"], rows)


def _rate_and_times(row: Row | None) -> str:
    whole, gbs = slower(row, "ours"), rate(row)
    if not whole or not gbs:
        return ""
    frame = slower(row, "ours, 1 in")
    return f"{gbs:.3f}: {short(whole[0])}x" + (f" / {short(frame[0])}x" if frame else "")


def _off(rows: Sequence[Row | None]) -> str:
    found = [row["off"] for row in rows if row and row["off"] is not None]
    return str(max(found)) if found else "another filter"


def noise(results: Results) -> str:
    """Window 7 on masks of each making: how much of our speed is theirs."""
    rows = []
    for function in KINDS:
        for name in ("ours", "ours, 1 in"):
            found = [results.row(function, name, 7, source=made) for made in ("recipe", "network", "noise")]
            if any(found):
                cells = [_rate_and_share(row) for row in found]
                still = [f"{row['still']:.2f}" if row else "" for row in found]
                rows.append([f"{NAMES[function]}, {NAMES[name]}", *cells, " / ".join(still)])
    head = ["1080p, window 7", "recipe", "network", "noise", "still 64-byte runs (recipe / network / noise)"]
    return table(head, rows)


def threads(results: Results) -> str:
    """Wall time with one thread over that with two: taken in turns, and of the least times; of a copy too."""
    rows = []
    for function in KINDS:
        for window in WINDOWS:
            row = results.row(function, "ours, 2 threads", window)
            if row:
                faster = [1 / value for value in (slower(row, "ours", "wall") or [])]
                copy = slower(row, COPIES[1], "wall"), slower(row, COPIES[0], "wall")
                gain = copy[0][0] / copy[1][0] if copy[0] and copy[1] else float("nan")
                spread = f"{short(faster[0])} ({short(faster[2])} .. {short(faster[1])})"
                least = {name: float(row["against"][name]["least"]) for name in ("ours", *COPIES)}
                quiet = short(1 / least["ours"]), short(least[COPIES[1]] / least[COPIES[0]])
                rows.append([f"{NAMES[function]}, window {window}", spread, quiet[0], short(gain), quiet[1]])
    head = ["two threads gain", "of the least times", "a copy's gain", "of the least times"]
    return table(["1080p, whole volume", *head], rows)


def pictures(results: Results) -> str:
    """Milliseconds a 1080p frame, ours and others."""
    rows = []
    for (function, _, _, window, name), row in results.rows.items():
        if window is None and function != "memory":
            times = slower(row, "ours")
            low, high = (value / row["frames"] for value in row["cpu"]["ms"][1:])
            ms = f"{row['cpu']['ms'][0] / row['frames']:.3f} ({low:.3f} .. {high:.3f})"
            off = "" if row["off"] is None or name == "ours" else str(row["off"])
            rows.append([function, name, ms, f"{short(times[0])}x" if times else "", off, row["differs"]])
    return table(["1080p, one thread", "", "ms a frame", "of ours", "differs by", "what differs"], rows)


def memory(results: Results) -> str:
    """GB/s of the machine's memory, in bytes copied or read."""
    rows = []
    names = "copy past the caches", "np.copyto", "read of a volume", "read of seven planes", "ours, window 1"
    for name in names:
        row = results.row("memory", name, None)
        if row:
            median, low, high = row["cpu"]["gbs"]
            megabytes = f"{row['output_bytes'] / 1e6:.0f} MB"
            rows.append([name, megabytes, f"{short(median)} ({short(low)} .. {short(high)})"])
    return table(["one thread", "bytes", "GB/s"], rows)


def roofline(results: Results) -> str:
    """What frame by frame could reach if every output read its whole window: one plane in and out, W read."""
    copy = rate(results.row("memory", "copy past the caches", None))
    near = rate(results.row("memory", "read of seven planes", None))
    far = rate(results.row("memory", "read of a volume", None))
    rows = []
    for window in WINDOWS if copy and near and far else ():
        held = near if window <= RING else far
        found = [rate(results.row(function, "ours, 1 in", window)) for function in KINDS]
        bound = 1 / (1 / copy + window / held) if copy and held else 0.0
        rows.append([str(window), short(bound), *(short(value) if value else "" for value in found)])
    names = [NAMES[function] for function in KINDS]
    return table(["window", "if all is read again, GB/s at most", *names], rows)


def differences(results: Results) -> str:
    """Every peer, what it is held against, and how its output differs; why one is absent."""
    missing = results.machine["absent"]
    rows = []
    for peer in every_peer():
        state = f"absent: {missing[peer.name]}" if peer.name in missing else peer.differs
        widest = "" if peer.widest == 31 else f"; windows up to {peer.widest}"
        way = "frame by frame" if peer.streams else "whole volume"
        rows.append([peer.name, ", ".join(peer.functions), way, state + widest])
    return table(["peer", "held against", "works", "how its output differs from ours"], rows)
