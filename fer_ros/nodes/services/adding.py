"""The recorder's service ``record/add_pictures``: pictures from elsewhere become samples."""

from __future__ import annotations

from collections.abc import Callable

from builtin_interfaces.msg import Time
from rclpy.callback_groups import CallbackGroup
from rclpy.node import Node

from fer_msgs.srv import AddPictures
from fer_ros.core.base.errors import FerError
from fer_ros.core.recording import Recorder
from fer_ros.nodes.messages.reasons import refused
from fer_ros.nodes.messages.recognition import nanoseconds
from fer_ros.nodes.waiting import outcome


class Adding:
    """Answers ``record/add_pictures``."""

    def __init__(
        self, node: Node, recorder: Callable[[], Recorder], done: Callable[[], None], group: CallbackGroup
    ) -> None:
        """Offer the service.

        :param recorder: gives the recorder, or raises a FerError that says why there is none.
        :param done: called after pictures were added, which may have opened and closed a bag.
        """
        self._recorder, self._done, self._log = recorder, done, node.get_logger()
        node.create_service(AddPictures, "record/add_pictures", self._on_add, callback_group=group)

    async def _on_add(self, request: AddPictures.Request, response: AddPictures.Response) -> AddPictures.Response:
        try:
            found = [(_taken(picture.header.stamp), bytes(picture.data)) for picture in request.pictures]
            added = await outcome(self._recorder().add(request.label, request.subject, request.bag, found))
        except FerError as error:
            refused(response, error)
            self._log.warning(f"record/add_pictures: {error}")
            return response
        finally:
            self._done()
        response.success = added.samples > 0
        response.bag, response.take, response.samples = added.bag.name if added.bag else "", added.take, added.samples
        response.without_face, response.refused = len(added.without_face), len(added.refused)
        response.reasons = list(dict.fromkeys(added.refused.values()))
        parts = [f"{added.samples} pictures are added as take {added.take}" if added.samples else "no picture is added"]
        parts += [f"{response.without_face} without a face"] * bool(added.without_face)
        parts += [f"{response.refused} that cannot be read ({'; '.join(response.reasons)})"] * bool(added.refused)
        response.message = ", ".join(parts)
        self._log.info(f"record/add_pictures: {response.message}")
        return response


def _taken(stamp: Time) -> int:
    """A stamp as nanoseconds; 0 where it is not told.

    :raises BadImage: it is no time.
    """
    return nanoseconds(stamp) if stamp.sec or stamp.nanosec else 0
