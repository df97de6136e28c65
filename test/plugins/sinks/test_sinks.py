"""What the sinks write: lines for people that cannot steer the terminal, JSON that says everything."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from fer_ros.core.base.types import Emotion, Face, Frame, Result, Roi, StageTimes
from fer_ros.plugins.sinks.console import ConsoleSettings, ConsoleSink
from fer_ros.plugins.sinks.json_lines import JsonLinesSink

LABELS = ("sad", "happy")
STAMP = 1_700_000_000_000_000_000


def result(*labels: str, emoticon: str = "😄") -> Result:
    emotions = [
        Emotion(
            Face(Roi(1, 2, 30 - i, 40), 0.75, i + 1, None if i else ((9.0, 14.25), (20.5, 15.0))),
            label,
            0.9,
            LABELS,
            np.array([0.1, 0.9], np.float32),
            emoticon,
            ("😀",),
        )
        for i, label in enumerate(labels)
    ]
    times = StageTimes(*(STAMP + n * 1_000_000 for n in (1, 2, 4, 7)))
    return Result(Frame(np.zeros((9, 9), np.uint8), STAMP, "eye"), emotions, "m", times)


def test_json_holds_every_face_every_time_and_every_probability(capsys: pytest.CaptureFixture[str]) -> None:
    sink = JsonLinesSink()
    sink.open()
    sink.write(result("happy", "sad"))
    sink.write(result())
    sink.close()
    two, none = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (two["label"], two["confidence"], two["emoticon"], two["frame_id"]) == ("happy", 0.9, "😄", "eye")
    assert two["probabilities"] == {"sad": 0.1, "happy": 0.9}
    assert [face["id"] for face in two["faces"]] == [1, 2]
    assert [face["eyes"] for face in two["faces"]] == [[[9.0, 14.2], [20.5, 15.0]], []]
    assert two["faces"][0]["roi"] == {"x": 1, "y": 2, "width": 30, "height": 40}
    assert two["times"]["acquired"] == STAMP and two["times"]["published"] == STAMP + 7_000_000
    assert two["latency_ms"] == {"receive": 1.0, "detect": 1.0, "classify": 2.0, "publish": 3.0, "total": 7.0}
    assert none["label"] is None and none["probabilities"] is None and none["faces"] == []


def lines(sink: ConsoleSink, results: list[Result], capsys: pytest.CaptureFixture[str], now: list[float]) -> list[str]:
    sink.open()
    for item in results:
        now[0] += 0.6
        sink.write(item)
    sink.close()
    return capsys.readouterr().out.splitlines()


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that the test sets."""
    now = [100.0]
    monkeypatch.setattr("fer_ros.plugins.sinks.console.time.monotonic", lambda: now[0])
    return now


def test_a_line_every_interval(capsys: pytest.CaptureFixture[str], now: list[float]) -> None:
    written = lines(ConsoleSink(ConsoleSettings(interval=1.0)), [result("happy")] * 5, capsys, now)
    assert len(written) == 2
    assert "latency    7.0 ms" in written[0] and "1 face " in written[0] and "😄 happy 90%" in written[0]


def test_it_says_why_a_face_is_not_read(capsys: pytest.CaptureFixture[str], now: list[float]) -> None:
    hindered = result("uncertain")
    hindered.emotions[0] = replace(hindered.emotions[0], hindrance="covered\x1b")
    (line,) = lines(ConsoleSink(), [hindered] * 2, capsys, now)
    assert "uncertain 90%, covered" in line and "\x1b" not in line


def test_no_face_is_no_emotion(capsys: pytest.CaptureFixture[str], now: list[float]) -> None:
    (line,) = lines(ConsoleSink(), [result()] * 3, capsys, now)
    assert "0 faces" in line and "%" not in line


def test_nothing_in_a_label_steers_the_terminal(capsys: pytest.CaptureFixture[str], now: list[float]) -> None:
    hostile = result("\x1b[2J\r\nhappy", emoticon="\x07")
    (line,) = lines(ConsoleSink(), [hostile] * 2, capsys, now)
    assert not {"\x1b", "\r", "\x07"} & set(line) and "happy" in line
