from __future__ import annotations

import hashlib
import os
import pickle
import socket
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from masksmooth_filter.errors import ModelError
from masksmooth_filter.segment.weights import PublishedWeights, find_weights, load_into, load_state

pytestmark = pytest.mark.deeplab

CONTENT = b"weights " * 400_000  # 3.2 MB: several chunks
DIGEST = hashlib.sha256(CONTENT).hexdigest()
NAME = f"net-{DIGEST[:8]}.pth"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of PyTorch's, and no weights named by the environment."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.delenv("MASKSMOOTH_WEIGHTS", raising=False)
    return tmp_path / "torch" / "hub" / "checkpoints"


@pytest.fixture
def server() -> Iterator[str]:
    """A server that sends CONTENT under any name, but 404 under /missing/ and half of it under /cut/."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if "/missing/" in self.path:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(CONTENT)))
            self.end_headers()
            self.wfile.write(CONTENT[: len(CONTENT) // (2 if "/cut/" in self.path else 1)])

        def log_message(self, format: str, *args: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}"
        http.shutdown()
        thread.join()


def published(base: str = "http://127.0.0.1:9", name: str = NAME) -> PublishedWeights:
    return PublishedWeights(f"{base}/{name}", 160.515)


def test_a_download_is_checked_kept_in_the_cache_and_told_as_it_goes(server: str, cache: Path) -> None:
    told: list[tuple[int, int | None]] = []
    found = find_weights(published(server), on_progress=lambda done, total: told.append((done, total)))
    assert found == cache / NAME
    assert found.read_bytes() == CONTENT
    assert len(told) > 2
    assert told == sorted(told)
    assert told[-1] == (len(CONTENT), len(CONTENT))
    assert find_weights(published(), offline=True) == found
    assert os.listdir(cache) == [NAME]


def test_the_named_file_wins_over_the_environment_and_that_over_the_cache(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.mkdir(parents=True)
    named, environment = tmp_path / "named.pth", tmp_path / "environment.pth"
    for path in (named, environment, cache / NAME):
        path.write_bytes(CONTENT)
    assert find_weights(published()) == cache / NAME
    monkeypatch.setenv("MASKSMOOTH_WEIGHTS", str(environment))
    assert find_weights(published()) == environment
    assert find_weights(published(), path=named) == named


def test_a_named_file_that_is_missing_is_not_replaced_by_another(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ModelError, match=r"weights file .*gone\.pth is not there.*--weights"):
        find_weights(published(server), path=tmp_path / "gone.pth")
    monkeypatch.setenv("MASKSMOOTH_WEIGHTS", str(tmp_path / "gone.pth"))
    with pytest.raises(ModelError, match=r"is not there.*with \$MASKSMOOTH_WEIGHTS"):
        find_weights(published(server))


@pytest.mark.parametrize(("name", "said"), [("", "is a folder"), ("x" * 3000, "is not there")])
def test_a_named_file_that_cannot_be_one_is_refused_in_words(
    server: str, tmp_path: Path, name: str, said: str
) -> None:
    with pytest.raises(ModelError, match=f"{said}.*give another with --weights"):
        find_weights(published(server), path=tmp_path / name)


@pytest.mark.parametrize("where", ["cached", "named"])
def test_a_file_of_the_published_name_is_checked_wherever_it_lies(
    where: str, tmp_path: Path, cache: Path
) -> None:
    folder = cache if where == "cached" else tmp_path
    folder.mkdir(parents=True, exist_ok=True)
    (folder / NAME).write_bytes(b"planted")
    with pytest.raises(ModelError, match=f"sha256 begins .*, expected {DIGEST[:8]}; delete it"):
        find_weights(published(), path=folder / NAME if where == "named" else None)


def test_a_download_with_a_wrong_hash_leaves_nothing_behind(server: str, cache: Path) -> None:
    with pytest.raises(ModelError, match="not the published file"):
        find_weights(published(server, "net-00000000.pth"))
    assert os.listdir(cache) == []


@pytest.mark.parametrize(("folder", "reason"), [("missing", "Not Found"), ("cut", "not the published file")])
def test_a_failed_download_is_one_line_and_leaves_nothing_behind(
    server: str, cache: Path, folder: str, reason: str
) -> None:
    with pytest.raises(ModelError, match=reason) as caught:
        find_weights(published(f"{server}/{folder}"))
    assert "\n" not in str(caught.value)
    assert os.listdir(cache) == []


def test_no_network_is_one_line_that_says_what_to_do(cache: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound but not listening: connections are refused
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(ModelError, match="could not be fetched") as caught:
            find_weights(published(url))
    for told in (f"{url}/{NAME}", "160.5 MB", str(cache / NAME), "--weights FILE"):
        assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_silent_server_is_given_up(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("masksmooth_filter.segment.weights._TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as mute, pytest.raises(ModelError, match="timed out"):
        find_weights(published(f"http://127.0.0.1:{mute.getsockname()[1]}"))
    assert os.listdir(cache) == []


def test_offline_never_touches_the_network_and_says_what_to_do(server: str, cache: Path) -> None:
    with pytest.raises(ModelError, match="--offline forbids") as caught:
        find_weights(published(server), offline=True)
    for told in (f"{server}/{NAME}", "160.5 MB", str(cache / NAME), "--weights FILE"):
        assert told in str(caught.value)
    assert not cache.exists()


class Evil:
    """A pickle of this makes a folder when it is loaded the unsafe way."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("container", ["zip", "legacy", "bare"])
def test_code_in_a_file_of_weights_is_not_run(tmp_path: Path, container: str) -> None:
    import torch

    path, mark = tmp_path / "evil.pth", tmp_path / "pwned"
    if container == "bare":
        path.write_bytes(pickle.dumps(Evil(mark)))
    else:
        torch.save({"w": Evil(mark)}, path, _use_new_zipfile_serialization=container == "zip")
    with pytest.raises(ModelError, match="damaged or not a plain file of weights") as caught:
        load_state(path, classes=21)
    assert not mark.exists()
    assert "perhaps code; nothing of it was run" in str(caught.value)
    assert "weights_only" not in str(caught.value), "torch's advice is to trust the file"
    assert "\n" not in str(caught.value)


def test_a_file_that_ends_too_early_is_called_that(tmp_path: Path) -> None:
    import torch

    whole, cut = tmp_path / "whole.pth", tmp_path / "cut.pth"
    torch.save({"w": torch.zeros(9999)}, whole)
    for content in (b"", whole.read_bytes()[:9999]):
        cut.write_bytes(content)
        with pytest.raises(ModelError, match=r"cut short.*; fetch it again"):
            load_state(cut, classes=21)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"junk" * 99, b"\x80\x02}q\x00", "half"])
def test_a_damaged_file_is_refused(tmp_path: Path, content: bytes | str) -> None:
    import torch

    path = tmp_path / "w.pth"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        torch.save({"w": torch.zeros(9999)}, path)
        path.write_bytes(path.read_bytes()[:20_000])
    with pytest.raises(ModelError, match=r"w\.pth"):
        load_state(path, classes=21)


def test_what_is_not_a_state_dict_is_refused(tmp_path: Path) -> None:
    import torch

    for value in ([1, 2], {"state_dict": {"w": torch.zeros(2)}}):
        torch.save(value, tmp_path / "w.pth")
        with pytest.raises(ModelError, match="does not hold a state dict"):
            load_state(tmp_path / "w.pth", classes=21)


def test_another_number_of_classes_is_told(tmp_path: Path) -> None:
    import torch

    torch.save({"classifier.4.weight": torch.zeros(3, 256, 1, 1)}, tmp_path / "w.pth")
    with pytest.raises(ModelError, match="weights for 3 classes; Pascal VOC's 21 are expected"):
        load_state(tmp_path / "w.pth", classes=21)


@pytest.mark.parametrize("zipped", [True, False])
def test_the_auxiliary_head_is_left_out_and_half_precision_widened(tmp_path: Path, zipped: bool) -> None:
    import torch

    path = tmp_path / "w.pth"
    tensors = {"a": torch.arange(4).half(), "n": torch.tensor(7), "aux_classifier.0.weight": torch.zeros(2)}
    torch.save(tensors, path, _use_new_zipfile_serialization=zipped)
    assert zipfile.is_zipfile(path) == zipped
    state = load_state(path, classes=21)
    assert {name: (t.dtype, t.tolist()) for name, t in state.items()} == {
        "a": (torch.float32, [0, 1, 2, 3]),
        "n": (torch.int64, 7),
    }


def test_only_the_very_tensors_of_the_network_are_taken() -> None:
    import torch

    def net() -> Any:
        with torch.device("meta"):
            return torch.nn.Linear(2, 3)

    good = {"weight": torch.ones(3, 2), "bias": torch.ones(3)}
    model = net()
    load_into(model, good, path=Path("w"))
    assert model(torch.ones(1, 2)).tolist() == [[3, 3, 3]]
    with pytest.raises(ModelError, match=r"1 tensors missing \(bias"):
        load_into(net(), {"weight": good["weight"]}, path=Path("w"))
    with pytest.raises(ModelError, match=r"1 unknown \(extra"):
        load_into(net(), {**good, "extra": torch.ones(1)}, path=Path("w"))
    with pytest.raises(ModelError, match=r"bias has shape \(4,\), expected \(3,\)"):
        load_into(net(), {**good, "bias": torch.ones(4)}, path=Path("w"))
