"""The model that `inference` uses: loaded at the start, swapped between two frames by the service `load_model`."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from rclpy.callback_groups import ReentrantCallbackGroup

from fer_msgs.srv import LoadModel
from fer_ros.core.base.errors import FerError
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.core.recognition.recogniser import Recogniser
from fer_ros.nodes.lifecycle import ManagedNode
from fer_ros.nodes.messages.reasons import refused
from fer_ros.nodes.waiting import until


class ModelInUse:
    """Loads bundles for a node."""

    def __init__(
        self, node: ManagedNode, recogniser: Callable[[], Recogniser | None], announce: Callable[[], None]
    ) -> None:
        """Serve ``load_model``.

        :param recogniser: gives the one in use; None while the node is not configured.
        :param announce: publishes which model is in use.
        """
        self._node, self._recogniser, self._announce = node, recogniser, announce
        # A group of its own, so that images are taken while a model is being loaded.
        node.create_service(LoadModel, "load_model", self._on_load_model, callback_group=ReentrantCallbackGroup())

    def load(self, model: str) -> Bundle:
        """The model to begin with; after a crash, the one that was in use.

        :param model: name or folder, as the parameter says.
        :raises ConfigError: it cannot be loaded.
        """
        kept = self._node.kept.model
        if kept:
            try:
                return Bundle.load(kept)
            except FerError as error:
                self._node.get_logger().warning(f"the model that was in use cannot be loaded again: {error}")
        return Bundle.load(Path(model) if "/" in model else model)

    async def _on_load_model(self, request: LoadModel.Request, response: LoadModel.Response) -> LoadModel.Response:
        recogniser = self._recogniser()
        problems: list[FerError] = []
        if recogniser is None:
            text, state = f"inference is {self._node.state}: configure it first", self._node.state
            refused(response, FerError(text, "inactive", node="inference", state=state))
            return response

        def swap() -> None:
            try:
                recogniser.swap(Bundle.load(request.name))
            except FerError as error:
                problems.append(error)
            except Exception as error:
                problems.append(FerError(f"{type(error).__name__}: {error}", "fault"))

        # In a thread of its own: images are received and read meanwhile.
        thread = threading.Thread(target=swap, name="load_model", daemon=True)
        thread.start()
        await until(lambda: not thread.is_alive(), thread.join)
        response.success = not problems
        if problems:
            refused(response, problems[0])
            response.message = f"{problems[0]}; {recogniser.bundle.name} stays in use"
            self._node.get_logger().warning(response.message)
        else:
            response.message = f"{recogniser.bundle.name} is in use"
            self._node.kept.put(model=request.name)
            self._announce()
        return response
