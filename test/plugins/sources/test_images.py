"""Pictures: their order, what they show, and those that cannot be read."""

from __future__ import annotations

import logging
from pathlib import Path

import cv2
import numpy as np
import pytest

from fer_ros.core.base.contracts import EndOfSource
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.types import Frame
from fer_ros.plugins.sources.images import ImagesSettings, ImagesSource


def write(path: Path, level: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), np.full((20, 30, 3), level, np.uint8))


def read_all(path: Path, most: int = 100, loop: bool = False) -> list[Frame]:
    source = ImagesSource(ImagesSettings(str(path), fps=0.0, loop=loop))
    source.open()
    frames: list[Frame] = []
    try:
        while len(frames) < most:
            frames.append(source.read(1.0))
    except EndOfSource:
        pass
    return frames


def levels(frames: list[Frame]) -> list[int]:
    return [int(frame.image[0, 0, 0]) for frame in frames]


def test_natural_order_and_the_label_of_the_folder(tmp_path: Path) -> None:
    for name, level in (("b10.png", 3), ("b9.PNG", 2), ("a.bmp", 1), ("sad/2.png", 5), ("happy/1.png", 4)):
        write(tmp_path / name, level)
    write(tmp_path / ".hidden.png", 99)
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / "folder.png").mkdir()
    frames = read_all(tmp_path)
    assert levels(frames) == [1, 2, 3, 4, 5]
    assert [frame.truth for frame in frames] == [None, None, None, "happy", "sad"]
    assert frames[0].image.shape == (20, 30, 3)


def test_one_picture_again_and_again(tmp_path: Path) -> None:
    write(tmp_path / "face.png", 7)
    assert levels(read_all(tmp_path / "face.png", 5, loop=True)) == [7] * 5
    assert levels(read_all(tmp_path / "face.png")) == [7]


def test_broken_pictures_are_skipped_counted_and_named_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for index in range(4):
        write(tmp_path / f"{index}.png", index)
    for index in (1, 2):
        file = tmp_path / f"{index}.png"
        file.write_bytes(file.read_bytes()[:40])
    source = ImagesSource(ImagesSettings(str(tmp_path), fps=0.0, loop=True))
    source.open()
    with caplog.at_level(logging.WARNING):
        assert levels([source.read(1.0) for _ in range(12)]) == [0, 3] * 6
    assert source.broken == 2
    assert [record.getMessage().split()[0] for record in caplog.records] == [f"{tmp_path / '1.png'}:", "2"]
    assert "2 pictures read; left out: 2 cut off: " in caplog.text


def test_nothing_to_show_is_a_mistake(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(ConfigError):
            ImagesSource(ImagesSettings(str(path))).open()
    with pytest.raises(ConfigError, match="no pictures given"):
        ImagesSource()
    (tmp_path / "notes.png").write_text("no picture")
    with pytest.raises(ConfigError, match=r"no pictures in .* \(1 no picture \(text\)\)"):
        read_all(tmp_path)
    write(tmp_path / "broken.png", 1)
    (tmp_path / "broken.png").write_bytes((tmp_path / "broken.png").read_bytes()[:40])
    for loop in (False, True):
        with pytest.raises(ConfigError, match="none of the 1 pictures"):
            read_all(tmp_path, loop=loop)
