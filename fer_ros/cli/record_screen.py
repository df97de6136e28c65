"""The screen of ``fer record``: which key holds which label, and the counts as they grow."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable

from fer_ros.cli.keys import END_OF_INPUT, Hold, keys
from fer_ros.cli.text import clean, width
from fer_ros.core.base.emoticons import Emoticons
from fer_ros.core.base.errors import FerError
from fer_ros.core.recording import Recorder, State, Status

#: Seconds between two drawings, and samples per label that are advised.
REDRAW = 0.1
ADVISED = 100
MOST_KEYS = 9
BAR = 12


class Screen:
    """Reads keys, tells the recorder, and draws one line a label below each other."""

    def __init__(self, recorder: Recorder, labels: tuple[str, ...], subject: str, bag: str, toggle: bool) -> None:
        """Give the first nine labels a key."""
        self._recorder, self._subject, self._bag, self._toggle = recorder, subject, bag, toggle
        self._labels = {str(number): label for number, label in enumerate(labels[:MOST_KEYS], start=1)}
        self._emoticons = Emoticons.load()
        self._hold = Hold()
        self._note = ""
        self._lines = 0

    def run(self, problem: Callable[[], str]) -> None:
        """Until q, the end of input, or an interruption.

        :param problem: says what is wrong with the source, to be shown.
        """
        how = "press a key to begin, space to pause" if self._toggle else "hold a key while the face shows its label"
        drawn = 0.0
        with keys() as typed:
            # Only now: what was typed before is forgotten.
            print(f"{how}; u discards the last take, r brings it back, q ends", flush=True)
            try:
                while True:
                    key = typed.read(0.02)
                    if key in ("q", "Q", END_OF_INPUT):
                        return
                    self.take(key, time.monotonic())
                    if time.monotonic() - drawn >= REDRAW:
                        drawn = time.monotonic()
                        self._draw(self._recorder.status(), problem())
            finally:
                self._draw(self._recorder.status(), "")

    def take(self, key: str, now: float) -> None:
        """Handle a key.

        :param key: empty where none came.
        :param now: seconds of a steady clock.
        """
        try:
            if key in self._labels:
                self._label_key(key, now)
            elif key in ("u", "U"):
                self._hold.key = ""
                self._note = f"{self._recorder.discard_last().result()} samples are discarded; r brings them back"
            elif key in ("r", "R"):
                self._pause()
                entry = self._recorder.restore(self._bag).result()
                what = f"take {entry.take}, {clean(entry.label)}" if entry.take else f"bag {clean(entry.bag)}"
                self._note = f"{what}: {entry.samples} samples are back"
            elif key == " " or (not self._toggle and self._hold.let_go(now)):
                self._pause()
        except FerError as error:
            self._hold.key = ""
            self._note = str(error)

    def _label_key(self, key: str, now: float) -> None:
        if self._toggle and key == self._hold.key:
            self._pause()
        elif self._hold.press(key, now):
            self._note = ""
            self._recorder.start(self._labels[key], self._subject, bag=self._bag).result()

    def _pause(self) -> None:
        self._hold.key = ""
        if self._recorder.status().state == State.RECORDING:
            self._recorder.pause().result()

    def lines(self, status: Status, problem: str) -> list[str]:
        """The screen as text."""
        rows = []
        longest = max(width(label) for label in self._labels.values())
        for key, label in self._labels.items():
            count = status.counts.get(label, 0)
            filled = min(BAR, BAR * count // ADVISED)
            mark = "●" if label == status.label else " "
            bar = "█" * filled + "·" * (BAR - filled)
            name = clean(label) + " " * (longest - width(label))
            rows.append(f" {mark} {key}  {name}  {bar} {count:5}  {self._emoticons.of(label)}")
        facts = f"{status.written} of {status.received} frames written"
        if status.without_face:
            facts += f", {status.without_face} without a face"
        if status.dropped:
            facts += f", {status.dropped} dropped"
        rows.append(f"   {facts}")
        rows.append("   " + clean(problem or self._note or status.message))
        return rows

    def _draw(self, status: Status, problem: str) -> None:
        columns = shutil.get_terminal_size().columns
        up = f"\x1b[{self._lines}F" if self._lines else ""
        rows = [_cut(row, columns - 1) for row in self.lines(status, problem)]
        self._lines = len(rows)
        sys.stdout.write(up + "".join(f"\x1b[2K{row}\n" for row in rows))
        sys.stdout.flush()


def _cut(text: str, columns: int) -> str:
    while text and width(text) > columns:
        text = text[:-1]
    return text
