"""A working folder full of files that are named as modules: no verb and no node executes one of them."""

from __future__ import annotations

import importlib.metadata
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from fer_ros.cli.verbs import VERBS
from fer_ros.core import bags
from fer_ros.core.base.types import Roi
from fer_ros.core.vision.images import encode_jpeg
from fer_ros.plugins.sources.face.source import FaceSettings, FaceSource

pytestmark = [pytest.mark.ros, pytest.mark.slow]

#: What a user runs where a verb does more than show its help at little cost; ``train`` and ``doctor`` start processes.
REAL = {
    "live": ["--source", "sample", "--frames", "2", "--no-dashboard"],
    "train": ["pair", "--head", "dense", "--epochs", "2", "--hidden-units", "4", "--name", "taught"],
    "bags": [],
    "models": [],
    "plugins": [],
    "doctor": ["--json"],
}
NODES = ("camera", "inference", "recorder", "trainer", "dashboard")


@pytest.fixture
def mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file into which each module of the working folder writes its name when it is executed; there are hundreds."""
    folder = tmp_path / "hostile"
    folder.mkdir()
    names = {*sys.stdlib_module_names, *importlib.metadata.packages_distributions(), "sitecustomize", "usercustomize"}
    for name in names:
        if name.isidentifier():
            text = f"open({str(tmp_path / 'executed')!r}, 'a').write({name!r} + '\\n')\nraise ImportError('hostile')\n"
            (folder / f"{name}.py").write_text(text)
    assert {"numpy", "cv2", "yaml", "json", "logging", "mcap", "rclpy"} <= {file.stem for file in folder.iterdir()}
    monkeypatch.chdir(folder)
    return tmp_path / "executed"


def _command(name: str) -> str:
    """An installed command of ours."""
    for place in (Path(sys.executable).with_name(name), Path(sys.prefix, "lib", "fer_ros", name)):
        if place.is_file():
            return str(place)
    pytest.skip(f"{name} is not installed here: make setup-dev")


def _record(folder: Path) -> None:
    stamp, source = 1_700_000_000_000_000_000, FaceSource(FaceSettings(fps=0.0, width=160, height=120))
    source.open()
    with bags.BagWriter(folder, {}) as writer:
        for label in ("happy", "neutral"):
            writer.begin_take(label, "anna")
            for index in range(12):
                writer.write(stamp, encode_jpeg(source.picture(index, source.settings)), Roi(40, 20, 80, 80))
                stamp += 33_333_333


def test_no_verb_executes_what_lies_in_the_working_folder(mark: Path, fer_home: Path, run: Callable[..., Any]) -> None:
    _record(fer_home / "bags" / "pair")
    fer = _command("fer")
    # An empty part stands for the working folder: shells' start-up files leave it behind.
    path = f":{os.environ.get('PYTHONPATH', '')}"

    def tried(verb: str) -> tuple[str, Any]:
        return verb, run(fer, verb, *REAL.get(verb, ["--help"]), timeout=120, PYTHONPATH=path)

    with ThreadPoolExecutor(2) as pool:
        done = dict(pool.map(tried, VERBS))
    assert not mark.exists(), mark.read_text()
    for verb, finished in done.items():
        assert finished.code == 0 or verb == "doctor", (verb, finished.err)
        assert "Traceback" not in finished.err and "hostile" not in finished.err, (verb, finished.err)
    assert (fer_home / "models" / "taught").is_dir()


@pytest.mark.usefixtures("fer_home")
def test_no_node_executes_the_working_folder(mark: Path, start: Callable[..., Any]) -> None:
    arguments = ["--ros-args", "-r", "__ns:=/fer", "-p", "source:=sample", "-p", "port:=0"]
    nodes = [start(_command(name), *arguments) for name in NODES]
    deadline = time.monotonic() + 60
    while "dashboard: http" not in nodes[-1].err and time.monotonic() < deadline:
        time.sleep(0.1)
    for node in nodes:
        node.signal()
    for name, node in zip(NODES, nodes, strict=True):
        done = node.wait(20)
        assert done.code == 0 and "Traceback" not in done.err and "hostile" not in done.err, (name, done.err)
    assert not mark.exists(), mark.read_text()
    assert "dashboard: http" in nodes[-1].err
