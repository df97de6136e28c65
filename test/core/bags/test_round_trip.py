"""What was recorded is read back, by us and by everybody else's tools."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import yaml
from mcap.reader import make_reader
from rosbags.highlevel import AnyReader

from fer_ros import __version__
from fer_ros.core import bags
from fer_ros.core.base.errors import ConfigError

from .conftest import FACTS, Record, eyes, picture, roi, stamp

TAKES = [("happy", "Kim", 5), ("none of these", "Kim", 3), ("happy", "지우", 4)]


@pytest.mark.parametrize("storage", ["mcap", "sqlite3"])
def test_samples_come_back_as_they_were(record: Record, storage: str) -> None:
    folder = record(TAKES, storage)
    stored = list(bags.stored(folder))
    assert [s.picture for s in stored] == [picture(n) for n in range(12)]
    assert [s.stamp for s in stored] == [stamp(n) for n in range(12)]
    assert [(s.label, s.subject, s.take) for s in stored] == [
        (label, subject, take) for take, (label, subject, count) in enumerate(TAKES, start=1) for _ in range(count)
    ]
    samples = list(bags.read(folder))
    assert [(s.roi, s.eyes) for s in samples] == [(roi(n), eyes(n)) for n in range(12)]
    assert {s.bag for s in samples} == {"bag"}
    for number, sample in enumerate(samples):
        expected = cv2.imdecode(np.frombuffer(picture(number), np.uint8), cv2.IMREAD_COLOR)
        assert np.array_equal(sample.image, expected)
    grey = next(bags.read(folder, grey=True)).image
    assert grey.shape == (48, 64)
    assert abs(int(grey[2, 2]) - int(cv2.cvtColor(samples[0].image, cv2.COLOR_BGR2GRAY)[2, 2])) <= 2


@pytest.mark.parametrize("storage", ["mcap", "sqlite3"])
def test_info(record: Record, storage: str) -> None:
    found = bags.info(record(TAKES, storage))
    assert (found.storage, found.samples, found.labels) == (storage, 12, {"happy": 9, "none of these": 3})
    assert [t.samples for t in found.takes] == [5, 3, 4]
    assert found.complete
    assert found.unlabelled == 0
    assert found.seconds == pytest.approx((4 + 2 + 3) / 30, rel=1e-6)
    assert found.facts == {
        **FACTS,
        "schema_version": "2",
        "software": f"fer_ros {__version__}",
        "subject": "Kim, 지우",
    }
    assert found.bytes > 12 * len(picture(0))


@pytest.mark.parametrize("storage", ["mcap", "sqlite3"])
def test_rosbags_reads_it(record: Record, storage: str) -> None:
    folder = record(TAKES, storage)
    with AnyReader([folder]) as reader:
        topics = {topic: (info.msgtype, info.msgcount) for topic, info in reader.topics.items()}
        assert topics == {
            "/fer/image_raw/compressed": ("sensor_msgs/msg/CompressedImage", 12),
            "/fer/label": ("fer_msgs/msg/Label", 12),
        }
        # Decoded by the definitions that the bag itself carries.
        rows: dict[str, list[Any]] = {topic: [] for topic in topics}
        for connection, time, raw in reader.messages():
            rows[connection.topic].append((time, reader.deserialize(raw, connection.msgtype)))
        for number, ((t1, image), (t2, label)) in enumerate(zip(*rows.values(), strict=True)):
            assert image.header == label.header
            assert t1 == t2 == stamp(number) == label.header.stamp.sec * 10**9 + label.header.stamp.nanosec
            assert (image.header.frame_id, image.format) == ("camera_optical_frame", "jpeg")
            assert image.data.tobytes() == picture(number)
            box = roi(number)
            assert (label.roi.x_offset, label.roi.y_offset) == (box.x, box.y)
            assert (label.roi.width, label.roi.height) == (box.width, box.height)
            assert [(eye.x, eye.y, eye.z) for eye in label.eyes] == [(x, y, 0.0) for x, y in eyes(number) or ()]
        assert reader.duration == 11 * (stamp(1) - stamp(0)) + 1


def test_mcap_reads_it(record: Record) -> None:
    folder = record(TAKES)
    seen = []
    for number, file in enumerate(sorted(folder.glob("*.mcap")), start=1):
        with file.open("rb") as stream:
            reader = make_reader(stream, validate_crcs=True)
            summary = reader.get_summary()
            assert reader.get_header().profile == "ros2"
            assert summary is not None
            assert summary.statistics is not None
            assert summary.statistics.message_count == 2 * TAKES[number - 1][2]
            assert {s.name: s.encoding for s in summary.schemas.values()} == {
                "sensor_msgs/msg/CompressedImage": "ros2msg",
                "fer_msgs/msg/Label": "ros2msg",
            }
            for channel in summary.channels.values():
                assert channel.message_encoding == "cdr"
                assert channel.metadata["topic_type_hash"].startswith("RIHS01_")
                assert yaml.safe_load(channel.metadata["offered_qos_profiles"])[0]["history"] == "keep_last"
            assert {m.name: m.metadata for m in reader.iter_metadata()}["fer_ros"]["consent"] == FACTS["consent"]
            seen += [(channel.topic, message.log_time) for _, channel, message in reader.iter_messages()]
    assert seen == [(topic, stamp(n)) for n in range(12) for topic in ("/fer/image_raw/compressed", "/fer/label")]


def test_metadata_is_that_of_rosbag2(record: Record) -> None:
    folder = record(TAKES)
    content = yaml.safe_load((folder / "metadata.yaml").read_text())["rosbag2_bagfile_information"]
    assert (content["version"], content["storage_identifier"], content["message_count"]) == (9, "mcap", 24)
    assert content["relative_file_paths"] == ["bag_1.mcap", "bag_2.mcap", "bag_3.mcap"]
    assert [f["message_count"] for f in content["files"]] == [10, 6, 8]
    assert content["starting_time"]["nanoseconds_since_epoch"] == stamp(0)
    assert content["duration"]["nanoseconds"] == stamp(11) - stamp(0)
    assert content["custom_data"]["camera"] == FACTS["camera"]
    assert oct(folder.stat().st_mode & 0o777) == "0o700"
    assert {oct(f.stat().st_mode & 0o777) for f in folder.iterdir()} == {"0o600"}


def test_no_face_and_png(tmp_path: Path) -> None:
    image = np.random.default_rng(1).integers(0, 256, (48, 48), np.uint8)
    png = cv2.imencode(".png", image)[1].tobytes()
    with bags.BagWriter(tmp_path / "bag", {}) as writer:
        assert writer.begin_take("sad", independent=True) == 0
        writer.write(1, png, None)
    (sample,) = bags.read(tmp_path / "bag")
    assert (sample.roi, sample.take, sample.stamp) == (None, 0, 1)
    assert np.array_equal(sample.image, cv2.cvtColor(image, cv2.COLOR_GRAY2BGR))


def test_a_picture_that_cannot_be_decoded_is_left_out(tmp_path: Path) -> None:
    with bags.BagWriter(tmp_path / "bag", {}) as writer:
        writer.begin_take("sad")
        writer.write(1, picture(1)[:-40], None)
        writer.write(2, picture(2), roi(2))
    assert [s.stamp for s in bags.read(tmp_path / "bag")] == [2]


@pytest.mark.parametrize("storage", ["mcap", "sqlite3"])
def test_discarding_leaves_nothing(tmp_path: Path, storage: str) -> None:
    folder = tmp_path / "bag"
    with bags.BagWriter(folder, {}, storage) as writer:
        assert writer.discard_last() == 0
        number = 0
        for label, count in (("happy", 3), ("sad", 4), ("fear", 2)):
            writer.begin_take(label)
            for _ in range(count):
                writer.write(stamp(number), picture(number), roi(number))
                number += 1
        assert writer.discard_last() == 2  # while it is open
        assert writer.counts == {"happy": 3, "sad": 4}
        assert writer.discard_last() == 4
        assert writer.begin_take("angry") == 4  # numbers are not used twice
        writer.write(stamp(20), picture(20), roi(20))
        assert [s.label for s in bags.stored(folder)] == ["happy"] * 3 + ["angry"]
    content = b"".join(file.read_bytes() for file in folder.iterdir())
    assert picture(1) in content
    assert all(picture(n) not in content for n in range(3, 9))
    assert [s.take for s in bags.stored(folder)] == [1, 1, 1, 4]
    with AnyReader([folder]) as reader:
        assert reader.message_count == 8


def test_a_bag_goes_on(record: Record, tmp_path: Path) -> None:
    folder = record([("happy", "Kim", 3), ("sad", "Kim", 2)])
    with bags.BagWriter(folder, {"camera": "another"}, "sqlite3") as writer:
        assert writer.counts == {"happy": 3, "sad": 2}
        assert writer.storage == "mcap"
        assert writer.discard_last() == 2
        assert writer.begin_take("fear", "Lee") == 3
        writer.write(stamp(50), picture(50), None)
    found = bags.info(folder)
    assert found.labels == {"happy": 3, "fear": 1}
    assert found.facts["subject"] == "Kim, Lee"
    assert found.facts["camera"] == "test camera; another"
    assert found.facts["consent"] == FACTS["consent"]


def test_one_writer_at_a_time(tmp_path: Path) -> None:
    with (
        bags.BagWriter(tmp_path / "bag", {}),
        pytest.raises(ConfigError, match="being recorded by another process"),
    ):
        bags.BagWriter(tmp_path / "bag", {})


def test_a_bag_without_samples_leaves_no_folder(tmp_path: Path) -> None:
    with bags.BagWriter(tmp_path / "made" / "bag", {}) as writer:
        writer.begin_take("happy")
    assert list((tmp_path / "made").iterdir()) == []
