"""The base of the managed nodes: configure loads, activate works, deactivate stops, cleanup frees memory."""

from __future__ import annotations

import contextlib
from abc import ABCMeta, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lifecycle_msgs.msg import State
from lifecycle_msgs.srv import ChangeState
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter

from fer_ros.core.base.errors import FerError
from fer_ros.core.base.settings import setting
from fer_ros.nodes.parameters import Parameters
from fer_ros.nodes.parts.kept import Kept

#: What a transition is called in the log → the state that it leads to.
_STATES = {"configured": "inactive", "activated": "active", "deactivated": "inactive", "cleaned up": "unconfigured"}


@dataclass(frozen=True)
class ManagedSettings:
    """Settings of every managed node."""

    autostart: bool = setting(True, "configure and activate at the start; false leaves that to a lifecycle manager")


class _WholeOrNot(ABCMeta):
    """Makes a node, or leaves nothing of it.

    A constructor that raises would leave its services in the graph until Python frees the node, perhaps minutes later.
    Who calls them meanwhile waits for an answer in vain.
    """

    def __call__(cls, *arguments: Any, **named: Any) -> Any:
        kind: Any = cls
        node = kind.__new__(kind, *arguments, **named)
        try:
            node.__init__(*arguments, **named)
        except BaseException:
            with contextlib.suppress(AttributeError):  # rclpy has not come so far that there is something to destroy
                node.destroy_node()
            raise
        return node


class ManagedNode(LifecycleNode, metaclass=_WholeOrNot):
    """A lifecycle node that can bring itself up.

    A subclass declares its parameters in ``__init__`` and fills in the four steps below. If a step raises, the
    transition fails with one line in the log, and the node keeps its state.

    :ivar failure: why the last transition failed, else None.
    :ivar on_finished: called in any thread when the node has nothing more to do; the runner sets it.
    """

    def __init__(self, name: str, settings: Mapping[str, str] | None = None, **arguments: Any) -> None:
        """Make the node.

        :param settings: parameter name → value as typed in a command.
        :param arguments: of :class:`rclpy.node.Node`, such as ``namespace``.
        :raises ConfigError: a parameter is out of range.
        """
        super().__init__(name, automatically_declare_parameters_from_overrides=True, **arguments)
        self.kept = Kept(self.get_fully_qualified_name())
        self.parameters = Parameters(self, settings, self.kept.parameters)
        self.managed = self.parameters.declare(ManagedSettings)
        self.add_post_set_parameters_callback(self._keep)
        self._bringing_up = False
        self.failure: Exception | None = None
        self.on_finished: Callable[[Exception | None], None] = lambda error: None
        self._guard_change_state()

    @abstractmethod
    def load(self) -> None:
        """Configure: load what takes time and memory.

        :raises FerError: with one line that says what to do.
        """

    @abstractmethod
    def work(self) -> None:
        """Activate: acquire the camera, start threads; the publishers are enabled already.

        :raises FerError: with one line that says what to do.
        """

    @abstractmethod
    def rest(self) -> None:
        """Deactivate: join threads, free the camera. Harmless when not working."""

    @abstractmethod
    def unload(self) -> None:
        """Clean up: free memory. Harmless when nothing is loaded."""

    def autostart(self) -> None:
        """Go to the active state, unless ``autostart`` is false. After a crash, go to the state before it.

        :raises FerError: the transition failed.
        """
        wanted = self.kept.state or ("active" if self.managed.autostart else "unconfigured")
        if wanted not in ("active", "inactive"):
            self.get_logger().info("waiting to be configured, as autostart is false")
            return
        self.kept.put(state=wanted)
        self._bringing_up = True
        try:
            for trigger in (self.trigger_configure, self.trigger_activate)[: 2 if wanted == "active" else 1]:
                if trigger() != TransitionCallbackReturn.SUCCESS:
                    raise self.failure or FerError("the node could not be started")
        finally:
            self._bringing_up = False

    def shut_down(self) -> None:
        """Free everything, in any state; the last call before ``destroy_node``."""
        if self.state_id in (
            State.PRIMARY_STATE_UNCONFIGURED,
            State.PRIMARY_STATE_INACTIVE,
            State.PRIMARY_STATE_ACTIVE,
        ):
            self.trigger_shutdown()

    def destroy_node(self) -> None:
        """Take the node out of the graph; rclpy alone leaves the services of the lifecycle there."""
        super().destroy_node()
        self._state_machine.destroy_when_not_in_use()

    @property
    def state(self) -> str:
        """The lifecycle state: ``unconfigured``, ``inactive``, ``active`` or ``finalized``, or one in between."""
        return str(self._state_machine.current_state[1])

    @property
    def state_id(self) -> int:
        """The lifecycle state, one of the constants of ``lifecycle_msgs/State``."""
        return int(self._state_machine.current_state[0])

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        return self._step("configured", self.load, self.unload)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        # Enabled before the work begins: a publisher that is not drops messages without a word.
        super().on_activate(state)
        result = self._step("activated", self.work, self.rest)
        if result != TransitionCallbackReturn.SUCCESS:
            super().on_deactivate(state)
        return result

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        result = self._step("deactivated", self.rest)
        super().on_deactivate(state)
        return result

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        return self._step("cleaned up", self.unload)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        return self._step("shut down", self.rest, then=self.unload)

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        return self._step("reset", self.rest, then=self.unload)

    def _step(
        self,
        name: str,
        step: Callable[[], None],
        undo: Callable[[], None] | None = None,
        then: Callable[[], None] | None = None,
    ) -> TransitionCallbackReturn:
        """Run a step and catch what it raises: rclpy would silently turn that into an error state."""
        try:
            step()
            if then is not None:
                then()
        except Exception as error:
            self.failure = error
            text = str(error) if isinstance(error, FerError) else f"{type(error).__name__}: {error}"
            self.get_logger().error(f"cannot be {name}: {text}")
            if undo is not None:
                self._step("reset", undo)
                self.failure = error
            return TransitionCallbackReturn.FAILURE
        self.get_logger().debug(name)
        if name in _STATES and not self._bringing_up:
            self.kept.put(state=_STATES[name])
        return TransitionCallbackReturn.SUCCESS

    def _keep(self, parameters: list[Parameter]) -> None:
        """Remember parameters set while running; rclpy calls this only after it accepted them."""
        values = {p.name: p.value for p in parameters if self.parameters.known(p.name)}
        if values:
            self.kept.put(parameters=values)

    def _guard_change_state(self) -> None:
        """Answer a transition that the state does not allow with ``success: false``.

        rclpy raises out of the service callback instead, which ends the spinning and leaves the caller waiting.
        """
        service = self._service_change_state
        original = service.callback

        def change_state(request: ChangeState.Request, response: ChangeState.Response) -> ChangeState.Response:
            try:
                return original(request, response)
            except rclpy_implementation.RCLError:
                name = request.transition.label or request.transition.id
                self.get_logger().warning(f"transition '{name}' is not possible in the state '{self.state}'")
                response.success = False
                return response

        service.callback = change_state
