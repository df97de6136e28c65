"""What is no bag of ours, and which bags a request may name."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_types_from_msg, get_typestore

from fer_ros.core import bags
from fer_ros.core.bags.messages import StoredSample, encode
from fer_ros.core.base.errors import ConfigError

from .conftest import Record, picture

TAKE = [("happy", "Kim", 6)]


def _foreign(folder: Path, topics: dict[str, str], label: str | None = None) -> Path:
    """A bag of another program, with one message for each topic: an image, whatever the topic's type is."""
    store = get_typestore(Stores.ROS2_JAZZY)
    if label is not None:
        store.register(get_types_from_msg(label, "fer_msgs/msg/Label"))
    with Writer(folder, version=9, storage_plugin=StoragePlugin.MCAP) as writer:
        for topic, kind in topics.items():
            connection = writer.add_connection(topic, kind, typestore=store)
            writer.write(connection, 1, encode(StoredSample(1, picture(1), "happy", "", None, 1))[0])
    return folder


IMAGE, LABEL = "sensor_msgs/msg/CompressedImage", "fer_msgs/msg/Label"


def _missing(folder: Path, record: Record) -> Path:
    return folder / "none"


def _empty(folder: Path, record: Record) -> Path:
    (folder / "empty").mkdir()
    return folder / "empty"


def _text(folder: Path, record: Record) -> Path:
    (folder / "notes.txt").write_text("hello")
    return folder / "notes.txt"


def _other_topics(folder: Path, record: Record) -> Path:
    return _foreign(folder / "b", {"/chatter": "std_msgs/msg/String", "/scan": "sensor_msgs/msg/LaserScan"})


def _unlabelled(folder: Path, record: Record) -> Path:
    return _foreign(folder / "b", {"/fer/image_raw/compressed": IMAGE})


def _wrong_type(folder: Path, record: Record) -> Path:
    return _foreign(folder / "b", {"/fer/image_raw/compressed": IMAGE, "/fer/label": "std_msgs/msg/String"})


def _other_fields(folder: Path, record: Record) -> Path:
    topics = {"/fer/image_raw/compressed": IMAGE, "/fer/label": LABEL}
    return _foreign(folder / "b", topics, "std_msgs/Header header\nstring name\n")


def _compressed(folder: Path, record: Record) -> Path:
    bag = record(TAKE)
    text = (bag / "metadata.yaml").read_text()
    text = text.replace("compression_format: ''", "compression_format: zstd")
    (bag / "metadata.yaml").write_text(text.replace("compression_mode: ''", "compression_mode: FILE"))
    return bag


def _lost_file(folder: Path, record: Record) -> Path:
    bag = record([*TAKE, ("sad", "", 1)])
    (bag / "bag_1.mcap").unlink()
    return bag


def _two_storages(folder: Path, record: Record) -> Path:
    bag = record(TAKE)
    shutil.copy(record(TAKE, "sqlite3", "other") / "other_1.db3", bag / "bag_2.db3")
    return bag


def _broken_database(folder: Path, record: Record) -> Path:
    bag = record(TAKE, "sqlite3")
    content = bytearray((bag / "bag_1.db3").read_bytes())
    content[4096 : 4096 * 3] = bytes(4096 * 2)
    (bag / "bag_1.db3").write_bytes(content)
    return bag


def _hostile_label(folder: Path, record: Record) -> Path:
    bag = record(TAKE, "sqlite3")
    base = sqlite3.connect(bag / "bag_1.db3")
    (data,) = base.execute("SELECT data FROM messages WHERE topic_id = 2").fetchone()
    base.execute("UPDATE messages SET data = ? WHERE topic_id = 2", (data.replace(b"happy\0", b"h\x1b[2J\0"),))
    base.commit()
    base.close()
    return bag


@pytest.mark.parametrize(
    "make, words",
    [
        (_missing, "no such bag: record one"),
        (_empty, "is no bag"),
        (_text, "is no bag"),
        (_other_topics, "a bag of other topics ('/chatter', '/scan')"),
        (_unlabelled, "has no labels (/fer/label)"),
        (_wrong_type, "has no labels (/fer/label)"),
        (_other_fields, "another version of the messages"),
        (_compressed, "compressed (zstd)"),
        (_lost_file, "'bag_1.mcap' is missing"),
        (_two_storages, "two storages"),
        (_broken_database, "is damaged"),
        (_hostile_label, "is damaged"),
    ],
)
def test_one_sentence_that_says_what_to_do(
    tmp_path: Path, record: Record, make: Callable[[Path, Record], Path], words: str
) -> None:
    bag = make(tmp_path, record)
    for use in (lambda: list(bags.read(bag)), lambda: bags.info(bag)):
        with pytest.raises(ConfigError) as caught:
            use()
        assert words in str(caught.value)
        assert str(bag) in str(caught.value)
        assert str(caught.value).isprintable()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(text=st.text(max_size=80))
def test_any_name_is_located_or_refused(fer_home: Path, text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        bags.locate(text, folders=[])
    assert "\n" not in str(caught.value)


def test_allowed_folders(fer_home: Path, tmp_path: Path, record: Record) -> None:
    outside = record(TAKE)
    inside = fer_home / "bags" / "mine"
    shutil.copytree(outside, inside)
    assert bags.listing() == [inside]
    assert bags.locate("mine", []) == inside
    assert bags.locate(str(inside), []) == inside
    assert bags.locate(str(outside)) == outside
    assert bags.locate(str(outside), [tmp_path]) == outside
    (fer_home / "bags" / "link").symlink_to(outside)
    for name in (str(outside), "link", str(fer_home / "bags" / ".." / ".." / "bag"), str(fer_home / "bags"), "../bag"):
        with pytest.raises(ConfigError, match="outside the allowed folders"):
            bags.locate(name, [])
    with pytest.raises(ConfigError, match=r"unknown bag 'mime' \(did you mean 'mine'\?\)"):
        bags.locate("mime", [])


def test_files_that_lead_elsewhere_are_left_aside(record: Record, tmp_path: Path) -> None:
    folder = record(TAKE)
    other = record([("sad", "", 2)], name="other")
    (folder / "bag_7.mcap").symlink_to(other / "other_1.mcap")
    assert bags.info(folder).labels == {"happy": 6}
