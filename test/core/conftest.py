"""Bundles to damage, and the plugins of somebody else as a really installed package."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from fer_ros.core.base import paths
from fer_ros.core.base.arrays import pack
from fer_ros.core.base.geometry import InputSpec
from fer_ros.core.bundles.bundle import Bundle, Network, write

STRANGER = '''
import numpy as np

from fer_ros.core.base.arrays import unpack
from fer_ros.core.base.contracts import Backbone, Detector, Head
from fer_ros.core.base.geometry import Framing
from fer_ros.core.base.types import Face, Roi


class Pooled(Backbone):
    """The mean of each channel as a 1x1 map; its file is not read."""

    def __init__(self, file, spec, threads=1):
        self.channels = spec.channels

    @property
    def output_shape(self):
        return 1, 1, self.channels

    def embed(self, crops):
        return crops.mean(axis=(1, 2), keepdims=True)


class Silent(Head):
    """Answers with something that is no probability."""

    answer = np.full((1, 2), np.nan, np.float32)

    def __init__(self, file, labels, embedding_shape):
        pass

    def predict(self, embeddings):
        return self.answer


class Negative(Silent):
    answer = np.array([[1.5, -0.5]], np.float32)


class Failing(Silent):
    def predict(self, embeddings):
        raise ValueError("shapes (1,1,1) and (3,) not aligned\\nsecond line")


class TooMany(Silent):
    answer = np.full((1, 3), 1 / 3, np.float32)


class Left(Detector):
    """A face in the left half of any picture that is not black, beyond the border by a framing of 2."""

    framing = Framing(scale=2.0)
    resets = 0

    def detect(self, image):
        height, width = image.shape[:2]
        return [Face(Roi(0, 0, max(1, width // 2), height), 0.5, 1)] if image.any() else []

    def reset(self):
        Left.resets += 1


class Tomorrow(Left):
    """Written for a contract that is not there yet."""

    contract = 99


class Loose(Left):
    """Its settings cannot be described."""

    Settings = dict


class Half(Backbone):
    """Lacks embed."""

    def __init__(self, file, spec, threads=1):
        pass

    @property
    def output_shape(self):
        return (1,)


def function():
    pass
'''

ENTRY_POINTS = """
[fer_ros.backbones]
pooled = core_stranger:Pooled
half = core_stranger:Half
mobilenet_v1 = core_stranger:Pooled

[fer_ros.heads]
silent = core_stranger:Silent
negative = core_stranger:Negative
too_many = core_stranger:TooMany
failing = core_stranger:Failing

[fer_ros.detectors]
left = core_stranger:Left
tomorrow = core_stranger:Tomorrow
loose = core_stranger:Loose
function = core_stranger:function
wrong_kind = core_stranger:Pooled
absent_name = core_stranger:Nothing
absent_module = core_stranger_absent:Nothing
raising = core_stranger_raising:Left
leaving = core_stranger_leaving:Left
malformed = not a target!
"""


@pytest.fixture
def stranger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on ``sys.path`` with a package of somebody else; its name for ``mobilenet_v1`` comes second."""
    folder = tmp_path / "stranger"
    info = folder / "core_stranger-1.0.dist-info"
    info.mkdir(parents=True)
    (folder / "core_stranger.py").write_text(STRANGER)
    (folder / "core_stranger_raising.py").write_text("raise RuntimeError('no licence\\nsecond line')")
    (folder / "core_stranger_leaving.py").write_text("import sys\nsys.exit('goodbye')")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: core-stranger\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(__import__("sys").modules, "core_stranger", raising=False)
    return folder


def killed(
    at: int, act: Callable[[], object], prepare: Callable[[], object] = lambda: None, below: str | Path = ""
) -> bool:
    """Do something in a process of its own that ends, as by a kill, before its change of that number to the disk.

    :param prepare: comes first in that process, and is not counted.
    :param below: only changes below this folder are counted; empty: all.
    :returns: whether it was killed; if not, there are fewer changes.
    """
    child = os.fork()
    if not child:
        count = 0

        def hook(event: str, arguments: tuple[Any, ...]) -> None:
            nonlocal count
            if event in ("os.rename", "os.remove", "os.rmdir", "os.mkdir"):
                count += str(arguments[0]).startswith(str(below))
            if count == at:
                os._exit(9)

        try:
            prepare()
            sys.addaudithook(hook)
            act()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


@dataclass
class Copy:
    """A copy of the shipped model that a test may damage."""

    path: Path

    @property
    def mark(self) -> Path:
        return self.path / paths.MODEL_FILE

    def document(self) -> dict[str, Any]:
        content: dict[str, Any] = yaml.safe_load(self.mark.read_text())
        return content

    def save(self, document: Any) -> None:
        self.mark.write_text(yaml.safe_dump(document, sort_keys=False))

    def put(self, name: str, data: bytes) -> None:
        """Replace a file and state its right SHA-256: damage that no checksum shows."""
        (self.path / name).write_bytes(data)
        document = self.document()
        document["sha256"][name] = hashlib.sha256(data).hexdigest()
        self.save(document)


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    """A copy of ``models/default``."""
    return Copy(Path(shutil.copytree(paths.share_dir() / "models" / "default", tmp_path / "copy")))


Write = Callable[..., Bundle]


@pytest.fixture
def brightness(stranger: Path, tmp_path: Path) -> Write:
    """Write a bundle that calls a crop ``dark`` below a mean grey level of 128, else ``bright``: exact expectations."""

    def make(name: str = "brightness", head: str = "linear", **changes: Any) -> Bundle:
        stated = Bundle(
            name=name,
            path=tmp_path / "models" / name,
            labels=("dark", "bright"),
            input=InputSpec(8, 8, 1, "zero_to_one"),
            backbone=Network("pooled", "backbone.bin"),
            head=Network(head, "head.npz"),
        )
        contents = {
            "backbone.bin": b"nothing",
            "head.npz": pack(kernel=np.array([[-20.0, 20.0]]), bias=np.array([10.0, -10.0])),
        }
        return write(stated, {**contents, **changes.pop("contents", {})}, **changes)

    return make
