#!/usr/bin/env python3
"""Kill (SIGKILL) recording, discarding, repairing and forgetting at random moments, and print what was found then.

    python scripts/kills.py --kills 200

Each child works in an empty $FER_HOME and tells through a pipe what it has acknowledged. The table goes into
docs/reliability.md; the status is 1 where a promise was broken, and the seed of the run is named.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from fer_ros.core import bags
from fer_ros.core.bags import BagWriter
from fer_ros.core.base.types import Roi
from fer_ros.core.forgetting.forget import forget
from fer_ros.core.trash import store

Say = Callable[..., object]
STORAGES = ("mcap", "sqlite3")
START = 10**18


def picture(number: int) -> bytes:
    """As large as a webcam's frame, so that a write is cut in the middle now and then."""
    return b"\xff\xd8\xff" + random.Random(number).randbytes(40_000)


def fill(storage: str, takes: int, each: int, name: str = "bag") -> Path:
    """A bag of takes of Kim and Lee in turn."""
    folder = bags.bag_folder() / name
    with BagWriter(folder, {"consent": "test"}, storage) as writer:
        for take in range(takes):
            writer.begin_take(("happy", "sad")[take % 2], ("Kim", "Lee")[take % 2])
            for number in range(each):
                shown = picture(hash((name, take, number)))
                writer.write(START + 1000 * take + number, shown, Roi(1, 2, 30, 40))
    return folder


def held(folder: Path) -> Counter[tuple[int, str]]:
    """Stamp and subject of every sample that can be read; none where there is no bag."""
    if not folder.is_dir() or not bags.part_files(folder):
        return Counter()
    return Counter((s.stamp - START, s.subject) for s in bags.stored(folder))


@dataclass
class Row:
    """What was found after the kills of one kind of work."""

    name: str
    promise: str
    kills: int = 0
    acknowledged: int = 0
    kept: int = 0
    broken: list[str] = field(default_factory=list)


class Work:
    """One kind of work: prepared, done by a child that is killed, and looked at."""

    name = promise = ""
    #: Whether it comes to an end by itself.
    ends = False

    def prepare(self, storage: str) -> None:
        """Make what the child works on."""

    def work(self, storage: str, say: Say) -> None:
        """Work until killed, and say what is done."""

    def look(self, log: list[list[object]], row: Row) -> None:
        """Compare what is there with the log."""


class Recording(Work):
    """Samples are written."""

    name, promise = "recording", "every sample whose write had returned is read"

    def work(self, storage: str, say: Say) -> None:
        number = 0
        with BagWriter(bags.bag_folder() / "bag", {"consent": "test"}, storage) as writer:
            while True:
                writer.begin_take(random.choice(["happy", "sad"]), "Kim")
                for _ in range(random.randint(1, 6)):
                    number += 1
                    writer.write(START + number, picture(number), Roi(1, 2, 30, 40))
                    say("wrote", number)
                writer.end_take()

    def look(self, log: list[list[object]], row: Row) -> None:
        wrote = {entry[1] for entry in log}
        found = {stamp for stamp, _ in held(bags.bag_folder() / "bag")}
        row.acknowledged += len(wrote)
        row.kept += len(wrote & found)
        if not wrote <= found or len(found) > len(wrote) + 1:
            row.broken.append(f"{len(wrote)} acknowledged, {len(found)} found")
        if found:
            with BagWriter(bags.bag_folder() / "bag", {}) as writer:
                if writer.samples != len(found):
                    row.broken.append("going on with it loses samples")


class Discarding(Work):
    """Takes go to the trash and come back."""

    name, promise = "discarding, restoring", "each take is whole in one place: the one acknowledged last"

    def prepare(self, storage: str) -> None:
        fill(storage, 5, 3)

    def work(self, storage: str, say: Say) -> None:
        parent = bags.bag_folder()
        while True:
            take = random.randint(1, 5)
            if any(entry.take == take for entry in store.entries(parent)):
                say("restores", take)
                bags.restore(parent, bags.newest(parent, "bag", take))
                say("restored", take)
            else:
                say("discards", take)
                bags.discard_take(parent, "bag", take)
                say("discarded", take)

    def look(self, log: list[list[object]], row: Row) -> None:
        parent = bags.bag_folder()
        bags.tidy(parent, 30.0)
        binned = [entry.take for entry in store.entries(parent)]
        there = Counter((stamp // 1000) + 1 for stamp, _ in held(parent / "bag"))
        pending = {log[-1][1]} if log and str(log[-1][0]).endswith("s") else set()
        last = {entry[1]: entry[0] for entry in log if str(entry[0]).endswith("ed")}
        row.acknowledged += len(last)
        for take in range(1, 6):
            places = (take in binned) + (there[take] > 0)
            right = (pending and take in pending) or (take in binned) == (last.get(take) == "discarded")
            row.kept += bool(right and take in last)
            if places != 1 or there[take] not in (0, 3) or not right:
                row.broken.append(f"take {take}: {there[take]} samples in the bag, {binned} in the trash, {log[-3:]}")
        for entry in store.entries(parent):
            bags.restore(parent, entry)
        if sum(held(parent / "bag").values()) != 15:
            row.broken.append("not all came back")


class Repairing(Work):
    """A bag that was cut off is repaired."""

    name, promise = "repairing", "no sample that could be read before is lost, and repairing again finishes"
    ends = True

    def prepare(self, storage: str) -> None:
        folder = fill(storage, 3, 8)
        for file in bags.part_files(folder)[1:] if storage == "mcap" else []:
            os.truncate(file, file.stat().st_size * 2 // 3)
        (folder / "metadata.yaml").unlink()
        self.before = held(folder)

    def work(self, storage: str, say: Say) -> None:
        bags.repair(bags.bag_folder() / "bag")
        say("repaired")

    def look(self, log: list[list[object]], row: Row) -> None:
        folder = bags.bag_folder() / "bag"
        row.acknowledged += sum(self.before.values())
        row.kept += sum((held(folder) & self.before).values())
        if lost := self.before - held(folder):
            row.broken.append(f"{len(lost)} samples are lost")
        bags.repair(folder)
        if held(folder) != self.before or not bags.info(folder).complete:
            row.broken.append("repairing again does not finish")


class Forgetting(Work):
    """A person is forgotten."""

    name, promise = "forgetting", "others keep every sample, and forgetting again leaves nothing of the person"
    ends = True

    def prepare(self, storage: str) -> None:
        for name in ("one", "kims-two", "three-of-kim"):
            fill(storage, 4, 3, name)
        for name, take in (("one", 1), ("kims-two", 2)):
            bags.discard_take(bags.bag_folder(), name, take)
        bags.delete_bag(bags.bag_folder(), "three-of-kim")

    def work(self, storage: str, say: Say) -> None:
        say("forgotten", forget("Kim").complete)

    def look(self, log: list[list[object]], row: Row) -> None:
        parent = bags.bag_folder()
        told = forget("Kim")
        if not told.complete:
            row.broken.append(told.summary)
        for entry in store.entries(parent):
            bags.restore(parent, entry)
        row.acknowledged += 18
        found = [held(path) for path in parent.iterdir() if path.name != store.FOLDER]
        row.kept += sum(counts.total() for counts in found)
        if [counts.total() for counts in found] != [6, 6, 6] or {who for one in found for _, who in one} != {"Lee"}:
            row.broken.append(str(found))


WORKS = (Recording, Discarding, Repairing, Forgetting)


def kill(work: Work, storage: str, seed: int, lasts: float) -> list[list[object]]:
    """Let a child work for a while, kill it, and give what it said.

    :param lasts: seconds that the work takes; 0 for one that does not end, which is killed after some lines.
    """
    chance = random.Random(seed)
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        random.seed(seed)
        try:
            work.work(storage, lambda *words: os.write(writing, f"{json.dumps(words)}\n".encode()))
        finally:
            os._exit(0)
    os.close(writing)
    with open(reading, "rb") as pipe:
        said = b"" if lasts else b"".join(pipe.readline() for _ in range(chance.randint(0, 16)))
        time.sleep(chance.uniform(0.0, 1.1 * lasts or 0.005))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return [json.loads(line) for line in (said + pipe.read()).splitlines()]


@contextlib.contextmanager
def home() -> Iterator[None]:
    """An empty $FER_HOME."""
    with tempfile.TemporaryDirectory(prefix="fer_kills_", ignore_cleanup_errors=True) as folder:
        os.environ["FER_HOME"] = folder
        yield


def duration(kind: type[Work], storage: str) -> float:
    """Seconds that a kind of work takes when nobody kills it; everything is imported by then."""
    with home():
        work = kind()
        work.prepare(storage)
        if not work.ends:
            return 0.0
        began = time.monotonic()
        work.work(storage, lambda *_: None)
        return time.monotonic() - began


def run(kills: int, first: int) -> list[Row]:
    """All kinds of work, each killed equally often."""
    rows = []
    for kind in WORKS:
        row = Row(kind.name, kind.promise)
        lasts = {storage: duration(kind, storage) for storage in STORAGES for _ in range(2)}
        for number in range(-(-kills // len(WORKS))):
            seed, storage, work, before = first + number, STORAGES[number % 2], kind(), len(row.broken)
            with home():
                try:
                    work.prepare(storage)
                    work.look(kill(work, storage, seed, lasts[storage]), row)
                except Exception as error:
                    row.broken.append(f"{type(error).__name__}: {error}")
            row.broken[before:] = [f"{kind.name}, {storage}, seed {seed}: {text}" for text in row.broken[before:]]
            row.kills += 1
        rows.append(row)
    return rows


def main() -> int:
    """Print the table; 1 where a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(3), "big"))
    rows = run(*vars(parser.parse_args()).values())
    print("| killed while | times | promise | acknowledged | found | broken |\n|---|---|---|---|---|---|")
    for row in rows:
        print(f"| {row.name} | {row.kills} | {row.promise} | {row.acknowledged} | {row.kept} | {len(row.broken)} |")
    broken = [text for row in rows for text in row.broken]
    print("\n".join(broken), file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
