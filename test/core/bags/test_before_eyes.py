"""Bags recorded before labels had eyes: the files in before_eyes.zip were written by the version before."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rosbags.highlevel import AnyReader

from fer_ros.core import bags
from fer_ros.core.bags.messages import StoredSample, check_schema, decode_label, definition, encode
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.geometry import InputSpec
from fer_ros.core.base.types import Roi
from fer_ros.core.forgetting.forget import forget
from fer_ros.core.training import faces
from fer_ros.core.training.cache import Cache

from .conftest import cut

SAMPLES = [("happy", "Kim", Roi(3, 2, 8, 9)), ("happy", "Kim", Roi(4, 2, 8, 9))]
SAMPLES += [("sad", "Ada", Roi(5, 2, 8, 9)), ("sad", "Ada", Roi(6, 2, 8, 9))]
LABEL = "fer_msgs/msg/Label"
STORAGES = pytest.mark.parametrize("storage", ["mcap", "sqlite3"])


@pytest.fixture
def old(fer_home: Path) -> Callable[[str], Path]:
    """``old(storage) -> Path``: a bag of two takes, of Kim and of Ada, two samples each."""

    def old(storage: str) -> Path:
        shutil.unpack_archive(Path(__file__).with_name("before_eyes.zip"), bags.bag_folder())
        return bags.bag_folder() / storage

    return old


def _held(folder: Path) -> list[tuple[str, str, Roi | None]]:
    assert all(sample.eyes is None for sample in bags.read(folder))
    # Other programs take one definition for the whole bag, and compare it with the hash in metadata.yaml.
    with AnyReader([folder]) as reader:
        found: list[tuple[str, Any]] = [
            (c.topic, reader.deserialize(raw, c.msgtype)) for c, _, raw in reader.messages()
        ]
    labels = [message.label for topic, message in found if topic == "/fer/label"]
    assert sorted(labels) == sorted(sample.label for sample in bags.stored(folder))
    return [(s.label, s.subject, s.roi) for s in bags.stored(folder)]


@STORAGES
def test_they_are_read_and_taught_as_before(old: Callable[[str], Path], storage: str) -> None:
    folder = old(storage)
    assert _held(folder) == SAMPLES
    assert bags.info(folder).labels == {"happy": 2, "sad": 2}
    with Cache.opened() as cache:
        crops = [faces.gather([folder], InputSpec(8, 8, 1), "haar", cache=cache).crops for _ in range(2)]
    assert crops[0].shape == (4, 8, 8, 1) and np.array_equal(crops[0], crops[1])


@STORAGES
def test_new_takes_go_into_them_without_eyes(old: Callable[[str], Path], storage: str) -> None:
    folder = old(storage)
    picture = cv2.imencode(".png", np.zeros((12, 16), np.uint8))[1].tobytes()
    with bags.BagWriter(folder, {}) as writer:
        writer.begin_take("fear", "Kim")
        writer.write(2 * 10**18, picture, Roi(1, 1, 9, 9), eyes=((3.5, 4.0), (7.0, 4.25)))
    assert _held(folder) == [*SAMPLES, ("fear", "Kim", Roi(1, 1, 9, 9))]
    assert bags.info(folder).facts["schema_version"] == "1"


@STORAGES
def test_what_was_cut_off_is_repaired(old: Callable[[str], Path], storage: str) -> None:
    folder = old(storage)
    cut(next(iter(sorted(folder.glob("*_2.*")))), 0.9)
    bags.repair(folder)
    held = _held(folder)
    assert held[:2] == SAMPLES[:2] and set(held) <= set(SAMPLES)
    assert len(held) == 4 or storage == "sqlite3"


@STORAGES
def test_a_person_is_forgotten_in_them(old: Callable[[str], Path], storage: str) -> None:
    folder = old(storage)
    forget("Kim")
    assert _held(folder) == SAMPLES[2:]


def test_a_definition_with_other_fields_is_still_refused() -> None:
    text = definition(LABEL)[0]
    before = text.replace("geometry_msgs/Point32[] eyes\n", "")
    assert before != text
    for known in (text, before):
        check_schema(Path("bag"), LABEL, "ros2msg", known)
    for other in (text.replace("uint32 take", "uint64 take"), before.replace("uint32 take\n", "")):
        with pytest.raises(ConfigError, match="another version of the messages"):
            check_schema(Path("bag"), LABEL, "ros2msg", other)


@given(length=st.integers(0, 400))
def test_a_cut_message_is_refused_or_loses_its_eyes_alone(length: int) -> None:
    eyes = ((10.5, 20.25), (30.0, 19.5))
    whole = encode(StoredSample(5, b"\xff\xd8\xff", "happy", "Kim", Roi(1, 2, 3, 4), 7, "camera", eyes))[1]
    assert decode_label(whole) == (5, "happy", "Kim", Roi(1, 2, 3, 4), 7, eyes)
    if length >= len(whole):
        return
    try:
        found = decode_label(whole[:length])
    except ConfigError:
        return
    assert found == (5, "happy", "Kim", Roi(1, 2, 3, 4), 7, None)


@pytest.mark.parametrize("eyes", [((float("nan"), 1.0), (2.0, 3.0)), ((float("inf"), 1.0), (2.0, 3.0))])
def test_eyes_that_are_no_numbers_are_none(eyes: tuple[tuple[float, float], tuple[float, float]]) -> None:
    sample = StoredSample(5, b"\xff\xd8\xff", "happy", "", Roi(1, 2, 3, 4), 1, eyes=eyes)
    assert decode_label(encode(sample)[1])[5] is None
