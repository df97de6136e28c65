"""Recording is killed at random moments, and the disk fills up: nothing that was handed over is lost."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from rosbags.rosbag2 import Reader

from fer_ros.core import bags
from fer_ros.core.bags import sqlite_file
from fer_ros.core.bags.folder import part_files

from ...conftest import Run
from .conftest import picture, roi, stamp

#: Warms up once, then starts writers one after the other and kills each with SIGKILL. A writer tells through a pipe
#: what it begins and what has been done; a line says "began", "wrote", "ended", "discards" or "discarded".
KILLER = """
import json, os, random, signal, sys, time
from pathlib import Path
from fer_ros.core import bags
from fer_ros.core.base.types import Roi

def write(folder, storage, seed, pipe):
    say = lambda *words: os.write(pipe, (json.dumps(words) + "\\n").encode())
    random.seed(seed)
    # As large as a webcam's frames, so that a write is cut in the middle now and then.
    pictures = [b"\\xff\\xd8\\xff" + random.randbytes(40_000) for _ in range(4)]
    with bags.BagWriter(folder, {"camera": "test"}, storage) as writer:
        number = 0
        while True:
            take = writer.begin_take(random.choice(["happy", "sad", "fear"]), "Kim")
            say("began", take)
            for _ in range(random.randint(1, 6)):
                number += 1
                writer.write(10**18 + number, pictures[number % 4], Roi(1, 2, 30, 40))
                say("wrote", take, number)
            if random.random() < 0.3:
                say("discards", take)
                writer.discard_last()
                say("discarded", take)
            else:
                writer.end_take()
                say("ended", take)

root, storage, first, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
# Everything is imported and made once.
with bags.BagWriter(root / "warm", {}, storage) as warm:
    warm.begin_take("happy")
    warm.write(1, b"\\xff\\xd8\\xff", None)
for seed in range(first, first + count):
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        write(root / f"{storage}{seed}", storage, seed, writing)
    os.close(writing)
    chance = random.Random(-seed - 1)
    with open(reading, "rb") as pipe:
        log = b"".join(pipe.readline() for _ in range(chance.randint(0, 16)))
        time.sleep(chance.uniform(0.0, 0.005))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        (root / f"{storage}{seed}.log").write_bytes(log + pipe.read())
"""


def _check(folder: Path) -> int:
    """A killed writer's bag holds what its log says.

    :returns: samples in it.
    """
    lines = [json.loads(line) for line in folder.with_suffix(".log").read_text().splitlines()]
    wrote = {number: take for word, take, *rest in lines if word == "wrote" for number in rest}
    ended = {take for word, take, *_ in lines if word == "ended"}
    discards = {take for word, take, *_ in lines if word == "discards"}
    discarded = {take for word, take, *_ in lines if word == "discarded"}
    if not folder.is_dir() or not part_files(folder):
        assert not set(wrote.values()) - discards
        return 0
    found = list(bags.stored(folder))
    got = {s.stamp - 10**18: s.take for s in found}
    assert len(got) == len(found)
    assert all(len(s.picture) == 40_003 for s in found)
    kept = {number for number, take in wrote.items() if take not in discards}
    # One more may have been written whose line was not said any more.
    assert kept <= set(got)
    assert len(set(got) - set(wrote)) <= 1
    assert not discarded & set(got.values())
    for take in discards - discarded:  # killed meanwhile: all of the take or nothing
        rest = [n for n, t in got.items() if t == take]
        assert rest == [] or rest == [n for n, t in wrote.items() if t == take]
    assert ended <= set(got.values())
    return len(got)


@pytest.mark.slow
@pytest.mark.parametrize("storage, kills", [("mcap", 35), ("sqlite3", 15)])
def test_killed_at_random_moments(run: Run, tmp_path: Path, storage: str, kills: int) -> None:
    # Other moments each time; a failure names the seed by its folder.
    first = int.from_bytes(os.urandom(3), "big")
    finished = run(sys.executable, "-c", KILLER, tmp_path, storage, str(first), str(kills))
    assert finished.code == 0, finished.err
    total = 0
    for seed in range(first, first + kills):
        folder = tmp_path / f"{storage}{seed}"
        samples = _check(folder)
        total += samples
        if samples:
            # Whoever goes on recording mends it, and loses nothing; then everybody's tools read it.
            before = [(s.stamp, s.take) for s in bags.stored(folder)]
            with bags.BagWriter(folder, {}) as writer:
                assert writer.samples == samples
            assert [(s.stamp, s.take) for s in bags.stored(folder)] == before
            # Where a transaction of SQLite was cut in two, the file as it was stays as a backup.
            names = [f.name for f in folder.iterdir() if storage == "mcap" or ".backup" not in f.name]
            assert {Path(name).suffix for name in names} <= {".mcap", ".db3", ".yaml"}
            with Reader(folder) as reader:
                assert reader.message_count == 2 * samples == len(list(reader.messages()))
    assert total > kills  # they did record


@pytest.mark.parametrize("log", ["", "-journal", "-wal"])
def test_killed_while_sqlite_makes_or_finishes_a_file(tmp_path: Path, log: str) -> None:
    """What it has left then holds nothing, and goes; it is no backup."""
    folder = tmp_path / "bag"
    with bags.BagWriter(folder, {}, "sqlite3") as writer:
        writer.begin_take("happy")
        writer.write(stamp(1), picture(1), roi(1))
    # Before the tables of the second file were made, and before a byte of the first one's journal was written.
    with contextlib.closing(sqlite3.connect(folder / "bag_2.db3")) as base:
        base.execute("PRAGMA journal_mode = WAL")
    if log:
        (folder / f"bag_2.db3{log}").touch()
    (folder / "bag_1.db3-journal").touch()
    with bags.BagWriter(folder, {}) as writer:
        assert writer.samples == 1
    assert sorted(file.name for file in folder.iterdir()) == ["bag_1.db3", "metadata.yaml"]


def test_a_database_whose_list_of_tables_is_damaged_is_not_taken_for_an_empty_one(tmp_path: Path) -> None:
    folder = tmp_path / "bag"
    with bags.BagWriter(folder, {}, "sqlite3") as writer:
        for number in (1, 2):
            writer.begin_take("happy")
            writer.write(stamp(number), picture(number), roi(number))
    file = folder / "bag_2.db3"
    data = bytearray(file.read_bytes())
    data[103:105] = b"\0\0"  # the number of entries in it
    file.write_bytes(data)
    bags.repair(folder)
    assert [s.stamp for s in bags.stored(folder)] == [stamp(1), stamp(2)]


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, int]]:
    """A disk with ``free`` bytes left, as far as files of MCAP go."""
    disk = {"free": 1 << 40}
    real = os.write

    def write(handle: int, data: bytes) -> int:
        if not disk["free"]:
            raise OSError(errno.ENOSPC, "No space left on device")
        count = real(handle, bytes(data[: disk["free"]]))
        disk["free"] -= count
        return count

    monkeypatch.setattr(os, "write", write)
    yield disk


def _fill(writer: bags.BagWriter) -> int:
    number = 0
    writer.begin_take("happy")
    with pytest.raises(bags.StorageError, match=r"No space left|full") as caught:
        for number in range(10_000):
            writer.write(stamp(number), picture(number), roi(number))
    assert "free some space on the disk" in str(caught.value)
    assert not writer.taking
    return number


def test_full_disk_mcap(tmp_path: Path, full_disk: dict[str, int]) -> None:
    folder = tmp_path / "bag"
    with bags.BagWriter(folder, {}) as writer:
        full_disk["free"] = 20_000
        count = _fill(writer)
        assert count > 3
        assert [s.stamp for s in bags.stored(folder)] == [stamp(n) for n in range(count)]
        assert writer.counts == {"happy": count}
        with pytest.raises(bags.StorageError):
            writer.begin_take("sad")
        assert len(list(folder.glob("*.mcap"))) == 1
        # Space is there again: recording goes on in the same bag.
        full_disk["free"] = 1 << 40
        writer.begin_take("sad")
        writer.write(stamp(count), picture(count), None)
    assert bags.info(folder).labels == {"happy": count, "sad": 1}
    assert bags.info(folder).complete
    with Reader(folder) as reader:
        assert reader.message_count == 2 * (count + 1)


def test_full_disk_sqlite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "bag"
    state = sqlite_file.SqliteWriter._state_metadata
    # SQLite's own limit: what it raises is what a full disk makes it raise.
    monkeypatch.setattr(
        sqlite_file.SqliteWriter,
        "_state_metadata",
        lambda self: (state(self), self._base.execute("PRAGMA max_page_count = 60")),
    )
    with bags.BagWriter(folder, {}, "sqlite3") as writer:
        count = _fill(writer)
        assert count > 3
    assert [s.stamp for s in bags.stored(folder)] == [stamp(n) for n in range(count)]


#: A real limit of the system, in a process of its own: the kernel stops the file in the middle of a write.
LIMITED = """
import resource, sys
from pathlib import Path
from fer_ros.core import bags

import contextlib

# Where there is no room for the index either, closing says so.
with contextlib.suppress(bags.StorageError), bags.BagWriter(Path(sys.argv[1]), {}, sys.argv[2]) as writer:
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
    writer.begin_take("happy")
    try:
        for number in range(1, 1000):
            writer.write(number, b"\\xff\\xd8\\xff" + bytes(7000), None)
    except bags.StorageError as error:
        print(number - 1)
"""


@pytest.mark.parametrize("storage", ["mcap", "sqlite3"])
def test_a_file_that_the_kernel_stops(run: Run, tmp_path: Path, storage: str) -> None:
    finished = run(sys.executable, "-c", LIMITED, tmp_path / "bag", storage)
    assert finished.code == 0, finished.err
    count = int(finished.out)
    assert count > 3
    assert [s.stamp for s in bags.stored(tmp_path / "bag")] == list(range(1, count + 1))
