"""The recorder's thread. Any thread may add frames and commands, and none waits for the disk."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

from fer_ros.core import bags
from fer_ros.core.bags import Revision
from fer_ros.core.base.contracts import Clock
from fer_ros.core.base.errors import FerError, reason
from fer_ros.core.recording import adding, changing
from fer_ros.core.recording.adding import Added, Picture
from fer_ros.core.recording.correcting import Corrected, Seen, keep
from fer_ros.core.recording.faces import FaceFinder
from fer_ros.core.recording.session import Session
from fer_ros.core.recording.settings import RecordingSettings
from fer_ros.core.recording.status import State, Status
from fer_ros.core.recording.work import Command, Incoming, Work
from fer_ros.core.trash.store import Entry

log = logging.getLogger(__name__)

#: Seconds between two looks at limits and at the disk while a bag is open.
TICK = 0.1
#: Seconds between two looks for what is old in the trash, while no bag is open.
TIDY = 3600.0


class Recorder:
    """Records takes into bags. Any thread may call the methods.

    The commands return a future. Its ``result`` raises :class:`fer_ros.core.base.errors.FerError` if something is
    wrong.
    """

    def __init__(
        self,
        settings: RecordingSettings,
        faces: FaceFinder,
        facts: Callable[[], dict[str, str]] = dict,
        folder: Path | None = None,
        clock: Clock = time.time_ns,
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        """Start the thread.

        :param faces: finds the face of each frame.
        :param facts: gives the known facts of camera and detector when a bag is opened.
        :param folder: of the bags, by default ``$FER_HOME/bags``.
        :param clock: gives new bags their names, nanoseconds.
        :param on_change: called in the recorder's thread when anything but a count changes.
        """
        self._session, self._faces, self._subject = Session(settings, faces, facts, folder, clock), faces, ""
        self._clock = clock
        self._work = Work(settings.queue)
        self._on_change = on_change
        self._running = True
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._thread.start()

    def start(
        self,
        label: str,
        subject: str = "",
        seconds: float = 0.0,
        samples: int = 0,
        bag: str = "",
        any_label: bool = False,
    ) -> Future[Path]:
        """Hold a label: a new take begins, and an open one ends.

        :param seconds: the take ends by itself after so long; 0: no limit.
        :param samples: the same, as a number of samples.
        :param bag: name of the bag; empty: the open one, or a new one named after the time.
        :param any_label: the label need not be one of the settings.
        :returns: the bag's folder.
        """
        self._subject = subject
        return self._work.add_command(lambda: self._session.start(label, subject, seconds, samples, bag, any_label))

    def add(self, label: str, subject: str, bag: str, found: Sequence[Picture]) -> Future[Added]:
        """Write pictures from elsewhere as a take, see :func:`fer_ros.core.recording.adding.add`."""
        return self._work.add_command(
            lambda: adding.add(self._session, self._faces, label, subject, bag, found, self._clock())
        )

    def correct(self, label: str, subject: str, seen: Sequence[Seen], any_label: bool = False) -> Future[Corrected]:
        """Keep frames as a take of the right label, see :func:`fer_ros.core.recording.correcting.keep`.

        :param subject: empty: that of the open bag's last take, if a bag is open.
        :param any_label: the label need not be one of the settings.
        """
        subject = subject or (self._subject if self._session.open else "")
        return self._work.add_command(lambda: keep(self._session, self._faces, label, subject, seen, any_label))

    def pause(self) -> Future[Status]:
        """Let the label go: the take ends, the bag stays open."""
        self._session.held = False
        return self._work.add_command(self._session.pause)

    def stop(self) -> Future[Status]:
        """End the take and close the bag."""
        self._session.held = False
        return self._work.add_command(self._session.stop)

    def discard_last(self) -> Future[int]:
        """Take back the current take, or else the last one of the open bag.

        :returns: its samples.
        """
        self._session.held = False
        return self._work.add_command(self._session.discard_last)

    def discard(self, bag: str, number: int) -> Future[int]:
        """Move a take to the trash. If one is being recorded into the same bag, that ends first.

        :param bag: its name; empty: the open one.
        :returns: how many samples were discarded.
        """
        return self._work.add_command(lambda: changing.discard(self._session, bag, number))

    def revise(self, bag: str, number: int, stamps: Collection[int] = (), label: str = "") -> Future[Revision]:
        """Move samples of a take to the trash, or under another label into a take of their own.

        :param bag: its name; empty: the open one. If a take is being recorded into it, that ends first.
        :param stamps: which samples, nanoseconds; empty: all.
        :param label: empty: to the trash.
        """
        return self._work.add_command(lambda: changing.revise(self._session, bag, number, stamps, label))

    def restore(self, bag: str = "", number: int = 0, name: str = "") -> Future[Entry]:
        """Bring samples back from the trash.

        :param bag: its name; empty: the open one, or any if none is open.
        :param number: of the take; 0: the one discarded last.
        :param name: that the trash has for them, as :meth:`revise` tells; empty: the newest.
        """
        return self._work.add_command(lambda: changing.restore(self._session, bag, number, name))

    def release(self) -> Future[None]:
        """Close the bag, if one is open, so that others may change it."""
        self._session.held = False
        return self._work.add_command(self._release)

    def offer(self, frame: Incoming) -> None:
        """Take a frame, if a label is held; never blocks."""
        if not self._session.held:
            return
        self._session.count(received=1)
        if not self._work.add_frame(frame):
            self._session.count(dropped=1)

    def refuse(self) -> None:
        """Count a frame with a bad message, if a label is held."""
        if self._session.held:
            self._session.count(received=1, dropped=1)

    @property
    def active(self) -> bool:
        """Whether a bag is open."""
        return self._session.open

    def status(self) -> Status:
        """The status of the recording."""
        return replace(self._session.status(), pending=self._work.frames)

    def set(self, settings: RecordingSettings) -> None:
        """Take changed live settings."""
        self._session.set(settings)

    def close(self) -> None:
        """Write the waiting frames, close the bag and end the thread."""
        self._session.held = False
        self._work.add_command(self._end)
        self._thread.join()

    def _release(self) -> None:
        if self._session.open:
            self._session.stop()

    def _end(self) -> None:
        self._running = False
        self._release()

    def _tidy(self) -> None:
        """Remove old entries from the trash."""
        try:
            for entry in bags.tidy(self._session.parent, self._session.settings.trash_days):
                log.info("%s is removed from the trash for good", entry.name)
        except (FerError, OSError) as error:
            log.warning("the trash cannot be emptied: %s", error)

    def _run(self) -> None:
        tidied = -TIDY
        while self._running:
            if time.monotonic() - tidied >= TIDY and not self._session.open:
                tidied = time.monotonic()
                self._tidy()
            item = self._work.next(TICK if self._session.open else TIDY)
            before = self._session.state
            if isinstance(item, Command):
                item.run()
            try:
                if isinstance(item, Incoming):
                    self._session.record(item)
                self._session.tick()
            except Exception as error:
                # A detector of somebody else may raise anything; it ends the take, not the thread.
                log.exception("recording has failed")
                self._session.fail(FerError(f"{type(error).__name__}: {reason(error)}", "fault"))
            if self._session.state == State.FAILED != before:
                log.error("recording has ended: %s", self._session.status().message)
            if isinstance(item, Command) or before != self._session.state:
                self._on_change()
