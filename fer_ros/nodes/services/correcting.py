"""The recorder's service ``record/correct``: what was read wrongly becomes a sample, and the head is taught anew."""

from __future__ import annotations

from collections.abc import Callable

from rclpy.callback_groups import CallbackGroup
from rclpy.node import Node

from fer_msgs.srv import CorrectEmotion, RecentFrames, Train
from fer_ros.core.base.errors import BadImage, ConfigError, FerError
from fer_ros.core.recording import Incoming, Recorder
from fer_ros.core.recording.correcting import Seen
from fer_ros.core.vision.headers import measure
from fer_ros.nodes.inputs.picture_input import STORED
from fer_ros.nodes.messages.reasons import reason, refused
from fer_ros.nodes.messages.recognition import face as face_of
from fer_ros.nodes.messages.recognition import nanoseconds
from fer_ros.nodes.waiting import answer, outcome


class Correcting:
    """Answers ``record/correct``. Inference has the frames; it is asked for them, so that nothing is paid before."""

    def __init__(self, node: Node, recorder: Callable[[], Recorder], done: Callable[[], None], group: CallbackGroup):
        """Offer the service.

        :param recorder: gives the recorder, or raises a FerError that says why there is none.
        :param done: called after a correction, which may have opened and closed a bag.
        """
        self._node, self._recorder, self._done, self._log = node, recorder, done, node.get_logger()
        self._frames = node.create_client(RecentFrames, "recent_frames", callback_group=group)
        self._train = node.create_client(Train, "train", callback_group=group)
        node.create_service(CorrectEmotion, "record/correct", self._on_correct, callback_group=group)

    async def _on_correct(
        self, request: CorrectEmotion.Request, response: CorrectEmotion.Response
    ) -> CorrectEmotion.Response:
        try:
            recorder = self._recorder()
            seen = await self._seen(request.face_id)
            kept = await outcome(recorder.correct(request.label, request.subject, seen, request.any_label))
        except FerError as error:
            refused(response, error)
            self._log.warning(f"record/correct: {error}")
            return response
        finally:
            self._done()
        response.bag, response.take, response.samples = kept.bag.name, kept.take, kept.samples
        response.success = True
        response.message = f"{kept.samples} samples are kept: take {kept.take} of {kept.bag.name}"
        if not request.keep_only:
            await self._teach(response)
        self._log.info(f"record/correct: {response.message}")
        return response

    async def _seen(self, face: int) -> list[Seen]:
        """The frames of the last second in which a face was seen, each with it, the oldest first.

        :param face: its number; 0: the largest one of each frame.
        :raises ConfigError: there are none.
        """
        recent = await answer(self._frames, RecentFrames.Request())
        if recent is None:
            service = self._node.resolve_service_name("recent_frames")
            raise ConfigError(
                f"no inference answers on {service}: correct while it runs", "not_there", node="inference"
            )
        if not recent.images:
            text = "inference has read no frame in the last second: is a camera running, keep_recent set?"
            raise ConfigError(text, "no_frames")
        seen = []
        for image, read in zip(recent.images, recent.emotions, strict=False):
            faces = [found for e in read.emotions if face in (0, e.face_id) and (found := face_of(e))]
            try:
                picture = bytes(image.data)
                if faces and measure(memoryview(picture)).kind in STORED:
                    seen.append((Incoming(nanoseconds(image.header.stamp), image.header.frame_id, picture), faces[0]))
            except BadImage as error:
                self._log.warning(f"record/correct: a frame is left out: {error}")
        if not seen:
            who = f"face {face}" if face else "a face"
            text = f"{who} was not seen in the last second: correct while it is shown"
            raise ConfigError(text, "face_not_seen")
        return seen

    async def _teach(self, response: CorrectEmotion.Response) -> None:
        kept = response.message
        trained = await answer(self._train, Train.Request())
        if trained is None:
            response.success = False
            service = self._node.resolve_service_name("train")
            response.message = f"{kept}; but no trainer answers on {service}: they count in the next training"
            response.reason = reason(FerError(response.message, "not_there", node="trainer"))
            return
        response.success, response.model, response.reason = trained.success, trained.model, trained.reason
        response.message = f"{kept}; {'' if trained.success else 'but they are not learned: '}{trained.message}"
