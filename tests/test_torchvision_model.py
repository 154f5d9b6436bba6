"""torchvision's networks as segmenters, against torchvision's own forward pass."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from masksmooth_filter.errors import DeviceError, ModelError, OptionError
from masksmooth_filter.filter import through
from masksmooth_filter.segment.device import resolve_device
from masksmooth_filter.segment.exact import ExactTorchvisionModel
from masksmooth_filter.segment.labels import VOC_LABELS
from masksmooth_filter.segment.network import Network, input_size
from masksmooth_filter.segment.network_input import PlaneLayout
from masksmooth_filter.segment.registry import SegmenterOptions, create_model
from masksmooth_filter.segment.segmenter import Segmenter
from masksmooth_filter.segment.torchvision_model import NetworkOptions, TorchvisionModel
from masksmooth_filter.segment.torchvision_nets import ARCHITECTURES
from tests.torchvision_files import NAMES, blocks, random_net, reference_scores, save

pytestmark = pytest.mark.deeplab

WIDTH, HEIGHT = 136, 104
SMALL = "lraspp_mobilenet_v3_large"
GRAY = PlaneLayout(((4, 4),), 8, ((1 / 255, 0, 0, 0),) * 3)


@pytest.fixture(scope="module")
def images() -> NDArray[np.uint8]:
    return blocks(2, WIDTH, HEIGHT)


@pytest.fixture(scope="module")
def frames(images: NDArray[np.uint8]) -> list[av.VideoFrame]:
    return [av.VideoFrame.from_ndarray(image, format="rgb24") for image in images]


class Case:
    """A network, the file of its weights, and what torchvision makes of the pictures."""

    def __init__(self, name: str, folder: Path, images: NDArray[np.uint8]) -> None:
        self.name = name
        self.net = random_net(name, aux=name == "deeplabv3_resnet50")
        self.weights = save(self.net, folder / "random.pth")
        self.scores = reference_scores(self.net, images)

    def masks(self, frames: list[av.VideoFrame], **options: Any) -> NDArray[np.uint8]:
        settings = NetworkOptions(**{"device": "cpu", "size": HEIGHT, "precision": "fp32"} | options)
        model = TorchvisionModel(self.name, self.weights, options=settings)
        return np.concatenate([model.start([frame])() for frame in frames])


@pytest.fixture(scope="module", params=NAMES)
def case(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, images: NDArray[np.uint8]
) -> Case:
    return Case(request.param, tmp_path_factory.mktemp("weights"), images)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory, images: NDArray[np.uint8]) -> Case:
    return Case(SMALL, tmp_path_factory.mktemp("weights"), images)


def test_the_reference_has_many_classes(case: Case) -> None:
    assert len(np.unique(case.scores.argmax(axis=1))) >= 5


def test_a_class_plane_lies_within_torchvisions_argmax_and_nearly_fills_it(
    case: Case, frames: list[av.VideoFrame]
) -> None:
    winner = case.scores.argmax(axis=1)
    classes = tuple(range(1, 21))
    masks = case.masks(frames, classes=classes)
    assert (masks.shape, masks.dtype) == ((2, 20, HEIGHT, WIDTH), np.uint8)
    top = np.sort(case.scores, axis=1)
    clear = top[:, -1] - top[:, -2] > 1e-3  # other than by float rounding
    differing = []
    for plane, c in enumerate(classes):
        found, true = masks[:, plane] >= 128, winner == c
        assert not (found & ~true & clear).any()
        differing.append((found != true).mean())
    # Noise of 20 classes is the worst case: four neighbours, four rivals. Smooth scores have 0.05 to 0.25 %.
    assert np.mean(differing) < 0.05


def test_the_foreground_plane_holds_torchvisions_foreground_and_little_more(
    case: Case, frames: list[av.VideoFrame]
) -> None:
    margin = case.scores[:, 1:].max(axis=1) - case.scores[:, 0]
    found = case.masks(frames) >= 128
    assert found.shape == (2, HEIGHT, WIDTH)
    assert 0.02 < (margin >= 0).mean() < 1
    assert not (~found & (margin > 1e-3)).any()
    assert (found != (margin >= 0)).mean() < 0.05


def test_for_two_competing_classes_the_plane_is_torchvisions_answer(
    small: Case, images: NDArray[np.uint8], frames: list[av.VideoFrame], tmp_path: Path
) -> None:
    import torch

    state = {name: tensor.clone() for name, tensor in small.net.state_dict().items()}
    state["classifier.high_classifier.bias"][[c for c in range(21) if c not in (12, 15)]] -= 1e6
    torch.save(state, tmp_path / "two.pth")
    settings = NetworkOptions(classes=(12, 15), device="cpu", precision="fp32", size=HEIGHT, batch=2)
    masks = TorchvisionModel(SMALL, tmp_path / "two.pth", options=settings).start(frames)()
    margin = small.scores[:, 12] - small.scores[:, 15]
    clear = np.abs(margin) > 1e-3
    assert 0.1 < (margin > 0).mean() < 0.9
    assert np.array_equal(masks[:, 0][clear] >= 128, margin[clear] > 0)
    assert np.array_equal(masks[:, 1][clear] >= 128, margin[clear] < 0)


@pytest.mark.parametrize("shape", [(WIDTH, HEIGHT), (90, 150)], ids=["wide", "high"])
def test_exact_masks_are_torchvisions_labels_bit_for_bit(case: Case, shape: tuple[int, int]) -> None:
    import torch
    from torchvision.transforms._presets import SemanticSegmentation

    image = blocks(1, *shape)[0]
    picture = torch.from_numpy(image).permute(2, 0, 1)
    with torch.inference_mode():
        labels = case.net(SemanticSegmentation(resize_size=72)(picture)[None])["out"].argmax(1)[0].numpy()
    assert len(np.unique(labels)) >= 5
    classes = tuple(range(21))
    model = ExactTorchvisionModel(case.name, case.weights, classes=classes, device="cpu", size=72)
    frame = av.VideoFrame.from_ndarray(image, format="rgb24")
    (out,) = through(Segmenter(model), [frame])
    assert np.array_equal(out.mask, np.where(labels == np.arange(21)[:, None, None], 255, 0))
    (foreground,) = ExactTorchvisionModel(case.name, case.weights, device="cpu", size=72).predict(image[None])
    assert np.array_equal(foreground, np.where(labels > 0, 255, 0))


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_short_numbers_move_few_labels_even_of_a_random_network(
    small: Case, frames: list[av.VideoFrame], precision: str
) -> None:
    # Random networks amplify rounding more than trained ones; docs/benchmarks_segment.md has a trained one.
    device = "cpu" if precision == "bf16" else "cuda"
    if device == "cuda" and resolve_device("auto") != "cuda":
        pytest.skip("fp16 needs a CUDA device, and there is none")
    exact, short = small.masks(frames), small.masks(frames, precision=precision, device=device)
    assert 0 < ((exact >= 128) != (short >= 128)).mean() < 0.05


def test_a_batch_gives_each_frame_the_mask_it_gets_alone(small: Case) -> None:
    frames = [av.VideoFrame.from_ndarray(image, format="rgb24") for image in blocks(5, WIDTH, HEIGHT)]
    alone = small.masks(frames)
    settings = NetworkOptions(device="cpu", precision="fp32", size=HEIGHT, batch=2)
    model = TorchvisionModel(SMALL, small.weights, options=settings)
    out = list(through(Segmenter(model), frames))
    assert [item.frame for item in out] == frames
    batched = np.stack([item.mask for item in out])
    assert np.abs(batched.astype(int) - alone).max() <= 1


def test_a_turned_frame_is_seen_upright(small: Case, frames: list[av.VideoFrame]) -> None:
    class Turned:
        """A frame lying on its side; PyAV gives no setter for the display matrix."""

        def __init__(self, frame: av.VideoFrame) -> None:
            self._frame, self.rotation = frame, 90

        def __getattr__(self, name: str) -> Any:
            return getattr(self._frame, name)

    upright = frames[0].to_ndarray(format="rgb24")
    lying: Any = Turned(
        av.VideoFrame.from_ndarray(np.ascontiguousarray(np.rot90(upright, -1)), format="gbrp")
    )
    expected, found = small.masks([frames[0]]), small.masks([lying])
    assert found.shape == expected.shape
    assert np.abs(found.astype(int) - expected).max() <= 1


def test_the_short_side_is_as_asked_for_rounded_as_torchvision_does() -> None:
    from torchvision.transforms.functional import resize

    for width, height in ((1920, 1080), (1080, 1920), (176, 144), (853, 480)):
        import torch

        shown = resize(torch.zeros(3, height, width), [520]).shape
        assert input_size(width, height, short=520) == (shown[2], shown[1])


def test_a_closed_network_says_so(small: Case, frames: list[av.VideoFrame]) -> None:
    model = TorchvisionModel(SMALL, small.weights, options=NetworkOptions(device="cpu"))
    assert (model.batch, model.in_flight, model.labels, model.classes) == (1, 1, VOC_LABELS, ())
    exact = ExactTorchvisionModel(SMALL, small.weights, device="cpu")
    for closing in (model, exact):
        closing.close()
        closing.close()
    with pytest.raises(ModelError, match="closed"):
        model.start(frames)
    with pytest.raises(ModelError, match="closed"):
        exact.predict(blocks(1, 32, 32))


def test_networks_are_made_by_name_with_their_classes(small: Case) -> None:
    options = SegmenterOptions(weights=small.weights, classes=("dog,15",), device="cpu", size=64)
    model = create_model(SMALL, options=options)
    assert isinstance(model, TorchvisionModel)
    assert model.classes == (12, 15)
    exact = create_model(SMALL, options=SegmenterOptions(weights=small.weights, device="cpu", exact=True))
    assert isinstance(exact, ExactTorchvisionModel)


@pytest.mark.parametrize("name", NAMES)
def test_weights_of_another_network_are_refused(name: str, tmp_path: Path) -> None:
    import torch

    torch.save({"classifier.4.weight": torch.zeros(21, 256, 1, 1)}, tmp_path / "w.pth")
    with pytest.raises(ModelError, match=r"another network: \d+ tensors missing"):
        TorchvisionModel(name, tmp_path / "w.pth", options=NetworkOptions(device="cpu"))


def test_weights_for_other_classes_are_refused(small: Case, tmp_path: Path) -> None:
    import torch

    state = dict(small.net.state_dict())
    for head in ARCHITECTURES[SMALL].heads:
        for kind in ("weight", "bias"):
            state[f"classifier.{head}.{kind}"] = state[f"classifier.{head}.{kind}"][:3]
    torch.save(state, tmp_path / "w.pth")
    with pytest.raises(ModelError, match=r"weights for 3 classes; Pascal VOC's 21 are expected"):
        TorchvisionModel(SMALL, tmp_path / "w.pth", options=NetworkOptions(device="cpu"))


@pytest.mark.parametrize("name", NAMES)
def test_the_names_and_the_published_files_are_torchvisions(name: str) -> None:
    from torchvision.models import get_model_weights

    entry = get_model_weights(name).DEFAULT
    assert tuple(label.strip("_") for label in entry.meta["categories"]) == VOC_LABELS
    published = ARCHITECTURES[name].published
    assert (published.url, published.megabytes) == (entry.url, entry.meta["_file_size"])
    assert len(published.hash_prefix) == 8


def full_memory(room: int, seen: list[int]) -> Any:
    """A network that runs out of memory with more than ``room`` pictures at a time."""
    import torch

    def scores(pictures: Any) -> Any:
        seen.append(len(pictures))
        if len(pictures) > room:
            raise torch.OutOfMemoryError("out of memory")
        return pictures.mean(dim=1, keepdim=True).repeat(1, 21, 1, 1) * torch.arange(21).view(1, -1, 1, 1)

    return scores


@pytest.mark.parametrize(
    ("batch", "room", "tried"),
    [(8, 2, [8, 4, 2, 2, 2, 2]), (6, 3, [6, 3, 3]), (5, 4, [5, 1, 1, 1, 1, 1])],
)
def test_a_batch_too_large_for_the_memory_is_divided_for_good(
    batch: int, room: int, tried: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    import torch

    seen: list[int] = []
    network = Network(full_memory(room, seen), classes=(), batch=batch)
    raw = torch.arange(batch * 16, dtype=torch.uint8).reshape(batch, 16)
    found = network(raw, GRAY, (4, 4))
    assert seen == tried
    assert "memory is full" in caplog.text
    assert torch.equal(found, Network(full_memory(99, []), classes=(), batch=batch)(raw, GRAY, (4, 4)))
    seen.clear()
    network(raw, GRAY, (4, 4))
    assert set(seen) == {network.batch}


def test_memory_that_does_not_hold_one_picture_is_an_error_of_the_device() -> None:
    import torch

    network = Network(full_memory(0, []), classes=(), batch=2)
    with pytest.raises(DeviceError, match="does not suffice for one picture; use a smaller --size"):
        network(torch.zeros(2, 16, dtype=torch.uint8), GRAY, (4, 4))


def test_exact_excludes_other_arithmetic() -> None:
    for other, told in (({"precision": "bf16"}, "--precision bf16"), ({"compiled": True}, "--compile")):
        with pytest.raises(OptionError, match=f"leave out {told}"):
            SegmenterOptions(exact=True, **other)


@pytest.mark.gpu
@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
def test_cuda_agrees_with_the_cpu(case: Case, frames: list[av.VideoFrame], precision: str) -> None:
    if resolve_device("auto") != "cuda":
        pytest.skip("no CUDA device")
    cpu, cuda = case.masks(frames), case.masks(frames, device="cuda", precision=precision)
    assert ((cpu >= 128) != (cuda >= 128)).mean() < (0.005 if precision == "fp32" else 0.05)


@pytest.mark.gpu
def test_two_slots_give_the_masks_of_one_frame_after_another(small: Case) -> None:
    if resolve_device("auto") != "cuda":
        pytest.skip("no CUDA device")
    frames = [av.VideoFrame.from_ndarray(image, format="rgb24") for image in blocks(21, WIDTH, HEIGHT)]
    settings = NetworkOptions(device="cuda", precision="fp32", size=HEIGHT, batch=4)
    out = list(through(Segmenter(TorchvisionModel(SMALL, small.weights, options=settings)), frames))
    assert [item.frame for item in out] == frames
    one = small.masks(frames, device="cuda")
    assert np.mean((np.stack([item.mask for item in out]) >= 128) != (one >= 128)) < 0.005
