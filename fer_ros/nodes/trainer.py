"""The node ``trainer``: trains a head on recorded bags by a service call, then makes inference use it.

The training runs in a process of its own (``fer_ros.core.training.client``): this node stays light, its other
callbacks go on, and the training can be cancelled at any moment.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rclpy.callback_groups import ReentrantCallbackGroup
from std_srvs.srv import Trigger

from fer_msgs.msg import TrainProgress
from fer_msgs.srv import LoadModel, Train
from fer_ros.core import bags
from fer_ros.core.base.errors import ConfigError, FerError
from fer_ros.core.base.settings import setting
from fer_ros.core.bundles import model_store
from fer_ros.core.training.client import Cancelled, TrainingProcess
from fer_ros.core.training.outcome import Outcome, Progress
from fer_ros.core.training.request import Request
from fer_ros.nodes import topics
from fer_ros.nodes.diagnostics import OK, Diagnostics, Health
from fer_ros.nodes.lifecycle import ManagedNode
from fer_ros.nodes.messages import training as train_messages
from fer_ros.nodes.parts.training_settings import TrainingSettings
from fer_ros.nodes.running import run
from fer_ros.nodes.waiting import answer, until

#: Bags that a request may name.
MAX_BAGS = 1_000
#: Seconds that inference may take to answer.
ANSWER = 20.0
#: Seconds that the thread may take to end after a training was cancelled.
JOIN = 1.0


@dataclass(frozen=True)
class TrainerSettings:
    """Settings of the node, besides the options of training."""

    swap: bool = setting(True, "make inference use the new model (by its service load_model)", live=True)
    select: bool = setting(True, "select the new model, so that it is used after a restart too", live=True)


class _Job:
    """One training in a thread and a process."""

    def __init__(self, node: TrainerNode) -> None:
        self.process = TrainingProcess()
        self.step: Progress | None = None
        self.outcome: Outcome | None = None
        self.error: FerError | None = None
        self.began = time.monotonic()
        self._node = node
        self._thread: threading.Thread | None = None

    @property
    def elapsed(self) -> float:
        """Seconds since the request."""
        return time.monotonic() - self.began

    def start(self, request: Request) -> None:
        """Begin."""
        self._thread = threading.Thread(target=self._run, args=(request,), name="training", daemon=True)
        self._thread.start()

    async def done(self) -> None:
        """Wait for the end, while the executor goes on."""
        thread = self._thread
        if thread is not None:
            await until(lambda: not thread.is_alive(), thread.join)

    def end(self) -> None:
        """Cancel, and wait for that."""
        self.process.cancel()
        if self._thread is not None:
            self._thread.join(JOIN)
        else:
            self.process.end()

    def _run(self, request: Request) -> None:
        try:
            self.outcome = self.process.run(request, self.report)
        except FerError as error:
            self.error = error
        except Exception as error:
            self.error = FerError(f"a fault of the program ended the training: {type(error).__name__}: {error}")

    def report(self, step: Progress) -> None:
        """Publish the progress."""
        self.step = step
        self._node.publish(train_messages.progress(step, self.elapsed))


class TrainerNode(ManagedNode):
    """Answers ``train`` when the new model is in use, and ``train/cancel`` at any moment."""

    def __init__(self, **arguments: Any) -> None:
        """Declare the parameters: the defaults for what a request leaves at zero or empty.

        :raises ConfigError: a parameter is out of range.
        """
        super().__init__("trainer", **arguments)
        self._settings = self.parameters.declare(TrainerSettings, apply=self._set)
        self._training = TrainingSettings(self, self.parameters)
        self.parameters.check_unknown()
        self._job: _Job | None = None
        self._swapping = False
        self._last = "nothing was trained yet"
        group = ReentrantCallbackGroup()
        self._progress = self.create_publisher(TrainProgress, "train/progress", topics.latched())
        self.create_service(Train, "train", self._on_train, callback_group=group)
        self.create_service(Trigger, "train/cancel", self._on_cancel, callback_group=group)
        self._load_model = self.create_client(LoadModel, "load_model", callback_group=group)
        self._diagnostics = Diagnostics(self, lambda: self._training.options.head, self._health)

    def load(self) -> None:
        # What a killed training has left; whoever trains just now tidies up as well.
        with contextlib.suppress(ConfigError), model_store.exclusive():
            pass

    def work(self) -> None:
        self.publish(train_messages.ended(TrainProgress.PHASE_IDLE, self._last, 0.0))

    def rest(self) -> None:
        if self._job is not None:
            self._job.end()

    def unload(self) -> None:
        pass

    def publish(self, message: TrainProgress) -> None:
        """Publish progress; any thread may call it."""
        message.header.stamp = self.get_clock().now().to_msg()
        self._progress.publish(message)

    async def _on_train(self, request: Train.Request, response: Train.Response) -> Train.Response:
        try:
            self._check_free()
            asked = self._training.request(request, _bags(request.bags))
            job = self._job = _Job(self)
        except FerError as error:
            return self._refuse(response, error)
        try:
            self.get_logger().info(f"training head '{asked.options.head}' on {len(asked.bags)} bags")
            job.start(asked)
            await job.done()
            await self._finish(job, response)
        finally:
            self._job, self._swapping = None, False
            response.seconds = job.elapsed
        return response

    def _check_free(self) -> None:
        if self.state != "active":
            raise FerError(f"the trainer is {self.state}: activate it first")
        if self._job is not None:
            raise FerError("a training runs already: wait for it, or end it with train/cancel")

    async def _finish(self, job: _Job, response: Train.Response) -> None:
        if job.outcome is None:
            error = job.error or FerError("the training ended without an answer")
            cancelled = isinstance(error, Cancelled)
            phase = TrainProgress.PHASE_CANCELLED if cancelled else TrainProgress.PHASE_FAILED
            self.publish(train_messages.ended(phase, str(error), job.elapsed))
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
        self._last = response.message
        phase = TrainProgress.PHASE_FAILED if problem else TrainProgress.PHASE_DONE
        self.publish(train_messages.ended(phase, response.message, job.elapsed, outcome))
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
        job = self._job
        if job is None:
            response.message = "no training runs, so there is none to cancel"
        elif self._swapping or job.outcome is not None:
            response.message = "too late: the new model is finished; `fer models rollback` goes back to the last one"
        else:
            job.process.cancel()
            response.success, response.message = True, "the training is cancelled; the model in use stays"
        return response

    def _refuse(self, response: Train.Response, error: FerError) -> Train.Response:
        response.success, response.message = False, str(error)
        self.get_logger().warning(f"train: {error}")
        return response

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
