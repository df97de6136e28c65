"""Settings as ROS 2 parameters. A range stands once, in the settings, and is checked at each change."""

from __future__ import annotations

import dataclasses
import difflib
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic, TypeVar

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor, SetParametersResult
from rclpy.node import Node
from rclpy.parameter import Parameter

from fer_ros.core.base.contracts import plugin_names
from fer_ros.core.base.errors import ConfigError, unknown_name
from fer_ros.core.base.settings import Constraint, check_value, fields, from_text, make

S = TypeVar("S")

#: Parameters that ROS 2 itself declares where it needs them.
_BUILT_IN = ("qos_overrides.", "use_sim_time", "start_type_description_service")
#: Parameters of packages that we use, which declare them themselves.
_OTHERS = "diagnostic_updater."
_INT_LIMITS = (-(2**63), 2**63 - 1)


@dataclasses.dataclass
class _Group(Generic[S]):
    """The parameters that come from one settings dataclass."""

    settings_type: type[S]
    prefix: str
    current: S
    apply: Callable[[S], None] | None


class Parameters:
    """The parameters of one node, made with ``automatically_declare_parameters_from_overrides``."""

    def __init__(
        self, node: Node, texts: Mapping[str, str] | None = None, kept: Mapping[str, Any] | None = None
    ) -> None:
        """Take the user's values; :meth:`declare` declares them again, with type and range.

        :param texts: further values, as typed in a command; they take precedence, and each must be known.
        :param kept: values set before a crash; they take precedence over the user's values at the start.
        """
        self._node, self._texts = node, dict(texts or {})
        self._groups: list[_Group[Any]] = []
        self._given: dict[str, Any] = {}
        self._expected: dict[str, tuple[str, bool]] = {}
        for name, parameter in node.get_parameters_by_prefix("").items():
            if not name.startswith(_BUILT_IN):
                node.undeclare_parameter(name)
                if not name.startswith(_OTHERS):
                    self._given[name] = parameter.value
        self._given |= kept or {}
        self._texts = {name: text for name, text in self._texts.items() if name not in (kept or {})}
        node.add_pre_set_parameters_callback(self._widen)
        node.add_on_set_parameters_callback(self._check)
        node.add_post_set_parameters_callback(self._apply)

    def declare(
        self,
        settings_type: type[S],
        prefix: str = "",
        apply: Callable[[S], None] | None = None,
        notes: Mapping[str, str] | None = None,
    ) -> S:
        """Declare a parameter for each setting.

        :param settings_type: a dataclass of :func:`fer_ros.core.base.settings.setting` fields.
        :param prefix: put before the names.
        :param apply: called with the new settings after live ones were set.
        :param notes: setting name → its further conditions, for the descriptor.
        :returns: the settings as they stand.
        :raises ConfigError: a given value is of the wrong type or out of range.
        """
        known = fields(settings_type)
        given = {name: self._given.pop(prefix + name) for name in known if prefix + name in self._given}
        for name, (kind, _, _) in known.items():
            if prefix + name in self._texts:
                given[name] = from_text(prefix + name, kind, self._texts.pop(prefix + name))
        return self._declare(settings_type, given, prefix, apply, notes or {})

    def declare_plugin(
        self,
        kind: str,
        plugin: str,
        settings_type: type[S],
        apply: Callable[[S], None],
        fallback: Mapping[str, Any],
    ) -> S:
        """Declare a parameter for each setting of a plugin, such as ``sources.camera.fps``.

        :param fallback: setting → value if the user gave none, typed or as text.
        :raises ConfigError: a given value is of the wrong type or out of range.
        """
        known, prefix = fields(settings_type), plugin_names.prefix(kind, plugin)
        warn = self._node.get_logger().warning
        texts = {name: value for name, value in fallback.items() if name in known}
        given = {name: texts.pop(name) for name in list(texts) if not isinstance(texts[name], str)}
        given |= plugin_names.take(kind, plugin, known, self._given, warn)
        texts |= plugin_names.take(kind, plugin, known, self._texts, warn)
        given |= {name: from_text(prefix + name, known[name][0], text) for name, text in texts.items()}
        return self._declare(settings_type, given, prefix, apply, {})

    def _declare(
        self,
        settings_type: type[S],
        given: Mapping[str, Any],
        prefix: str,
        apply: Callable[[S], None] | None,
        notes: Mapping[str, str],
    ) -> S:
        # Command lines and YAML write ``10`` where a text is meant, too.
        given = {
            name: str(value) if type(value) is int and fields(settings_type)[name][0] is str else value
            for name, value in given.items()
        }
        settings = make(settings_type, given, prefix)
        for name, (kind, _, constraint) in fields(settings_type).items():
            descriptor = _descriptor(kind, constraint, notes.get(name, ""))
            self._node.declare_parameter(prefix + name, getattr(settings, name), descriptor, ignore_override=True)
        # Only now, so that declaring does not count as setting.
        self._groups.append(_Group(settings_type, prefix, settings, apply))
        return settings

    def take_old(self, names: Iterable[str]) -> dict[str, Any]:
        """Remove and return values given under names no longer declared: name → value, typed or as text."""
        found: dict[str, Any] = {}
        for given in (self._given, self._texts):
            found.update({name: given.pop(name) for name in names if name in given})
        return found

    def expect_plugin(self, kind: str, plugin: str, typed: bool) -> None:
        """Accept settings of a plugin that is not chosen, or not yet.

        :param typed: accept them in a command too, which otherwise refuses values without effect.
        """
        self._expected[plugin_names.prefix(kind, plugin)] = plugin_names.old_prefix(kind, plugin), typed

    def refuse(self, name: str, why: str) -> None:
        """Refuse a parameter of this name, except an empty one, as older parameter files have it.

        :raises ConfigError: it was given.
        """
        if self._given.pop(name, "") or self._texts.pop(name, ""):
            raise ConfigError(f"{name} cannot be a parameter: {why}")

    def check_unknown(self) -> None:
        """Warn of given parameters that this node does not have. Call it when all are declared.

        :raises ConfigError: one of the values typed in a command is not known.
        """
        declared = {group.prefix for group in self._groups}
        later = {new: more for new, more in self._expected.items() if new not in declared}
        in_files = tuple(later)
        in_commands = tuple(new for new, (_, typed) in later.items() if typed)
        # Only the filters' old names tell the plugin; those of sources and detectors were the chosen one's.
        olds = tuple(old for old, _ in later.values() if old.count(".") > 1)
        in_files, in_commands = in_files + olds, in_commands + olds
        names = [group.prefix + name for group in self._groups for name in fields(group.settings_type)]
        for name in self._texts:
            if not name.startswith(in_commands):
                raise unknown_name("setting", name, names)
        for name in self._given:
            if name.startswith(in_files):
                continue
            close = difflib.get_close_matches(name, names, n=1)
            hint = f"did you mean '{close[0]}'?" if close else f"known are {', '.join(sorted(names))}"
            self._node.get_logger().warning(f"parameter '{name}' is not known and has no effect: {hint}")

    def known(self, name: str) -> bool:
        """Whether a parameter is one of those declared here."""
        return self._find(name) is not None

    def _find(self, name: str) -> tuple[_Group[Any], str, type, Constraint] | None:
        for group in self._groups:
            local = name.removeprefix(group.prefix)
            known = fields(group.settings_type)
            if name.startswith(group.prefix) and local in known:
                kind, _, constraint = known[local]
                return group, local, kind, constraint
        return None

    def _widen(self, parameters: list[Parameter]) -> list[Parameter]:
        """``30`` where ``30.0`` or ``"30"`` is meant: command lines and YAML write neither the point nor the quotes."""
        widened = []
        for parameter in parameters:
            found = self._find(parameter.name)
            widen = found and found[2] in (float, str) and parameter.type_ == Parameter.Type.INTEGER
            widened.append(Parameter(parameter.name, value=found[2](parameter.value)) if found and widen else parameter)
        return widened

    def _changed(self, parameters: list[Parameter]) -> list[tuple[_Group[Any], Any]]:
        """Each group that the parameters touch, with the settings that would result."""
        values: dict[int, dict[str, Any]] = {}
        for parameter in parameters:
            found = self._find(parameter.name)
            if found:
                group, local, kind, constraint = found
                value = check_value(parameter.name, kind, constraint, parameter.value)
                values.setdefault(self._groups.index(group), {})[local] = value
        # Replacing runs the dataclass's own check of what fits together.
        return [
            (group, dataclasses.replace(group.current, **values[i]))
            for i, group in enumerate(self._groups)
            if i in values
        ]

    def _check(self, parameters: list[Parameter]) -> SetParametersResult:
        try:
            self._changed(parameters)
        except ConfigError as error:
            return SetParametersResult(successful=False, reason=str(error))
        return SetParametersResult(successful=True)

    def _apply(self, parameters: list[Parameter]) -> None:
        for group, settings in self._changed(parameters):
            group.current = settings
            if group.apply is None:
                continue
            try:
                group.apply(settings)
            except Exception as error:
                self._node.get_logger().error(f"new parameters could not be applied: {type(error).__name__}: {error}")


def _descriptor(kind: type, constraint: Constraint, note: str) -> ParameterDescriptor:
    if constraint.choices is not None:
        note = f"one of {', '.join(constraint.choices)}"
    descriptor = ParameterDescriptor(
        description=constraint.help, additional_constraints=note, read_only=not constraint.live
    )
    low, high = constraint.low, constraint.high
    if low is None and high is None:
        return descriptor
    if kind is int:
        bounds = (_INT_LIMITS[0] if low is None else int(low), _INT_LIMITS[1] if high is None else int(high))
        descriptor.integer_range = [IntegerRange(from_value=bounds[0], to_value=bounds[1], step=0)]
    elif kind is float:
        limit = sys.float_info.max
        descriptor.floating_point_range = [
            FloatingPointRange(
                from_value=-limit if low is None else float(low),
                to_value=limit if high is None else float(high),
                step=0.0,
            )
        ]
    return descriptor
