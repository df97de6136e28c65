"""Consent, camera and subject belong to each take: they are merged, and never blanked."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml
from rosbags.rosbag2 import Reader

from fer_ros.core import bags
from fer_ros.core.bags import BagWriter, metadata
from fer_ros.core.bags import facts as bag_facts

from .conftest import picture, stamp

STORAGES = pytest.mark.parametrize("storage", ["mcap", "sqlite3"])


def _take(writer: BagWriter, label: str, subject: str, number: int) -> None:
    writer.begin_take(label, subject)
    writer.write(stamp(number), picture(number), None)


def _three(folder: Path, storage: str) -> None:
    with BagWriter(folder, {"consent": "for a year", "camera": "left"}, storage) as writer:
        _take(writer, "happy", "Kim", 1)
    with BagWriter(folder, {"consent": "", "camera": "right"}) as writer:
        _take(writer, "sad", "Lee", 2)
        writer.facts = {"consent": "for a day", "camera": "right"}
        _take(writer, "fear", "Lee", 3)


def _told(folder: Path) -> list[tuple[str, str | None, str | None]]:
    return [(t.facts["subject"], t.facts.get("consent"), t.facts.get("camera")) for t in bags.info(folder).takes]


EXPECTED = [("Kim", "for a year", "left"), ("Lee", None, "right"), ("Lee", "for a day", "right")]


@STORAGES
@pytest.mark.parametrize("lost", ["", "metadata.yaml"])
def test_each_take_has_its_own(tmp_path: Path, storage: str, lost: str) -> None:
    folder = tmp_path / "bag"
    _three(folder, storage)
    if lost:
        (folder / lost).unlink()
    assert _told(folder) == EXPECTED
    facts = bags.info(folder).facts
    assert (facts["subject"], facts["consent"]) == ("Kim, Lee", "for a year; for a day")
    assert facts["camera"] == "left; right"
    if lost:
        assert bags.repair(folder).info.complete
        assert _told(folder) == EXPECTED


@STORAGES
def test_they_are_in_metadata_yaml_too(tmp_path: Path, storage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "bag"
    _three(folder, storage)
    data = yaml.safe_load((folder / metadata.FILE).read_text())["rosbag2_bagfile_information"]["custom_data"]
    assert all(isinstance(value, str) for value in data.values())  # as rosbag2 wants it
    with Reader(folder) as reader:
        assert reader.message_count == 6
    assert bag_facts.from_custom_data(data)[1]["bag_1" + metadata_suffix(storage)]["consent"] == "for a year"
    # The record in the file is damaged: what metadata.yaml says is left.
    monkeypatch.setattr("fer_ros.core.bags.summary.own_facts", lambda scan: {})
    assert _told(folder) == EXPECTED


def metadata_suffix(storage: str) -> str:
    return {"mcap": ".mcap", "sqlite3": ".db3"}[storage]


def test_nothing_is_blanked_by_opening_again(tmp_path: Path) -> None:
    folder = tmp_path / "bag"
    _three(folder, "mcap")
    before = (folder / metadata.FILE).read_bytes()
    for _ in range(3):
        with BagWriter(folder, {}):
            pass
    assert (folder / metadata.FILE).read_bytes() == before


def test_a_bag_of_an_older_version(tmp_path: Path) -> None:
    """It blanked what metadata.yaml says; the files still have it. Its files name all people before."""
    folder = tmp_path / "bag"
    with BagWriter(folder, {"consent": "for a year"}) as writer:
        _take(writer, "happy", "Kim", 1)
    part = bags.info(folder).parts[0]
    shutil.copy(folder / metadata.FILE, tmp_path / "kept")
    metadata.write(folder, "mcap", [part], {"consent": "", "camera": "x", "subject": "Kim, Lee", "note": "mine"})
    assert bags.info(folder).facts["consent"] == "for a year"
    with BagWriter(folder, {"camera": "y"}) as writer:
        _take(writer, "sad", "Lee", 2)
    found = bags.info(folder)
    assert [t.facts["subject"] for t in found.takes] == ["Kim", "Lee"]
    assert (found.facts["consent"], found.facts["note"], found.facts["camera"]) == ("for a year", "mine", "y; x")


@pytest.mark.parametrize("text", ["", "no JSON", "[1]", "{}", '[{"facts": 1, "files": [2]}]', "[" * 5000, "null"])
def test_what_others_write_there_is_no_reason_to_fail(text: str) -> None:
    bag, _ = bag_facts.from_custom_data({"camera": "x", bag_facts.OF_FILES: text})
    assert bag == {"camera": "x"}


def test_merging() -> None:
    takes = [{"a": "1", "b": ""}, {"a": "2"}, {"a": "1", "c": "3"}]
    assert bag_facts.merged(takes) == {"a": "1; 2", "c": "3"}
    assert bag_facts.merged(takes, {"a": "1; 2", "d": "4"}) == {"a": "1; 2", "c": "3", "d": "4"}
    assert bag_facts.merged([], {"a": ""}) == {}
