"""How many labels of a trained network each number format keeps, on real frames."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.segment.trained import TrainedNetwork

HEAD = (
    "| sequence | frames | LiteRT | bf16, labels | worst | bf16, foreground | worst | fp16, labels |\n"
    "|---|---|---|---|---|---|---|---|"
)
SIDE = 257


def table(material: Path, *, step: int) -> str:
    """Count labels that stay as in PyTorch's fp32, frame by frame of the DAVIS sequences.

    Parameters
    ----------
    material : Path
        The private test material.
    step : int
        Every so many-th frame is taken.
    """
    import torch

    model = material / "models" / "deeplabv3_257_mv_gpu.tflite"
    kinds = {"bf16": torch.bfloat16, "fp16": torch.float16}
    networks = {name: TrainedNetwork(model, dtype) for name, dtype in kinds.items()}
    networks = {"LiteRT": _litert(model), **networks}
    exact = TrainedNetwork(model, torch.float32)
    lines, everything = [HEAD], []
    for folder in sorted((material / "davis" / "frames").iterdir()):
        kept = np.array([_kept(exact, networks, path) for path in sorted(folder.iterdir())[::step]])
        everything.append(kept)
        lines.append(_row(folder.name, kept))
        print(lines[-1], flush=True)
    lines.append(_row("all", np.concatenate(everything)))
    return "\n".join(lines)


def _row(name: str, kept: Any) -> str:
    """Return a row of the table from ``(frames, networks, 2)`` shares."""
    (lite, _), (bf16, ground), (fp16, _) = 100 * kept.mean(axis=0)
    worst, worst_ground = 100 * kept.min(axis=0)[1]
    shares = (
        f"{lite:.3f} % | {bf16:.2f} % | {worst:.2f} % | {ground:.2f} % | {worst_ground:.2f} % | {fp16:.2f} %"
    )
    return f"| {name} | {len(kept)} | {shares} |"


def _kept(exact: Any, networks: dict[str, Any], path: Path) -> list[tuple[float, float]]:
    """Return the shares of pixels whose label, and whose side of the foreground, stay, for each network."""
    import cv2
    import torch

    frame = np.asarray(cv2.imread(str(path)))[..., ::-1]
    picture = cv2.resize(frame, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    x = torch.from_numpy(picture.astype(np.float32) / np.float32(127.5) - 1).permute(2, 0, 1)[None]
    with torch.inference_mode():
        labels = exact(x).argmax(1)
        found = [network(x).argmax(1) for network in networks.values()]
    return [(_share(other == labels), _share((other > 0) == (labels > 0))) for other in found]


def _share(same: Any) -> float:
    return float(same.double().mean())


def _litert(model: Path) -> Any:
    import torch

    from masksmooth_filter.segment.interpreter import Interpreter

    network = Interpreter(model.read_bytes(), name=str(model), threads=1)
    return lambda x: torch.from_numpy(network.run(x.permute(0, 2, 3, 1).numpy())).permute(0, 3, 1, 2)
