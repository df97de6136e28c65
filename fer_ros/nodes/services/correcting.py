"""The recorder's service ``record/correct``: what was read wrongly becomes a sample, and the head is taught anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rclpy.callback_groups import CallbackGroup
from rclpy.node import Node

from fer_msgs.msg import EmotionArray
from fer_msgs.srv import CorrectEmotion, Train
from fer_ros.core.base.errors import ConfigError, FerError
from fer_ros.core.base.types import Roi
from fer_ros.core.recording import Incoming, Recorder
from fer_ros.core.recording.correcting import Recent
from fer_ros.nodes.diagnostics import Drops
from fer_ros.nodes.inputs.image_input import InputSettings
from fer_ros.nodes.inputs.picture_input import PictureInput
from fer_ros.nodes.waiting import outcome, until

#: Faces of one frame that are remembered.
MAX_FACES = 100


class _RecentInput(PictureInput):
    """Converts only the frames that are kept."""

    def __init__(self, node: Node, settings: InputSettings, recent: Recent) -> None:
        # Of its own: an image that the recording drops is not counted twice.
        super().__init__(node, settings, recent.add, Drops())
        self._recent = recent

    def _take(self, message: Any) -> None:
        if self._recent.due():
            super()._take(message)

    def _warn(self, kind: str, text: str) -> None:
        """The recording says so, where it matters."""


class Correcting:
    """Answers ``record/correct``."""

    def __init__(self, node: Node, recorder: Callable[[], Recorder], done: Callable[[], None], group: CallbackGroup):
        """Offer the service.

        :param recorder: gives the recorder, or raises a FerError that says why there is none.
        :param done: called after a correction, which may have opened and closed a bag.
        """
        self._node, self._recorder, self._done, self._log = node, recorder, done, node.get_logger()
        self._recent = Recent()
        self._on = False
        self._input: _RecentInput | None = None
        self._train = node.create_client(Train, "train", callback_group=group)
        node.create_service(CorrectEmotion, "record/correct", self._on_correct, callback_group=group)

    def listen(self, settings: InputSettings) -> None:
        """Subscribe to images, unless that is done.

        :raises ConfigError: the topic's name is no good.
        """
        self._on = True
        if self._input is None:
            self._input = _RecentInput(self._node, settings, self._recent)
            self._input.open()

    def rest(self) -> None:
        """Unsubscribe: somebody else subscribes, and gives the frames to :meth:`offer`."""
        if self._input is not None:
            self._input.close()
            self._input = None

    def end(self) -> None:
        """Unsubscribe, and forget what was seen."""
        self.rest()
        self._on = False
        self._recent.forget()

    def offer(self, frame: Incoming) -> None:
        """Take a frame that came anyway."""
        if self._on and self._recent.due():
            self._recent.add(frame)

    def tell(self, stamp: int, message: EmotionArray) -> None:
        """Take what inference has found in a frame.

        :param stamp: of the frame, nanoseconds.
        """
        if self._on:
            boxes = [(e.face_id, e.roi) for e in message.emotions[:MAX_FACES] if e.roi.width and e.roi.height]
            self._recent.tell(stamp, [(face, Roi(b.x_offset, b.y_offset, b.width, b.height)) for face, b in boxes])

    async def _on_correct(
        self, request: CorrectEmotion.Request, response: CorrectEmotion.Response
    ) -> CorrectEmotion.Response:
        try:
            recorder = self._recorder()
            if not self._on:
                raise ConfigError("this recorder keeps no frames to correct: set its parameter keep_recent")
            kept = await outcome(recorder.correct(request.label, request.subject, self._recent.of(request.face_id)))
        except FerError as error:
            response.message = str(error)
            self._log.warning(f"record/correct: {error}")
            return response
        finally:
            self._done()
        response.bag, response.take, response.samples = kept.bag.name, kept.take, kept.samples
        response.success, response.message = (
            True,
            f"{kept.samples} samples are kept: take {kept.take} of {kept.bag.name}",
        )
        if not request.keep_only:
            await self._teach(response)
        self._log.info(f"record/correct: {response.message}")
        return response

    async def _teach(self, response: CorrectEmotion.Response) -> None:
        client, kept = self._train, response.message
        service = self._node.resolve_service_name("train")
        if not client.service_is_ready():
            response.success = False
            response.message = f"{kept}; but no trainer answers on {service}: they count in the next training"
            return
        asked = client.call_async(Train.Request())
        await until(lambda: asked.done() or not client.service_is_ready())
        if not asked.done():
            client.remove_pending_request(asked)
            response.success, response.message = False, f"{kept}; but the trainer has ended: train again"
            return
        answer = asked.result()
        response.success, response.model = answer.success, answer.model
        response.message = f"{kept}; {'' if answer.success else 'but they are not learned: '}{answer.message}"
