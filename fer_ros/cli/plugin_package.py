"""A new package of plugins: installable, with an example of each kind that was asked for, and a test that passes."""

from __future__ import annotations

import importlib.resources
import importlib.util
import keyword
import re
from collections.abc import Sequence
from pathlib import Path

from fer_ros import __version__
from fer_ros.core.base import registry
from fer_ros.core.base.errors import ConfigError, reason, unknown_name

#: What the kinds are called one at a time, such as ``source``.
KINDS = {kind.removesuffix("s"): kind for kind in registry.GROUPS}
#: Further arguments of the check in the test of a kind, and what has to be imported for them.
CHECKS = {
    "backbone": (
        ', tmp_path / "network", InputSpec(48, 48, 1)',
        "from pathlib import Path\n\n",
        "from fer_ros import InputSpec\n",
        "tmp_path: Path",
        '    (tmp_path / "network").touch()\n',
    )
}
SETUP = """from setuptools import setup

setup(
    name="{name}",
    version="0.1.0",
    description="Plugins for fer_ros",
    packages=["{name}"],
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/{name}"]),
        ("share/{name}", ["package.xml"]),
    ],
    entry_points={{
{points}
    }},
)
"""
MANIFEST = """<?xml version="1.0"?>
<package format="3">
  <name>{name}</name>
  <version>0.1.0</version>
  <description>Plugins for fer_ros</description>
  <maintainer email="you@example.com">your name</maintainer>
  <license>TODO: a licence</license>
  <exec_depend>fer_ros</exec_depend>
{depends}  <test_depend>python3-pytest</test_depend>
  <export>
    <build_type>ament_python</build_type>
  </export>
</package>
"""
README = """# {name}

Plugins for fer_ros, begun with `fer plugins new {kinds} {name}` (fer_ros {version}).

    pip install -e .          # or build it in a colcon workspace, beside fer_ros
    python -m pytest test
    fer plugins

{uses}
"""
USES = {
    "source": "    fer live --source {name} --set sources.{name}.stripes=5",
    "detector": "    fer live --detector {name} --set detectors.{name}.threshold=120",
    "backbone": "    # a backbone is used by the models whose model.yaml names it",
    "head": "    fer train --head {name} --set sharpness=10",
    "filter": "    fer live --set filter={name} --set filters.{name}.half_life=0.5",
    "sink": "    fer live --sink {name} --set sinks.{name}.least=0.5",
}


def write(kinds: Sequence[str], name: str, folder: Path) -> Path:
    """Write a package.

    :param kinds: of :data:`KINDS`, such as ``source``; the plugins are called by the package's name.
    :param name: of the package, a Python name in small letters.
    :param folder: where its folder is made.
    :returns: the new folder.
    :raises ConfigError: a kind is unknown, the name is not allowed or taken, or the folder exists.
    """
    for kind in kinds:
        if kind not in KINDS:
            raise unknown_name("kind of plugin", kind, KINDS)
    _check_name(name)
    target = folder / name
    if target.exists():
        raise ConfigError(f"{target} exists already: choose another name or folder")
    kinds = list(dict.fromkeys(kinds))
    try:
        for file, text in _files(kinds, name).items():
            (target / file).parent.mkdir(parents=True, exist_ok=True)
            (target / file).write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{target} cannot be written: {reason(error)}") from error
    return target


def _check_name(name: str) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,49}", name) or keyword.iskeyword(name):
        raise ConfigError(f"a package cannot be called {name!r}: use small letters, digits and _, a letter first")
    if importlib.util.find_spec(name) is not None:
        raise ConfigError(f"there is a Python module '{name}' already: choose another name")


def _files(kinds: Sequence[str], name: str) -> dict[str, str]:
    words = "".join(word.capitalize() for word in name.split("_"))
    points = [
        f'        "fer_ros.{KINDS[kind]}": ["{name} = {name}.{kind}:{words}{kind.capitalize()}"],' for kind in kinds
    ]
    depends = "  <exec_depend>std_msgs</exec_depend>\n" if "sink" in kinds else ""
    uses = "\n".join(USES[kind].format(name=name) for kind in kinds)
    files = {
        "setup.py": SETUP.format(name=name, points="\n".join(points)),
        "package.xml": MANIFEST.format(name=name, depends=depends),
        "README.md": README.format(name=name, kinds=" ".join(kinds), version=__version__, uses=uses),
        f"resource/{name}": "",
        f"{name}/__init__.py": '"""Plugins for fer_ros."""\n',
    }
    for kind in kinds:
        files[f"{name}/{kind}.py"] = _example(kind, name, words)
        files[f"test/test_{kind}.py"] = _test(kind, name, words)
    return files


def _example(kind: str, name: str, words: str) -> str:
    text = (importlib.resources.files("fer_ros.testing.examples") / f"{kind}.py").read_text(encoding="utf-8")
    # Example the class and example_… a topic take the package's name.
    return text.replace("ExampleSettings", f"{words}Settings").replace("Example", words).replace("example_", f"{name}_")


def _test(kind: str, name: str, words: str) -> str:
    plugin = f"{words}{kind.capitalize()}"
    arguments, first, imports, fixture, before = CHECKS.get(kind, ("", "", "", "", ""))
    return (
        f"{first}{imports}from fer_ros.testing import check_{kind}\n\nfrom {name}.{kind} import {plugin}\n\n\n"
        f"def test_the_{kind}_keeps_the_contract({fixture}) -> None:\n{before}    check_{kind}({plugin}{arguments})\n"
    )
