"""A real browser without a screen before a real robot without a camera: Chromium, or what FER_BROWSER names.

The camera of Chromium is a film of the drawn face, that of Firefox a pattern of its own.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import pytest

from fer_ros.core.base import registry

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed: run `make test-browser`")

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
)
#: Ms for which a page, and what is expected of it, is waited for: a busy machine is no error.
PATIENCE = 60_000
playwright.expect.set_options(timeout=PATIENCE)
FILM_FRAMES = 20
#: Of Firefox.
PREFERENCES = {"media.navigator.streams.fake": True, "media.navigator.permission.disabled": True}


def _browser_path() -> str:
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


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the browser's camera sees: the drawn face, happy, in a YUV4MPEG2 file that Chromium plays over and over."""
    plugin = registry.load("sources", "face")
    source = plugin(plugin.Settings(expression="happy", fps=0.0))
    source.open()
    path = tmp_path_factory.mktemp("film") / "happy.y4m"
    with path.open("wb") as file:
        file.write(b"YUV4MPEG2 W640 H480 F20:1 Ip A1:1 C420jpeg\n")
        for _ in range(FILM_FRAMES):
            file.write(b"FRAME\n" + cv2.cvtColor(source.read(5.0).image, cv2.COLOR_BGR2YUV_I420).tobytes())
    source.close()
    return path


def _chromium(driver: Any, film: Path, environment: dict[str, str]) -> Any:
    args = [*FLAGS, f"--use-file-for-fake-video-capture={film}"]
    return driver.chromium.launch(executable_path=_browser_path(), args=args, env=environment)


def _firefox(driver: Any, film: Path, environment: dict[str, str]) -> Any:
    if not any(map(shutil.which, ("firefox-esr", "firefox"))):
        pytest.skip("no Firefox: install one (Debian: apt-get install firefox-esr)")
    script = Path(__file__).with_name("firefox.py")
    return driver.firefox.launch(
        channel="moz-firefox", executable_path=script, firefox_user_prefs=PREFERENCES, env=environment
    )


#: What FER_BROWSER may name.
LAUNCH = {"chromium": _chromium, "firefox": _firefox}
BROWSER = os.environ.get("FER_BROWSER") or "chromium"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out, with the reason, what only Chromium can show."""
    for item in items:
        if (only := item.get_closest_marker("only_chromium")) and BROWSER != "chromium":
            item.add_marker(pytest.mark.skip(reason=f"not in {BROWSER}: {only.args[0]}"))


@pytest.fixture(scope="session")
def launch(film: Path) -> Iterator[Callable[..., Any]]:
    """``launch(**environment) -> Browser``; all of them end with the session."""
    browsers = []
    with playwright.sync_playwright() as driver:

        def launch(**environment: str) -> Any:
            browsers.append(LAUNCH[BROWSER](driver, film, {**os.environ, **environment}))
            return browsers[-1]

        yield launch
        for browser in browsers:
            browser.close()


@pytest.fixture(scope="session")
def browser(launch: Callable[..., Any]) -> Any:
    """The browser; every test opens contexts of its own, each with an empty profile."""
    return launch()


@pytest.fixture
def open_page(browser: Any) -> Iterator[Callable[..., Any]]:
    """``open_page(url, **context options) -> Page``; a test fails where its page logs an error.

    What the browser itself logs of a connection that is lost is none.
    """
    contexts, errors = [], []

    def hear(message: Any) -> None:
        if message.type == "error" and not re.search(r"WebSocket connection|Failed to load resource", message.text):
            errors.append(message.text)

    def open_page(url: str, **options: Any) -> Any:
        options = {"viewport": {"width": 1280, "height": 800}, "locale": "en-US", **options}
        context = browser.new_context(**options)
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.on("console", hear)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(url)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not errors


class Robot:
    """`fer live --dashboard` in a process of its own."""

    def __init__(self, folder: Path, source: str, *settings: str, port: int = 0) -> None:
        self.port = port or _free_port()
        self.url = f"http://127.0.0.1:{self.port}/"
        self._log = (folder / f"robot-{time.monotonic_ns()}").open("w+b")
        words = ["--source", source, "--dashboard", "--set", f"dashboard.port={self.port}"]
        for setting in settings:
            words += ["--set", setting]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "fer_ros.cli.main", "live", *words],
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + PATIENCE / 1000
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1.0).close()
            except OSError:
                assert self._process.poll() is None and time.monotonic() < deadline, self.log
                time.sleep(0.1)
            else:
                return

    @property
    def log(self) -> str:
        """All that it said so far."""
        return Path(self._log.name).read_text(errors="replace")

    def kill(self) -> None:
        """End it without a word, as a loss of power does."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """End it in order, as Ctrl-C does."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()
        self._log.close()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture
def robot(tmp_path: Path, fer_home: Path) -> Iterator[Callable[..., Robot]]:
    """``robot(source, *settings, port=0) -> Robot`` with an empty user folder."""
    running: list[Robot] = []

    def robot(source: str, *settings: str, port: int = 0) -> Robot:
        running.append(Robot(tmp_path, source, *settings, port=port))
        return running[-1]

    yield robot
    for one in running:
        one.stop()


@pytest.fixture
def show() -> Iterator[Callable[[str], None]]:
    """``show(expression)``: what the drawn face shows from now on, set as by ``ros2 param set``."""
    import rclpy
    from rcl_interfaces.srv import SetParameters
    from rclpy.parameter import Parameter

    rclpy.init(args=[])
    node = rclpy.create_node("director")
    client = node.create_client(SetParameters, "/fer/camera/set_parameters")

    def show(expression: str) -> None:
        assert client.wait_for_service(PATIENCE / 1000), "no camera"
        parameter = Parameter("sources.face.expression", value=expression).to_parameter_msg()
        future = client.call_async(SetParameters.Request(parameters=[parameter]))
        rclpy.spin_until_future_complete(node, future, timeout_sec=PATIENCE / 1000)
        answer = future.result()
        assert answer is not None and answer.results[0].successful

    yield show
    node.destroy_node()
    rclpy.shutdown()


@pytest.fixture
def record_two(show: Callable[[str], None]) -> Callable[[Any], None]:
    """``record_two(page)``: hold happy and surprise by their keys, in the view that records, for 20 samples each."""

    def record(page: Any) -> None:
        for key, label in (("4", "happy"), ("6", "surprise")):
            show(label)
            page.wait_for_timeout(400)
            button = page.get_by_test_id(f"hold-{label}")
            playwright.expect(button).to_have_attribute("aria-disabled", "false")
            page.keyboard.down(key)
            page.wait_for_function(
                "label => +document.querySelector(`[data-testid=hold-${label}]`).dataset.count >= 20", arg=label,
                timeout=PATIENCE,
            )  # fmt: skip
            page.keyboard.up(key)

    return record
