"""How each browser is started, and what it lacks: Chromium, or what FER_BROWSER names."""

from __future__ import annotations

import base64
import contextlib
import functools
import http.server
import json
import os
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import cv2
import pytest

#: Names of browsers, the one of Debian first; Ubuntu's is a snap, which does not run everywhere.
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--use-fake-device-for-media-stream",
    "--host-resolver-rules=MAP fer.test 127.0.0.1",
)
#: Ms for which a page, and what is expected of it, is waited for: a busy machine is no error.
PATIENCE = 60_000
#: What a browser logs of a connection that is lost, in its own words: no error of the page.
LOST = re.compile(r"WebSocket connection|Failed to load resource|ws://127")
#: Of Firefox.
PREFERENCES = {"dom.events.testing.asyncClipboard": True}
#: In place of the camera of Firefox, which takes no film: a canvas with a picture.
CAMERA = """([picture, allowed]) => {
    if (!navigator.mediaDevices) return;
    navigator.mediaDevices.getUserMedia = async () => {
        if (!allowed) throw new DOMException("permission denied", "NotAllowedError");
        const bytes = Uint8Array.from(atob(picture), (letter) => letter.charCodeAt(0));
        const face = await createImageBitmap(new Blob([bytes], { type: "image/jpeg" }));
        const canvas = document.createElement("canvas");
        [canvas.width, canvas.height] = [face.width, face.height];
        const pen = canvas.getContext("2d");
        setInterval(() => pen.drawImage(face, 0, 0), 50);
        return canvas.captureStream(20);
    };
}"""
BROWSER = os.environ.get("FER_BROWSER") or "chromium"


def launch(driver: Any, pictures: list[Any], downloads: Path, environment: dict[str, str]) -> Any:
    """Start the browser.

    :param pictures: what Chromium's camera sees, BGR, 640 by 480.
    :param downloads: where Firefox puts them; the film of the pictures lies there, too.
    """
    start = {"chromium": _chromium, "firefox": _firefox}[BROWSER]
    return start(driver, film(downloads / "camera.y4m", pictures), downloads, environment)


def new_context(browser: Any, face: Any, **options: Any) -> Any:
    """A context with a camera.

    :param face: what Firefox's camera sees, BGR.
    """
    if BROWSER == "chromium":
        return browser.new_context(**options)
    # It knows no permissions: the clipboard is free by its preferences, the camera is ours.
    allowed = "camera" in options.pop("permissions", ())
    context = browser.new_context(**options)
    picture = base64.b64encode(cv2.imencode(".jpg", face)[1].tobytes()).decode()
    context.add_init_script(f"({CAMERA})({json.dumps([picture, allowed])})")
    return context


@contextlib.contextmanager
def with_profile(browser: Any, folder: Path, settings: dict[str, int]) -> Iterator[Any]:
    """A page in a Chromium of its own.

    :param folder: of its profile, which is made.
    :param settings: what it allows to all sites.
    """
    (folder / "Default").mkdir(parents=True)
    content = {"profile": {"default_content_setting_values": settings}}
    (folder / "Default" / "Preferences").write_text(json.dumps(content))
    with browser.browser_type.launch_persistent_context(
        folder, executable_path=_chromium_path(), args=[*FLAGS], locale="en-US"
    ) as context:
        context.set_default_timeout(PATIENCE)
        yield context.new_page()


class Server(http.server.SimpleHTTPRequestHandler):
    """Python's plain server, which says nothing."""

    #: First lines of the requests.
    heard: ClassVar[list[str]] = []

    def __init__(self, *args: Any, kept: int, **options: Any) -> None:
        self._kept = kept
        super().__init__(*args, **options)

    def end_headers(self) -> None:
        if self._kept:
            self.send_header("Cache-Control", f"max-age={self._kept}")
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        self.heard.append(self.requestline)


@contextlib.contextmanager
def serving(folder: Path, kept: int = 0) -> Iterator[str]:
    """Serve a folder; gives its address.

    :param kept: seconds for which browsers may keep the files without asking.
    """
    handler = functools.partial(Server, directory=str(folder), kept=kept)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def downloaded(page: Any, button: Any, downloads: Path, file: Path) -> Path:
    """The file that a click on a button gives.

    :param file: what it becomes.
    """
    if BROWSER == "chromium":
        with page.expect_download() as download:
            button.click()
        download.value.save_as(file)
        return file
    # It tells of no download that a page makes by itself, but it makes it.
    before = set(downloads.iterdir())
    button.click()
    deadline = time.monotonic() + PATIENCE / 1000
    while True:
        new = [one for one in downloads.iterdir() if one not in before]
        if len(new) == 1 and new[0].suffix != ".part" and new[0].stat().st_size:
            return Path(shutil.copy(new[0], file))
        assert time.monotonic() < deadline, f"no download: {new}"
        page.wait_for_timeout(100)


def film(file: Path, pictures: list[Any]) -> Path:
    """A YUV4MPEG2 file, which Chromium plays over and over."""
    with file.open("wb") as out:
        out.write(b"YUV4MPEG2 W640 H480 F20:1 Ip A1:1 C420jpeg\n")
        for picture in pictures:
            out.write(b"FRAME\n" + cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420).tobytes())
    return file


def _chromium(driver: Any, film: Path, downloads: Path, environment: dict[str, str]) -> Any:
    args = [*FLAGS, f"--use-file-for-fake-video-capture={film}"]
    return driver.chromium.launch(executable_path=_chromium_path(), args=args, env=environment)


def _chromium_path() -> str:
    for name in BROWSERS:
        path = shutil.which(name)
        if path is None:
            continue
        try:
            subprocess.run([path, "--version"], check=True, capture_output=True, timeout=120)
        except (OSError, subprocess.SubprocessError):
            continue
        return path
    pytest.skip(f"no browser that runs: install one of {', '.join(BROWSERS)} (Debian: apt-get install chromium)")


def _firefox(driver: Any, film: Path, downloads: Path, environment: dict[str, str]) -> Any:
    if not any(map(shutil.which, ("firefox-esr", "firefox"))):
        pytest.skip("no Firefox: install one (Debian: apt-get install firefox-esr)")
    return driver.firefox.launch(
        channel="moz-firefox",
        executable_path=Path(__file__).with_name("firefox.py"),
        firefox_user_prefs=PREFERENCES,
        downloads_path=downloads,
        env=environment,
    )


MUTE = """(muted) => {
    const [track] = document.querySelector("video").srcObject.getVideoTracks();
    Object.defineProperty(track, "muted", {value: muted, configurable: true});
    track.dispatchEvent(new Event(muted ? "mute" : "unmute"));
}"""
ASK = """async ([name, ask]) => {
    const worker = new Worker("engine.js");
    const reply = await new Promise((resolve, reject) => {
        worker.onmessage = ({data}) => data.id === 1 && (data.code ? reject(data.code) : resolve(data.reply));
        worker.postMessage({id: 1, name, ask});
    });
    worker.terminate();
    if (!(reply instanceof Blob)) return {reply};
    const bytes = new Uint8Array(await reply.arrayBuffer());
    return {file: btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))};
}"""


def asked(page: Any, name: str, **what: Any) -> Any:
    """See the fixture; bytes where it is a file."""
    told = page.evaluate(ASK, [name, what])
    return base64.b64decode(told["file"]) if "file" in told else told["reply"]
