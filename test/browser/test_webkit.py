"""WebKitGTK by its own driver, which Playwright does not speak to: the views, recording, and the page without a server.

`make test-browser BROWSER=webkit`; Debian: apt-get install webkit2gtk-driver xvfb
"""

from __future__ import annotations

import base64
import functools
import glob
import http.server
import json
import os
import shutil
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import pytest

from fer_ros.core.exporting import static_page

pytestmark = [pytest.mark.ros, pytest.mark.slow, pytest.mark.timeout(600)]

TABS = ("watch", "record", "train", "models", "emoticons", "camera")
PATIENCE = 60.0
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
BROWSER = glob.glob("/usr/lib/*/webkit2gtk-4*/MiniBrowser")
#: What an engine of our own reads in a picture.
READ = """const [picture, done] = arguments;
const worker = new Worker("engine.js");
worker.onmessage = async ({data}) => {
    if (data.code) return done(data.code);
    if (data.id === 2) return done(data.reply);
    const bytes = Uint8Array.from(atob(picture), (letter) => letter.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes], {type: "image/png"}));
    worker.postMessage({id: 2, name: "frame", ask: {picture: bitmap, time: 0, hold: null}}, [bitmap]);
};
worker.postMessage({id: 1, name: "open", ask: {}});"""


class Page:
    """A window of WebKit, by the protocol WebDriver (www.w3.org/TR/webdriver)."""

    def __init__(self, port: int) -> None:
        self._base = f"http://127.0.0.1:{port}/session"
        options = {"binary": BROWSER[0], "args": ["--automation"]}
        wanted = {"capabilities": {"alwaysMatch": {"webkitgtk:browserOptions": options}}}
        self._base += f"/{self._ask('', wanted)['sessionId']}"

    def open(self, url: str) -> None:
        self._ask("/url", {"url": url})

    def run(self, script: str, *arguments: Any) -> Any:
        return self._ask("/execute/sync", {"script": script, "args": arguments})

    def run_async(self, script: str, *arguments: Any) -> Any:
        return self._ask("/execute/async", {"script": script, "args": arguments})

    def until(self, condition: str, *arguments: Any) -> Any:
        """Wait until an expression is true; gives its value."""
        deadline = time.monotonic() + PATIENCE
        while not (value := self.run(f"return {condition}", *arguments)):
            assert time.monotonic() < deadline, f"{condition} {arguments}: {self.run('return document.body.innerText')}"
            time.sleep(0.1)
        return value

    def find(self, name: str) -> dict[str, str]:
        """An element by its ``data-testid``, once it is there."""
        self.until("document.querySelector(`[data-testid='${arguments[0]}']`) !== null", name)
        found: dict[str, str] = self._ask("/element", {"using": "css selector", "value": f"[data-testid='{name}']"})
        return found

    def click(self, name: str) -> None:
        self._ask(f"/element/{self.find(name)[ELEMENT]}/click", {})

    def mouse(self, *actions: dict[str, Any]) -> None:
        pointer = {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": actions}
        self._ask("/actions", {"actions": [pointer]})

    def keys(self, *actions: dict[str, Any]) -> None:
        self._ask("/actions", {"actions": [{"type": "key", "id": "keys", "actions": actions}]})

    def close(self) -> None:
        self._ask("", None, "DELETE")

    def _ask(self, path: str, content: Any, method: str = "POST") -> Any:
        data = None if content is None else json.dumps(content).encode()
        asked = urllib.request.Request(f"{self._base}{path}", data, method=method)
        try:
            with urllib.request.urlopen(asked, timeout=PATIENCE) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(error.read().decode()[:500]) from error


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Where the driver listens; its windows are on a screen that nobody sees."""
    missing = [name for name in ("WebKitWebDriver", "Xvfb") if shutil.which(name) is None]
    if missing or not BROWSER:
        pytest.skip(f"no {', '.join(missing or ['MiniBrowser'])} (Debian: apt-get install webkit2gtk-driver xvfb)")
    ours, theirs = os.pipe()
    screen = subprocess.Popen(
        ["Xvfb", "-displayfd", str(theirs), "-screen", "0", "1400x1000x24", "-nolisten", "tcp"],
        pass_fds=[theirs],
        stderr=subprocess.DEVNULL,
    )
    with os.fdopen(ours) as pipe:
        display = pipe.readline().strip()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = int(server.getsockname()[1])
    environment = {**os.environ, "DISPLAY": f":{display}", "LIBGL_ALWAYS_SOFTWARE": "1"}
    driver = subprocess.Popen(["WebKitWebDriver", f"--port={port}"], env=environment, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1.0).close()
            break
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.1)
    yield port
    for process in (driver, screen):
        process.terminate()
        process.wait()


@pytest.fixture
def page(port: int) -> Iterator[Page]:
    page = Page(port)
    yield page
    page.close()


def test_every_view_opens_and_holds_what_it_shows(robot: Callable[..., Any], page: Page) -> None:
    page.open(robot("sample").url)
    page.run("window.failed = []; addEventListener('error', (event) => failed.push(event.message))")
    page.find("face")
    for tab in TABS:
        page.run("location.hash = arguments[0]", tab)
        page.until("document.querySelector(`main.${arguments[0]}`) !== null", tab)
        assert page.run("return document.documentElement.scrollWidth <= innerWidth"), tab
    page.run("location.hash = 'watch'")
    assert page.until("document.querySelector('[data-testid=now]')?.dataset.label")
    page.click("language")
    page.until("document.documentElement.lang === 'ko'")
    assert page.run("return window.failed") == []


def test_a_button_is_held_by_mouse_and_by_key(robot: Callable[..., Any], page: Page) -> None:
    page.open(robot("sample").url + "#record")
    happy = page.find("hold-happy")
    page.until("document.querySelector('[data-testid=hold-happy]').ariaDisabled === 'false'")
    page.mouse(
        {"type": "pointerMove", "origin": happy, "x": 0, "y": 0, "duration": 50},
        {"type": "pointerDown", "button": 0},
    )
    page.until("+document.querySelector('[data-testid=hold-happy]').dataset.count >= 5")
    page.mouse({"type": "pointerUp", "button": 0})
    page.until("document.querySelectorAll('[data-testid=take]').length === 1")
    page.keys({"type": "keyDown", "value": "5"})
    page.until("+document.querySelector('[data-testid=hold-sad]').dataset.count >= 5")
    page.keys({"type": "keyUp", "value": "5"})
    page.until("document.querySelectorAll('[data-testid=take]').length === 2")
    page.click("discard")
    page.until("document.querySelectorAll('[data-testid=take]').length === 1")
    page.click("undo")
    page.until("document.querySelectorAll('[data-testid=take]').length === 2")


def test_the_page_without_a_server_reads_a_face(page: Page, drawn: list[Any], tmp_path: Path) -> None:
    static_page.export(tmp_path / "page", "small")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path / "page"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        page.open(f"http://127.0.0.1:{server.server_port}/")
        page.until("document.querySelector('[data-testid=page]')?.dataset.ready === 'true'")
        picture = base64.b64encode(cv2.imencode(".png", drawn[0])[1].tobytes()).decode()
        read = page.run_async(READ, picture)
        server.shutdown()
        thread.join()
    assert read["box"] and abs(sum(read["probabilities"]) - 1.0) < 1e-3
