"""The robot as the dashboard's server sees it: services called from an event loop, answers brought back to it."""

from __future__ import annotations

import array
import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Any

from rcl_interfaces.srv import GetParameters
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.node import Node
from sensor_msgs.msg import CompressedImage
from std_srvs.srv import Trigger

from fer_msgs.srv import (
    AddPictures,
    CorrectEmotion,
    DiscardTake,
    LoadModel,
    RestoreTake,
    ReviseTake,
    StartRecording,
    Train,
)
from fer_ros.core.base.errors import FerError
from fer_ros.core.recording.settings import parse_labels
from fer_ros.dashboard.robot import Json, Refused, Robot, Unavailable
from fer_ros.nodes.dashboard import messages as dashboard_messages
from fer_ros.nodes.messages.recognition import time_message

#: Seconds that a node may take to answer; a model is loaded in that time. And to find the faces of pictures.
ANSWER, ADDING = 20.0, 120.0
#: Seconds between two looks at whether the trainer is still there.
LOOK = 1.0


class RosRobot(Robot):
    """Calls the services of the other nodes. The coroutines run in the server's thread, callbacks in the executor's."""

    def __init__(self, node: Node, on_watch: Callable[[bool, bool], None]) -> None:
        """Make the clients.

        :param on_watch: called in the executor's thread with what the page wants from now on.
        """
        self._node, self._on_watch = node, on_watch
        self.namespace = node.get_namespace()
        group = ReentrantCallbackGroup()

        def client(kind: type, service: str) -> Any:
            return node.create_client(kind, service, callback_group=group)

        self._start = client(StartRecording, "record/start")
        self._pause = client(Trigger, "record/pause")
        self._stop = client(Trigger, "record/stop")
        self._discard = client(DiscardTake, "record/discard")
        self._revise = client(ReviseTake, "record/revise")
        self._restore = client(RestoreTake, "record/restore")
        self._add = client(AddPictures, "record/add_pictures")
        self._correct = client(CorrectEmotion, "record/correct")
        self._train = client(Train, "train")
        self._cancel = client(Trigger, "train/cancel")
        self._load_model = client(LoadModel, "load_model")
        self._of_recorder = client(GetParameters, "recorder/get_parameters")
        self._of_inference = client(GetParameters, "inference/get_parameters")

    def presence(self) -> dict[str, bool]:
        """Which nodes answer: ``inference``, ``recorder`` and ``trainer``."""
        clients = {"inference": self._load_model, "recorder": self._start, "trainer": self._train}
        return {name: client.service_is_ready() for name, client in clients.items()}

    def now(self) -> int:
        return int(self._node.get_clock().now().nanoseconds)

    def watch(self, pictures: bool, emotions: bool) -> None:
        executor = self._node.executor
        if executor is not None:
            executor.create_task(self._on_watch, pictures, emotions)

    async def start_recording(self, label: str, subject: str, seconds: float, bag: str) -> None:
        request = StartRecording.Request(label=label, subject=subject, seconds=seconds, bag=bag, any_label=True)
        await self._do(self._start, request, "the recorder")

    async def pause_recording(self) -> None:
        await self._do(self._pause, Trigger.Request(), "the recorder")

    async def stop_recording(self) -> None:
        await self._do(self._stop, Trigger.Request(), "the recorder")

    async def discard(self, bag: str, take: int) -> int:
        answer = await self._do(self._discard, DiscardTake.Request(bag=bag, take=take), "the recorder")
        return int(answer.samples)

    async def revise(self, bag: str, take: int, stamps: Sequence[int], label: str) -> Json:
        times = [time_message(stamp) for stamp in stamps]
        request = ReviseTake.Request(bag=bag, take=take, stamps=times, label=label)
        answer = await self._do(self._revise, request, "the recorder")
        return {"samples": int(answer.samples), "take": int(answer.new_take), "entry": str(answer.entry)}

    async def restore(self, bag: str, take: int, entry: str = "") -> int:
        answer = await self._do(self._restore, RestoreTake.Request(bag=bag, take=take, entry=entry), "the recorder")
        return int(answer.samples)

    async def add_pictures(self, bag: str, label: str, subject: str, pictures: Sequence[tuple[int, bytes]]) -> Json:
        request = AddPictures.Request(bag=bag, label=label, subject=subject)
        for stamp, data in pictures:
            # An array takes bytes in one go; a list would be looked at byte by byte.
            picture = CompressedImage(data=array.array("B", data))
            picture.header.stamp = time_message(stamp)
            request.pictures.append(picture)
        # Where no face was found in any, or none can be read, the counts say so.
        answer = await self._do(self._add, request, "the recorder", ADDING, lambda a: a.without_face or a.refused)
        counts = {name: int(getattr(answer, name)) for name in ("take", "samples", "without_face", "refused")}
        return {**counts, "reasons": list(answer.reasons)}

    async def correct(self, label: str, subject: str, face: int) -> tuple[str, int, int]:
        request = CorrectEmotion.Request(label=label, subject=subject, face_id=face, keep_only=True, any_label=True)
        answer = await self._do(self._correct, request, "the recorder")
        return str(answer.bag), int(answer.take), int(answer.samples)

    async def labels(self) -> tuple[str, ...]:
        answer = await self._call(
            self._of_recorder, GetParameters.Request(names=["labels", "label_names"]), "the recorder"
        )
        try:
            return parse_labels(*(value.string_value for value in answer.values[:2]))
        except (FerError, IndexError) as error:
            raise Unavailable("the recorder does not tell its labels", "no_answer", node="recorder") from error

    async def detector(self) -> str:
        answer = await self._call(self._of_inference, GetParameters.Request(names=["detector"]), "inference")
        return next((value.string_value for value in answer.values), "") or "auto"

    async def train(self, bags: Sequence[str], options: Json) -> Json:
        request = Train.Request(bags=list(bags), **options)
        return dashboard_messages.result(await self._call(self._train, request, "the trainer", None))

    async def cancel_training(self) -> None:
        try:
            await self._do(self._cancel, Trigger.Request(), "the trainer")
        except Refused as error:  # a Trigger has no room for the reason, and there is only this one
            raise Refused(str(error), "no_training") from error

    async def load_model(self, name: str) -> None:
        await self._do(self._load_model, LoadModel.Request(name=name), "inference")

    async def _do(
        self,
        client: Any,
        request: Any,
        who: str,
        timeout: float = ANSWER,
        tells: Callable[[Any], object] = lambda answer: False,
    ) -> Any:
        """Call a service that may refuse.

        :param tells: whether an answer without success is one all the same.
        :raises Refused: with the node's own sentence.
        """
        answer = await self._call(client, request, who, timeout)
        if not answer.success and not tells(answer):
            why = dashboard_messages.reason(answer.reason) if hasattr(answer, "reason") else None
            raise Refused(answer.message, *(why["code"],) if why else (), **(why["values"] if why else {}))
        return answer

    async def _call(self, client: Any, request: Any, who: str, timeout: float | None = ANSWER) -> Any:
        """Call a service.

        :param who: the node behind it, for messages.
        :param timeout: seconds; None waits as long as the node is there.
        :raises Unavailable: it does not run, or does not answer.
        """
        if not client.service_is_ready():
            text = f"{who} does not run: start it, then try again"
            raise Unavailable(text, "not_there", node=who.removeprefix("the "))
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Any] = loop.create_future()

        def settle(future: Any) -> None:
            if not done.done():
                done.set_result(future)

        def on_done(future: Any) -> None:
            with contextlib.suppress(RuntimeError):  # the server has ended in this moment
                loop.call_soon_threadsafe(settle, future)

        asked = client.call_async(request)
        asked.add_done_callback(on_done)
        waited = 0.0
        while not (await asyncio.wait({done}, timeout=LOOK))[0]:
            waited += LOOK
            if not client.service_is_ready() or (timeout is not None and waited >= timeout):
                client.remove_pending_request(asked)
                text = f"{who} has not answered: is it still running?"
                raise Unavailable(text, "no_answer", node=who.removeprefix("the "))
        try:
            return done.result().result()
        except Exception as error:
            text = f"{who} could not be asked: {error}"
            raise Unavailable(text, "no_answer", node=who.removeprefix("the ")) from error
