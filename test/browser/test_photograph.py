"""A photograph is at the camera's size, however small the pictures are that the link carries."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import cv2
import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.ros, pytest.mark.slow, pytest.mark.timeout(300)]

#: Bytes a second; a picture of the sample has some 65,000.
RATE = 60_000

_file = Path(__file__).resolve().parents[2] / "benchmarks" / "slow_proxy.py"
_spec: Any = spec_from_file_location("fer_slow_proxy", _file)
slow_proxy: Any = module_from_spec(_spec)
_spec.loader.exec_module(slow_proxy)


@pytest.fixture
def slowly() -> Iterator[Callable[[int], str]]:
    """``slowly(port) -> url``: the same page over a slow link."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def slowly(port: int) -> str:
        serving = slow_proxy.serve("127.0.0.1", port, RATE, 0.02)
        server = asyncio.run_coroutine_threadsafe(serving, loop).result(10)
        return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"

    async def end() -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    yield slowly
    asyncio.run_coroutine_threadsafe(end(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


def test_over_a_slow_link_it_is_still_as_large_as_the_camera_s_picture(
    robot: Callable[..., Any],
    open_page: Callable[..., Any],
    slowly: Callable[[int], str],
    saved: Callable[..., Path],
    tmp_path: Path,
) -> None:
    page = open_page(f"{slowly(robot('sample').port)}#emoticons")
    expect(page.get_by_test_id("emoticon")).not_to_have_attribute("data-emoticon", "")
    # Reduced; a canvas on which nothing was drawn yet is 300 wide.
    small = "() => [320, 160, 80].includes(document.querySelector('.stage canvas')?.width)"
    page.wait_for_function(small)
    button = page.get_by_test_id("save-photo")
    # What the button says while it takes its time.
    button.evaluate(
        """button => {
            window.said = new Set();
            new MutationObserver(() => window.said.add(button.innerText.trim()))
                .observe(button, { childList: true, characterData: true, subtree: true });
        }"""
    )
    saved(page, button, tmp_path / "photo.png")
    assert cv2.imread(str(tmp_path / "photo.png")).shape == (480, 640, 3)
    assert page.evaluate("[...window.said]")[0] == "Fetching…"
    expect(button).to_have_text("Save photo")
    page.wait_for_function(small)
