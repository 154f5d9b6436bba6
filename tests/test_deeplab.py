from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from masksmooth_filter.errors import DeviceError, ModelError, OptionError
from masksmooth_filter.segment import deeplab
from masksmooth_filter.segment.deeplab import DeepLabV3, published_weights, resolve_device
from masksmooth_filter.segment.labels import VOC_LABELS
from masksmooth_filter.segment.registry import SegmenterOptions, create_model

pytestmark = pytest.mark.deeplab

SIZE = (136, 104)


@pytest.fixture(scope="module")
def reference() -> Any:
    """torchvision's own network with random weights under which many classes win somewhere."""
    import torch
    from torchvision.models.segmentation import deeplabv3_resnet50

    torch.manual_seed(0)
    net = deeplabv3_resnet50(weights=None, weights_backbone=None, num_classes=21, aux_loss=True).eval()
    last = net.classifier[4]
    with torch.no_grad():
        scores = net.classifier(net.backbone(torch.randn(2, 3, 96, 96))["out"])
        # Each class centred and spread to 4, or one of them wins everywhere.
        mean, spread = scores.mean(dim=(0, 2, 3)), scores.std(dim=(0, 2, 3)) / 4
        last.bias.copy_((last.bias - mean) / spread)
        last.weight.div_(spread.view(-1, 1, 1, 1))
    return net


@pytest.fixture(scope="module")
def weights(reference: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file laid out exactly as the published one: 370 tensors, the auxiliary head among them."""
    import torch

    state = reference.state_dict()
    assert len(state) == 370
    path = tmp_path_factory.mktemp("weights") / "random.pth"
    torch.save(state, path)
    return path


@pytest.fixture(scope="module")
def images() -> NDArray[np.uint8]:
    rng = np.random.default_rng(7)
    blocks = rng.integers(0, 256, (2, SIZE[1] // 8, SIZE[0] // 8, 3), np.uint8)
    return blocks.repeat(8, axis=1).repeat(8, axis=2)


@pytest.fixture(scope="module")
def logits(reference: Any, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """torchvision's full forward pass: 21 classes at the input's size, normalised by its own preset."""
    import torch
    from torchvision.transforms.functional import normalize

    x = torch.from_numpy(images).permute(0, 3, 1, 2) / 255
    with torch.no_grad():
        out = reference(normalize(x, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))["out"]
    return np.asarray(out.numpy())


def test_the_reference_has_many_classes(logits: NDArray[np.float32]) -> None:
    assert len(np.unique(logits.argmax(axis=1))) >= 5


def test_a_class_plane_lies_within_torchvisions_argmax_and_nearly_fills_it(
    weights: Path, images: NDArray[np.uint8], logits: NDArray[np.float32]
) -> None:
    winner = logits.argmax(axis=1)
    classes = tuple(range(1, 21))
    masks = DeepLabV3(weights, classes=classes, device="cpu", batch=2).predict(images)
    assert (masks.shape, masks.dtype) == ((2, 20, SIZE[1], SIZE[0]), np.uint8)
    top = np.sort(logits, axis=1)
    clear = top[:, -1] - top[:, -2] > 1e-3  # other than by float rounding
    differing = []
    for plane, c in enumerate(classes):
        found, true = masks[:, plane] >= 128, winner == c
        assert not (found & ~true & clear).any()
        differing.append((found != true).mean())
    # Noise of 20 classes is the worst case: four neighbours, four rivals. Smooth scores have 0.05 to 0.25 %.
    assert np.mean(differing) < 0.02


def test_the_foreground_plane_holds_torchvisions_foreground_and_little_more(
    weights: Path, images: NDArray[np.uint8], logits: NDArray[np.float32]
) -> None:
    margin = logits[:, 1:].max(axis=1) - logits[:, 0]
    found = DeepLabV3(weights, device="cpu", batch=2).predict(images) >= 128
    assert found.shape == (2, SIZE[1], SIZE[0])
    assert 0.02 < (margin >= 0).mean() < 1
    assert not (~found & (margin > 1e-3)).any()
    assert (found != (margin >= 0)).mean() < 0.02


def test_for_two_competing_classes_the_plane_is_torchvisions_answer(
    reference: Any, images: NDArray[np.uint8], logits: NDArray[np.float32], tmp_path: Path
) -> None:
    import torch

    state = dict(reference.state_dict())
    bias = state["classifier.4.bias"].clone()
    bias[[c for c in range(21) if c not in (12, 15)]] -= 1e6
    torch.save({**state, "classifier.4.bias": bias}, tmp_path / "two.pth")
    masks = DeepLabV3(tmp_path / "two.pth", classes=(12, 15), device="cpu", batch=2).predict(images)
    margin = logits[:, 12] - logits[:, 15]
    clear = np.abs(margin) > 1e-3
    assert 0.1 < (margin > 0).mean() < 0.9
    assert np.array_equal(masks[:, 0][clear] >= 128, margin[clear] > 0)
    assert np.array_equal(masks[:, 1][clear] >= 128, margin[clear] < 0)


def test_the_short_side_is_520_or_as_asked_for(weights: Path) -> None:
    model = DeepLabV3(weights, device="cpu")
    assert [model.input_size(*s) for s in [(1920, 1080), (1080, 1920), (176, 144)]] == [
        (924, 520),
        (520, 924),
        (635, 520),
    ]
    assert DeepLabV3(weights, device="cpu", size=256).input_size(1280, 720) == (455, 256)
    assert (model.batch, model.labels, model.classes) == (1, VOC_LABELS, ())


def test_a_closed_network_says_so(weights: Path, images: NDArray[np.uint8]) -> None:
    model = DeepLabV3(weights, device="cpu")
    model.close()
    model.close()
    with pytest.raises(ModelError, match="closed"):
        model.predict(images)


def test_classes_are_chosen_by_name_through_the_registry(weights: Path) -> None:
    options = SegmenterOptions(weights=weights, classes=("dog,15",), device="cpu", size=64)
    model = create_model("deeplabv3_resnet50", options=options)
    assert (model.classes, model.input_size(100, 200)) == ((12, 15), (64, 128))


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    import torch

    torch.save({"classifier.4.weight": torch.zeros(21, 256, 1, 1)}, tmp_path / "w.pth")
    with pytest.raises(ModelError, match=r"another network: \d+ tensors missing"):
        DeepLabV3(tmp_path / "w.pth", device="cpu")


def test_the_names_and_the_published_file_are_torchvisions() -> None:
    from torchvision.models.segmentation import DeepLabV3_ResNet50_Weights

    names = DeepLabV3_ResNet50_Weights.DEFAULT.meta["categories"]
    assert tuple(name.strip("_") for name in names) == VOC_LABELS
    published = published_weights()
    assert published.filename == "deeplabv3_resnet50_coco-cd0a2569.pth"
    assert (published.hash_prefix, round(published.megabytes, 1)) == ("cd0a2569", 160.5)


def test_cuda_that_is_not_there_is_an_error_that_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deeplab, "has_nvidia_driver", lambda: False)
    for name in ("cuda", "cuda:1"):
        with pytest.raises(DeviceError, match=rf"{name} cannot be used: no NVIDIA driver .*--device cpu"):
            resolve_device(name)
    assert (resolve_device("auto"), resolve_device("cpu")) == ("cpu", "cpu")
    with pytest.raises(OptionError, match="choose auto, cpu, cuda or cuda:N"):
        resolve_device("tpu")


def test_a_driver_without_a_device_and_a_device_that_is_not_there_are_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import torch

    monkeypatch.setattr(deeplab, "has_nvidia_driver", lambda: True)
    monkeypatch.setattr(torch.version, "cuda", None)
    with pytest.raises(DeviceError, match="built without CUDA"):
        resolve_device("cuda")
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(DeviceError, match="no CUDA device"):
        resolve_device("cuda")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert (resolve_device("auto"), resolve_device("cuda:1")) == ("cuda", "cuda:1")
    with pytest.raises(DeviceError, match="only 2 CUDA devices"):
        resolve_device("cuda:2")


@pytest.mark.gpu
def test_cuda_agrees_with_the_cpu(weights: Path, images: NDArray[np.uint8]) -> None:
    if resolve_device("auto") != "cuda":
        pytest.skip("no CUDA device")
    cpu, cuda = (DeepLabV3(weights, device=name).predict(images) for name in ("cpu", "cuda"))
    assert ((cpu >= 128) != (cuda >= 128)).mean() < 0.02
