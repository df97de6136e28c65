"""Small pictures that tell which one they are, and bags of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

import cv2
import numpy as np
import pytest

from fer_ros.core import bags
from fer_ros.core.base.types import Roi

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


def stamp(number: int) -> int:
    return START + number * STEP


def tree(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Every name in a folder with its time of change and content; of links, where they lead."""
    return {
        str(file.relative_to(folder)): (
            file.lstat().st_mtime_ns,
            os.readlink(file).encode() if file.is_symlink() else b"" if file.is_dir() else file.read_bytes(),
        )
        for file in sorted(folder.rglob("*"))
    }


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
                    writer.write(stamp(number), picture(number), roi(number), "camera_optical_frame")
                    number += 1
        return folder

    return record
