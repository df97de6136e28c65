"""Bags whose bytes are cut off, flipped, zeroed or overwritten at random: nothing wrong is ever given as right.

A few hundred here; ``make faults`` runs thousands. A failure names its seed: ``FER_FAULTS_FIRST=seed FER_FAULTS=1``.
"""

from __future__ import annotations

import logging
import os
import random
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest

from fer_ros.core import bags
from fer_ros.core.bags.mending import busy
from fer_ros.core.bags.messages import StoredSample
from fer_ros.core.base.errors import FerError
from fer_ros.core.base.types import Roi

from .conftest import FACTS

COUNT, FIRST = int(os.environ.get("FER_FAULTS", "200")), int(os.environ.get("FER_FAULTS_FIRST", "0"))
#: What found a mistake once, beside the others.
SEEN = (705, 50_791)
SPANS = (1, 4, 64, 512, 4096, 20_000)
#: Seconds of processor time for anything done to so small a bag.
LIMIT = 1.0
T = TypeVar("T")


@dataclass(frozen=True)
class Original:
    """A bag and what is in it.

    :ivar samples: by stamp.
    :ivar facts: as they were given.
    :ivar spans: of MCAP files, by name: stamp → first byte of the sample's chunk and the first behind it.
    """

    folder: Path
    samples: dict[int, StoredSample]
    facts: dict[str, str]
    spans: dict[str, dict[int, tuple[int, int]]]


def _record(folder: Path, storage: str, size: int, killed: bool) -> Original:
    """Two takes; one as a kill leaves it, where that is asked for."""
    chance = random.Random(size)
    samples: dict[int, StoredSample] = {}
    spans: dict[str, dict[int, tuple[int, int]]] = {}
    writer = bags.BagWriter(folder, FACTS, storage)
    for take, label in enumerate(("happy", "none of these"), start=1):
        writer.begin_take(label, "Kim")
        file = next(iter(set(bags.part_files(folder)) - {folder / name for name in spans}))
        for number in range(7):
            stamp = 10**18 + 100 * take + number
            samples[stamp] = StoredSample(
                stamp, b"\xff\xd8\xff" + chance.randbytes(size), label, "Kim", Roi(1, 2, 30, number + 1), take, "cam"
            )
            before = file.stat().st_size
            writer.write(stamp, samples[stamp].picture, samples[stamp].roi, "cam")
            spans.setdefault(file.name, {})[stamp] = (before, file.stat().st_size)
    if killed:
        shutil.copytree(folder, folder.with_name(f"{folder.name}_killed"))
    writer.close()
    facts = bags.info(folder).facts
    folder = folder.with_name(f"{folder.name}_killed") if killed else folder
    return Original(folder, samples, facts, spans if storage == "mcap" else {})


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> list[Original]:
    root = tmp_path_factory.mktemp("originals")
    return [
        _record(root / f"{storage}_{size}_{killed}", storage, size, killed)
        for storage in ("mcap", "sqlite3")
        for size in (300, 9000)
        for killed in (False, True)
    ]


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(busy, "RECENT", -1.0)
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


def _harm(folder: Path, chance: random.Random) -> tuple[str, int, int, str]:
    """Do one thing to one file.

    :returns: the file's name, the first byte that may have changed, the first behind the last one, and what was done.
    """
    file = chance.choice([f for f in sorted(folder.iterdir()) if not f.name.endswith("-shm") and f.stat().st_size])
    content = bytearray(file.read_bytes())
    at, length = chance.randrange(len(content)), chance.choice(SPANS)
    end = min(len(content), at + length)
    how = chance.choice(("cut", "flip", "zero", "overwrite"))
    if how == "cut":
        end = len(content)
        del content[at:]
    elif how == "flip":
        end = at + 1
        content[at] ^= 1 << chance.randrange(8)
    else:
        content[at:end] = bytes(end - at) if how == "zero" else chance.randbytes(end - at)
    file.write_bytes(content)
    return file.name, at, end, how


def _timed(work: Callable[[], T]) -> T:
    start = time.process_time()
    try:
        return work()
    finally:
        assert time.process_time() - start < LIMIT


def _read(folder: Path, original: Original) -> set[int]:
    """The stamps of what is read; every sample and fact is right.

    :raises FerError: in one sentence.
    """
    found: set[int] = set()
    try:
        for sample in bags.stored(folder):
            assert original.samples[sample.stamp] == sample
            assert sample.stamp not in found
            found.add(sample.stamp)
    finally:
        for key, value in _facts(folder).items():
            assert original.facts[key] == value, key
    return found


def _facts(folder: Path) -> dict[str, str]:
    try:
        return bags.info(folder).facts
    except FerError:
        return {}


@pytest.mark.slow
@pytest.mark.timeout(0 if COUNT > 1000 else 800)
def test_nothing_wrong_is_given_as_right_and_nothing_readable_is_lost(
    originals: list[Original], tmp_path: Path, quiet: None
) -> None:
    repaired = 0
    for seed in (*SEEN, *range(FIRST, FIRST + COUNT)):
        original, chance = originals[seed % len(originals)], random.Random(seed)
        folder = tmp_path / "bag"
        shutil.copytree(original.folder, folder)
        name, at, end, how = _harm(folder, chance)
        try:
            repaired += _check(folder, original, name, at, end)
        except BaseException as error:
            raise AssertionError(f"seed {seed}: {original.folder.name}/{name}, {how}, bytes {at} to {end}") from error
        shutil.rmtree(folder)
    assert repaired > COUNT // 2


def _check(folder: Path, original: Original, name: str, at: int, end: int) -> bool:
    before: set[int] = set()
    try:
        before = _timed(lambda: _read(folder, original))
    except FerError as error:
        assert "\n" not in str(error)
    whole = {file.name: file.read_bytes() for file in folder.iterdir() if file.name == name}
    try:
        answer = _timed(lambda: bags.repair(folder))
    except FerError as error:
        # Nothing can be read, or it is whole and cannot be told from another program's.
        assert "\n" not in str(error)
        assert not before
        assert (folder / name).read_bytes() == whole[name]
        return False
    after = _timed(lambda: _read(folder, original))
    assert before <= after
    assert answer.info.complete
    assert not any(file.name.startswith(".") for file in folder.iterdir())
    spans = original.spans.get(name, {})
    untouched = {stamp for stamp, (first, behind) in spans.items() if behind <= at or first >= end}
    assert untouched <= after
    others = {stamp for file, those in original.spans.items() if file != name for stamp in those}
    assert others <= after
    return True
