"""A real browser without a screen before a real robot without a camera: Chromium, or what FER_BROWSER names.

The camera is a film of the drawn face. Firefox takes no film: a canvas that shows a picture of it is its camera.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

from fer_ros.core.base import registry
from fer_ros.core.exporting import static_page

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed: run `make test-browser`")

#: ``browsers.py``: pytest 7 imports no other file of the tests by its name.
_spec: Any = spec_from_file_location("fer_browsers", Path(__file__).with_name("browsers.py"))
browsers: Any = module_from_spec(_spec)
_spec.loader.exec_module(browsers)
BROWSER, LOST, PATIENCE = browsers.BROWSER, browsers.LOST, browsers.PATIENCE
playwright.expect.set_options(timeout=PATIENCE)
FILM_FRAMES = 20


@pytest.fixture(scope="session")
def drawn() -> list[Any]:
    """Pictures of the drawn face, happy, BGR."""
    plugin = registry.load("sources", "face")
    source = plugin(plugin.Settings(expression="happy", fps=0.0))
    source.open()
    pictures = [source.read(5.0).image for _ in range(FILM_FRAMES)]
    source.close()
    return pictures


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out, with the reason, what this browser cannot show, or this driver not drive."""
    for item in items:
        webkit = item.path.name == "test_webkit.py"
        if webkit != (BROWSER == "webkit") and item.path.parent == Path(__file__).parent:
            reason = "only with FER_BROWSER=webkit" if webkit else "Playwright drives no WebKitGTK"
            item.add_marker(pytest.mark.skip(reason=reason))
        elif (only := item.get_closest_marker("only_chromium")) and BROWSER != "chromium":
            item.add_marker(pytest.mark.skip(reason=f"not in {BROWSER}: {only.args[0]}"))


@pytest.fixture(scope="session")
def downloads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a browser that has no other place for them puts its downloads."""
    return tmp_path_factory.mktemp("downloads")


@pytest.fixture(scope="session")
def launch(drawn: list[Any], downloads: Path) -> Iterator[Callable[..., Any]]:
    """``launch(**environment) -> Browser``; all of them end with the session."""
    started = []
    with playwright.sync_playwright() as driver:

        def launch(**environment: str) -> Any:
            started.append(browsers.launch(driver, drawn, downloads, {**os.environ, **environment}))
            return started[-1]

        yield launch
        for browser in started:
            browser.close()


@pytest.fixture(scope="session")
def browser(launch: Callable[..., Any]) -> Any:
    """The browser; every test opens contexts of its own, each with an empty profile."""
    return launch()


@pytest.fixture
def profile(browser: Any, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """``profile(**settings) -> Page`` of a Chromium of its own with such settings of sites."""
    with contextlib.ExitStack() as stack:
        yield lambda **settings: stack.enter_context(browsers.with_profile(browser, tmp_path / "profile", settings))


@pytest.fixture
def open_page(browser: Any, drawn: list[Any]) -> Iterator[Callable[..., Any]]:
    """``open_page(url, **context options) -> Page``; a test fails where its page logs an error."""
    contexts, errors = [], []

    def note(text: str) -> None:
        if not LOST.search(text):
            errors.append(text)

    def open_page(url: str, **options: Any) -> Any:
        options = {"viewport": {"width": 1280, "height": 800}, "locale": "en-US", **options}
        context = browsers.new_context(browser, drawn[0], **options)
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: note(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: note(str(error)))
        page.goto(url)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not errors


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the page that needs no server is served, by Python's plain one."""
    folder = tmp_path_factory.mktemp("alone") / "page"
    static_page.export(folder, "small")
    with browsers.serving(folder) as address:
        yield address


@pytest.fixture
def exported(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder with that page, and where it is served as files that may be kept for an hour without asking."""
    folder = static_page.export(tmp_path / "page", "small").folder
    with browsers.serving(folder, 3600) as address:
        yield folder, address


@pytest.fixture
def heard(address: str) -> list[str]:
    """First lines of all requests to that server so far."""
    return browsers.Server.heard


@pytest.fixture
def alone(open_page: Callable[..., Any], address: str) -> Callable[..., Any]:
    """``alone(**context options) -> Page`` from there, once the network is there."""

    def alone(**options: Any) -> Any:
        page = open_page(address, permissions=["camera", "clipboard-read", "clipboard-write"], **options)
        playwright.expect(page.get_by_test_id("page")).to_have_attribute("data-ready", "true")
        return page

    return alone


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
def saved(downloads: Path) -> Callable[..., Path]:
    """``saved(page, button, file) -> Path``: what a click on a button downloads."""
    return lambda page, button, file: browsers.downloaded(page, button, downloads, file)


@pytest.fixture
def engine() -> Callable[..., Any]:
    """``engine(page, name, **what)``: what an engine of our own replies, with what that page keeps."""
    return browsers.asked


@pytest.fixture
def mute() -> Callable[..., None]:
    """``mute(page, on)``: as where a key of the machine switches the camera off, or on again."""
    return lambda page, on: page.evaluate(browsers.MUTE, on)


@pytest.fixture
def tap() -> Callable[[Any], None]:
    """``tap(locator)`` with a finger, or by a click in a browser that makes no clicks of the touches of a test."""
    return lambda locator: locator.tap() if BROWSER == "chromium" else locator.click()


@pytest.fixture
def turn() -> Callable[[Any, dict[str, int]], None]:
    """Turns the phone, and waits until the page has put back what was looked at: what is asked of it next counts."""

    def to(page: Any, size: dict[str, int]) -> None:
        page.set_viewport_size(size)
        page.wait_for_function("width => innerWidth === width", arg=size["width"])
        page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    return to


@pytest.fixture
def record_two(show: Callable[[str], None]) -> Callable[[Any], None]:
    """``record_two(page)``: hold happy and surprise by their keys, in the view that records, for 20 samples each."""

    def record(page: Any) -> None:
        page.bring_to_front()  # keys go there
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
