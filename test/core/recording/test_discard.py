"""Any take of any bag can be deleted, and nothing else goes with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from fer_ros.core import bags
from fer_ros.core.bags import BagWriter
from fer_ros.core.base.contracts import Detector
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.types import Face, ImageArray, Roi
from fer_ros.core.recording import FaceFinder, Recorder, RecordingSettings, State
from fer_ros.core.vision.images import encode_jpeg

JPEG = encode_jpeg(np.full((48, 64, 3), 128, np.uint8))
LABELS = ("happy", "sad", "fear")
Record = Callable[[str], Path]


class Blind(Detector):
    """Finds nothing."""

    def detect(self, image: ImageArray) -> list[Face]:
        return []


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[Recorder]:
    recorder = Recorder(RecordingSettings(min_free_mb=0), FaceFinder(Blind()), folder=tmp_path)
    yield recorder
    recorder.close()


@pytest.fixture(params=["mcap", "sqlite3"])
def record(tmp_path: Path, request: pytest.FixtureRequest) -> Record:
    """``record(name)``: a closed bag of three takes, two samples each."""

    def record(name: str) -> Path:
        with BagWriter(tmp_path / name, {}, request.param) as writer:
            for number, label in enumerate(LABELS):
                writer.begin_take(label)
                for stamp in (1, 2):
                    writer.write(10 * number + stamp, JPEG, Roi(1, 2, 3, 4))
        return tmp_path / name

    return record


def numbers(bag: Path) -> list[int]:
    return [take.number for take in bags.info(bag).takes]


def test_a_take_of_a_closed_bag(recorder: Recorder, record: Record) -> None:
    bag, other = record("one"), record("two")
    assert recorder.discard("one", 2).result(10) == 2
    assert numbers(bag) == [1, 3] and bags.info(bag).complete
    assert [s.label for s in bags.stored(bag)] == ["happy", "happy", "fear", "fear"]
    assert numbers(other) == [1, 2, 3]
    with pytest.raises(ConfigError, match="no take 2: there are 1, 3"):
        recorder.discard("one", 2).result(10)


def test_the_last_take_of_all_takes_the_bag_with_it(recorder: Recorder, record: Record) -> None:
    bag = record("one")
    for number in (3, 1, 2):
        recorder.discard("one", number).result(10)
    assert not bag.exists()


def test_numbers_are_not_used_again(recorder: Recorder, record: Record) -> None:
    bag = record("one")
    recorder.discard("one", 1).result(10)
    recorder.start("happy", bag="one").result(10)
    assert recorder.status().take == 4
    recorder.stop().result(10)
    assert numbers(bag) == [2, 3]


def test_a_take_of_the_open_bag(recorder: Recorder, record: Record) -> None:
    bag = record("one")
    recorder.start("happy", bag="one").result(10)
    assert recorder.discard("", 2).result(10) == 2  # what is being recorded ends first
    status = recorder.status()
    assert (status.state, status.discarded) == (State.PAUSED, 2)
    assert (status.counts["happy"], status.counts["sad"], status.counts["fear"]) == (2, 0, 2)
    assert recorder.discard("one", 3).result(10) == 2
    assert numbers(bag) == [1]


@pytest.mark.parametrize(
    ("bag", "number", "complaint"),
    [
        ("", 1, "name the one"),
        ("one", 0, "no take 0"),
        ("one", 4_000_000_000, "no take"),
        ("two", 1, "unknown bag 'two': choose one of one"),
        ("../one", 1, "not allowed"),
    ],
)
def test_what_is_not_there(recorder: Recorder, record: Record, bag: str, number: int, complaint: str) -> None:
    folder = record("one")
    with pytest.raises(ConfigError, match=complaint):
        recorder.discard(bag, number).result(10)
    assert numbers(folder) == [1, 2, 3]
