"""List the plugins without importing them; with a name, import that one and show its settings.

With `new`, write a package of your own plugins, with a test that passes: see docs/plugins.md.
"""

from __future__ import annotations

import argparse
import contextlib
import inspect
import json
import sys
from pathlib import Path
from typing import Any

from fer_ros.cli import plugin_package
from fer_ros.cli.text import clean, table, warn
from fer_ros.core.base import registry, settings
from fer_ros.core.base.errors import ConfigError, unknown_name


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.usage = (
        "fer plugins [KIND [NAME]] [--settings] [--json]\n       fer plugins new KIND [KIND …] NAME [--folder FOLDER]"
    )
    parser.add_argument(
        "words",
        nargs="*",
        metavar="KIND NAME",
        help=f"KIND: one of {', '.join(registry.GROUPS)} (default: all); NAME: show what this plugin can be set to. "
        f"After new, KIND is one or several of {', '.join(plugin_package.KINDS)}, and NAME is the package to write",
    )
    parser.add_argument("--folder", type=Path, default=Path(), help="with new: where to write it (default: here)")
    parser.add_argument("--settings", action="store_true", help="import every plugin and show its settings")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Print what is installed."""
    if args.words[:1] == ["new"]:
        return _new(args.words[1:], args.folder, args.json)
    kind = args.words[0] if args.words else None
    if kind is not None and kind not in registry.GROUPS:
        raise unknown_name("plugin group", kind, registry.GROUPS)
    if len(args.words) > 2:
        raise ConfigError(f"one plugin at a time: leave out {' '.join(args.words[2:])}")
    if kind is not None and len(args.words) == 2:
        described = describe(kind, args.words[1])
        print(_json(described) if args.json else as_text(described))
        return 0
    kinds = [kind] if kind else list(registry.GROUPS)
    found = [info for kind in kinds for info in registry.listing(kind)]
    if args.settings:
        _print_settings(found, args.json)
    elif args.json:
        print(_json({"plugins": [plain(info) for info in found]}))
    else:
        print(table(("kind", "name", "target", "package"), [(i.kind, i.name, i.target, i.package) for i in found]))
    return 0


def _new(words: list[str], folder: Path, as_json: bool) -> int:
    """Write a package of plugins."""
    if len(words) < 2:
        raise ConfigError("give the kinds and a name, such as: fer plugins new source my_camera")
    target = plugin_package.write(words[:-1], words[-1], folder)
    if as_json:
        print(_json({"package": words[-1], "folder": str(target)}))
    else:
        print(clean(f"{target} is written. Now: cd {target} && pip install -e . && python -m pytest test"))
    return 0


def plain(info: registry.PluginInfo) -> dict[str, Any]:
    """What is known of a plugin without importing it, as JSON."""
    return {"kind": info.kind, "name": info.name, "target": info.target, "package": info.package}


def describe(kind: str, name: str) -> dict[str, Any]:
    """Import a plugin and tell what it is and can be set to.

    :returns: ``kind``, ``name``, ``target``, ``package``; ``summary``, the docstring's first line; ``presets`` of a
        backbone; ``settings``, each with ``name``, ``type``, ``default``, ``low``, ``high``, ``choices``, ``live``,
        ``help``.
    :raises ConfigError: it is unknown, cannot be imported, or breaks its group's contract.
    """
    # A stranger's module may print when it is imported: standard output belongs to the listing.
    with contextlib.redirect_stdout(sys.stderr):
        plugin = registry.load(kind, name)
    info = next(i for i in registry.listing(kind) if i.name == name)
    known = settings.fields(plugin.Settings)
    return {
        **plain(info),
        "summary": (inspect.getdoc(plugin) or "").partition("\n")[0],
        "settings": [_setting(*item) for item in known.items()],
        "presets": {preset: dict(arguments) for preset, arguments in getattr(plugin, "presets", {}).items()},
    }


def _setting(name: str, field: tuple[type, Any, settings.Constraint]) -> dict[str, Any]:
    kind, default, constraint = field
    return {
        "name": name,
        "type": kind.__name__,
        "default": default,
        "low": constraint.low,
        "high": constraint.high,
        "choices": list(constraint.choices) if constraint.choices is not None else None,
        "live": constraint.live,
        "help": constraint.help,
    }


def as_text(described: dict[str, Any]) -> str:
    """A described plugin for people."""
    kind = described["kind"].removesuffix("s")
    lines = [clean(f"{kind} {described['name']}: {described['summary'] or '(no description)'}")]
    lines.append(clean(f"  {described['target']}, package {described['package'] or '(unknown)'}"))
    if described["settings"]:
        rows = [
            (s["name"], s["type"], _value(s["default"]), _allowed(s), "live" if s["live"] else "", s["help"])
            for s in described["settings"]
        ]
        text = table(("setting", "type", "default", "allowed", "", ""), rows)
        lines += ["", *(f"  {line}" for line in text.splitlines())]
    elif not described["presets"]:
        lines.append("  nothing to set")
    for preset, arguments in described["presets"].items():
        lines.append(clean(f"  preset {preset}: " + ", ".join(f"{key}={value}" for key, value in arguments.items())))
    return "\n".join(lines)


def _print_settings(found: list[registry.PluginInfo], as_json: bool) -> None:
    described, broken = [], []
    for info in found:
        try:
            described.append(describe(info.kind, info.name))
        except ConfigError as error:
            warn(str(error))
            broken.append({**plain(info), "error": str(error)})
    if as_json:
        print(_json({"plugins": described, "broken": broken}))
    else:
        print("\n\n".join(as_text(plugin) for plugin in described))


def _value(value: object) -> str:
    return repr(value) if isinstance(value, str) else str(value)


def _allowed(setting: dict[str, Any]) -> str:
    if setting["choices"] is not None:
        return ", ".join(setting["choices"])
    low, high = setting["low"], setting["high"]
    if low is None and high is None:
        return "any"
    if high is None:
        return f"from {low}"
    return f"up to {high}" if low is None else f"{low} to {high}"


def _json(content: dict[str, Any]) -> str:
    # A stranger's default may be of any type.
    return json.dumps(content, default=str)
