"""torchcodec's frames and a torch network with the smoother behind it; the frame itself is the token.

``pip install torchcodec``, then ``python examples/torchcodec_loop.py in.mp4 out.mp4``
"""

import sys

import torch
from torchcodec.decoders import VideoDecoder
from torchcodec.encoders import VideoEncoder

import masksmooth_filter as mf


def segment(picture: torch.Tensor) -> torch.Tensor:
    """Stand in for a network: ``(3, h, w)`` RGB in, ``(h, w)`` probability out."""
    return (picture.float().amax(dim=0) > 180).float()


def main(source: str, target: str) -> None:
    """Tint what the steady masks say is foreground."""
    decoder = VideoDecoder(source)
    smoother: mf.MaskSmoother[torch.Tensor] = mf.MaskSmoother(method="motion", radius=3)
    pairs = []
    for frame in decoder:
        mask = (segment(frame) * 255).round().to(torch.uint8)
        pairs += smoother.push(frame, mask.cpu().numpy(), picture=frame.permute(1, 2, 0).cpu().numpy())
    pairs += smoother.flush()
    green = torch.tensor([0, 200, 83], dtype=torch.uint8)[:, None, None]
    drawn = [
        torch.where(torch.from_numpy(mask) >= 128, frame // 2 + green // 2, frame) for frame, mask in pairs
    ]
    VideoEncoder(torch.stack(drawn), frame_rate=decoder.metadata.average_fps).to_file(target)


if __name__ == "__main__":
    main(*sys.argv[1:])
