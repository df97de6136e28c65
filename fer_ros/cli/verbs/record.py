"""Record labelled frames into a bag: hold a key while the face shows its label. ROS is not needed.

On a terminal, hold the keys 1 to 9 for the labels, press u to discard the last take, r to bring it back, and q to end.
With --label, one take is recorded without a terminal. Afterwards, run `fer train BAG`.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import signal
import sys
import time
from collections.abc import Iterator
from types import FrameType
from typing import Any

from fer_ros.cli.assignments import assignments
from fer_ros.cli.progress import Bar
from fer_ros.cli.record_screen import Screen
from fer_ros.cli.text import warn
from fer_ros.core import bags
from fer_ros.core.bags.storages import BY_NAME
from fer_ros.core.base import registry
from fer_ros.core.base.contracts import Detector, Source, plugin_names
from fer_ros.core.base.errors import ConfigError, FerError
from fer_ros.core.base.settings import fields, from_text, make
from fer_ros.core.base.types import Frame
from fer_ros.core.capture.capture import Capture
from fer_ros.core.recording import (
    FaceFinder,
    Incoming,
    Recorder,
    RecordingSettings,
    State,
    Status,
    parse_labels,
    settings_for,
)
from fer_ros.core.vision import choosing

log = logging.getLogger(__name__)

#: Seconds that the source may take for its first frame before a take begins.
FIRST_FRAME = 10.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--source", default="auto", metavar="NAME", help="see `fer plugins sources` (default: auto)")
    parser.add_argument("--detector", default="auto", metavar="NAME", help="see `fer plugins detectors`")
    parser.add_argument(
        "--set",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="a setting, such as sources.camera.fps=15 or queue=100",
    )
    parser.add_argument("--bag", default="", metavar="NAME", help="bag to add to, or name of a new one")
    parser.add_argument(
        "--subject", default="", metavar="NAME", help="who is in front of the camera: a name or pseudonym"
    )
    parser.add_argument(
        "--consent", default="", metavar="TEXT", help="what the person has agreed to; stored in the bag"
    )
    parser.add_argument(
        "--labels", metavar="LIST", help="labels to record, separated by commas (default: the usual seven)"
    )
    parser.add_argument("--storage", choices=tuple(BY_NAME), help="files of a new bag (default: mcap)")
    parser.add_argument("--without-face", action="store_true", help="record frames without a face, too")
    parser.add_argument("--toggle", action="store_true", help="a key begins a take, the next key or space ends it")
    parser.add_argument("--label", metavar="NAME", help="record one take of this label, without a terminal")
    parser.add_argument(
        "--seconds", type=_positive, default=0.0, metavar="S", help="with --label: end after this many seconds"
    )
    parser.add_argument("--samples", type=int, default=0, metavar="N", help="with --label: end after this many samples")
    parser.add_argument("--json", action="store_true", help="with --label: print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Record; 0 also after Ctrl-C."""
    if args.label is None and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise ConfigError("there is no terminal to read keys from: give --label with --seconds or --samples")
    if args.label is not None and not args.seconds and not args.samples:
        raise ConfigError("--label needs an end: give --seconds or --samples")
    given = _given(args)
    settings = make(RecordingSettings, _typed(RecordingSettings, given))
    plugin: type[Source] = registry.load("sources", args.source)
    if plugin.needs_node:
        raise ConfigError(f"source '{args.source}' needs ROS, and this command runs without: use `fer live`")
    source = plugin(_plugin_settings("sources", args.source, plugin.Settings, given))
    chosen = choosing.resolve(args.detector)
    detector: type[Detector] = registry.load("detectors", chosen)
    if detector.needs_node:
        raise ConfigError(f"detector '{chosen}' needs ROS, and this command runs without: use `fer live`")
    faces = FaceFinder(detector(_plugin_settings("detectors", chosen, settings_for(detector), given)))
    for name in given:
        raise ConfigError(f"--set {name}: no such setting; see `fer plugins sources {args.source}`")
    recorder = Recorder(settings, faces, lambda: {"camera": source.description, "detector": chosen})
    session = _Session(recorder, Capture(source, _offer(recorder), log))
    try:
        with _until_told():
            session.capture.start(wait=FIRST_FRAME)
            session.wait_for_frames()
            if args.label is not None:
                session.one_take(args)
            else:
                Screen(
                    recorder, parse_labels(settings.labels, settings.label_names), args.subject, args.bag, args.toggle
                ).run(session.problem)
    finally:
        session.close()
    return session.report(args.json)


class _Session:
    """The source, the recorder, and their results."""

    def __init__(self, recorder: Recorder, capture: Capture) -> None:
        self.recorder, self.capture = recorder, capture
        self.last = Status()
        self.failure = ""

    def problem(self) -> str:
        """What is wrong with the source; empty if nothing is."""
        if self.capture.error is not None:
            raise self.capture.error
        if self.capture.ended:
            return "the source has come to its end"
        return "" if self.capture.reading else self.capture.state

    def wait_for_frames(self) -> None:
        end = time.monotonic() + FIRST_FRAME
        while not self.capture.reading:
            problem = self.problem()
            if time.monotonic() > end or self.capture.ended:
                raise FerError(f"no frames: {problem}")
            time.sleep(0.02)

    def one_take(self, args: argparse.Namespace) -> None:
        recorder = self.recorder
        recorder.start(args.label, args.subject, args.seconds, args.samples, args.bag).result()
        with Bar(
            args.samples or max(1, round(args.seconds * 10)), "samples" if args.samples else "tenths of a second"
        ) as bar:
            while (status := recorder.status()).state == State.RECORDING and not self.capture.ended:
                self.problem()
                bar.at(status.take_samples if args.samples else round(status.elapsed * 10))
                time.sleep(0.05)
        if status.state == State.FAILED:
            self.failure = status.message

    def close(self) -> None:
        self.capture.stop()
        if self.recorder.active:
            with contextlib.suppress(ConfigError):
                self.last = self.recorder.stop().result()
        else:
            self.last = self.recorder.status()
        self.recorder.close()

    def report(self, as_json: bool) -> int:
        """Say what was recorded.

        :raises FerError: nothing was, or recording ended by an error.
        """
        status = self.last
        if as_json and status.bag and status.samples:
            counts = {
                name: getattr(status, name) for name in ("received", "written", "without_face", "dropped", "discarded")
            }
            print(json.dumps({**bags.info(status.bag).to_dict(), **counts}, ensure_ascii=False))
        elif status.bag and status.samples:
            print(f"{status.bag}: {status.summary()}")
        if self.failure:
            raise FerError(self.failure)
        if status.received and not status.samples:
            raise FerError(f"nothing was recorded: {status.summary()}; is a face in sight, and lit from the front?")
        return 0


def _offer(recorder: Recorder) -> Any:
    def offer(frame: Frame) -> None:
        recorder.offer(Incoming(frame.stamp, frame.frame_id, image=frame.image))

    return offer


def _given(args: argparse.Namespace) -> dict[str, str]:
    """What was set, as typed."""
    given = assignments(args.set)
    for name in ("labels", "storage", "consent"):
        if getattr(args, name):
            given[name] = getattr(args, name)
    if args.without_face:
        given["record_without_face"] = "true"
    return given


def _typed(settings_type: type[Any], given: dict[str, str]) -> dict[str, Any]:
    """The settings of recording, taken out of what was given."""
    known = fields(settings_type)
    return {n: from_text(n, known[n][0], given.pop(n)) for n in known if n in given}


def _plugin_settings(kind: str, plugin: str, settings_type: type[Any], given: dict[str, str]) -> Any:
    """Those of a plugin, likewise."""
    known, prefix = fields(settings_type), plugin_names.prefix(kind, plugin)
    texts = plugin_names.take(kind, plugin, known, given, warn)
    return make(settings_type, {n: from_text(prefix + n, known[n][0], text) for n, text in texts.items()}, prefix)


def _positive(text: str) -> float:
    value = float(text)
    if not 0.0 < value < 1e6:
        raise argparse.ArgumentTypeError("must be more than 0 seconds")
    return value


@contextlib.contextmanager
def _until_told() -> Iterator[None]:
    """Ctrl-C, SIGTERM and a terminal that hangs up end what is done inside, in order."""

    def leave(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    except KeyboardInterrupt:
        pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
