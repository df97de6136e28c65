"""What the launch files have in common: arguments, nodes with their parameters, and an end together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import DeclareLaunchArgument, OpaqueFunction, Shutdown
from launch.events.process import ProcessExited
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue

from fer_ros.core.base.paths import share_dir

YES_NO = ("", "true", "false")


@dataclass(frozen=True)
class Argument:
    """A launch argument.

    :ivar default: None where it must be given; an empty one leaves the matter to params_file.
    :ivar parameter: node and parameter that it sets where it is not empty, such as ``recorder.labels``.
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
        Argument("namespace", "fer", "of the nodes, topics and services; one for each robot or camera"),
        Argument("params_file", str(share_dir() / "config" / "params.yaml"), "the parameters of the nodes (YAML)"),
        Argument("log_level", "info", "of the nodes", ("debug", "info", "warn", "error", "fatal")),
        Argument(
            "autostart", "true", "whether the nodes activate themselves; false: a lifecycle manager does", YES_NO[1:]
        ),
    ]


class Values:
    """The arguments as they were given."""

    def __init__(self, context: LaunchContext, arguments: Sequence[Argument]) -> None:
        self._arguments = list(arguments)
        self._values = {a.name: LaunchConfiguration(a.name).perform(context) for a in arguments}
        if not Path(self["params_file"]).is_file():
            raise RuntimeError(f"params_file: there is no file {self['params_file']}")

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def text(self, name: str) -> ParameterValue:
        """An argument as the value of a parameter of type string."""
        return ParameterValue(self[name], value_type=str)

    def node(self, name: str, needed: bool = True, **parameters: object) -> Node:
        """One of our nodes, with the parameters that the arguments say.

        :param needed: without it the others are of no use: when it ends, they do.
        :param parameters: further ones; dots in their names are written as two underscores.
        """
        given = {
            a.parameter.partition(".")[2]: _typed(a, self[a.name])
            for a in self._arguments
            if a.parameter.partition(".")[0] == name and self[a.name] != ""
        }
        extra = {key.replace("__", "."): value for key, value in parameters.items()}
        return Node(
            package="fer_ros",
            executable=name,
            name=name,
            namespace=self["namespace"],
            parameters=[self["params_file"], {"autostart": self["autostart"] == "true", **given, **extra}],
            ros_arguments=["--log-level", self["log_level"]],
            output="screen",
            on_exit=_ended if needed else None,
        )


def description(
    arguments: Sequence[Argument], nodes: Callable[[Values], list[LaunchDescriptionEntity]]
) -> LaunchDescription:
    """A launch description.

    :param arguments: beside the :func:`common` ones.
    :param nodes: makes the nodes from what was given.
    """
    everything = [*arguments, *common()]
    declared = [
        DeclareLaunchArgument(a.name, default_value=a.default, description=a.help, choices=a.choices)
        for a in everything
    ]
    return LaunchDescription([*declared, OpaqueFunction(function=lambda context: nodes(Values(context, everything)))])


def _typed(argument: Argument, text: str) -> object:
    if argument.kind is bool:
        return text == "true"
    if argument.kind is str:
        return ParameterValue(text, value_type=str)  # also where it looks like a number
    try:
        return argument.kind(text)
    except ValueError:
        raise RuntimeError(f"{argument.name}:={text} is not a number") from None


def _ended(event: ProcessExited, context: LaunchContext) -> list[LaunchDescriptionEntity]:
    if context.is_shutdown:
        return []
    if event.returncode:
        # What is raised here makes the exit status of `ros2 launch` 1.
        raise RuntimeError(f"{event.process_name} ended with status {event.returncode}, see its message above")
    return [Shutdown(reason=f"{event.process_name} has ended")]
