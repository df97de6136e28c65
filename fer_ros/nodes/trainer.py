"""The node ``trainer``: trains a head on recorded bags by a service call or an action, then makes inference use it.

The training runs in a process of its own (``fer_ros.core.training.client``): this node stays light, its other
callbacks go on, and the training can be cancelled at any moment.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.callback_groups import ReentrantCallbackGroup
from std_srvs.srv import Trigger

from fer_msgs.action import Train as TrainAction
from fer_msgs.msg import RecordStatus, TrainProgress
from fer_msgs.srv import LoadModel, Train
from fer_ros.core import bags
from fer_ros.core.base.errors import ConfigError, FerError
from fer_ros.core.base.settings import setting
from fer_ros.core.bundles import model_store
from fer_ros.core.training.client import Cancelled
from fer_ros.core.training.outcome import Progress
from fer_ros.core.training.request import Request
from fer_ros.nodes import topics
from fer_ros.nodes.diagnostics import OK, Diagnostics, Health
from fer_ros.nodes.lifecycle import ManagedNode
from fer_ros.nodes.messages import reasons as reason_messages
from fer_ros.nodes.messages import training as train_messages
from fer_ros.nodes.parts.training_job import Spare, TrainingJob
from fer_ros.nodes.parts.training_settings import TrainingSettings
from fer_ros.nodes.running import run
from fer_ros.nodes.waiting import answer

#: Bags that a request may name.
MAX_BAGS = 1_000
#: Seconds that inference may take to answer.
ANSWER = 20.0


@dataclass(frozen=True)
class TrainerSettings:
    """Settings of the node, besides the options of training."""

    swap: bool = setting(True, "make inference use the new model (by its service load_model)", live=True)
    select: bool = setting(True, "select the new model, so that it is used after a restart too", live=True)
    keep_ready: float = setting(
        600.0,
        "seconds that a process waits for a training after a take or a training, 75 MB: it is learned sooner; 0: none",
        low=0.0,
        high=86_400.0,
        live=True,
    )


class TrainerNode(ManagedNode):
    """Answers ``train``, a service and an action, when the new model is in use, and ``train/cancel`` at any moment."""

    def __init__(self, **arguments: Any) -> None:
        """Declare the parameters: the defaults for what a request leaves at zero or empty.

        :raises ConfigError: a parameter is out of range.
        """
        super().__init__("trainer", **arguments)
        self._settings = self.parameters.declare(TrainerSettings, apply=self._set)
        self._training = TrainingSettings(self, self.parameters)
        self.parameters.check_unknown()
        self._job: TrainingJob | None = None
        self._spare = Spare()
        self._swapping = False
        self._last = "nothing was trained yet"
        group = ReentrantCallbackGroup()
        self._progress = topics.create_publisher(self, TrainProgress, "train/progress", topics.latched(), always=True)
        self.create_service(Train, "train", self._on_train, callback_group=group)
        self.create_service(Trigger, "train/cancel", self._on_cancel, callback_group=group)
        self._action = ActionServer(
            self,
            TrainAction,
            "train",
            self._on_goal,
            goal_callback=self._on_goal_request,
            cancel_callback=lambda goal: CancelResponse.REJECT if self._cancel() else CancelResponse.ACCEPT,
            callback_group=group,
        )
        topics.create_subscription(self, RecordStatus, "record/status", self._on_status, topics.latched())
        self._load_model = self.create_client(LoadModel, "load_model", callback_group=group)
        self._diagnostics = Diagnostics(self, lambda: self._training.options.head, self._health)

    def load(self) -> None:
        # What a killed training has left; whoever trains just now tidies up as well.
        with contextlib.suppress(ConfigError), model_store.exclusive():
            pass

    def work(self) -> None:
        self.publish(train_messages.ended(TrainProgress.PHASE_IDLE, FerError(self._last), 0.0))

    def rest(self) -> None:
        self._spare.end()
        if self._job is not None:
            self._job.end()

    def unload(self) -> None:
        pass

    def publish(self, message: TrainProgress) -> None:
        """Publish progress; any thread may call it."""
        message.header.stamp = self.get_clock().now().to_msg()
        self._progress.publish(message)

    def destroy_node(self) -> None:
        self._action.destroy()
        super().destroy_node()

    def _on_status(self, message: RecordStatus) -> None:
        if self._job is None and self.state == "active":
            self._spare.foresee(message, self._settings.keep_ready, self._usual)

    def _usual(self, bag: str) -> Request:
        return self._training.request(Train.Request(), _bags([bag]))

    async def _on_train(self, request: Train.Request, response: Train.Response) -> Train.Response:
        await self._train(request, response, lambda message: None)
        return response

    def _on_goal_request(self, goal: TrainAction.Goal) -> GoalResponse:
        try:
            self._check_free()
        except FerError as error:
            # The protocol has no field for the reason.
            self.get_logger().warning(f"a goal of train is rejected: {error}")
            return GoalResponse.REJECT
        return GoalResponse.ACCEPT

    async def _on_goal(self, goal: Any) -> TrainAction.Result:
        def feed(message: TrainProgress) -> None:
            goal.publish_feedback(TrainAction.Feedback(progress=message))

        result = TrainAction.Result()
        await self._train(goal.request, result, feed)
        if result.success:
            goal.succeed()
        elif goal.is_cancel_requested:
            goal.canceled()
        else:
            goal.abort()
        return result

    async def _train(self, request: Any, response: Any, feed: Callable[[TrainProgress], None]) -> None:
        """One training.

        :param request: a request of the service, or a goal: both have the same fields.
        :param response: the answer or the result to fill in.
        :param feed: gets each progress besides the topic, in any thread.
        """

        def tell(step: Progress, elapsed: float) -> None:
            message = train_messages.progress(step, elapsed)
            self.publish(message)
            feed(message)

        try:
            self._check_free()
            asked = self._training.request(request, _bags(request.bags))
            job = self._job = TrainingJob(tell, self._spare.take())
        except FerError as error:
            self._refuse(response, error)
            return
        try:
            self.get_logger().info(f"training head '{asked.options.head}' on {len(asked.bags)} bags")
            job.start(asked)
            await job.done()
            await self._finish(job, response)
        finally:
            self._job, self._swapping = None, False
            response.seconds = job.elapsed
            if job.outcome is not None and self.state == "active":
                self._spare.prepare(self._settings.keep_ready)

    def _check_free(self) -> None:
        if self.state != "active":
            raise FerError(
                f"the trainer is {self.state}: activate it first", "inactive", node="trainer", state=self.state
            )
        if self._job is not None:
            raise FerError("a training runs already: wait for it, or end it with train/cancel", "training_runs")

    async def _finish(self, job: TrainingJob, response: Any) -> None:
        if job.outcome is None:
            error = job.error or FerError("the training ended without an answer")
            cancelled = isinstance(error, Cancelled)
            phase = TrainProgress.PHASE_CANCELLED if cancelled else TrainProgress.PHASE_FAILED
            self.publish(train_messages.ended(phase, error, job.elapsed))
            self._last = str(error)
            self._refuse(response, error)
            return
        outcome = job.outcome
        train_messages.fill(response, outcome)
        problem = ""
        if self._settings.swap:
            self._swapping = True
            job.report(Progress("swapping", outcome.model, outcome.head))
            began = time.monotonic()
            problem = await self._swap(outcome.model)
            response.phases = [*response.phases, "swapping"]
            response.phase_seconds = [*response.phase_seconds, time.monotonic() - began]
        if not problem and self._settings.select:
            problem = _select(outcome.model)
        response.success = not problem
        response.message = f"{outcome.summary}; {problem}" if problem else outcome.summary
        told = FerError(response.message, "not_in_use", name=outcome.model) if problem else FerError(response.message)
        response.reason = reason_messages.reason(told)
        self._last = response.message
        phase = TrainProgress.PHASE_FAILED if problem else TrainProgress.PHASE_DONE
        self.publish(train_messages.ended(phase, told, job.elapsed, outcome))
        if problem:
            self.get_logger().warning(response.message)
        else:
            self.get_logger().info(response.message)

    async def _swap(self, name: str) -> str:
        """Make inference use the model; returns what went wrong, empty for nothing."""
        service = self.resolve_service_name("load_model")
        later = f"it is saved; start inference with model:={name}, or call {service} once it runs"
        if not self._load_model.service_is_ready():
            return f"but no inference answers on {service}: {later}"
        told = await answer(self._load_model, LoadModel.Request(name=name), ANSWER)
        if told is None:
            return f"but inference did not answer on {service}: {later}"
        return "" if told.success else f"but inference refused it: {told.message}"

    def _on_cancel(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        problem = self._cancel()
        response.success = not problem
        response.message = problem or "the training is cancelled; the model in use stays"
        return response

    def _cancel(self) -> str:
        """Cancel the training; returns why that cannot be, empty where it can."""
        job = self._job
        if job is None:
            return "no training runs, so there is none to cancel"
        if self._swapping or job.outcome is not None:
            return "too late: the new model is finished; `fer models rollback` goes back to the last one"
        job.process.cancel()
        return ""

    def _refuse(self, response: Any, error: FerError) -> None:
        response.success, response.message, response.reason = False, str(error), reason_messages.reason(error)
        self.get_logger().warning(f"train: {error}")

    def _set(self, settings: TrainerSettings) -> None:
        self._settings = settings

    def _health(self) -> Health:
        job = self._job
        values: dict[str, object] = {"lifecycle state": self.state, "last training": self._last}
        if job is None:
            return Health(OK, self.state, values)
        values["elapsed (s)"] = job.elapsed
        step = job.step
        if step is not None:
            values |= {"model": step.model, "head": step.head, "epoch": f"{step.epoch} of {step.epochs}"}
            values["progress"] = step.share
        return Health(OK, step.phase if step else "starting", values)


def _bags(asked: Sequence[str]) -> tuple[Path, ...]:
    """The bags that a request names, each once, none from outside the folder of bags. If it names none, all bags.

    :raises ConfigError: one does not exist or lies elsewhere, or there are too many. Each costs a look at the disk,
            and all other callbacks wait for it.
    """
    if len(asked) > MAX_BAGS:
        raise ConfigError(f"{len(asked)} bags are too many: name {MAX_BAGS} at most, or none for all of them")
    if not asked:
        return tuple(bags.listing())
    return tuple(dict.fromkeys(bags.locate(text, folders=()) for text in dict.fromkeys(asked)))


def _select(name: str) -> str:
    try:
        model_store.select(name)
    except (FerError, OSError) as error:
        return f"but it could not be selected for the next start: {error}"
    return ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the node until something ends it."""
    return run("trainer", TrainerNode, arguments)


if __name__ == "__main__":
    sys.exit(main())
