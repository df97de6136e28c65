"""A session of recording: the open bag, the take, its limits and the counts. One thread works in it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from fer_ros.core import bags
from fer_ros.core.bags import BagWriter, StorageError
from fer_ros.core.base.contracts import Clock
from fer_ros.core.base.errors import BadImage, ConfigError, FerError, disk_code
from fer_ros.core.base.labels import new_label
from fer_ros.core.base.paths import check_name
from fer_ros.core.recording.faces import FaceFinder
from fer_ros.core.recording.settings import RecordingSettings, check_take, meant, parse_labels, renamed
from fer_ros.core.recording.status import Board, State, Status
from fer_ros.core.recording.work import Incoming

#: Seconds between two looks at the size of the bag and at the space on the disk.
LOOK = 0.5
#: Seconds for which a time limit waits for the first frame of a take: a camera may have to be connected first.
FIRST_FRAME = 2.0


class Session:
    """What the recorder's thread works with. Only :attr:`held`, :meth:`count` and :meth:`status` are for other threads.

    :ivar held: whether frames are wanted.
    """

    def __init__(
        self,
        settings: RecordingSettings,
        faces: FaceFinder,
        facts: Callable[[], dict[str, str]],
        folder: Path | None,
        clock: Clock,
    ) -> None:
        """See :class:`fer_ros.core.recording.recorder.Recorder`."""
        self.held, self._last_stamp = False, 0
        self.settings, self._labels = settings, parse_labels(settings.labels, settings.label_names)
        self._faces, self._facts, self._folder, self._clock = faces, facts, folder, clock
        self._board = Board(Status(counts=dict.fromkeys(self._labels, 0)))
        self._writer: BagWriter | None = None
        self._began = self._first = self._looked = 0.0

    @property
    def state(self) -> State:
        """What the session does now."""
        return self._board.now.state

    @property
    def open(self) -> bool:
        """Whether a bag is open."""
        return self._writer is not None

    def set(self, settings: RecordingSettings) -> None:
        """Take changed live settings."""
        self._labels = parse_labels(settings.labels, settings.label_names)
        self.settings = settings

    def status(self) -> Status:
        """A copy of the status."""
        status = self._board.copy()
        if status.state == State.RECORDING:
            status.elapsed = time.monotonic() - self._began
        return status

    def count(self, received: int = 0, dropped: int = 0) -> None:
        """Count frames."""
        self._board.add(received=received, dropped=dropped)

    def start(self, label: str, subject: str, seconds: float, samples: int, bag: str, any_label: bool = False) -> Path:
        """Begin a take.

        :param any_label: the label need not be one of the settings.
        :raises ConfigError: the label is not known, or the bag's name or another value is not allowed.
        :raises StorageError: the disk is full.
        """
        asked, label = label, meant(label, self._labels, self.settings.label_names)
        check_take(label, (*self._labels, new_label(label)) if any_label else self._labels, seconds, samples)
        self.end_take()
        writer = self._opened(bag)
        try:
            self._look(writer)
            self._check_space()
            writer.facts = self.settings.facts(self._facts())
            number = writer.begin_take(label, subject)
        except FerError:
            if writer.lost or not writer.takes:
                with contextlib.suppress(FerError):
                    self.stop()
            raise
        self._faces.reset()
        self._began, self._first, self._last_stamp = time.monotonic(), 0.0, 0
        self._board.update(
            state=State.RECORDING,
            label=label,
            subject=subject,
            take=number,
            take_samples=0,
            limit_samples=samples,
            limit_seconds=seconds,
            elapsed=0.0,
            **(renamed(asked, label) if label != asked else FerError()).said(),
        )
        self.held = True
        return writer.folder

    def pause(self) -> Status:
        """End the take.

        :raises ConfigError: nothing is being recorded.
        """
        if self._writer is None or not self._writer.taking:
            if self.state == State.FAILED:
                raise self._board.now.error()
            raise ConfigError("nothing is being recorded: call record/start first", "not_recording")
        self.end_take()
        return self.status()

    def stop(self) -> Status:
        """End the take and close the bag.

        :raises ConfigError: no bag is open.
        :raises StorageError: the disk is full, or part of the bag is missing; it is closed all the same.
        """
        writer = self._writer
        if writer is None:
            raise ConfigError("no bag is open: call record/start first", "no_bag")
        try:
            with contextlib.ExitStack() as stack:
                stack.callback(writer.close)
                self.end_take()
                self._look(writer)
        finally:
            self._recount()
            self._writer = None
            self._board.update(state=State.IDLE, label="", subject="")
        return self.status()

    def discard_last(self) -> int:
        """Take back a take.

        :raises ConfigError: there is none.
        :raises StorageError: the disk failed.
        """
        if self._writer is None:
            raise ConfigError("no bag is open: discard a take before record/stop", "no_bag")
        if not self._writer.taking and not self._writer.takes:
            raise ConfigError("this bag has no take to discard", "no_take", take="")
        self.held = False
        self._freeze(State.PAUSED)
        return self.taken_back(self._writer.discard_last())

    @property
    def writer(self) -> BagWriter | None:
        """That of the open bag, for the recorder's thread; None where no bag is open."""
        return self._writer

    @property
    def parent(self) -> Path:
        """The folder of the bags."""
        return self._folder or bags.bag_folder()

    def record(self, frame: Incoming) -> None:
        """Write a frame to the take, if there is one."""
        if self._writer is None or not self._writer.taking:
            self.count(received=-1)
            return
        self._first = self._first or time.monotonic()
        try:
            if frame.stamp == self._last_stamp:
                raise BadImage("stamp", "the same frame again")
            size = frame.size
            picture, face = frame.file(self.settings.jpeg_quality), self._faces.find(frame)
        except Exception as error:
            self.count(dropped=1)
            if isinstance(error, BadImage):
                return
            raise
        self._last_stamp = frame.stamp
        roi = face.roi.clipped(*size) if face and face.roi.clipped(*size).area else None
        if roi is None and not self.settings.record_without_face:
            self._board.add(without_face=1)
            return
        try:
            self._writer.write(frame.stamp, picture, roi, frame.frame_id, face.eyes if face and roi else None)
        except FerError as error:
            self.count(dropped=1)
            self.fail(error)
            return
        self._board.add_sample()
        if self._board.now.take_samples == self._board.now.limit_samples:
            with self._failing():
                self.end_take(f"{self._board.now.limit_samples} samples are recorded")

    def fail(self, error: FerError | OSError) -> None:
        """End the take because of an error."""
        self.held = False
        self._freeze(State.FAILED, error if isinstance(error, FerError) else FerError(str(error), disk_code(error)))
        if self._writer is not None:
            # What ended the recording is told already.
            with contextlib.suppress(FerError):
                self._writer.end_take()
            self._recount()

    def tick(self) -> None:
        """Make written samples safe, and check the limits and the files. Call it ten times a second."""
        if self._writer is None or self.state == State.FAILED:
            return
        now = time.monotonic()
        with self._failing():
            if now - self._looked >= LOOK:
                self._look(self._writer)
            if self._writer.taking:
                self._writer.sync_if_due()
                self._check_space()
                limit, origin = self._board.now.limit_seconds, self._first or self._began + FIRST_FRAME
                if limit and now - origin >= limit:
                    self.end_take(f"{limit:g} s are over")

    @contextlib.contextmanager
    def _failing(self) -> Iterator[None]:
        """An error in here ends the take."""
        try:
            yield
        except (FerError, OSError) as error:
            self.fail(error)

    def _opened(self, name: str) -> BagWriter:
        """The bag to write to; opens it if it is not open yet."""
        if self._writer is not None and not self._writer.lost and name in ("", self._writer.folder.name):
            return self._writer
        folder = self.parent / (check_name("bag", name) if name else bags.new_name(self.parent, self._clock()))
        if self._writer is not None:
            # That the open bag is lost was told already.
            with contextlib.suppress(*[StorageError] * bool(self._writer.lost)):
                self.stop()
        self._writer = BagWriter(folder, {}, self.settings.storage)
        self._board = Board(Status(state=State.PAUSED, bag=folder))
        self._recount()
        return self._writer

    def end_take(self, message: str = "") -> None:
        """End the take, if there is one; the bag stays open."""
        self.held = False
        if self._writer is None or not self._writer.taking:
            return
        self._freeze(State.PAUSED, message)
        self._writer.end_take()

    def _freeze(self, state: State, why: FerError | str = "") -> None:
        """Leave the recording state; the elapsed time stops."""
        elapsed, told = self.status().elapsed, why if isinstance(why, FerError) else FerError(why)
        self._board.update(state=state, label="", subject="", elapsed=elapsed, **told.said())

    def _recount(self) -> None:
        if self._writer is not None:
            counts = {**dict.fromkeys(self._labels, 0), **self._writer.counts}
            self._board.update(counts=counts)

    def taken_back(self, count: int) -> int:
        """Count samples that have left the open bag; fewer than none have come back."""
        self._board.add(discarded=count)
        self._recount()
        return count

    def _look(self, writer: BagWriter) -> None:
        """Check that the bag is still there, and the sizes.

        :raises StorageError: see :meth:`fer_ros.core.bags.writer.BagWriter.check`.
        """
        self._looked = time.monotonic()
        size, free = writer.check()
        self._board.update(bytes=size, free_bytes=free)

    def _check_space(self) -> None:
        now = self._board.now
        self.settings.check_space(now.bag, now.bytes, now.free_bytes)
