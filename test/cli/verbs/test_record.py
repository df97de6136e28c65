"""`fer record` on a real terminal and without one; the keys as terminals send them."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fer_ros.cli.keys import END_OF_INPUT, Hold, Keys
from fer_ros.core import bags

Fer = Callable[..., Any]


def test_a_held_key_is_one_hold() -> None:
    hold = Hold()
    assert hold.press("1", 0.0)
    assert not hold.let_go(0.5)  # terminals begin to repeat late
    assert not hold.press("1", 0.66)
    assert not hold.press("1", 0.70)
    assert not hold.let_go(0.9)
    assert hold.let_go(1.1)
    assert not hold.let_go(1.2)  # says so once
    assert hold.press("1", 1.3)
    assert hold.press("2", 1.4)  # another one takes over
    assert hold.key == "2"


def test_keys_of_several_characters_are_none() -> None:
    reading, writing = os.pipe()
    keys = Keys(reading)
    assert keys.read(0.0) == ""
    os.write(writing, b"1")
    assert keys.read(1.0) == "1"
    for sequence in (b"\x1b[1~", b"\x1b[A", b"\x1bOP", b"\x1b[1;5C", b"\x1b"):  # Home, up, F1, Ctrl-right, Escape
        os.write(writing, sequence)
        assert keys.read(1.0) == ""
    os.write(writing, b"\x1b[4~3")
    assert [keys.read(1.0), keys.read(1.0)] == ["", "3"]
    os.write(writing, "ü2".encode())
    assert [keys.read(0.1) for _ in range(3)][2] == "2"
    os.close(writing)
    assert [keys.read(0.0) for _ in range(2)] == [END_OF_INPUT] * 2
    os.close(reading)


class Terminal:
    """The command on a terminal of its own."""

    def __init__(self, *words: str) -> None:
        self.master, slave = pty.openpty()
        command = [sys.executable, "-m", "fer_ros.cli.main", "record", "--source", "sample", *words]
        environment = {**os.environ, "TERM": "xterm", "PYTHONIOENCODING": "utf-8"}
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True, env=environment
        )
        self.before = termios.tcgetattr(slave)
        self.slave = slave
        self.text = ""

    def type(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def read(self, seconds: float = 0.05) -> str:
        if select.select([self.master], [], [], seconds)[0]:
            self.text += os.read(self.master, 65536).decode("utf-8", "replace")
        return self.text

    def until(self, condition: Callable[[str], Any], typing: str = "") -> Any:
        """Read until something is shown; a held key is typed all the while, as terminals repeat it."""
        end = time.monotonic() + 30
        while not (found := condition(self.read())):
            assert time.monotonic() < end and self.process.poll() is None, self.text[-2000:]
            if typing:
                self.type(typing)
        return found

    def samples(self, label: str) -> int:
        counts = re.findall(rf"{label} +[█·]+ +(\d+)", self.read())
        return int(counts[-1]) if counts else 0

    def wait(self) -> int:
        end = time.monotonic() + 90
        while self.process.poll() is None:
            assert time.monotonic() < end, self.text[-2000:]
            self.read()
        self.read()
        return int(self.process.returncode)

    def close(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        os.close(self.master)
        os.close(self.slave)


@pytest.fixture
def terminal() -> Iterator[Callable[..., Terminal]]:
    """``terminal(*words) -> Terminal``: `fer record` with further words."""
    made: list[Terminal] = []

    def make(*words: str) -> Terminal:
        made.append(Terminal(*words))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.mark.slow
def test_hold_undo_and_end(terminal: Callable[..., Terminal], fer_home: Path) -> None:
    it = terminal("--subject", "Kim", "--bag", "mine")
    it.until(lambda text: "hold a key" in text)
    it.until(lambda _: it.samples("happy") >= 5, typing="4")
    it.until(lambda _: it.samples("sad") >= 3, typing="5")
    it.type("u")
    it.until(lambda text: "samples are discarded; r brings them back" in text)
    assert it.until(lambda _: not it.samples("sad"))
    it.type("r")
    it.until(lambda text: re.search(r"take 2, sad: \d+ samples are back", text))
    assert it.until(lambda _: it.samples("sad") >= 3)
    it.type("r")
    it.until(lambda text: "is in the trash" in text)
    it.type("u")
    it.until(lambda _: not it.samples("sad"))
    it.type("\x1b[4~")  # the key End is no 4
    it.type("q")
    assert it.wait() == 0, it.text
    assert termios.tcgetattr(it.slave) == it.before
    found = bags.info(fer_home / "bags" / "mine")
    assert found.complete
    assert set(found.labels) == {"happy"}
    assert found.labels["happy"] >= 5
    assert found.facts["subject"] == "Kim"
    assert "Traceback" not in it.text


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_toggle_and_a_signal_in_the_middle(terminal: Callable[..., Terminal], fer_home: Path, number: int) -> None:
    it = terminal("--toggle", "--labels", "tired, awake")
    it.until(lambda text: "press a key" in text)
    it.type("2")
    it.until(lambda _: it.samples("awake") >= 3)
    os.killpg(it.process.pid, number)
    assert it.wait() == 0, it.text
    assert termios.tcgetattr(it.slave) == it.before
    (bag,) = bags.listing()
    assert bags.info(bag).complete
    assert bags.info(bag).labels["awake"] >= 3
    assert "Traceback" not in it.text


@pytest.mark.slow
def test_one_take_without_a_terminal(fer: Fer, fer_home: Path) -> None:
    done = fer("record", "--source", "sample", "--label", "happy", "--samples", "12", "--bag", "mine", "--json",
               "--consent", "yes", "--storage", "sqlite3")  # fmt: skip
    assert done.code == 0, done.err
    facts = json.loads(done.out)
    assert (facts["samples"], facts["labels"], facts["storage"]) == (12, {"happy": 12}, "sqlite3")
    assert (facts["written"], facts["complete"]) == (12, True)
    assert facts["facts"]["consent"] == "yes"
    again = fer("record", "--source", "sample", "--label", "sad", "--seconds", "0.5", "--bag", "mine")
    assert again.code == 0, again.err
    assert re.search(r"mine: happy 12, sad \d+; \d+ of \d+ frames written", again.out)


@pytest.mark.parametrize(
    "words, expected",
    [
        ([], "there is no terminal"),
        (["--label", "happy"], "--label needs an end"),
        (["--label", "hapy", "--samples", "1"], "did you mean 'happy'"),
        (["--label", "happy", "--samples", "1", "--bag", "../x"], "not allowed"),
        (["--label", "happy", "--samples", "1", "--source", "smaple"], "did you mean 'sample'"),
        (["--label", "happy", "--samples", "1", "--set", "sources.auto.fsp=3"], "sources.auto.fsp: no such setting"),
        (["--label", "happy", "--samples", "1", "--set", "queue=many"], "queue must be a whole number"),
        (["--label", "happy", "--samples", "1", "--labels", "a,,b"], "label '' is not allowed"),
    ],
)
def test_what_is_wrong_is_one_line(fer: Fer, fer_home: Path, words: list[str], expected: str) -> None:
    source = [] if "--source" in words else ["--source", "sample"]
    done = fer("record", *source, *words)
    assert done.code == 2
    assert expected in done.err
    assert done.err.count("\n") == 1, done.err
    assert not list((fer_home / "bags").glob("*")) if (fer_home / "bags").exists() else True


def test_nobody_in_sight(fer: Fer, fer_home: Path, tmp_path: Path) -> None:
    import cv2
    import numpy as np

    cv2.imwrite(str(tmp_path / "wall.png"), np.full((120, 160, 3), 128, np.uint8))
    done = fer("record", "--source", "images", "--set", f"sources.images.path={tmp_path}", "--set", "source.loop=true",
               "--label", "happy", "--seconds", "0.5")  # fmt: skip
    assert done.code == 2
    assert "nothing was recorded" in done.err
    assert "without a face" in done.err


def test_a_source_that_needs_ros_is_refused_where_there_is_none(
    fer_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from fer_ros.cli.main import main
    from fer_ros.plugins.sources.sample import SampleSource

    monkeypatch.setattr(SampleSource, "needs_node", True)
    assert main(["record", "--source", "sample", "--label", "happy", "--samples", "1"]) == 2
    assert "source 'sample' needs ROS" in capsys.readouterr().err
