"""The dashboard over real ROS: everything that its page does ends in the services and topics of the other nodes."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import pytest
from rclpy.parameter import Parameter
from sensor_msgs.msg import Image

from fer_msgs.srv import DiscardTake
from fer_ros.core import bags
from fer_ros.core.base import paths
from fer_ros.core.base.types import Frame
from fer_ros.core.vision.images import decode_compressed, encode_jpeg
from fer_ros.nodes import topics
from fer_ros.nodes.camera import CameraNode
from fer_ros.nodes.dashboard.node import DashboardNode
from fer_ros.nodes.inference import InferenceNode
from fer_ros.nodes.messages import images
from fer_ros.nodes.messages import recognition as messages
from fer_ros.nodes.recorder import RecorderNode
from fer_ros.nodes.trainer import TrainerNode

pytestmark = pytest.mark.ros

Wait = Callable[..., None]
Json = dict[str, Any]


class Page:
    """The WebSocket of a page."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket
        self.got: list[Json] = []
        self.pictures: list[bytes] = []
        self._reading = asyncio.create_task(self._read())
        self._number = 0

    async def _read(self) -> None:
        async for message in self._socket:
            if message.type == aiohttp.WSMsgType.BINARY:
                self.pictures.append(message.data)
                await self.say("seen", seq=int.from_bytes(message.data[4:8], "little"))
            else:
                self.got.append(json.loads(message.data))

    async def say(self, type: str, **fields: Any) -> None:
        await self._socket.send_str(json.dumps({"type": type, **fields}))

    async def ask(self, type: str, **fields: Any) -> Json:
        self._number += 1
        await self.say(type, id=self._number, **fields)
        number = self._number
        return await self.until(lambda: next((m for m in self.got if m.get("id") == number), None), type)

    def last(self, type: str) -> Json:
        return next((m for m in reversed(self.got) if m["type"] == type), {})

    async def told(self, type: str, **fields: Any) -> Json:
        return await self.until(
            lambda: (m := self.last(type)) and all(m.get(k) == v for k, v in fields.items()) and m, f"{type} {fields}"
        )

    async def until(self, condition: Callable[[], Any], what: str = "") -> Any:
        deadline = time.monotonic() + 60
        while not (value := condition()):
            assert time.monotonic() < deadline, f"{what} did not come; got {self.got[-4:]}"
            await asyncio.sleep(0.02)
        return value

    async def hold(self, label: str, samples: int) -> Json:
        """Hold a button until there are so many samples."""
        answer = await self.ask("record.start", label=label)
        assert answer["ok"], answer
        while not ((m := self.last("record"))["label"] == label and m["samples"] >= samples):
            await self.say("hold")
            await asyncio.sleep(0.1)
        return await self.ask("record.stop")


def visit(url: str, script: Callable[[Page], Any]) -> None:
    """Open the page and do something there."""

    async def run() -> None:
        async with aiohttp.ClientSession() as session, session.ws_connect(f"{url}ws", max_msg_size=0) as socket:
            page = Page(socket)
            await page.say("hello", version=1, client="client-1", session="20260102-030405")
            await asyncio.wait_for(script(page), 100)

    asyncio.run(run())


@pytest.fixture
def add(ros: Any, fer_home: Path) -> Callable[..., Any]:
    """``add(kind, **parameters)``: an active node."""

    def add(kind: Any, **parameters: Any) -> Any:
        overrides = [Parameter(name, value=value) for name, value in parameters.items()]
        node = ros.add(kind(namespace="/fer", parameter_overrides=overrides))
        node.autostart()
        return node

    return add


def test_the_whole_loop(ros: Any, wait: Wait, add: Callable[..., Any]) -> None:
    dashboard: DashboardNode = add(DashboardNode, port=0)
    camera = add(CameraNode, source="sample")
    for kind, parameters in (
        (InferenceNode, {}),
        (RecorderNode, {"min_free_mb": 0}),
        (TrainerNode, {"head": "linear"}),
    ):
        add(kind, **parameters)
    wait(lambda: dashboard._robot.presence() == {"inference": True, "recorder": True, "trainer": True})

    async def script(page: Page) -> None:
        await page.told("nodes", camera=True, inference=True, recorder=True, trainer=True)
        assert (await page.told("model", name="default"))["metrics"]["count"] > 1000
        assert camera._compressed.get_subscription_count() == 0
        await page.say("watch", video=True, emotions=True)
        emotions = await page.until(lambda: (m := page.last("emotions")) and m["faces"] and m)
        face = emotions["faces"][0]
        assert abs(sum(face["probabilities"]) - 1) < 0.01 and face["emoticon"] and face["box"][2] > 20
        assert emotions["stages"]["total"] == pytest.approx(sum(list(emotions["stages"].values())[:4]), abs=0.05)
        await page.until(lambda: len(page.pictures) > 3)
        assert page.pictures[0][24:26] == b"\xff\xd8"
        assert (
            "sample" in (await page.until(lambda: (m := page.last("stats")) and m["camera"] and m))["camera"]["source"]
        )
        await page.say("watch", video=False, emotions=False)
        assert (await page.ask("label.check", label="a, b"))["reason"]["code"] == "label_comma"
        assert (await page.ask("label.check", label="joy"))["means"] == "happy"
        assert (await page.ask("record.discard", take=999))["reason"]["code"] == "unknown_name"
        assert (await page.ask("train.cancel"))["reason"]["code"] == "no_training"
        missing = {"code": "unknown_name", "values": {"kind": "model", "name": "nobody"}}
        assert (await page.ask("model.load", name="nobody"))["reason"] == missing
        assert (await page.hold("happy", 12))["samples"] >= 12
        assert (await page.hold("winking", 12))["take"] == 2
        await page.hold("sad", 1)
        assert (await page.ask("record.discard", take=3))["ok"]
        takes = await page.until(lambda: (m := page.last("takes")) and list(m["counts"]) == ["happy", "winking"] and m)
        assert all(len(take["thumbnails"]) == 4 for take in takes["takes"])
        assert (await page.ask("train.start", scope="mine", epochs=2, name="taught"))["ok"]
        assert (await page.ask("train.start", scope="mine"))["code"] == "busy"
        result = await page.told("train.result")
        assert result["ok"], result
        assert result["metrics"]["labels"] == ["happy", "winking"] and len(result["metrics"]["confusion"]) == 2
        assert len(result["history"]["loss"]) == 2 and result["previous"] == "default"
        await page.told("train", phase="done")
        assert (await page.told("model", name="taught"))["previous"] == "default"
        # Taken into use first, then selected.
        await page.told("models", in_use="taught", selected="taught")
        assert (await page.ask("model.load", name="default"))["ok"]
        await page.told("models", in_use="default", selected="default")

    visit(dashboard.url, script)
    assert paths.selected() == "default"
    wait(lambda: dashboard._input is None)
    # What the page did last, by hand: the bag may be open still.
    (bag,) = bags.listing()
    answer = ros.call(ros.node(), DiscardTake, "/fer/record/discard", bag=bag.name, take=1)
    assert answer.success and answer.samples >= 12, answer.message
    assert [take.label for take in bags.info(bag).takes] == ["winking"]


def test_without_the_other_nodes_the_page_says_what_is_missing(
    fer_home: Path, face: Any, add: Callable[..., Any]
) -> None:
    dashboard = add(DashboardNode, port=0)

    async def script(page: Page) -> None:
        await page.told("nodes", camera=False, inference=False, recorder=False, trainer=False)
        for kind, fields in (
            ("record.start", {"label": "happy"}),
            ("label.check", {"label": "x"}),
            ("train.cancel", {}),
            ("model.load", {"name": "default"}),
        ):
            answer = await page.ask(kind, **fields)
            assert answer["code"] == "unavailable" and "does not run" in answer["message"]
            assert answer["reason"]["code"] == "not_there"
        assert (await page.told("record"))["holder"] is None
        assert (await page.ask("train.start", scope="all"))["code"] == "nothing"
        with bags.BagWriter(fer_home / "bags" / "before", {}) as writer:
            writer.begin_take("happy")
            writer.write(1, encode_jpeg(face, 90), None)
        assert (await page.ask("train.start", scope="all"))["ok"]
        result = await page.told("train.result")
        assert not result["ok"] and "does not run" in result["message"]

    visit(dashboard.url, script)


def test_pictures_of_a_camera_that_sends_them_raw(ros: Any, wait: Wait, add: Callable[..., Any], face: Any) -> None:
    dashboard = add(DashboardNode, port=0, image_topic="/camera/image")
    probe = ros.node()
    publisher = probe.create_publisher(Image, "/camera/image", topics.images())

    async def script(page: Page) -> None:
        await page.say("watch", video=True, emotions=False)
        while not page.pictures:
            publisher.publish(images.image(face, messages.header(Frame(face, time.time_ns(), "eye"))))
            await asyncio.sleep(0.05)
        assert page.pictures[0][24:26] == b"\xff\xd8"
        width, height = (int.from_bytes(page.pictures[0][at : at + 2], "little") for at in (16, 18))
        assert (height, width) == face.shape[:2]
        # Wider than a page shows: a photograph is as large as the camera's picture all the same.
        wide = np.ascontiguousarray(np.tile(face, (1, 1 + 1280 // face.shape[1], 1)))
        while width != wide.shape[1]:
            publisher.publish(images.image(wide, messages.header(Frame(wide, time.time_ns(), "eye"))))
            await asyncio.sleep(0.05)
            width = int.from_bytes(page.pictures[-1][16:18], "little")
        url = (await page.ask("photograph"))["url"]
        async with aiohttp.request("GET", f"{dashboard.url.rstrip('/')}{url}") as answer:
            photograph = decode_compressed(await answer.read())
        assert photograph.shape == wide.shape and decode_compressed(page.pictures[-1][24:]).shape[1] <= 1280

    visit(dashboard.url, script)
    wait(lambda: publisher.get_subscription_count() == 0)


def test_deactivating_ends_the_page_and_activating_brings_it_back(add: Callable[..., Any]) -> None:
    dashboard = add(DashboardNode, port=0)
    url = dashboard.url
    dashboard.trigger_deactivate()
    with pytest.raises(aiohttp.ClientConnectionError):
        visit(url, lambda page: page.told("welcome"))
    dashboard.trigger_activate()
    visit(dashboard.url, lambda page: page.told("welcome"))


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "fer_ros.nodes.dashboard.node", "--ros-args", *arguments]


@pytest.mark.slow
def test_the_process_shows_its_link_and_ends_in_order(start: Any, wait: Wait, fer_home: Path) -> None:
    process = start(*command("-p", "port:=0", "-p", "host:=0.0.0.0"))
    wait(lambda: "dashboard: http://" in process.err, process.err)
    wait(lambda: "self_signed" in process.err)
    token = re.search(r"#token=(\S{20,})", process.err)
    assert token and "█" in process.err
    process.signal(signal.SIGINT)
    done = process.wait(20)
    assert done.code == 0 and "Traceback" not in done.err
    log = "".join(f.read_text() for f in fer_home.parent.rglob("*.log"))
    assert token.group(1) not in done.out + log


@pytest.mark.slow
def test_a_token_is_no_parameter(run: Any) -> None:
    done = run(*command("-p", "token:=open-sesame"))
    assert done.code == 2 and "token cannot be a parameter" in done.err and "open-sesame" not in done.err
    assert len(done.err.splitlines()) == 1


def test_a_token_of_the_environment_is_in_the_link_alone(
    add: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FER_DASHBOARD_TOKEN", "open-sesame")
    dashboard = add(DashboardNode, port=0)
    assert "#token=open-sesame" in capsys.readouterr().err and "open" not in dashboard.url
    names = dashboard.list_parameters([], 10).names
    assert "token_file" in names and "token" not in names
    assert all("open-sesame" not in str(dashboard.get_parameter(name).value) for name in names)


@pytest.mark.slow
def test_what_can_never_work_ends_the_process_with_one_line(run: Any) -> None:
    done = run(*command("-p", "host:=192.0.2.77"))
    assert done.code == 1 and "Traceback" not in done.err
    assert "cannot listen on 192.0.2.77" in done.err and "choose another port" in done.err
