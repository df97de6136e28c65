"""Models and bags at addresses, by the command, with a real S3 server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import pytest

from fer_ros.cli.main import main
from fer_ros.core import bags
from fer_ros.core.base import paths
from fer_ros.core.base.types import Roi
from fer_ros.plugins.sources.face.source import FaceSettings, FaceSource

pytestmark = pytest.mark.slow


def record(folder: Path, labels: tuple[str, ...]) -> Path:
    """Five drawn faces of each label."""
    stamp = 1_700_000_000_000_000_000
    with bags.BagWriter(folder, {}) as writer:
        for label in labels:
            source = FaceSource(FaceSettings(expression=label, fps=0.0, width=320, height=240))
            source.open()
            writer.begin_take(label, "anna")
            for index in range(5):
                picture = cv2.imencode(".jpg", source.picture(index, source.settings))[1].tobytes()
                writer.write(stamp, picture, Roi(100, 40, 120, 160))
                stamp += 33_333_333
    return folder


def test_the_fleets_way(s3: Any, fer_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two robots' bags on a server; one machine trains and pushes; a robot pulls and selects."""
    s3.put(record(tmp_path / "monday", ("happy", "sad")), "bags/robot7/monday")
    s3.put(record(tmp_path / "tuesday", ("happy", "neutral")), "bags/robot8/tuesday")
    assert main(["train", f"{s3.address}/bags", "--name", "fleet", "--json"]) == 0
    outcome = json.loads(capsys.readouterr().out)
    assert sum(sum(part.values()) for part in outcome["counts"].values()) >= 20
    assert main(["models", "push", "fleet", f"{s3.address}/models/"]) == 0
    assert f"fleet is at {s3.address}/models/fleet" in capsys.readouterr().out
    assert main(["models", "--json", "pull", f"{s3.address}/models/fleet", "mine"]) == 0
    assert json.loads(capsys.readouterr().out)["model"]["name"] == "mine"
    assert main(["models", "select", "mine"]) == 0
    assert paths.selected() == "mine"
    assert main(["eval", f"{s3.address}/bags/robot7", "--model", "mine", "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["count"] == 10


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["train", "ADDRESS/nothing"], "no bag lies at ADDRESS/nothing"),
        (["eval", "ADDRESS/bags"], "2 bags lie there, such as monday"),
        (["models", "pull", "ADDRESS/bags"], "no model lies at ADDRESS/bags"),
        (["models", "push", "nobody", "ADDRESS/x"], "unknown model 'nobody'"),
        (["models", "push", "small", "s3://mistyped/x"], "is not there: look at the address"),
        (["models", "push", "small", "nonsense://mistyped/x"], "Protocol not known: nonsense"),
    ],
)
def test_what_cannot_be_is_one_line(
    s3: Any, fer_home: Path, tmp_path: Path, words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("monday", "tuesday"):
        s3.put(record(tmp_path / name, ("happy",)), f"bags/{name}")
    assert main([word.replace("ADDRESS", s3.address) for word in words]) == 2
    err = capsys.readouterr().err
    assert message.replace("ADDRESS", s3.address) in err and err.count("\n") == 1
