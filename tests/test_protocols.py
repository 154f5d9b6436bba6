"""A path is a file; what else it may be, --allow-protocols says."""

import http.server
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import masksmooth_filter as mf
from masksmooth_cli.main import command
from masksmooth_filter.errors import InputError, OptionError, OutputError
from masksmooth_filter.media.protocols import forbidden_formats, is_url, parse_protocols, whitelist
from tests.clips import frame_times, make_clip, packet_hashes, run_ffmpeg

PLAIN = {"segmenter": "selfie", "method": "gaussian", "preset": "ultrafast"}


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder with a clip, and the URL it is served under."""
    make_clip(tmp_path / "clip.mkv", frames=6, audio=1)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=tmp_path)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield tmp_path, f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.mark.ffmpeg
def test_a_url_is_read_where_http_is_allowed_and_only_there(served: tuple[Path, str]) -> None:
    folder, url = served
    with pytest.raises(InputError, match="does not exist"):
        mf.convert(f"{url}/clip.mkv", folder / "out.mkv", **PLAIN)
    with pytest.raises(InputError, match="does not exist"):
        mf.convert(f"{url}/clip.mkv", folder / "out.mkv", allow_protocols="https,concat", **PLAIN)
    assert not (folder / "out.mkv").exists()
    done = CliRunner().invoke(
        command,
        [f"{url}/clip.mkv", str(folder / "out.mkv"), "--segmenter", "selfie", "--preset", "ultrafast",
         "--allow-protocols", "http", "--verify"],
    )  # fmt: skip
    assert (done.exit_code, done.exception) == (0, None)
    assert frame_times(folder / "out.mkv") == frame_times(folder / "clip.mkv")
    assert packet_hashes(folder / "out.mkv", stream="a:0") == packet_hashes(folder / "clip.mkv", stream="a:0")
    with pytest.raises(InputError, match="cannot be read as a video"):
        mf.convert(f"{url}/missing.mkv", folder / "b.mkv", allow_protocols="http", **PLAIN)


@pytest.fixture
def playlist(tmp_path: Path) -> Path:
    """An ffconcat file that names two clips."""
    for name in ("a.mkv", "b.mkv"):
        make_clip(tmp_path / name, frames=5)
    path = tmp_path / "list.mkv"
    path.write_text("ffconcat version 1.0\nfile a.mkv\nfile b.mkv\n")
    return path


@pytest.mark.ffmpeg
def test_a_playlist_is_read_where_ffconcat_is_allowed_and_only_there(playlist: Path) -> None:
    out = playlist.parent / "out.mkv"
    for allowed in (None, "http", "concat", "hls"):
        with pytest.raises(InputError, match=r"not a video but concat .*--allow-protocols"):
            mf.convert(playlist, out, allow_protocols=allowed, **PLAIN)
    assert mf.convert(playlist, out, allow_protocols="ffconcat", **PLAIN).frames == 10
    assert len(frame_times(out)) == 10


def test_what_a_playlist_names_must_be_allowed_too(served: tuple[Path, str]) -> None:
    folder, url = served
    (folder / "list.ffconcat").write_text(f"ffconcat version 1.0\nfile {url}/clip.mkv\n")
    with pytest.raises(InputError):
        mf.convert(folder / "list.ffconcat", folder / "out.mkv", allow_protocols="ffconcat", **PLAIN)
    assert not (folder / "out.mkv").exists()


@pytest.mark.ffmpeg
def test_concat_joins_files_where_it_is_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    make_clip(tmp_path / "a.ts", frames=5)
    run_ffmpeg("-i", "a.ts", "-c", "copy", "-output_ts_offset", "1", "b.ts")
    with pytest.raises(InputError, match="does not exist"):
        mf.convert("concat:a.ts|b.ts", "out.mkv", **PLAIN)
    assert mf.convert("concat:a.ts|b.ts", "out.mkv", allow_protocols="concat", **PLAIN).frames == 10


def test_an_output_is_a_file_whatever_is_allowed(
    served: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, url = served
    monkeypatch.chdir(folder)
    with pytest.raises(OutputError, match="is not a folder"):
        mf.convert("clip.mkv", f"{url}/out.mkv", allow_protocols="all", **PLAIN)
    mf.convert("clip.mkv", "tcp:out.mkv", allow_protocols="all", **PLAIN)
    assert (folder / "tcp:out.mkv").is_file()


def test_a_file_of_the_name_comes_before_a_protocol(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    make_clip(tmp_path / "a.mkv", frames=3).rename(tmp_path / "data:a.mkv")
    assert mf.convert("data:a.mkv", "out.mkv", allow_protocols="all", **PLAIN).frames == 3


def test_names_are_checked_and_what_they_stand_on_is_allowed_with_them() -> None:
    assert parse_protocols(None) == parse_protocols("") == frozenset()
    assert whitelist(parse_protocols("HTTPS, ffconcat")) == "file,http,https,tcp,tls"
    assert whitelist(frozenset()) == "file"
    assert forbidden_formats(frozenset({"ffconcat"})) == {"imf", "hls", "dash"}
    assert is_url("subfile,,start,0,end,0,,:a.mkv", parse_protocols("all"))
    assert not is_url("pipe:0", parse_protocols("all"))
    with pytest.raises(OptionError, match=r"does not know gopher; give all or a list of concat .*https"):
        parse_protocols("http,gopher")
