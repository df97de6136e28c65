"""Camera and inference in one process: frames go from one to the other as they are, and are published too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fer_ros.core.base.paths import share_dir
from fer_ros.core.base.settings import fields
from fer_ros.core.base.types import Result
from fer_ros.nodes.camera import CameraNode, CameraSettings
from fer_ros.nodes.inference import InferenceNode, InferenceSettings
from fer_ros.nodes.lifecycle import ManagedNode, ManagedSettings
from fer_ros.nodes.logs import forward
from fer_ros.nodes.running import Ending, Host, initialise, leave, make

#: Seconds in which the last frames are read when the source has come to its end, on a busy machine too.
LAST_FRAMES = 10.0


@dataclass(frozen=True)
class LiveOptions:
    """What differs from the parameter file.

    :ivar settings: parameter name → value as typed; the camera's are known by name or by ``sources.``.
    :ivar params_file: None takes ``config/params.yaml``, as the launch file does.
    :ivar frames: end after so many results; 0: go on until interrupted or until the source ends.
    :ivar sinks: sinks that run besides those of the parameter ``sink``.
    :ivar dashboard: serve a page, on which people also record and train.
    """

    settings: Mapping[str, str] = field(default_factory=dict)
    params_file: Path | None = None
    namespace: str = "/fer"
    log_level: str = "warn"
    frames: int = 0
    sinks: tuple[str, ...] = ()
    dashboard: bool = False


#: What the settings of the nodes begin with that a dashboard needs beside camera and inference.
MORE = ("recorder.", "trainer.", "dashboard.")


class Live:
    """The composition. Make one per process."""

    def __init__(self, options: LiveOptions, on_result: Callable[[Result], None]) -> None:
        """Make the nodes; nothing is loaded or opened yet.

        :param on_result: gets each result, in the thread of the inference; it must be quick.
        :raises ConfigError: a parameter is wrong.
        """
        self._frames, self._count, self._on_result = options.frames, 0, on_result
        self._ending = Ending()
        file = options.params_file or share_dir() / "config" / "params.yaml"
        initialise(["--ros-args", "--params-file", str(file), "--log-level", options.log_level])
        # What both know, such as autostart, goes to both; what nobody knows is refused by inference.
        of_camera, of_both = set(fields(CameraSettings)) | set(fields(ManagedSettings)), set(fields(ManagedSettings))
        of_both |= of_camera & set(fields(InferenceSettings))
        of_more = {n: v for n, v in options.settings.items() if options.dashboard and n.startswith(MORE)}
        others = {n: v for n, v in options.settings.items() if n not in of_more}
        for_camera = {n: v for n, v in others.items() if n in of_camera or n.startswith(("sources.", "source."))}
        for_inference = {n: v for n, v in others.items() if n in of_both or n not in for_camera}
        for_camera.setdefault("exit_at_end", "true")
        nodes = {"namespace": options.namespace}
        of_inference: dict[str, Any] = {"settings": for_inference, "sinks": options.sinks, **nodes}
        self.inference = make(lambda: InferenceNode(subscribe=False, **of_inference))
        self.inference.sinks.on_broken = self.finish
        self.camera = make(lambda: CameraNode(settings=for_camera, **nodes))
        self.camera.receivers.append(self.inference.submit)
        self.inference.listeners.append(self._take)
        managed = {n: v for n, v in others.items() if n in fields(ManagedSettings)}
        more = _more(managed, of_more, options.namespace) if options.dashboard else []
        # Inference first, so that it is ready for the first frame; without a page the rest goes on.
        self._host = Host([self.inference, self.camera, *more], self._ending, dispensable=more)
        forward(self.camera.get_logger())

    @property
    def status(self) -> int:
        """The exit status; if it is not 0, the log says why."""
        return self._ending.status

    @property
    def dropped(self) -> int:
        """Frames that newer ones replaced before they were read."""
        return self.inference.dropped

    def finish(self) -> None:
        """Let :meth:`run` return soon; any thread may call it."""
        self._ending.finish()

    def run(self) -> None:
        """Start, and wait for Ctrl-C, the last wanted frame, or the end of the source.

        Once it has returned, the process ends within two seconds, whatever hangs.
        """
        self._ending.on_signals()
        self._host.start()
        self._ending.wait()
        if self.camera.ended:
            self.inference.drain(LAST_FRAMES)
        self._ending.within_grace()

    def close(self) -> None:
        """Free everything."""
        self._host.stop()
        leave()

    def _take(self, result: Result) -> None:
        if self._frames and self._count >= self._frames:
            return
        self._count += 1
        self._on_result(result)
        if self._count == self._frames:
            self.inference.sinks.seal()
            self._ending.finish()


def _more(managed: Mapping[str, str], settings: Mapping[str, str], namespace: str) -> list[ManagedNode]:
    """The nodes of a dashboard.

    :param managed: settings that all of them get.
    :param settings: parameter name, with one of :data:`MORE` before it, → value as typed.
    """
    # Only here: without a dashboard none of it is needed.
    from fer_ros.nodes.dashboard.node import DashboardNode
    from fer_ros.nodes.recorder import RecorderNode
    from fer_ros.nodes.trainer import TrainerNode

    def made(prefix: str, kind: Callable[..., ManagedNode]) -> ManagedNode:
        own = {name.removeprefix(prefix): value for name, value in settings.items() if name.startswith(prefix)}
        return make(lambda: kind(settings={**managed, **own}, namespace=namespace))

    kinds = (RecorderNode, TrainerNode, DashboardNode)
    return [made(prefix, kind) for prefix, kind in zip(MORE, kinds, strict=True)]
