from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from masksmooth_filter.errors import ModelError, OptionError
from masksmooth_filter.segment.interpreter import _without_chatter
from masksmooth_filter.segment.litert import Selfie, TfliteModel
from masksmooth_filter.segment.margin import margin_confidence, margin_planes, probability_confidence
from masksmooth_filter.segment.segmenter import Segmenter
from tests.tflite_files import H, W, tflite

SQUARE, LANDSCAPE = "selfie_segmentation.tflite", "selfie_segmentation_landscape.tflite"
SHA256 = {
    SQUARE: "9ee168ec7c8f2a16c56fe8e1cfbc514974cbbb7e434051b455635f1bd1462f5c",
    LANDSCAPE: "a77d03f4659b9f6b6c1f5106947bf40e99d7655094b6527f214ea7d451106edd",
}


def picture(seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (1, H, W, 3), np.uint8)


@pytest.mark.parametrize("name", sorted(SHA256))
def test_the_embedded_model_is_the_published_file(name: str) -> None:
    model = files("masksmooth_filter").joinpath("models", name).read_bytes()
    assert hashlib.sha256(model).hexdigest() == SHA256[name]
    assert SHA256[name] in files("masksmooth_filter").joinpath("models", "README.md").read_text()


def test_selfie_shows_wide_pictures_to_the_landscape_model_and_others_to_the_square_one() -> None:
    sizes = {
        (1920, 1080): (256, 144),
        (720, 480): (256, 144),
        (640, 480): (256, 256),
        (1080, 1920): (256, 256),
    }
    assert {size: Selfie().input_size(*size) for size in sizes} == sizes


@pytest.mark.parametrize("size", [(256, 144), (256, 256)])
def test_selfie_gives_one_plane_a_picture_and_nothing_for_gray(size: tuple[int, int]) -> None:
    model = Selfie()
    masks = model.predict(np.full((2, size[1], size[0], 3), 128, np.uint8))
    assert (masks.shape, masks.dtype) == ((2, size[1], size[0]), np.uint8)
    assert masks.max() < 128
    model.close()
    model.close()


def test_litert_says_nothing_on_stderr() -> None:
    code = (
        "import numpy as np; from masksmooth_filter.segment.litert import Selfie;"
        "print(Selfie().predict(np.zeros((1, 144, 256, 3), np.uint8)).shape)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout.strip(), done.stderr) == ("(1, 144, 256)", "")


def test_other_words_on_stderr_pass_while_the_chatter_is_held_back(capfd: pytest.CaptureFixture[str]) -> None:
    with _without_chatter():
        os.write(2, b"INFO: Created TensorFlow Lite XNNPACK delegate for CPU.\nERROR: something real\n")
    assert capfd.readouterr().err == "ERROR: something real\n"


def test_confidence_is_at_least_128_exactly_where_the_margin_is_not_negative() -> None:
    margin = np.float32([-90, -1, -1e-3, -1e-9, -1e-30, 0, 1e-30, 1e-9, 1e-3, 1, 90])
    confidence = margin_confidence(margin)
    assert confidence.tolist() == [0, 69, 127, 127, 127, 128, 128, 128, 128, 186, 255]
    assert probability_confidence(np.float32([-1, 0, 0.49999, 0.5, 1, 2])).tolist() == [
        0,
        0,
        127,
        128,
        255,
        255,
    ]


def test_the_margin_is_positive_where_argmax_would_choose_the_class() -> None:
    scores = np.random.default_rng(1).normal(size=(2, 6, 7, 5)).astype(np.float32)
    winner = scores.argmax(axis=-1)
    planes = margin_planes(scores, (3, 1))
    assert np.array_equal(planes[:, 0] > 0, winner == 3)
    assert np.array_equal(planes[:, 1] > 0, winner == 1)
    assert np.array_equal(margin_planes(scores, ()) > 0, winner > 0)


def test_one_channel_in_0_to_1_is_a_probability(tmp_path: Path) -> None:
    model = TfliteModel(tflite(tmp_path / "m.tflite", weights=[[0.5, 0.25, 0.25]]))
    image = picture()
    expected = (image / 255) @ [0.5, 0.25, 0.25]
    assert (model.classes, model.labels, model.input_size(99, 7)) == ((), (), (W, H))
    assert np.abs(model.predict(image) - expected * 255).max() <= 0.51


def test_one_channel_that_leaves_0_to_1_is_a_score_and_stays_one(tmp_path: Path) -> None:
    model = TfliteModel(tflite(tmp_path / "m.tflite", weights=[[9, -9, 0.0]]))
    image = picture()
    expected = margin_confidence(((image / 255) @ [9, -9, 0]).astype(np.float32))
    assert np.abs(model.predict(image).astype(int) - expected).max() <= 1
    faint = np.full((1, H, W, 3), [6, 4, 0], np.uint8)  # a score of 0.07, on the border: sigmoid, not 0.07
    assert model.predict(faint).min() >= 128


def test_two_channels_are_a_softmax_of_background_and_foreground(tmp_path: Path) -> None:
    model = TfliteModel(tflite(tmp_path / "m.tflite", weights=[[3, 0, 0], [0, 4, 0.0]]))
    image = picture()
    scores = (image / 127.5 - 1) @ np.array([[3, 0], [0, 4], [0, 0]])
    expected = 255 * np.exp(scores[..., 1]) / np.exp(scores).sum(axis=-1)
    assert np.abs(model.predict(image) - expected).max() <= 1


def test_more_channels_are_class_scores_in_the_range_minus_1_to_1(tmp_path: Path) -> None:
    weights = np.random.default_rng(3).normal(size=(21, 3)) * 4
    path = tflite(tmp_path / "m.tflite", weights=weights.tolist())
    image = picture()
    scores = ((image / 127.5 - 1) @ weights.T).astype(np.float32)
    model = TfliteModel(path, classes=("person", "2"))
    assert model.classes == (15, 2)
    expected = margin_confidence(margin_planes(scores, (15, 2)))
    assert np.abs(model.predict(image).astype(int) - expected).max() <= 1
    foreground = margin_confidence(margin_planes(scores, ()))
    assert np.abs(TfliteModel(path).predict(image).astype(int) - foreground).max() <= 1


def test_the_input_range_can_be_given(tmp_path: Path) -> None:
    weights = [[1, 0, 0], [0, 2, 0], [0, 0, 3.0]]
    model = TfliteModel(tflite(tmp_path / "m.tflite", weights=weights), input_range=(0, 255))
    image = picture() // 32
    expected = margin_confidence(margin_planes((image @ np.array(weights).T).astype(np.float32), ()))
    assert np.abs(model.predict(image).astype(int) - expected).max() <= 1


@pytest.mark.parametrize(("dtype", "zero"), [("UINT8", 128), ("INT8", 0)])
def test_quantised_ends_go_by_their_scale_and_zero_point(tmp_path: Path, dtype: str, zero: int) -> None:
    path = tflite(tmp_path / "m.tflite", dtype=dtype, quantization=(0.05, zero))
    image = picture()
    scores = (image.astype(np.float32) - 128) * np.float32(0.05)
    expected = margin_confidence(margin_planes(scores, (2,)))
    assert np.array_equal(TfliteModel(path, classes=("2",)).predict(image), expected)


def test_scores_that_went_through_a_softmax_serve_as_well(tmp_path: Path) -> None:
    # For any picture, an input range of 1..1 is all ones: the outputs are the sums of the rows, 0.2 0.5 0.3.
    model = TfliteModel(
        tflite(tmp_path / "m.tflite", weights=[[0.2, 0, 0], [0, 0.5, 0], [0, 0, 0.3]]), input_range=(1, 1)
    )
    odds = 0.5 / 0.2
    assert np.abs(model.predict(picture()) - 255 * odds / (1 + odds)).max() <= 1


def test_what_is_not_a_segmenter_is_refused_in_plain_words(tmp_path: Path) -> None:
    junk = tmp_path / "junk.tflite"
    junk.write_bytes(b"not a model at all")
    broken = tmp_path / "broken.tflite"
    broken.write_bytes(tflite(tmp_path / "m.tflite").read_bytes()[:60])
    with pytest.raises(ModelError, match=r"missing\.tflite cannot be read: No such file"):
        TfliteModel(tmp_path / "missing.tflite")
    with pytest.raises(ModelError, match="is not a TensorFlow Lite file"):
        TfliteModel(junk)
    with pytest.raises(ModelError, match="cannot be loaded by LiteRT"):
        TfliteModel(broken)
    with pytest.raises(
        ModelError, match=r"takes \[\(1, 12\)\] .* a segmenter takes one \(1, height, width, 3\)"
    ):
        TfliteModel(tflite(tmp_path / "rank.tflite", shape=[1, 12]))
    with pytest.raises(ModelError, match="a segmenter takes one"):
        TfliteModel(tflite(tmp_path / "four.tflite", shape=[1, H, W, 4]))
    with pytest.raises(ModelError, match="int32 numbers"):
        TfliteModel(tflite(tmp_path / "ids.tflite", dtype="INT32"))


def test_an_unknown_class_is_refused_with_what_there_is(tmp_path: Path) -> None:
    person = tflite(tmp_path / "person.tflite", weights=[[1, 0, 0.0]])
    with pytest.raises(OptionError, match="one foreground without classes"):
        TfliteModel(person, classes=("dog",))
    with pytest.raises(OptionError, match=r"no class 'dog'; choose from background \(0\), or an id 0 to 2"):
        TfliteModel(tflite(tmp_path / "three.tflite"), classes=("dog",))


def _overlaps(model: Any, folder: Path, truth: Path, *, step: int) -> Iterator[float]:
    import cv2

    segmenter = Segmenter(model)
    for path in sorted(folder.glob("*.jpg"))[::step]:
        with av.open(str(path)) as container:
            (item,) = segmenter.push(next(container.decode(video=0)))
        true = cv2.imread(str(truth / f"{path.stem}.png"), cv2.IMREAD_GRAYSCALE) > 127
        found = cv2.resize(item.planes.max(axis=0), true.shape[::-1]) >= 128
        yield (found & true).sum() / (found | true).sum()


@pytest.mark.material
@pytest.mark.parametrize(
    ("sequence", "classes", "least"),
    [("parkour", ("person",), 0.45), ("scooter-black", ("person", "motorbike"), 0.5), ("dog", None, 0.5)],
)
def test_a_real_deeplab_finds_the_object(
    material: Path, sequence: str, classes: tuple[str, ...] | None, least: float
) -> None:
    model = TfliteModel(material / "models" / "deeplabv3_257_mv_gpu.tflite", classes=classes)
    davis = material / "davis"
    found = list(_overlaps(model, davis / "frames" / sequence, davis / "truth" / sequence, step=10))
    print(f"\nJ {sequence}: {np.mean(found):.3f} over {len(found)} frames")
    assert np.mean(found) > least


@pytest.mark.material
def test_selfie_finds_the_person(material: Path) -> None:
    davis = material / "davis"
    found = list(_overlaps(Selfie(), davis / "frames" / "parkour", davis / "truth" / "parkour", step=10))
    print(f"\nJ parkour: {np.mean(found):.3f} over {len(found)} frames")
    assert np.mean(found) > 0.6
