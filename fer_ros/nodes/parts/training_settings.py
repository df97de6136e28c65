"""The parameters of training: the defaults for what a request leaves at zero or empty. All are live."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rclpy.node import Node

from fer_ros.core.base import registry
from fer_ros.core.base.contracts import plugin_names
from fer_ros.core.training.fitting import head_setup
from fer_ros.core.training.options import Options
from fer_ros.core.training.request import Request
from fer_ros.nodes.messages import training as messages
from fer_ros.nodes.parameters import Parameters
from fer_ros.nodes.parts.plugin_settings import PluginSettings

#: Settings of heads that were parameters of their own before 0.2, and values of them that said nothing.
OLD = ("epochs", "learning_rate", "batch_fraction", "hidden_units", "patience", "from_general")
UNSAID = ("0", "0.0", "False", "false")


class TrainingSettings:
    """Declares the options of training, and the settings of each requested head: ``heads.dense.epochs``."""

    def __init__(self, node: Node, parameters: Parameters) -> None:
        """Declare them.

        :raises ConfigError: a parameter is out of range, or there is no such head.
        """
        known = f"one of {', '.join(registry.names('heads'))}"
        self.options = parameters.declare(Options, apply=self._set, notes={"head": known})
        # A 0 in an older parameter file means the head's own default.
        old = {name: value for name, value in parameters.take_old(OLD).items() if str(value) not in UNSAID}
        for name in old:
            node.get_logger().warning(plugin_names.renamed(name, f"heads.{self.options.head}.{name}"))
        self._heads = PluginSettings(parameters, "heads", lambda name, settings: None, changes=True, fallback=old)
        self._heads.of(self.options.head)

    def request(self, asked: Any, bags: tuple[Path, ...]) -> Request:
        """The training to run.

        :param asked: a request of the service `train`, or a goal of the action.
        :raises ConfigError: a value is out of range, or the head has no such setting.
        """
        options = messages.options(asked, self.options)
        settings = messages.head_settings(asked, self._heads.of(options.head))
        head_setup.settings_of(options.head, settings)
        return Request(bags, options, asked.name, settings, tuple(asked.without))

    def _set(self, options: Any) -> None:
        self.options = options
        self._heads.of(options.head)
