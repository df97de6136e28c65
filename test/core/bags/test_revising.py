"""Single samples leave their take, for the trash or for another label, and come back; none is lost or doubled."""

from __future__ import annotations

import itertools
import random
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from rosbags.rosbag2 import Reader

from fer_ros.core import bags
from fer_ros.core.bags import BagWriter, StorageError
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.trash import store

from ..conftest import killed
from .conftest import Record, stamp

STORAGES = pytest.mark.parametrize("storage", ["mcap", "sqlite3"])
TAKES = [("happy", "Kim", 5), ("sad", "Kim", 2)]


def _samples(folder: Path) -> list[tuple[int, bytes, str, str, object, int]]:
    return sorted((s.stamp, s.picture, s.label, s.subject, s.roi, s.take) for s in bags.stored(folder))


def _stamps(folder: Path, label: str) -> list[int]:
    return [s.stamp for s in bags.stored(folder) if s.label == label]


def _readable(folder: Path) -> None:
    """Other programs read the very samples that we do, and metadata.yaml tells of each."""
    assert bags.info(folder).complete
    with Reader(folder) as reader:
        assert reader.message_count == 2 * len(_samples(folder)) == len(list(reader.messages()))


@STORAGES
def test_samples_go_to_the_trash_and_come_back_in_any_order(record: Record, tmp_path: Path, storage: str) -> None:
    folder = record(TAKES, storage)
    before, facts = _samples(folder), bags.info(folder).takes[0].facts
    stamps = _stamps(folder, "happy")
    first = bags.revise_take(tmp_path, "bag", 1, stamps[1:3])
    assert (first.samples, first.take) == (2, 0)
    assert _stamps(folder, "happy") == [stamps[0], *stamps[3:]]
    _readable(folder)
    second = bags.revise_take(tmp_path, "bag", 1, [stamps[0]])
    entries = store.entries(tmp_path)
    assert [(e.bag, e.take, e.label, e.subject, e.samples) for e in entries] == [
        ("bag", 1, "happy", "Kim", 2),
        ("bag", 1, "happy", "Kim", 1),
    ]
    for revision in (first, second):
        assert bags.restore(tmp_path, bags.newest(tmp_path, "bag", name=revision.entry)) == revision.samples
        _readable(folder)
    assert _samples(folder) == before and bags.info(folder).takes[0].facts == facts
    assert store.entries(tmp_path) == []


@STORAGES
@pytest.mark.parametrize("some", [True, False], ids=["some", "all"])
def test_samples_get_another_label_and_their_own_one_back(
    record: Record, tmp_path: Path, storage: str, some: bool
) -> None:
    folder = record(TAKES, storage)
    before, stamps = _samples(folder), _stamps(folder, "happy")
    moved = stamps[2:4] if some else stamps
    revision = bags.revise_take(tmp_path, "bag", 1, moved if some else [], "winking")
    assert (revision.samples, revision.take) == (len(moved), 3)
    assert _stamps(folder, "winking") == moved
    assert _stamps(folder, "happy") == [one for one in stamps if one not in moved]
    assert [(t.number, t.subject) for t in bags.info(folder).takes][-1] == (3, "Kim")
    _readable(folder)
    assert bags.restore(tmp_path, bags.newest(tmp_path, name=revision.entry)) == len(moved)
    assert _samples(folder) == before and store.entries(tmp_path) == []
    _readable(folder)


def test_a_label_given_twice_is_taken_back_at_once(record: Record, tmp_path: Path) -> None:
    folder = record(TAKES)
    before, stamps = _samples(folder), _stamps(folder, "happy")
    first = bags.revise_take(tmp_path, "bag", 1, stamps[:3], "winking")
    bags.revise_take(tmp_path, "bag", first.take, stamps[1:2], "smiling")
    assert _stamps(folder, "smiling") == stamps[1:2] and _stamps(folder, "winking") == [stamps[0], stamps[2]]
    bags.restore(tmp_path, bags.newest(tmp_path, name=first.entry))
    assert _samples(folder) == before
    # What lies in the trash still is an older state of one sample. Brought back, it takes the sample with it.
    bags.restore(tmp_path, bags.newest(tmp_path))
    assert _stamps(folder, "winking") == stamps[1:2] and _stamps(folder, "happy") == [stamps[0], *stamps[2:]]
    _readable(folder)


def test_the_bag_that_is_being_recorded(tmp_path: Path, record: Record) -> None:
    folder = record(TAKES)
    with BagWriter(folder, {}) as writer:
        stamps = _stamps(folder, "happy")
        writer.begin_take("fear")
        revision = writer.revise(1, stamps[:1], "sad")
        assert writer.counts == {"happy": 4, "sad": 3} and not writer.taking
        writer.restore(bags.newest(tmp_path, name=revision.entry))
        assert writer.counts == {"happy": 5, "sad": 2}
        with pytest.raises(ConfigError, match="being recorded by another process"):
            bags.revise_take(tmp_path, "bag", 1)


def test_what_is_no_sample_or_no_label_is_refused_and_nothing_changes(record: Record, tmp_path: Path) -> None:
    folder = record(TAKES)
    before = {file.name: file.read_bytes() for file in folder.iterdir() if file.suffix != ".yaml"}
    for number, stamps, label, said in (
        (7, [], "", "has no take 7: there are 1, 2"),
        (0, [], "", "has no take 0"),
        (1, [stamp(0), 17], "", "has no sample with stamp 17"),
        (1, [], "happy", "labelled 'happy' already"),
        (1, [], " x", "not allowed"),
        (1, [], "x" * 65, "not allowed"),
    ):
        with pytest.raises(ConfigError, match=said):
            bags.revise_take(tmp_path, "bag", number, stamps, label)
    with pytest.raises(ConfigError, match="unknown bag 'other'"):
        bags.revise_take(tmp_path, "other", 1)
    assert {file.name: file.read_bytes() for file in folder.iterdir() if file.suffix != ".yaml"} == before
    assert not store.entries(tmp_path)
    with pytest.raises(ConfigError, match="'x' of bag 'bag' is not in the trash"):
        bags.newest(tmp_path, "bag", name="x")


@pytest.mark.parametrize("name", ["os.rename", "os.replace", "fer_ros.core.trash.store.files.write_atomic"])
def test_a_disk_that_fails_loses_nothing(
    record: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    folder = record(TAKES)
    before, stamps = _samples(folder), _stamps(folder, "happy")

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    for label, chosen in itertools.product(("", "winking"), ([], stamps[:2])):
        with monkeypatch.context() as patch, BagWriter(folder, {}) as writer:
            patch.setattr(name, fail)
            with pytest.raises(StorageError, match="the samples cannot be changed"):
                writer.revise(1, chosen, label)
            patch.undo()
        while store.entries(tmp_path):
            bags.restore(tmp_path, bags.newest(tmp_path))
        assert _samples(folder) == before
        assert not list(folder.glob(".*"))


@STORAGES
def test_many_revisions_in_any_order_keep_every_sample_once(record: Record, tmp_path: Path, storage: str) -> None:
    """Whatever is done, each frame is in the bag once, or in the trash."""
    rng = random.Random(3)
    folder = record([("happy", "Kim", 6), ("sad", "Lee", 6)], storage)
    pictures = {s.stamp: (s.picture, s.subject) for s in bags.stored(folder)}
    for _ in range(30):
        entries = store.entries(tmp_path)
        if entries and rng.random() < 0.45:
            bags.restore(tmp_path, rng.choice(entries))
        elif bags.listing(tmp_path):
            take = rng.choice(bags.info(folder).takes)
            stamps = [s.stamp for s in bags.stored(folder) if s.take == take.number]
            label = rng.choice([one for one in ("", "winking", "happy") if one != take.label])
            bags.revise_take(tmp_path, "bag", take.number, rng.sample(stamps, rng.randint(1, len(stamps))), label)
        there = Counter(s.stamp for s in bags.stored(folder)) if bags.listing(tmp_path) else Counter()
        binned = {s.stamp for e in store.entries(tmp_path) for s in bags.stored(e.content[0])}
        assert max(there.values(), default=1) == 1 and set(there) | binned == set(pictures)
        if there:
            _readable(folder)
            assert all((s.picture, s.subject) == pictures[s.stamp] for s in bags.stored(folder))


@pytest.mark.slow
@STORAGES
@pytest.mark.parametrize("label", ["", "winking"], ids=["trash", "label"])
@pytest.mark.parametrize("count", [2, 5], ids=["some", "all"])
def test_no_kill_loses_or_doubles_a_sample(
    record: Record, tmp_path: Path, storage: str, label: str, count: int
) -> None:
    whole = record([("happy", "Kim", 5)], storage)
    before, stamps = _samples(whole), _stamps(whole, "happy")
    parent = tmp_path / "bags"

    def prepare() -> None:
        shutil.rmtree(parent, ignore_errors=True)
        shutil.copytree(whole, parent / "bag")

    def check() -> None:
        while entries := store.entries(parent):
            bags.restore(parent, entries[-1])
        with BagWriter(parent / "bag", {}):
            pass
        assert _samples(parent / "bag") == before
        assert not list((parent / "bag").glob(".*"))
        _readable(parent / "bag")

    def there_and_back(act: Callable[[], object], setup: Callable[[], object]) -> int:
        at = 1
        while killed(at, act, setup, parent):
            check()
            at += 1
        return at

    revise = lambda: bags.revise_take(parent, "bag", 1, stamps[:count], label)  # noqa: E731
    parent.mkdir()
    assert there_and_back(revise, prepare) > 5

    def revised() -> None:
        prepare()
        revise()

    assert there_and_back(lambda: bags.restore(parent, bags.newest(parent)), revised) > 3


def test_no_bag_named_tells_people_and_programs(tmp_path: Path) -> None:
    acts = (lambda: bags.discard_take(tmp_path, "", 1), lambda: bags.revise_take(tmp_path, "", 1))
    for act in (*acts, lambda: bags.delete_bag(tmp_path, "")):
        with pytest.raises(ConfigError, match="no bag is open: name the one that is meant") as refused:
            act()
        assert refused.value.code == "no_bag"
