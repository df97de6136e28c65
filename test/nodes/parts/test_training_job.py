"""The process that waits for the next training: taken once, ended where it is not wanted any more."""

from __future__ import annotations

import pytest

from fer_msgs.msg import RecordStatus
from fer_ros.core.base.errors import FerError
from fer_ros.core.training.request import Request
from fer_ros.nodes.parts.training_job import Spare

pytestmark = pytest.mark.slow


def _no_such_bag(bag: str) -> Request:
    raise FerError(f"no such bag: {bag}")


def test_it_is_taken_once() -> None:
    spare = Spare()
    assert spare.take() is None
    spare.prepare(600.0)
    process = spare.take()
    assert process is not None and process.waiting and spare.take() is None
    process.cancel()
    process.end()


def test_it_is_foreseen_when_a_take_begins_and_only_then() -> None:
    spare = Spare()

    def heard(state: int, take: int, seconds: float = 600.0) -> object:
        spare.foresee(RecordStatus(state=state, bag="/bags/one", take=take), seconds, _no_such_bag)
        return spare._process

    assert heard(RecordStatus.STATE_IDLE, 0) is None
    assert heard(RecordStatus.STATE_FAILED, 1) is None
    assert heard(RecordStatus.STATE_RECORDING, 1, seconds=0.0) is None
    first = heard(RecordStatus.STATE_RECORDING, 2)
    assert first is not None and heard(RecordStatus.STATE_PAUSED, 2) is first
    assert heard(RecordStatus.STATE_RECORDING, 3) is first
    spare.end()
    assert heard(RecordStatus.STATE_PAUSED, 3) is None, "the take is no new one"
    assert heard(RecordStatus.STATE_IDLE, 3) is None
    assert heard(RecordStatus.STATE_RECORDING, 3) is not None
    spare.end()


def test_each_take_that_is_written_is_looked_at_once() -> None:
    spare = Spare()
    asked: list[str] = []

    def training(bag: str) -> Request:
        asked.append(bag)
        return _no_such_bag(bag)

    def heard(state: int, take: int, pending: int = 0, bag: str = "one") -> list[str]:
        asked.clear()
        status = RecordStatus(state=state, bag=bag, take=take, pending=pending)
        spare.foresee(status, 600.0, training)
        return list(asked)

    assert heard(RecordStatus.STATE_PAUSED, 0) == heard(RecordStatus.STATE_RECORDING, 1) == []
    assert heard(RecordStatus.STATE_PAUSED, 1, pending=3) == []
    assert heard(RecordStatus.STATE_PAUSED, 1) == ["one"]
    assert heard(RecordStatus.STATE_PAUSED, 1) == heard(RecordStatus.STATE_RECORDING, 2) == []
    assert heard(RecordStatus.STATE_IDLE, 2) == ["one"]
    assert heard(RecordStatus.STATE_IDLE, 2, bag="two") == ["two"]
    spare.end()
    assert heard(RecordStatus.STATE_IDLE, 3) == [], "nobody is there to look at it"


def test_it_ends_where_it_is_not_wanted_any_more() -> None:
    spare = Spare()
    spare.prepare(600.0)
    first = spare._process
    spare.prepare(0.1)
    second = spare._process
    assert spare.take() is None
    assert first is not None and second is not None and first is not second
    assert None not in (first._process.returncode, second._process.returncode)
    spare.prepare(0.0)
    assert spare.take() is None
