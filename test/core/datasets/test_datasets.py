from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from fer_ros.core.base.errors import BadImage, ConfigError
from fer_ros.core.base.types import ImageArray
from fer_ros.core.datasets import datasets
from fer_ros.core.vision import pictures

FACE = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)


def encode(image: np.ndarray, suffix: str = ".png") -> bytes:
    _, data = cv2.imencode(suffix, image)
    return data.tobytes()


def put(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def read(tmp_path: Path, data: bytes, name: str = "x.png") -> ImageArray | None:
    try:
        return pictures.read_file(put(tmp_path / name, data))
    except BadImage:
        return None


def test_pictures_of_every_kind_become_8_bit_bgr(tmp_path: Path) -> None:
    alpha = np.dstack([FACE, np.full((20, 30), 7, np.uint8)])
    deep = FACE.astype(np.uint16) * 257
    grey = FACE[..., 0]
    for image in (FACE, alpha, deep, np.dstack([deep, deep[..., 0]])):
        found = read(tmp_path, encode(image))
        assert found is not None and found.dtype == np.uint8
        np.testing.assert_allclose(found.astype(int), FACE, atol=1)
    for image in (grey, grey.astype(np.uint16) * 257):
        found = read(tmp_path, encode(image))
        assert found is not None and found.dtype == np.uint8
        np.testing.assert_allclose(found.astype(int), np.dstack([grey] * 3), atol=1)
    # Grey with alpha (colour type 4), which OpenCV reads but does not write.
    found = read(tmp_path, png(2, 1, b"\0\x10\xff\xc8\x00", colour_type=4))
    assert found is not None and found[0, :, 0].tolist() == [0x10, 0xC8]
    for suffix in (".jpg", ".bmp", ".webp", ".tiff"):
        found = read(tmp_path, encode(FACE, suffix))
        assert found is not None and found.shape == FACE.shape


def png(width: int, height: int, rows: bytes, colour_type: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, colour_type, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


def test_a_photograph_is_turned_as_its_exif_data_say(tmp_path: Path) -> None:
    exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"
    data = encode(FACE, ".jpg")
    turned = read(tmp_path, data[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + data[2:], "x.jpg")
    assert turned is not None and turned.shape == (30, 20, 3)


BROKEN = {
    "empty": b"",
    "text": b"not a picture",
    "a cut PNG": encode(FACE)[:-40],
    "a cut JPEG": encode(np.tile(FACE, (9, 9, 1)), ".jpg")[:-500],
    "a damaged PNG header": encode(FACE)[:18] + b"\xff\xff" + encode(FACE)[20:],
    # A million times as many pixels as bytes: refused by the header, before memory is taken.
    "a PNG bomb": png(60_000, 60_000, b"\0" * 1000, colour_type=0),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_no_whole_picture_is_none(tmp_path: Path, case: str) -> None:
    assert read(tmp_path, BROKEN[case]) is None


def test_what_is_no_file_is_none_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "dead.png").symlink_to("nowhere")
    (tmp_path / "huge.png").touch()
    os.truncate(tmp_path / "huge.png", pictures.MAX_FILE_BYTES + 1)
    for name in ("pipe.png", "folder.png", "dead.png", "huge.png", "absent.png"):
        with pytest.raises(BadImage):
            pictures.read_file(tmp_path / name)


def test_a_folder_is_read_by_label_and_name(tmp_path: Path) -> None:
    for name in ("sad/2.JPG", "sad/10.png", "happy/a b.jpeg", "happy/ü.webp", "odd/x.png"):
        put(tmp_path / name, encode(FACE, Path(name).suffix.lower()))
    for name in ("sad/notes.txt", "sad/.hidden.png", "sad/._2.JPG", ".thumbs/x.png", "flat.png"):
        put(tmp_path / name, b"no picture")
    (tmp_path / "empty").mkdir()
    dataset = datasets.load(tmp_path)
    found = [(Path(item.name).name, item.label, item.image is not None) for item in dataset]
    assert found == [
        ("a b.jpeg", "happy", True),
        ("ü.webp", "happy", True),
        ("x.png", "odd", True),
        ("2.JPG", "sad", True),
        ("10.png", "sad", True),
    ]
    assert len(dataset) == 5 and dataset.labels == ("happy", "odd", "sad")
    assert not dataset.crops and datasets.load(tmp_path, crops=True).crops


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    put(tmp_path / "flat.png", encode(FACE))
    put(tmp_path / "happy" / "notes.txt", b"no picture")
    with pytest.raises(ConfigError, match=r"found \(1 no picture \(text\), 1 beside.*named by label"):
        datasets.load(tmp_path)
    with pytest.raises(ConfigError, match="leave --split away"):
        datasets.load(tmp_path, split="PublicTest")
    with pytest.raises(ConfigError, match="no such dataset"):
        datasets.load(tmp_path / "absent")


def test_pictures_lie_as_deep_as_people_put_them_and_in_splits(tmp_path: Path) -> None:
    for name in ("train/happy/1.png", "test/happy/2.png", "test/sad/Anna/3.png"):
        put(tmp_path / name, encode(FACE))
    (tmp_path / "test/sad/around").symlink_to(tmp_path)
    dataset = datasets.load(tmp_path)
    assert [(Path(item.name).name, item.label) for item in dataset] == [("2.png", "happy"), ("3.png", "sad")]
    assert dataset.left_out.counts == {"folder behind a link": 1}
    assert [Path(item.name).name for item in datasets.load(tmp_path, split="Train")] == ["1.png"]
    with pytest.raises(ConfigError, match="no split 'val': choose one of test, train"):
        datasets.load(tmp_path, split="val")


@pytest.mark.parametrize("strict", [False, True])
def test_every_file_that_is_left_out_is_counted_and_named(tmp_path: Path, strict: bool) -> None:
    for number in range(5):
        put(tmp_path / f"happy/{number}.jfif", encode(FACE, ".jpg"))
        put(tmp_path / f"happy/{number}.jpg", b"<html>not found")
    put(tmp_path / "happy/Thumbs.db", b"\0\1")
    put(tmp_path / "happy/.hidden.jpg", encode(FACE))
    if strict:
        with pytest.raises(ConfigError, match=r"0\.jpg: no picture \(web page\); without --strict"):
            datasets.load(tmp_path, strict=True)
        return
    dataset = datasets.load(tmp_path)
    assert len(dataset) == 5
    assert dataset.left_out.counts == {
        "no picture (web page)": 5,
        "hidden": 1,
        "no picture (no known kind of file)": 1,
    }
    line = next(line for line in dataset.left_out.lines() if "web page" in line)
    assert all(f"{n}.jpg" in line for n in range(3)) and "3.jpg" not in line


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("photo.jpg", encode(FACE, ".jpg"), "is a single picture .JPEG.: put it into a folder named by its label"),
        ("x.bag", b"#ROSBAG V2.0\n", "is no dataset .bag of ROS 1.: give a bag"),
        ("film.mp4", b"\0\0\0\x18ftypmp42", "is no dataset .film .MP4..: give a bag"),
    ],
)
def test_a_file_that_is_no_dataset_is_called_what_it_is(tmp_path: Path, name: str, data: bytes, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        datasets.load(put(tmp_path / name, data))


def fer2013_csv(folder: Path, usages: list[str]) -> Path:
    rows = [f"{n % 7},{' '.join([str(n)] * 2304)},{usage}" for n, usage in enumerate(usages)]
    return put(folder / "fer2013.csv", "\n".join(["emotion,pixels,Usage", *rows]).encode())


@pytest.mark.parametrize(
    ("usages", "split", "rows"),
    [
        (["Training", "PublicTest", "PrivateTest"], None, [1, 2]),
        (["Training", "PublicTest", "PrivateTest"], "Training", [0]),
        (["Training", "PublicTest", "PublicTest"], "PublicTest", [1, 2]),
        (["Training", "Training"], None, [0, 1]),
    ],
)
def test_what_was_trained_on_is_not_measured_on_unless_asked(
    tmp_path: Path, usages: list[str], split: str | None, rows: list[int]
) -> None:
    dataset = datasets.load(fer2013_csv(tmp_path, usages), split=split)
    items = list(dataset)
    assert [item.name for item in items] == [f"row {row}" for row in rows] and dataset.crops
    assert [item.label for item in items] == [["angry", "disgust", "fear"][row] for row in rows]
    assert len(dataset) == len(rows) and set(dataset.labels) == {item.label for item in items}
    for item, row in zip(items, rows, strict=True):
        assert item.image is not None and (item.image == row).all()
    with pytest.raises(ConfigError, match="no faces of usage 'Public'"):
        datasets.load(fer2013_csv(tmp_path, usages), split="Public")
