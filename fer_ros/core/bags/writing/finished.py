"""The finished takes of a bag that is open for writing: discarded, brought back, and revised sample by sample."""

from __future__ import annotations

import heapq
import itertools
import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from fer_ros.core.bags import facts as bag_facts
from fer_ros.core.bags.folder import last_number
from fer_ros.core.bags.messages import StoredSample
from fer_ros.core.bags.reader import stored
from fer_ros.core.bags.storages import BY_NAME, unlink
from fer_ros.core.bags.summary import BagInfo, TakeInfo, in_order, info
from fer_ros.core.bags.writing.anew import Anew, dropped_on_failure
from fer_ros.core.bags.writing.held import HeldFolder, write_metadata
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.labels import check_label
from fer_ros.core.trash import store
from fer_ros.core.trash.store import Entry


@dataclass(frozen=True, slots=True)
class Revision:
    """What became of samples.

    :ivar samples: how many have left their take.
    :ivar take: number of the take that holds them under their new label; 0 where they are in the trash only.
    :ivar entry: the trash's name of them as they were, by which they come back.
    """

    samples: int
    take: int
    entry: str


class FinishedTakes:
    """The takes, and the folder that they lie in. At every moment a sample is whole in the bag or in the trash.

    :ivar all: the takes, by their numbers.
    :ivar stated: facts of the whole bag.
    :ivar stale: ``metadata.yaml`` does not tell of them yet.
    :ivar next: numbers of the next file and of the next take.
    """

    def __init__(self, held: HeldFolder, storage: str, found: BagInfo | None, next: tuple[int, int]) -> None:
        self._held, self.folder, self.storage = held, held.path, storage
        self.all: list[TakeInfo] = found.takes if found else []
        self.stated = found.facts if found else {}
        self.next, self.stale = next, False

    @property
    def numbers(self) -> list[int]:
        """The numbers of the takes."""
        return [take.number for take in self.all if take.number]

    def new_file(self) -> Path:
        """The file of the next take."""
        number, take = self.next
        self.next = number + 1, take
        return self.folder / f"{self.folder.name}_{number}{BY_NAME[self.storage].suffix}"

    def new_number(self) -> int:
        """The number of the next take."""
        file, number = self.next
        self.next = file, number + 1
        return number

    def of(self, number: int) -> TakeInfo:
        """The take of a number.

        :raises ConfigError: there is none.
        """
        for take in self.all:
            if number and take.number == number:
                return take
        known = ", ".join(map(str, self.numbers)) or "none"
        raise ConfigError(f"bag {self.folder.name} has no take {number}: there are {known}", "no_take", take=number)

    def write_metadata(self) -> None:
        """Tell of the takes in ``metadata.yaml``.

        :raises OSError: it cannot be written; the old one stays.
        """
        self.stale = True
        write_metadata(self.folder, self.storage, self.all, self.stated)
        self.stale = False

    def discard(self, take: TakeInfo) -> Entry:
        """Move a take to the trash.

        :raises OSError: the disk failed; it is where it was.
        """
        self.all.remove(take)
        try:
            # First, so that a crash leaves a file that is not listed rather than a listed one that is missing.
            self.write_metadata()
            return self._held.discard(take)
        except OSError:
            self.all, self.stale = in_order([*self.all, take]), True
            raise

    def revise(self, number: int, stamps: Collection[int], label: str) -> Revision:
        """Take samples out of a take: into the trash, or under another label into a take of their own.

        As they were they lie in the trash in both cases.

        :param stamps: which samples, nanoseconds; empty: all.
        :param label: empty: to the trash.
        :raises ConfigError: there is no such take or sample, the label is not allowed or theirs already, or the
            take's file is damaged.
        :raises OSError: the disk failed; what could not be done is not, and nothing is lost.
        """
        take, wanted = self.of(number), set(stamps)
        if label and check_label(label) == take.label:
            text = f"the samples of take {number} are labelled '{label}' already"
            raise ConfigError(text, "label_theirs", label=label)
        chosen = [s.stamp for s in self._samples(take) if not wanted or s.stamp in wanted]
        if missing := wanted - set(chosen):
            text = f"take {number} of bag {self.folder.name} has no sample with stamp {min(missing)}"
            raise ConfigError(text, "no_sample")
        theirs = set(chosen)
        moved = self._moved(take, theirs, label) if label else None
        with dropped_on_failure(moved and moved[1]):
            entry = self.discard(take) if len(chosen) == take.samples else self._split(take, theirs)
            if moved:
                self._add(*moved)
        return Revision(len(chosen), moved[0].number if moved else 0, entry.name)

    def restore(self, entry: Entry) -> int:
        """Bring samples back from the trash, into the take that they come from.

        Copies that were given another label go.

        :returns: the samples.
        :raises ConfigError: they do not fit this bag, or are damaged.
        :raises OSError: the disk failed; they stay in the trash.
        """
        take = next((take for take in self.all if entry.take and take.number == entry.take), None)
        fits = entry.files[0].endswith(BY_NAME[self.storage].suffix)
        if not fits or (take and (take.label, take.subject) != (entry.label, entry.subject)):
            raise ConfigError(f"{entry.name} does not fit bag {self.folder.name} any more: move that bag away first")
        back = info(entry.content[0]).takes
        stamps = {sample.stamp for sample in stored(entry.content[0])}
        for other in [other for one in back for other in self.all if other is not take and _akin(one, other)]:
            self._without(other, stamps)
        if take is None:
            self._held.restore(entry)
            self.all = in_order([*self.all, *info(self.folder / entry.files[0]).takes])
        else:
            self._join(take, entry)
        self.next = max(self.next[0], last_number(entry.files) + 1), max(self.next[1], entry.take + 1)
        self.write_metadata()
        return len(stamps)

    def _samples(self, take: TakeInfo) -> Iterable[StoredSample]:
        return stored(self.folder / take.part.name)

    def _moved(self, take: TakeInfo, stamps: set[int], label: str) -> tuple[TakeInfo, Anew]:
        """The take of another label that these samples become, hidden still."""
        number, file = self.new_number(), self.new_file()
        facts = {**take.facts, bag_facts.MOVED: str(_origin(take))}
        samples = (replace(s, label=label, take=number) for s in self._samples(take) if s.stamp in stamps)
        anew = Anew(file, facts, samples)
        return TakeInfo(number, label, take.subject, anew.part, facts), anew

    def _add(self, take: TakeInfo, anew: Anew) -> None:
        anew.place()
        self.all = in_order([*self.all, take])
        self.write_metadata()

    def _split(self, take: TakeInfo, stamps: set[int]) -> Entry:
        """Move some samples of a take to the trash. A kill in between leaves them in both places, never in none."""
        file = self.folder / take.part.name
        rest = Anew(file, take.facts, (s for s in self._samples(take) if s.stamp not in stamps))
        with dropped_on_failure(rest):
            name = f"{take.number}-{time.time_ns()}{file.suffix}"
            out = Anew(file.with_name(name), take.facts, (s for s in self._samples(take) if s.stamp in stamps))
            with dropped_on_failure(out):
                entry = self._held.put(out.hidden, replace(take, part=replace(out.part, name=file.name)))
            rest.place()
        take.part = rest.part
        self.write_metadata()
        return entry

    def _join(self, take: TakeInfo, entry: Entry) -> None:
        """Bring samples back into a take that is there; what is there already is not doubled."""
        both = heapq.merge(self._samples(take), stored(entry.content[0]), key=lambda sample: sample.stamp)
        each = (next(same) for _, same in itertools.groupby(both, key=lambda sample: sample.stamp))
        anew = Anew(self.folder / take.part.name, take.facts, each)
        with dropped_on_failure(anew):
            anew.place()
        take.part = anew.part
        store.empty(self.folder.parent, entry.path)

    def _without(self, take: TakeInfo, stamps: set[int]) -> None:
        """Remove samples from a take whose originals lie in the trash, and the take where it has no other."""
        rest = [sample.stamp for sample in self._samples(take) if sample.stamp not in stamps]
        if len(rest) == take.samples:
            return
        if rest:
            kept = set(rest)
            anew = Anew(self.folder / take.part.name, take.facts, (s for s in self._samples(take) if s.stamp in kept))
            with dropped_on_failure(anew):
                anew.place()
            take.part = anew.part
        else:
            self.all.remove(take)
            self.write_metadata()
            unlink(self.folder / take.part.name)


def _origin(take: TakeInfo) -> int:
    """The take that its samples were recorded in."""
    told = take.facts.get(bag_facts.MOVED, "")
    return int(told) if told.isascii() and told.isdigit() else take.number


def _akin(one: TakeInfo, other: TakeInfo) -> bool:
    """Whether samples of one may be those of the other under another label."""
    return bool(one.number and other.number) and _origin(one) == _origin(other)
