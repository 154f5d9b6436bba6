from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from masksmooth_filter import plugins
from masksmooth_filter.errors import ModelError, OptionError
from masksmooth_filter.segment import registry
from masksmooth_filter.segment.labels import VOC_LABELS, parse_classes
from masksmooth_filter.segment.litert import Selfie
from masksmooth_filter.segment.registry import SegmenterOptions, choose_auto, create_model
from masksmooth_filter.segment.torchvision_nets import ARCHITECTURES


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("person", (15,)),
        ("dog, person", (12, 15)),
        ("15", (15,)),
        (["Person", "12,15"], (15, 12)),
        ("background,0", (0,)),
        ("all", ()),
    ],
)
def test_classes_are_named_by_name_or_id(text: Any, ids: tuple[int, ...]) -> None:
    assert parse_classes(text, VOC_LABELS) == ids


@pytest.mark.parametrize("text", ["wolf", "21", "-1", "", ",", "1.5"])
def test_an_unknown_class_is_answered_with_all_there_are(text: str) -> None:
    with pytest.raises(OptionError) as caught:
        parse_classes(text, VOC_LABELS)
    assert all(f"{name} ({i})" in str(caught.value) for i, name in enumerate(VOC_LABELS))


def test_selfie_is_made_by_name() -> None:
    assert isinstance(create_model("selfie"), Selfie)
    assert isinstance(create_model("selfie", options=SegmenterOptions(classes=("person",))), Selfie)


@pytest.mark.parametrize("name", ["nope", "Selfie", "", "deeplab"])
def test_an_unknown_segmenter_is_answered_with_all_there_are(name: str) -> None:
    listed = (
        "choose from auto, selfie, deeplabv3_resnet50, deeplabv3_mobilenet_v3_large, "
        "lraspp_mobilenet_v3_large, tflite:PATH, onnx:PATH"
    )
    with pytest.raises(OptionError, match=f"no segmenter '{name}'; {listed}"):
        create_model(name)


def test_other_packages_are_only_asked_for_unknown_names(monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(**_: Any) -> None:
        raise AssertionError("other packages were looked at")

    monkeypatch.setattr(plugins, "distributions", asked)
    create_model("selfie")


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("classes", ("dog",), "finds people only"),
        ("weights", "w.pth", "brings its own weights"),
        ("size", 256, "has a fixed size"),
        ("batch", 4, "runs one picture at a time"),
        ("device", "cuda", "runs on the CPU"),
        ("precision", "bf16", "has its own number format"),
        ("exact", True, "has no other way"),
    ],
)
def test_an_option_that_selfie_cannot_use_is_refused(option: str, value: Any, told: str) -> None:
    options = SegmenterOptions(**{option: value})
    with pytest.raises(OptionError, match=f"--{option}.* selfie, which {told}"):
        create_model("selfie", options=options)


@pytest.mark.parametrize("name", ["size", "batch"])
def test_sizes_below_one_are_refused(name: str) -> None:
    with pytest.raises(OptionError, match=f"--{name} is 0; give a whole number of at least 1"):
        SegmenterOptions(**{name: 0})


@pytest.mark.parametrize("spec", ["tflite:m.tflite?range=0", "tflite:m.tflite?range=a,b"])
def test_a_range_is_two_numbers(spec: str) -> None:
    with pytest.raises(OptionError, match=r"write \?range=-1,1"):
        create_model(spec)


def test_tflite_needs_a_file_and_no_weights() -> None:
    with pytest.raises(OptionError, match="write tflite:PATH"):
        create_model("tflite:")
    with pytest.raises(OptionError, match="names its file itself"):
        create_model("tflite:m.tflite", options=SegmenterOptions(weights="w.pth"))


@pytest.mark.parametrize("missing", ["torch", "torchvision"])
def test_without_torch_auto_is_selfie_and_deeplab_is_refused(
    missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "find_spec", lambda name: None if name == missing else object())
    name, reason = choose_auto()
    assert name == "selfie"
    assert reason == f"selfie (people only): {missing} is not installed; choose another with --segmenter"
    with pytest.raises(ModelError, match=rf"needs {missing}, .* pip install 'masksmooth-filter\[deeplab\]'"):
        create_model("deeplabv3_resnet50")


@pytest.mark.parametrize(
    ("device", "driver", "resolved", "name"),
    [
        ("auto", True, "cuda", "deeplabv3_resnet50"),
        ("auto", True, "cpu", "selfie"),
        ("auto", False, "cpu", "selfie"),
        ("cpu", True, "cuda", "selfie"),
        ("cuda:1", False, "cpu", "deeplabv3_resnet50"),
    ],
)
def test_auto_is_deeplab_where_it_runs_on_cuda(
    device: str, driver: bool, resolved: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "find_spec", lambda _: object())
    monkeypatch.setattr(registry, "has_nvidia_driver", lambda: driver)
    monkeypatch.setattr(registry, "resolve_device", lambda _: resolved)
    chosen, reason = choose_auto(SegmenterOptions(device=device, weights="w.pth"))
    assert chosen == name
    assert reason.startswith(f"{name} (")


@pytest.fixture
def cuda_without_weights(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine with a CUDA device, an empty cache of weights and no network; returns the cache."""
    monkeypatch.setattr(registry, "find_spec", lambda _: object())
    monkeypatch.setattr(registry, "has_nvidia_driver", lambda: True)
    monkeypatch.setattr(registry, "resolve_device", lambda _: "cuda")
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.delenv("MASKSMOOTH_WEIGHTS", raising=False)
    best = ARCHITECTURES["deeplabv3_resnet50"]
    nowhere = replace(
        best, published=replace(best.published, url=f"http://127.0.0.1:9/{best.published.filename}")
    )
    monkeypatch.setitem(ARCHITECTURES, "deeplabv3_resnet50", nowhere)
    return tmp_path / "hub" / "checkpoints"


@pytest.mark.parametrize("offline", [True, False])
def test_auto_without_weights_is_selfie_and_says_why(cuda_without_weights: Path, offline: bool) -> None:
    name, reason = choose_auto(SegmenterOptions(offline=offline))
    assert name == "selfie"
    why = "--offline forbids" if offline else "could not be fetched"
    for told in (
        "there is a CUDA device, but",
        why,
        str(cuda_without_weights),
        "choose another with --segmenter",
    ):
        assert told in reason
    assert isinstance(create_model("auto", options=SegmenterOptions(offline=offline)), Selfie)


def test_auto_takes_weights_that_are_there_and_a_name_is_never_replaced(cuda_without_weights: Path) -> None:
    cuda_without_weights.mkdir(parents=True)
    planted = cuda_without_weights / ARCHITECTURES["deeplabv3_resnet50"].published.filename
    planted.write_bytes(b"planted")
    assert choose_auto(SegmenterOptions(offline=True))[0] == "deeplabv3_resnet50"
    with pytest.raises(ModelError, match="is not the published file"):
        create_model("auto", options=SegmenterOptions(offline=True, precision="bf16"))
    planted.unlink()
    with pytest.raises(ModelError, match="--offline forbids"):
        create_model("deeplabv3_resnet50", options=SegmenterOptions(offline=True, precision="bf16"))


def test_choosing_imports_no_torch_where_there_is_no_driver() -> None:
    code = (
        "import sys; from masksmooth_filter.segment import registry;"
        "registry.has_nvidia_driver = lambda: False; print(registry.choose_auto()[0]);"
        "print([m for m in ('torch', 'torchvision', 'numba', 'cv2', 'ai_edge_litert') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["selfie", "[]"]
