"""Chromium by its driver's own protocol (W3C WebDriver over HTTP), for tests of the report's page."""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

QUIET = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--hide-scrollbars", "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


def need_browser() -> None:
    """Skip, loudly, where there is no Chromium with its driver; fail where it must be there."""
    if shutil.which("chromium") and shutil.which("chromedriver"):
        return
    missing = "Chromium and its driver are missing: apt-get install chromium chromium-driver"
    if os.environ.get("MASKSMOOTH_REQUIRE_BROWSER"):
        pytest.fail(missing)
    pytest.skip(f"{missing} (MASKSMOOTH_REQUIRE_BROWSER=1 makes this a failure)")


class Browser:
    """A headless Chromium with an empty profile."""

    def __init__(self, profile: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._at = f"http://127.0.0.1:{free.getsockname()[1]}"
        port = self._at.rpartition(":")[2]
        null = subprocess.DEVNULL
        self._driver = subprocess.Popen(["chromedriver", f"--port={port}"], stdout=null, stderr=null)
        self._session = ""
        self._wait()
        options = {"args": [*QUIET, f"--user-data-dir={profile}"], "binary": shutil.which("chromium")}
        wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        made = self._call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        self._session = f"/session/{made['sessionId']}"

    def open(self, url: str) -> None:
        """Open a page and wait until its script has run."""
        self._call("POST", "/url", {"url": "about:blank"})
        self._call("POST", "/url", {"url": url})
        assert self.run("return document.documentElement.dataset.ready") == "yes"

    def look_like(self, width: int, height: int, *, phone: bool, scheme: str) -> None:
        """Become a screen of that many CSS pixels, light or dark."""
        size = {"width": width, "height": height, "deviceScaleFactor": 2 if phone else 1, "mobile": phone}
        self._devtools("Emulation.setDeviceMetricsOverride", **size)
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self._devtools("Emulation.setEmulatedMedia", features=[feature])

    def run(self, script: str, *arguments: object) -> Any:
        """Run JavaScript in the page."""
        return self._call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def point(self, x: float, y: float) -> None:
        """Move the mouse."""
        move = {"type": "pointerMove", "duration": 0, "x": round(x), "y": round(y), "origin": "viewport"}
        mouse = {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": [move]}
        self._call("POST", "/actions", {"actions": [mouse]})

    def messages(self) -> list[str]:
        """What the console said since the last time."""
        return [entry["message"] for entry in self._call("POST", "/se/log", {"type": "browser"})]

    def screenshot(self, path: Path, *, height: int) -> None:
        """Take a picture from the page's top down to that many CSS pixels."""
        width = self.run("return document.documentElement.clientWidth")
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
        shot = self._devtools("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)
        path.write_bytes(base64.b64decode(shot["data"]))

    def close(self) -> None:
        """End it."""
        try:
            self._call("DELETE", "")
        finally:
            self._driver.terminate()
            self._driver.wait(20)

    def _devtools(self, command: str, **parameters: object) -> Any:
        return self._call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def _call(self, method: str, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self._at + self._session + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            with error:
                raise AssertionError(f"{path}: {error.read().decode()[:500]}") from None

    def _wait(self) -> None:
        for _ in range(100):
            try:
                self._call("GET", "/status")
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise AssertionError("chromedriver did not start")
