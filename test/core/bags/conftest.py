"""Small pictures that tell which one they are, and bags of them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

import cv2
import numpy as np
import pytest
from mcap.writer import CompressionType, Writer

from fer_ros.core import bags
from fer_ros.core.bags.messages import TOPICS, StoredSample, definition, encode
from fer_ros.core.base.types import Eyes, Roi

START = 1_700_000_000_000_000_000
STEP = 33_333_333
FACTS = {"camera": "test camera", "consent": "given in writing"}


def picture(number: int) -> bytes:
    """A JPEG of 64x48 that differs from number to number."""
    image = np.full((48, 64, 3), (number * 7 % 256, number * 31 % 256, number * 101 % 256), np.uint8)
    cv2.putText(image, str(number), (2, 30), cv2.FONT_HERSHEY_PLAIN, 1.5, (255, 255, 255))
    return cv2.imencode(".jpg", image)[1].tobytes()


def roi(number: int) -> Roi:
    return Roi(number % 10, number % 7, 20 + number % 5, 25)


def eyes(number: int) -> Eyes | None:
    """Of every third face they are not known."""
    return ((number + 0.5, 12.0), (number + 9.25, -3.5)) if number % 3 else None


def stamp(number: int) -> int:
    return START + number * STEP


def foreign(folder: Path, ours: bool, compression: CompressionType = CompressionType.NONE) -> Path:
    """A bag as another program records it: many messages a chunk, a further topic, attachment and notes."""
    folder.mkdir()
    with (folder / "other_0.mcap").open("wb") as file:
        writer = Writer(file, chunk_size=6000, compression=compression)
        writer.start(profile="ros2", library="another program")
        writer.add_metadata("notes", {"weather": "rain"})
        writer.add_attachment(1, 2, "notes.txt", "text/plain", b"a note")
        string = writer.register_schema("std_msgs/msg/String", "ros2msg", b"string data\n")
        chatter = writer.register_channel("/chatter", "cdr", string, {})
        topics = []
        for topic, kind in TOPICS.items() if ours else ():
            schema = writer.register_schema(kind, "ros2msg", definition(kind)[0].encode())
            topics.append(writer.register_channel(topic, "cdr", schema, {}))
        for number in range(12):
            sample = encode(StoredSample(stamp(number), picture(number), "happy", "", roi(number), 1))
            for channel, data in zip(topics, sample, strict=False):
                writer.add_message(channel, stamp(number), data, stamp(number), number)
            writer.add_message(chatter, stamp(number), b"\0\1\0\0\x03\0\0\0hi\0", stamp(number), number)
        writer.finish()
    return folder


def cut(file: Path, share: float = 0.6) -> None:
    """Leave a share of a file's bytes."""
    content = file.read_bytes()
    file.write_bytes(content[: int(share * len(content))])


def tree(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Every name in a folder with its time of change and content; of links, where they lead."""
    return {
        str(file.relative_to(folder)): (
            file.lstat().st_mtime_ns,
            os.readlink(file).encode() if file.is_symlink() else b"" if file.is_dir() else file.read_bytes(),
        )
        for file in sorted(folder.rglob("*"))
    }


def read_by_rosbag2(folder: Path) -> None:
    """Where `scripts/rosbag2_reader.sh` has built rosbag2's own reader: it finds as many messages as are stated."""
    if reader := os.environ.get("FER_ROSBAG2_READER"):
        subprocess.run([reader, folder], check=True, capture_output=True)


Record = Callable[..., Path]


@pytest.fixture
def record(tmp_path: Path) -> Record:
    """``record(takes, storage="mcap", name="bag") -> Path``: takes as (label, subject, number of frames)."""

    def record(takes: Iterable[tuple[str, str, int]], storage: str = "mcap", name: str = "bag") -> Path:
        folder, number = tmp_path / name, 0
        with bags.BagWriter(folder, FACTS, storage) as writer:
            for label, subject, count in takes:
                writer.begin_take(label, subject)
                for _ in range(count):
                    writer.write(stamp(number), picture(number), roi(number), "camera_optical_frame", eyes(number))
                    number += 1
        return folder

    return record
