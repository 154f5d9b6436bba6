"""ONNX networks against the same network in torch, which exported them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from masksmooth_filter.errors import DeviceError, ModelError, OptionError
from masksmooth_filter.segment.onnx import OnnxModel, Shape
from masksmooth_filter.segment.registry import SegmenterOptions, create_model
from tests.conftest import ROOT

pytest.importorskip("onnxruntime")
pytest.importorskip("onnx")
torch = pytest.importorskip("torch")
pytest.importorskip("torchvision")

from tests import onnx_files  # noqa: E402

SIZE = onnx_files.SIZE
MEAN = np.array((0.485, 0.456, 0.406))
STD = np.array((0.229, 0.224, 0.225))
IMAGES = np.random.default_rng(3).integers(0, 256, (2, SIZE[1], SIZE[0], 3), np.uint8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Exported networks."""
    path = tmp_path_factory.mktemp("onnx")
    call = [sys.executable, "-m", "tests.onnx_files", str(path)]
    subprocess.run(call, check=True, cwd=ROOT, capture_output=True)
    return path


@pytest.fixture(scope="module")
def exported(folder: Path) -> str:
    return f"onnx:{folder / 'lraspp.onnx'}"


def logits(network: Any, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    x = torch.from_numpy((images / 255 - MEAN) / STD).float().permute(0, 3, 1, 2)
    with torch.inference_mode():
        return network(x)["out"].permute(0, 2, 3, 1).numpy()


@pytest.mark.material
def test_a_converted_tflite_network_gives_the_masks_of_the_tflite_network(
    material: Path, tmp_path: Path
) -> None:
    pytest.importorskip("tflite2onnx")
    tflite, onnx = material / "models" / "deeplabv3_257_mv_gpu.tflite", tmp_path / "deeplab.onnx"
    # In a process of its own: the converter warns of dtypes it does not know, which is an error here.
    convert = f"import tflite2onnx; tflite2onnx.convert({str(tflite)!r}, {str(onnx)!r})"
    subprocess.run([sys.executable, "-c", convert], check=True, capture_output=True)
    models = [create_model(f"tflite:{tflite}"), create_model(f"onnx:{onnx}?range=-1,1")]
    for name in ("blackswan/00000", "motocross-jump/00010", "parkour/00010"):
        frame = cv2.imread(str(material / "davis" / "frames" / f"{name}.jpg"))[..., ::-1]
        picture = cv2.resize(frame, models[0].input_size(854, 480), interpolation=cv2.INTER_AREA)
        want, got = (model.predict(picture[np.newaxis]).astype(int) for model in models)
        assert (want >= 128).any()
        assert np.abs(got - want).max() <= 2
        assert ((got >= 128) == (want >= 128)).mean() > 0.9999


def test_the_masks_are_those_of_the_network_in_torch(exported: str) -> None:
    model = create_model(exported)
    got = model.predict(IMAGES)
    model.close()
    scores = logits(onnx_files.lraspp(), IMAGES)
    margin = scores[..., 1:].max(-1) - scores[..., 0]
    want = 255 / (1 + np.exp(-margin))
    assert np.abs(got - want).max() <= 1.01
    assert ((got >= 128) == (scores.argmax(-1) > 0)).mean() > 0.9999
    assert 0.02 < (got >= 128).mean() < 0.98


def test_classes_are_planes(exported: str) -> None:
    scores = logits(onnx_files.lraspp(), IMAGES)
    common = int(np.bincount(scores.argmax(-1).ravel()).argmax())
    model = create_model(exported, options=SegmenterOptions(classes=(str(common), "dog")))
    got = model.predict(IMAGES)
    assert model.classes == (common, 12)
    assert got.shape == (2, 2, SIZE[1], SIZE[0])
    assert ((got[:, 0] >= 128) == (scores.argmax(-1) == common)).mean() > 0.9999


def test_a_network_of_any_size_sees_the_pictures_shape(exported: str) -> None:
    assert create_model(exported).input_size(1280, 720) == (896, 512)
    assert create_model(exported, options=SegmenterOptions(size=128)).input_size(720, 1280) == (128, 224)


@pytest.mark.parametrize("name", ["red", "red_last"])
def test_a_probability_is_taken_as_one_wherever_the_channels_are(folder: Path, name: str) -> None:
    model = create_model(f"onnx:{folder / name}.onnx?range=0,1")
    assert model.input_size(640, 480) == (16, 8)
    assert model.labels == ()
    images = np.random.default_rng(0).integers(0, 256, (3, 8, 16, 3), np.uint8)
    np.testing.assert_array_equal(model.predict(images), images[..., 0])


def test_a_score_is_no_probability(folder: Path) -> None:
    images = np.full((1, 8, 16, 3), 200, np.uint8)
    want = 255 / (1 + np.exp(-(8 * 200 / 255 - 4)))
    model = create_model(f"onnx:{folder / 'score'}.onnx?range=0,1")
    assert np.abs(model.predict(images) - want).max() <= 0.51


def test_what_cannot_be_used_is_refused_in_plain_words(exported: str, folder: Path, tmp_path: Path) -> None:
    fixed = f"onnx:{folder / 'red.onnx'}"
    garbage = tmp_path / "garbage.onnx"
    garbage.write_bytes(b"no network at all")
    with pytest.raises(OptionError, match="has a fixed size; leave it out"):
        create_model(fixed, options=SegmenterOptions(size=64))
    with pytest.raises(OptionError, match="--weights is of no use with onnx:PATH, which names its"):
        create_model(exported, options=SegmenterOptions(weights="w.pth"))
    with pytest.raises(OptionError, match="there is no class 'wolf'"):
        create_model(exported, options=SegmenterOptions(classes=("wolf",)))
    with pytest.raises(OptionError, match="write onnx:PATH"):
        create_model("onnx:")
    with pytest.raises(ModelError, match=r"there is no file .*nowhere\.onnx; give onnx:PATH"):
        create_model(f"onnx:{tmp_path / 'nowhere.onnx'}")
    with pytest.raises(ModelError, match=r"garbage\.onnx cannot be loaded by ONNX Runtime"):
        create_model(f"onnx:{garbage}")
    with pytest.raises(ModelError, match=r"takes \[1, 8, 16\]; a segmenter takes one picture"):
        Shape.of([1, 8, 16], name="net.onnx")


def test_cuda_is_taken_or_refused(exported: str) -> None:
    import onnxruntime

    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("this ONNX Runtime has CUDA")
    with pytest.raises(DeviceError, match="was built without CUDA; pip install onnxruntime-gpu"):
        create_model(exported, options=SegmenterOptions(device="cuda"))


def test_a_closed_network_says_so(exported: str) -> None:
    model = create_model(exported)
    assert isinstance(model, OnnxModel)
    model.close()
    model.close()
    with pytest.raises(ModelError, match="the segmenter is closed"):
        model.predict(IMAGES)
