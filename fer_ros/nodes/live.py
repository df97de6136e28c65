"""Several nodes in one process: frames go from camera to inference as they are, and are published too."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fer_ros.core.base.errors import FerError
from fer_ros.core.base.paths import share_dir
from fer_ros.core.base.settings import fields
from fer_ros.core.base.types import Result
from fer_ros.nodes.camera import CameraNode, CameraSettings
from fer_ros.nodes.inference import InferenceNode, InferenceSettings
from fer_ros.nodes.launched import BAD_CONFIGURATION, end_with_launch, namespaces
from fer_ros.nodes.lifecycle import ManagedNode, ManagedSettings
from fer_ros.nodes.logs import forward
from fer_ros.nodes.running import Ending, Host, initialise, leave, make

#: Seconds in which the last frames are read when the source has come to its end, on a busy machine too.
LAST_FRAMES = 10.0


@dataclass(frozen=True)
class LiveOptions:
    """What differs from the parameter file.

    :ivar settings: parameter name → value as typed; the camera's are known by name or by ``sources.``, those of the
        nodes of ``more`` by the node's name and a dot before them.
    :ivar params_file: None takes ``config/params.yaml``, as the launch file does.
    :ivar namespace: of the nodes; several, with commas between, make as many cameras with an inference each. What
        ``frames`` and ``on_result`` say is of the first one.
    :ivar frames: end after so many results; 0: go on until interrupted or until the source ends.
    :ivar sinks: sinks that run besides those of the parameter ``sink``.
    :ivar more: further nodes: ``recorder``, ``trainer``, ``dashboard``.
    :ivar camera: False leaves our camera out; inference then subscribes to its ``image_topic``.
    :ivar ros_arguments: the command line of the process; None makes one from ``params_file`` and ``log_level``.
    """

    settings: Mapping[str, str] = field(default_factory=dict)
    params_file: Path | None = None
    namespace: str = "/fer"
    log_level: str = "warn"
    frames: int = 0
    sinks: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    camera: bool = True
    ros_arguments: Sequence[str] | None = None


#: What a page needs besides camera and inference.
WITH_PAGE = ("recorder", "trainer", "dashboard")


class Live:
    """The composition. Make one per process."""

    def __init__(self, options: LiveOptions, on_result: Callable[[Result], None]) -> None:
        """Make the nodes; nothing is loaded or opened yet.

        :param on_result: gets each result, in the thread of the inference; it must be quick.
        :raises ConfigError: a parameter is wrong.
        """
        first, *others = namespaces(options.namespace)
        self._frames, self._count, self._on_result = options.frames, 0, on_result
        self._ending = Ending()
        file = options.params_file or share_dir() / "config" / "params.yaml"
        default = ("--ros-args", "--params-file", str(file), "--log-level", options.log_level)
        initialise(default if options.ros_arguments is None else options.ros_arguments)
        self.inference, self.camera, more = _eye(options, first, options.more)
        self.inference.sinks.on_broken = self.finish
        self.inference.listeners.append(self._take)
        self._pairs = [(self.inference, self.camera)]
        for namespace in others:
            # One page is enough, and there is one port.
            inference, camera, further = _eye(options, namespace, [n for n in options.more if n != "dashboard"])
            self._pairs.append((inference, camera))
            more += further
        # Inference first, so that it is ready for the first frame; without the further ones the rest goes on.
        watching = [node for pair in self._pairs for node in pair if node is not None]
        self._host = Host([*watching, *more], self._ending, dispensable=more)
        forward(self.inference.get_logger())

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
        for inference, camera in self._pairs:
            if camera and camera.ended:
                inference.drain(LAST_FRAMES)
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


def _eye(options: LiveOptions, namespace: str, names: Sequence[str]) -> tuple[Any, Any, list[ManagedNode]]:
    """Inference, its camera (None where it takes images from a topic), and the further nodes of one namespace.

    :param names: of the further nodes.
    """
    # What both know, such as autostart, goes to both; what nobody knows is refused by inference.
    of_camera, of_both = set(fields(CameraSettings)) | set(fields(ManagedSettings)), set(fields(ManagedSettings))
    of_both |= of_camera & set(fields(InferenceSettings))
    of_more = tuple(f"{name}." for name in options.more)
    others = {n: v for n, v in options.settings.items() if not n.startswith(of_more)}
    for_camera = {n: v for n, v in others.items() if n in of_camera or n.startswith(("sources.", "source."))}
    for_inference = {n: v for n, v in others.items() if n in of_both or n not in for_camera}
    nodes = {"namespace": namespace}
    of_inference: dict[str, Any] = {"settings": for_inference, "sinks": options.sinks, **nodes}
    inference: Any = make(lambda: InferenceNode(subscribe=not options.camera, **of_inference))
    camera: Any = None
    if options.camera:
        camera = make(lambda: CameraNode(settings=for_camera, **nodes))
        camera.receivers.append(inference.submit)
    managed = {n: v for n, v in others.items() if n in fields(ManagedSettings)}
    more = []
    for name in names:
        own = {n.removeprefix(f"{name}."): v for n, v in options.settings.items() if n.startswith(f"{name}.")}
        more.append(_further(name, {**managed, **own}, namespace))
    return inference, camera, more


def _further(name: str, settings: Mapping[str, str], namespace: str) -> ManagedNode:
    """A node besides camera and inference."""
    # Only here: without them none of it is needed.
    kind: Callable[..., ManagedNode]
    if name == "recorder":
        from fer_ros.nodes.recorder import RecorderNode as kind
    elif name == "trainer":
        from fer_ros.nodes.trainer import TrainerNode as kind
    else:
        from fer_ros.nodes.dashboard.node import DashboardNode as kind
    return make(lambda: kind(settings=settings, namespace=namespace))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the composition as a launch starts it: ``live --with NODES --set NAME=VALUE … --ros-args …``."""
    from rclpy.utilities import remove_ros_args

    ros_arguments = sys.argv[1:] if arguments is None else list(arguments)
    parser = argparse.ArgumentParser(prog="live", description=__doc__)
    parser.add_argument("--with", dest="more", action="append", default=[], choices=WITH_PAGE, help="a further node")
    parser.add_argument("--no-camera", action="store_true", help="take the images of inference's image_topic")
    parser.add_argument("--namespace", default="/fer", help="namespaces, with commas between")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a parameter")
    args = parser.parse_args(remove_ros_args(args=["live", *ros_arguments])[1:])
    settings = dict(text.partition("=")[::2] for text in args.set)
    options = LiveOptions(
        settings,
        namespace=args.namespace,
        more=tuple(args.more),
        camera=not args.no_camera,
        ros_arguments=ros_arguments,
    )
    end_with_launch()
    try:
        live = Live(options, lambda result: None)
    except FerError as error:
        print(f"live: {error}", file=sys.stderr)
        return BAD_CONFIGURATION
    live.run()
    live.close()
    return live.status
