"""``auto``: the best detector that works here, and what it says."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from fer_ros.core.base import registry
from fer_ros.core.base.contracts import Detector
from fer_ros.core.vision import choosing, networks
from fer_ros.plugins.detectors import yunet as yunet_detector


def place(monkeypatch: pytest.MonkeyPatch, folder: Path, yunet: bool, blazeface: bool) -> None:
    """A machine that has these networks. Their content does not matter: nothing is loaded."""
    monkeypatch.setenv("FER_HOME", str(folder))
    monkeypatch.setattr(yunet_detector, "_old", lambda: False)  # whatever OpenCV is here
    if yunet:
        networks.YUNET.place().parent.mkdir(parents=True)
        networks.YUNET.place().write_bytes(b"network")
    monkeypatch.setattr(networks, "blazeface", lambda file: folder / file if blazeface else None)


@pytest.mark.parametrize(
    ("yunet", "blazeface", "name", "missing"),
    [
        (True, True, "yunet", []),
        (True, False, "yunet", []),
        (False, True, "blazeface", ["yunet"]),
        (False, False, "haar", ["yunet", "blazeface"]),
    ],
)
def test_the_best_one_that_lacks_nothing_is_taken(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
    yunet: bool,
    blazeface: bool,
    name: str,
    missing: list[str],
) -> None:
    place(monkeypatch, tmp_path, yunet, blazeface)
    choice = choosing.best()
    assert (choice.name, list(choice.missing)) == (name, missing)
    with caplog.at_level(logging.INFO):
        assert choosing.resolve("auto") == name
    (line,) = [record.getMessage() for record in caplog.records]
    assert line.startswith(f"detector auto takes {name}") and all(lack in line for lack in missing)
    assert ("`fer fetch`" in line) == ("yunet" in missing)


def test_a_name_is_left_as_it_is() -> None:
    assert choosing.resolve("haar") == "haar" and choosing.resolve("nonesuch") == "nonesuch"


def test_a_detector_of_somebody_else_can_be_the_best(monkeypatch: pytest.MonkeyPatch) -> None:
    class Theirs(Detector):
        rank = 99

    monkeypatch.setattr(registry, "load_all", lambda kind: {"theirs": Theirs})
    assert choosing.best() == choosing.Choice("theirs", {})
