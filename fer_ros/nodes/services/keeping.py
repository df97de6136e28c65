"""The recorder's services for what it keeps: discard a take, revise one, bring samples back, forget a person."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from rclpy.callback_groups import CallbackGroup
from rclpy.node import Node

from fer_msgs.srv import DiscardTake, ForgetPerson, RestoreTake, ReviseTake
from fer_ros.core.base.errors import FerError
from fer_ros.core.recording import Recorder
from fer_ros.nodes.messages.reasons import refused
from fer_ros.nodes.messages.recognition import nanoseconds
from fer_ros.nodes.waiting import outcome

if TYPE_CHECKING:
    from fer_ros.core.forgetting.forget import Forgotten


class KeepingServices:
    """Answers ``record/discard``, ``record/revise``, ``record/restore`` and ``record/forget``."""

    def __init__(
        self, node: Node, recorder: Callable[[], Recorder], done: Callable[[], None], group: CallbackGroup
    ) -> None:
        """Offer the services.

        :param recorder: gives the recorder, or raises a FerError that says why there is none.
        :param done: called after anything that may have ended a take.
        """
        self._recorder, self._done, self._log = recorder, done, node.get_logger()
        node.create_service(DiscardTake, "record/discard", self._on_discard, callback_group=group)
        node.create_service(ReviseTake, "record/revise", self._on_revise, callback_group=group)
        node.create_service(RestoreTake, "record/restore", self._on_restore, callback_group=group)
        node.create_service(ForgetPerson, "record/forget", self._on_forget, callback_group=group)
        threading.Thread(target=self._finish, name="forget", daemon=True).start()

    def _finish(self) -> None:
        """Go on where a kill has interrupted that somebody was forgotten."""
        from fer_ros.core.forgetting.forget import finish

        try:
            for told in finish():
                self._log.warning(f"a person was being forgotten when it was interrupted: {told.summary}")
        except (FerError, OSError) as error:
            self._log.warning(f"a person was being forgotten, and it cannot be finished now: {error}")

    async def _on_discard(self, request: DiscardTake.Request, response: DiscardTake.Response) -> DiscardTake.Response:
        try:
            response.samples = await outcome(self._recorder().discard(request.bag, request.take))
        except FerError as error:
            self._refuse("record/discard", response, error)
        else:
            self._tell(response, f"take {request.take} is in the trash, {response.samples} samples")
        self._done()
        return response

    async def _on_revise(self, request: ReviseTake.Request, response: ReviseTake.Response) -> ReviseTake.Response:
        try:
            stamps = {nanoseconds(stamp) for stamp in request.stamps}
            done = await outcome(self._recorder().revise(request.bag, request.take, stamps, request.label))
        except FerError as error:
            self._refuse("record/revise", response, error)
        else:
            response.samples, response.new_take, response.entry = done.samples, done.take, done.entry
            where = f"take {done.take} under their new label" if done.take else "the trash"
            self._tell(response, f"{done.samples} samples of take {request.take} are in {where}")
        self._done()
        return response

    async def _on_restore(self, request: RestoreTake.Request, response: RestoreTake.Response) -> RestoreTake.Response:
        try:
            entry = await outcome(self._recorder().restore(request.bag, request.take, request.entry))
        except FerError as error:
            self._refuse("record/restore", response, error)
        else:
            response.samples = entry.samples
            what = f"take {entry.take} of bag {entry.bag}" if entry.take else f"bag {entry.bag}"
            self._tell(response, f"{what} is back, {entry.samples} samples")
        return response

    async def _on_forget(self, request: ForgetPerson.Request, response: ForgetPerson.Response) -> ForgetPerson.Response:
        try:
            recorder = self._recorder()
            if not request.dry_run:
                await outcome(recorder.release())
            told = await outcome(_forgetting(request.subject, request.dry_run, request.teach_anew))
        except (FerError, OSError) as error:
            self._refuse("record/forget", response, error)
        else:
            response.success, response.message = told.complete, told.summary
            response.done, response.left = told.done, [*told.failed, *told.left]
            # Not the name, and nothing that may hold it: logs are kept.
            self._log.info(f"record/forget: {len(told.done)} things done, {len(response.left)} left")
        self._done()
        return response

    def _tell(self, response: Any, message: str) -> None:
        response.success, response.message = True, message
        self._log.info(message)

    def _refuse(self, service: str, response: Any, error: Exception) -> None:
        refused(response, error)
        self._log.warning(f"{service}: {error}")


def _forgetting(subject: str, dry_run: bool, teach_anew: bool) -> Future[Forgotten]:
    """Runs in a thread of its own, because it reads everything that is kept."""
    result: Future[Forgotten] = Future()

    def work() -> None:
        from fer_ros.core.forgetting.forget import forget

        try:
            result.set_result(forget(subject, dry_run, teach_anew))
        except BaseException as error:
            result.set_exception(error)

    threading.Thread(target=work, name="forget", daemon=True).start()
    return result
