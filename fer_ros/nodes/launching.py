"""What the launch files have in common: arguments, nodes with their parameters, their return and their end."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue

from fer_ros.core.base.paths import share_dir
from fer_ros.nodes.launched import environment, namespaces
from fer_ros.nodes.returning import Supervision

#: What a person may type for a boolean, as YAML and ROS accept it.
WORDS = {**dict.fromkeys(("true", "yes", "on", "1"), True), **dict.fromkeys(("false", "no", "off", "0"), False)}


@dataclass(frozen=True)
class Argument:
    """A launch argument.

    :ivar default: None if the user must give it; an empty one leaves the choice to params_file.
    :ivar parameter: node and parameter that it sets if it is not empty, such as ``recorder.labels``.
    :ivar kind: type of that parameter: str, bool, int or float.
    """

    name: str
    default: str | None
    help: str
    choices: tuple[str, ...] | None = None
    parameter: str = ""
    kind: type = str


def common() -> list[Argument]:
    """The arguments that every launch file has."""
    return [
        Argument(
            "namespace",
            "fer",
            "namespace of nodes, topics and services; several cameras: one each, with commas between",
        ),
        Argument(
            "params_file", str(share_dir() / "config" / "params.yaml"), "file with the parameters of the nodes (YAML)"
        ),
        Argument("log_level", "info", "of the nodes", ("debug", "info", "warn", "error", "fatal")),
        Argument(
            "autostart", "true", "whether the nodes activate themselves; false: a lifecycle manager does it", kind=bool
        ),
        Argument("respawn", "true", "start a node again after it crashed", kind=bool),
        Argument("use_sim_time", "false", "take the time from /clock: for simulation and `ros2 bag play`", kind=bool),
    ]


class Values:
    """The arguments as they were given."""

    def __init__(self, context: LaunchContext, arguments: Sequence[Argument]) -> None:
        self._arguments = list(arguments)
        self._values = {a.name: LaunchConfiguration(a.name).perform(context) for a in arguments}
        for argument in arguments:
            if argument.kind is bool and self[argument.name]:
                self.yes(argument.name)
        self.namespaces = namespaces(self["namespace"])
        if not Path(self["params_file"]).is_file():
            raise RuntimeError(f"params_file: there is no file {self['params_file']}")

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def within(self, namespace: str) -> Values:
        """The same for the nodes of one of several namespaces."""
        one = copy.copy(self)
        one.namespaces = [namespace]
        return one

    def yes(self, name: str) -> bool:
        """A boolean argument: ``true``, ``yes``, ``on`` or ``1``, in capitals or not; an empty one is False."""
        word = self[name].lower()
        if word and word not in WORDS:
            raise RuntimeError(f"{name}:={self[name]} is neither true nor false")
        return WORDS.get(word, False)

    def text(self, name: str) -> ParameterValue:
        """An argument as the value of a parameter of type string."""
        return ParameterValue(self[name], value_type=str)

    def node(self, name: str, needed: bool = True, **parameters: object) -> Node:
        """One of our nodes in a process of its own, with the parameters that the arguments set.

        :param needed: the others are useless without it, so they end when it ends for good. If it is not needed, it
            may end or fail to start, and the others go on.
        :param parameters: further ones; dots in their names are written as two underscores.
        """
        given = {
            a.parameter.partition(".")[2]: self._typed(a) for a in self._set() if a.parameter.startswith(f"{name}.")
        }
        extra = {key.replace("__", "."): value for key, value in parameters.items()}
        return self._start(name, needed, name=name, parameters={**given, **extra})

    def composed(self, camera: bool, more: Mapping[str, Mapping[str, str]]) -> Node:
        """Inference and others in one process; frames reach inference without a copy.

        :param camera: whether our camera is among them.
        :param more: further nodes: recorder, trainer, dashboard → parameters as text.
        """
        words = [f"--with={node}" for node in more] + ([] if camera else ["--no-camera"])
        for argument in self._set():
            node, _, parameter = argument.parameter.partition(".")
            if node in ("camera", "inference"):
                words.append(f"--set={parameter}={self[argument.name]}")
            elif node in more:
                words.append(f"--set={argument.parameter}={self[argument.name]}")
        words += [f"--set={node}.{name}={text}" for node, own in more.items() for name, text in own.items()]
        if len(self.namespaces) > 1:
            words.append(f"--namespace={','.join(self.namespaces)}")
        return self._start("live", True, arguments=words, parameters={})

    def _set(self) -> list[Argument]:
        """The arguments that set a parameter, and were given."""
        return [a for a in self._arguments if a.parameter and self[a.name] != ""]

    def _start(self, executable: str, needed: bool, parameters: Mapping[str, object], **arguments: Any) -> Node:
        common = {flag: self.yes(flag) for flag in ("autostart", "use_sim_time")}

        def make() -> Node:
            return Node(
                package="fer_ros",
                executable=executable,
                # Of several, the process itself gives each of its nodes its own.
                namespace=self.namespaces[0] if len(self.namespaces) == 1 else None,
                parameters=[self["params_file"], {**common, **parameters}],
                ros_arguments=["--log-level", self["log_level"]],
                additional_env=environment(self.yes("respawn")),
                output="screen",
                on_exit=supervision.ended,
                **arguments,
            )

        supervision = Supervision(executable, needed, self.yes("respawn"), make)
        return supervision.start()

    def _typed(self, argument: Argument) -> object:
        text = self[argument.name]
        if argument.kind is bool:
            return self.yes(argument.name)
        if argument.kind is str:
            return ParameterValue(text, value_type=str)  # also where it looks like a number
        try:
            return argument.kind(text)
        except ValueError:
            raise RuntimeError(f"{argument.name}:={text} is not a number") from None


def description(
    arguments: Sequence[Argument], nodes: Callable[[Values], list[LaunchDescriptionEntity]]
) -> LaunchDescription:
    """A launch description.

    :param arguments: further ones, besides the :func:`common` ones.
    :param nodes: makes the nodes from the given arguments.
    """
    everything = [*arguments, *common()]
    declared = [
        DeclareLaunchArgument(a.name, default_value=a.default, description=a.help, choices=a.choices)
        for a in everything
    ]

    def start(context: LaunchContext) -> list[LaunchDescriptionEntity]:
        values = Values(context, everything)
        composed = any(a.name == "compose" for a in everything) and values.yes("compose")
        each = [values] if composed else [values.within(namespace) for namespace in values.namespaces]
        return [node for values in each for node in nodes(values)]

    return LaunchDescription([*declared, OpaqueFunction(function=start)])
