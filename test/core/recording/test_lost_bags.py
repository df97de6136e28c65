"""A bag that is moved or removed while it is open is told everywhere, and recording goes on in another."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from fer_ros.core import bags
from fer_ros.core.base.errors import FerError
from fer_ros.core.recording import Recorder, RecordingSettings, State

from .conftest import frame, settle, wait_until


@pytest.mark.parametrize("paused", [False, True])
def test_a_removed_folder_is_noticed_within_a_second(
    make: Callable[..., Recorder], tmp_path: Path, caplog: pytest.LogCaptureFixture, paused: bool
) -> None:
    recorder = make()
    bag = recorder.start("happy", "Kim").result(5)
    recorder.offer(frame(1))
    settle(recorder)
    if paused:
        recorder.pause().result(5)
    shutil.rmtree(tmp_path / "bags")
    wait_until(lambda: recorder.status().state == State.FAILED)
    status = recorder.status()
    assert f"{bag} was removed while it was open" in status.message
    assert ("1 samples of earlier takes are gone" in status.message) is paused
    message = f"recording has ended: {status.message}"
    wait_until(lambda: [r.getMessage() for r in caplog.records if r.levelname == "ERROR"] == [message])
    recorder.offer(frame(2))  # is not counted as written by anybody
    for command in (recorder.pause, recorder.stop):
        with pytest.raises(FerError, match="was removed while it was open"):
            command().result(5)
    assert recorder.status().written == 1
    assert recorder.status().state == State.IDLE
    assert recorder.start("sad", bag=bag.name).result(5) == bag  # it can be gone on at once
    recorder.offer(frame(3))
    recorder.stop().result(5)
    assert bags.info(bag).labels == {"sad": 1}
    if not paused:
        assert bags.info(bag.with_name(f"{bag.name}_saved")).labels == {"happy": 1}


def test_recording_goes_on_in_a_new_bag_without_a_stop(make: Callable[..., Recorder], tmp_path: Path) -> None:
    recorder = make()
    bag = recorder.start("happy").result(5)
    recorder.offer(frame(1))
    settle(recorder)
    bag.rename(tmp_path / "bags" / "moved")
    wait_until(lambda: recorder.status().state == State.FAILED)
    again = recorder.start("sad").result(5)
    recorder.offer(frame(2))
    recorder.stop().result(5)
    assert (bags.info(again).labels, bags.info(tmp_path / "bags" / "moved").labels) == ({"sad": 1}, {"happy": 1})


def test_each_take_has_the_consent_of_its_moment(make: Callable[..., Recorder]) -> None:
    recorder = make(consent="for a year")
    bag = recorder.start("happy", "Kim").result(5)
    recorder.offer(frame(1))
    settle(recorder)
    recorder.set(replace(RecordingSettings(), min_free_mb=0, consent="for a day"))
    recorder.start("sad", "Lee").result(5)
    recorder.offer(frame(2))
    recorder.stop().result(5)
    assert [t.facts["consent"] for t in bags.info(bag).takes] == ["for a year", "for a day"]
