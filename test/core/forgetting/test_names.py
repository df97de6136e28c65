"""What is called after a person gets another name, everywhere the same, and what else is in their bags stays."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
from pathlib import Path

import pytest
import yaml
from mcap.reader import make_reader
from mcap.writer import Writer
from rosbags.rosbag2 import Reader

from fer_ros.core import bags
from fer_ros.core.bags import metadata
from fer_ros.core.bags.messages import IMAGE_TOPIC, LABEL_TOPIC, TOPICS, StoredSample, definition, encode
from fer_ros.core.base import paths
from fer_ros.core.bundles import model_store
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.core.forgetting.forget import forget
from fer_ros.core.trash import store

from ..conftest import killed
from .test_forgetting import STORAGES, _held, fill, home, model, picture

__all__ = ["home"]
CHATTER = b"\0\1\0\0\x03\0\0\0hi\0"


def _everything(home: Path, storage: str) -> None:
    """Bags, a take and a bag in the trash, and models, all called after Kim."""
    fill("Kim_and_Lee", [("happy", "Kim", 0), ("sad", "Lee", 10), ("fear", "Lee", 20)], storage)
    bags.discard_take(home / "bags", "Kim_and_Lee", 3)
    fill("binned-kim", [("happy", "Lee", 30)], storage)
    bags.delete_bag(home / "bags", "binned-kim")
    model(home, "for-kim", subjects=["Lee"], bags=["Kim_and_Lee", "binned-kim", "kim-is-gone"])
    model(home, "based", subjects=["Lee"], bags=["other"], base="for-kim")
    card = home / "models" / "for-kim" / "README.md"
    card.write_text("# for-kim\n\nTaught on Kim_and_Lee.")
    model_store.select("for-kim")


def _check(home: Path) -> None:
    """Everything is there under one neutral name each."""
    (folder,) = (path for path in (home / "bags").iterdir() if path.name != ".trash")
    assert [n for n, *_ in _held(folder)] == [10, 11, 12]
    assert bags.info(folder).complete
    for _ in range(2):
        bags.restore(home / "bags", bags.newest(home / "bags"))
    held = {path.name: [n for n, *_ in _held(path)] for path in (home / "bags").iterdir() if path.name != ".trash"}
    assert sorted(held.values()) == [[10, 11, 12, 20, 21, 22], [30, 31, 32]]
    for name, stamps in held.items():
        with Reader(home / "bags" / name) as reader:
            assert reader.message_count == 2 * len(stamps) == len(list(reader.messages()))
    found = {path.name: Bundle.load(path.name) for path in (home / "models").iterdir()}
    assert len(found) == 2 and paths.selected() == found["based"].data["base"]
    renamed = found[paths.selected()]
    assert renamed.name == paths.selected()
    assert set(renamed.data["bags"][:2]) == set(held)
    card = (renamed.path / "README.md").read_text()
    assert card == f"# {renamed.name}\n\nTaught on {folder.name}."


@STORAGES
def test_everything_that_is_called_after_the_person(home: Path, storage: str) -> None:
    _everything(home, storage)
    planned = forget("Kim", dry_run=True)
    told = forget("Kim")
    assert (told.failed, told.left) == ([], [])
    assert told.done == planned.done
    _check(home)
    assert forget("Kim").done == []


@pytest.mark.slow
def test_killed_at_each_step(home: Path, tmp_path: Path) -> None:
    _everything(home, "mcap")
    shutil.copytree(home, tmp_path / "before")
    steps = 2
    while killed(steps, lambda: forget("Kim")):
        told = forget("Kim")
        assert (told.failed, told.left) == ([], []), (steps, told)
        assert not [path for path in home.rglob("*") if ".forgetting" in path.name], steps
        _check(home)
        shutil.rmtree(home)
        shutil.copytree(tmp_path / "before", home)
        steps += 14
    assert steps > 40


@pytest.mark.slow
def test_a_take_in_the_trash_with_a_log_is_whole_wherever_its_renaming_is_killed(home: Path, tmp_path: Path) -> None:
    """As an earlier version left it: a reader had kept the log, which lies beside the file."""
    folder = bags.bag_folder() / "kim-s"
    writer = bags.BagWriter(folder, {}, "sqlite3")
    writer.begin_take("sad", "Lee")
    for number in range(3):
        writer.write(10**18 + number, picture(number), None)
    reader = sqlite3.connect(folder / "kim-s_1.db3")
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM messages").fetchone()
    writer.end_take()
    shutil.copytree(folder, tmp_path / "logged", ignore=shutil.ignore_patterns(metadata.FILE))
    writer.discard(1)
    reader.close()
    writer.close()
    (entry,) = store.entries(bags.bag_folder())
    shutil.copytree(tmp_path / "logged", entry.path, dirs_exist_ok=True)
    told = json.loads((entry.path / store.FILE).read_text())
    told["files"].append("kim-s_1.db3-wal")
    (entry.path / store.FILE).write_text(json.dumps(told))
    assert (entry.path / "kim-s_1.db3-wal").stat().st_size
    shutil.copytree(home, tmp_path / "before")
    at = 1
    while killed(at, lambda: forget("Kim"), below=entry.path):
        assert forget("Kim").complete, at
        bags.restore(bags.bag_folder(), bags.newest(bags.bag_folder()))
        (folder,) = bags.listing()
        assert "kim" not in folder.name and _held(folder) == [(n, "sad", "Lee") for n in range(3)], at
        shutil.rmtree(home)
        shutil.copytree(tmp_path / "before", home)
        at += 1
    assert at > 5


def _of_another_program(folder: Path, storage: str, subjects: tuple[str, ...], without: str = "") -> Path:
    """As `ros2 bag record -a` beside us: one file of all topics, which holds its own name."""
    folder.mkdir(parents=True)
    suffix = {"mcap": "mcap", "sqlite3": "db3"}[storage]
    file = folder / f"{folder.name}_0.{suffix}"
    content = metadata.information(storage, [metadata.Part(file.name, 0, 1, 2)], {})
    rows = []
    for number, subject in enumerate(subjects):
        sample = encode(StoredSample(number + 1, picture(number), "happy", subject, None, 1))
        rows += [(topic, number + 1, data) for topic, data in zip(TOPICS, sample, strict=True)]
        rows.append(("/chatter", number + 1, CHATTER))
    kinds = {**(TOPICS if subjects else {}), "/chatter": "std_msgs/msg/String"}
    kinds.pop(without, None)
    rows = [row for row in rows if row[0] != without] or [("/chatter", 1, CHATTER)]
    content |= {"message_count": len(rows), "custom_data": {}}
    content["topics_with_message_count"] = [
        {
            "topic_metadata": {
                "name": topic,
                "type": kind,
                "serialization_format": "cdr",
                "offered_qos_profiles": [],
                "type_description_hash": "",
            },
            "message_count": sum(row[0] == topic for row in rows),
        }
        for topic, kind in kinds.items()
    ]
    content["files"][0]["message_count"] = len(rows)
    text = yaml.safe_dump(content)
    if storage == "mcap":
        with file.open("wb") as stream:
            writer = Writer(stream)
            writer.start(profile="ros2", library="another program")
            writer.add_attachment(1, 2, "notes.txt", "text/plain", b"a note")
            ids = {}
            for topic, kind in kinds.items():
                shape = definition(kind)[0] if topic in TOPICS else "string data\n"
                ids[topic] = writer.register_channel(
                    topic, "cdr", writer.register_schema(kind, "ros2msg", shape.encode())
                )
            for topic, stamp, data in rows:
                writer.add_message(ids[topic], stamp, data, stamp)
            writer.add_metadata("rosbag2", {"serialized_metadata": text})
            writer.finish()
    else:
        with contextlib.closing(sqlite3.connect(file)) as base:
            base.executescript(
                "CREATE TABLE topics(id INTEGER PRIMARY KEY, name TEXT, type TEXT, serialization_format TEXT,"
                " offered_qos_profiles TEXT, type_description_hash TEXT);"
                "CREATE TABLE messages(id INTEGER PRIMARY KEY, topic_id INTEGER, timestamp INTEGER, data BLOB);"
                "CREATE TABLE metadata(id INTEGER PRIMARY KEY, metadata_version INTEGER, metadata TEXT);"
                "CREATE TABLE of_its_own(it TEXT);"
                "INSERT INTO of_its_own VALUES ('kept');"
            )
            numbers = {topic: number for number, topic in enumerate(kinds, 1)}
            for topic, kind in kinds.items():
                base.execute("INSERT INTO topics VALUES (?, ?, ?, 'cdr', '', '')", (numbers[topic], topic, kind))
            for topic, stamp, data in rows:
                base.execute("INSERT INTO messages VALUES (NULL, ?, ?, ?)", (numbers[topic], stamp, data))
            base.execute("INSERT INTO metadata VALUES (1, 9, ?)", (text,))
            base.commit()
    (folder / metadata.FILE).write_text(yaml.safe_dump({"rosbag2_bagfile_information": content}))
    return folder


@STORAGES
@pytest.mark.parametrize("subjects", [("Kim", "Lee", "Kim"), ("Kim",), ()], ids=["mixed", "theirs", "other topics"])
def test_what_is_of_other_topics_stays(home: Path, storage: str, subjects: tuple[str, ...]) -> None:
    _of_another_program(home / "bags" / "kim-walks", storage, subjects)
    told = forget("Kim")
    assert (told.failed, told.left) == ([], []), told
    if subjects:
        count = (
            f"message{'s' * (len(subjects) > 1)} of other topics stay ('/chatter'): look whether they show the person"
        )
        assert count in told.done[0]
    (folder,) = (home / "bags").iterdir()
    others = len(subjects) - subjects.count("Kim")
    with Reader(folder) as reader:
        found = [(c.topic, data) for c, _, data in reader.messages()]
        assert reader.message_count == len(found)
    assert sorted(topic for topic, _ in found) == sorted([*TOPICS] * others + ["/chatter"] * (len(subjects) or 1))
    assert found.count(("/chatter", CHATTER)) == (len(subjects) or 1)
    (file,) = (path for path in folder.iterdir() if path.name != metadata.FILE)
    if storage == "mcap":
        with file.open("rb") as stream:
            assert [one.data for one in make_reader(stream).iter_attachments()] == [b"a note"]
    else:
        with contextlib.closing(sqlite3.connect(file)) as base:
            assert base.execute("SELECT it FROM of_its_own").fetchall() == [("kept",)]
    assert forget("Kim").done == []


@STORAGES
def test_images_without_labels_are_nobodys(home: Path, storage: str) -> None:
    _of_another_program(home / "bags" / "kim-walks", storage, ("Kim", "Lee"), without=LABEL_TOPIC)
    told = forget("Kim")
    assert (told.failed, told.left) == ([], []), told
    (folder,) = (home / "bags").iterdir()
    with Reader(folder) as reader:
        assert sorted(c.topic for c, _, _ in reader.messages()) == ["/chatter"] * 2 + [IMAGE_TOPIC] * 2


@STORAGES
def test_a_damaged_bag_of_others_is_only_renamed(home: Path, storage: str) -> None:
    folder = fill("kim-s", [("sad", "Lee", 10)], storage)
    (file,) = bags.part_files(folder)
    data = bytearray(file.read_bytes())
    data[data.index(picture(11)) + 500] ^= 1
    file.write_bytes(data)
    forget("Kim")
    (folder,) = (home / "bags").iterdir()
    assert bags.part_files(folder)[0].read_bytes() == data
    assert "kim" not in str(bags.part_files(folder)[0].relative_to(home))


def test_a_bag_that_rosbag2_has_compressed_is_not_taken_for_searched(home: Path) -> None:
    folder = _of_another_program(home / "bags" / "walks", "mcap", ())
    (folder / "walks_0.mcap").rename(folder / "walks_0.mcap.zstd")
    assert forget("Kim").complete  # only by its name
    (folder / "walks_0.mcap.zstd").write_bytes(b"\x28\xb5\x2f\xfd" + bytes(99))
    (found,) = forget("Kim").left
    assert found.startswith("bags/walks/walks_0.mcap.zstd: is compressed, so nobody knows")


def test_an_unreadable_metadata_that_repair_has_kept(home: Path) -> None:
    folder = fill("one", [("sad", "Lee", 10)])
    kept = folder / "metadata.yaml.backup"
    kept.write_text("rosbag2: [\nconsent: Kim and Lee agree\n")
    told = forget("Kim")
    assert told.complete and told.done == ["one: metadata.yaml.backup loses the name"]
    assert kept.read_text() == "rosbag2: [\nconsent: … and Lee agree\n"
    kept.write_text(json.dumps({"consent": "Kım"}).replace("ı", "i") + '"K\\u0069m"')
    assert forget("Kim").complete
