"""Real installed packages of somebody else, with plugins that work and plugins that do not."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

WORKING = '''
"""A source of grey pictures."""

from dataclasses import dataclass

import numpy as np

from fer_ros.core.base.contracts import Source
from fer_ros.core.base.settings import setting
from fer_ros.core.base.types import Frame


@dataclass(frozen=True)
class GreySettings:
    """What can be set."""

    level: int = setting(128, "grey level", low=0, high=255, live=True)
    size: str = setting("small", "how large", choices=("small", "large"))
    rate: float = setting(30.0, "frames per second", low=0.5)


class GreySource(Source):
    """Plain grey, \\x1b[2Jfor tests.

    More about it.
    """

    Settings = GreySettings

    def open(self):
        pass

    def read(self, timeout):
        return Frame(np.full((48, 48), self.settings.level, np.uint8), self.clock())

    def close(self):
        pass


class BadSettings(GreySource):
    """Its settings are not of the right kind."""

    Settings = dict


class NotASource:
    """Does not fulfil the contract."""
'''

ENTRY_POINTS = """[fer_ros.sources]
grey = stranger_plugins:GreySource
bad_settings = stranger_plugins:BadSettings
not_a_source = stranger_plugins:NotASource
absent = stranger_plugins:Gone
no_module = stranger_missing:Source
crashes = stranger_crashes:Source
leaves = stranger_leaves:Source

[fer_ros.heads]
grey = stranger_plugins:GreySource
"""


@dataclass(frozen=True)
class Stranger:
    """The package.

    :ivar path: the folder to be put on PYTHONPATH.
    :ivar broken: names of its sources that cannot be used; ``grey`` can.
    """

    path: str
    broken: tuple[str, ...] = ("absent", "bad_settings", "crashes", "leaves", "no_module", "not_a_source")


@pytest.fixture
def stranger(tmp_path: Path) -> Stranger:
    """The package, laid out as pip does."""
    folder = tmp_path / "site"
    info = folder / "stranger_plugins-1.2.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: stranger-plugins\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    (folder / "stranger_plugins.py").write_text(WORKING)
    (folder / "stranger_crashes.py").write_text("raise RuntimeError('no such device\\nand more')\n")
    (folder / "stranger_leaves.py").write_text("import sys\n\nprint('noise')\nsys.exit(3)\n")
    return Stranger(str(folder))
