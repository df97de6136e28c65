"""What a training keeps for the next one: the same model in less time, private, bounded, and never in the way."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fer_ros.core import bags
from fer_ros.core.base import paths
from fer_ros.core.base.geometry import InputSpec
from fer_ros.core.base.types import Maps, Roi
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.core.forgetting.forget import forget
from fer_ros.core.training import cache as caches
from fer_ros.core.training import faces, run
from fer_ros.core.training.cache import Cache
from fer_ros.core.training.options import Options
from fer_ros.core.training.request import Request
from fer_ros.core.trash import store
from fer_ros.core.vision import crop
from test.core.training.conftest import MakeBag

COUNTS = {"happy": 6, "sad": 6, "neutral": 6}
Teach = Callable[[str], bytes]


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of what has gone through a backbone."""
    sizes: list[int] = []
    real = crop.scale

    def scale(crops: np.ndarray, spec: InputSpec) -> np.ndarray:
        sizes.append(len(crops))
        return real(crops, spec)

    monkeypatch.setattr(crop, "scale", scale)
    return sizes


def teach(name: str, *folders: Path) -> bytes:
    """Train; the head's file."""
    run.train(Request(folders, Options(base="general"), name, {}))
    return (Bundle.load(name).path / "head.npz").read_bytes()


@pytest.mark.slow
def test_the_second_training_computes_what_is_new_only(general: Bundle, make_bag: MakeBag, seen: list[int]) -> None:
    first, other = make_bag("first", COUNTS), make_bag("other", {"happy": 2})
    one = teach("one", first)
    assert sum(seen) == 25 * 18  # each with 24 copies
    seen.clear()
    assert teach("two", first) == one and not seen
    teach("three", first, other)
    # The first two colours of each bag are the same pictures: a bag is no part of what is kept.
    assert sum(seen) == 0
    seen.clear()
    teach("four", first, make_bag("more", {"sad": 3}))
    assert sum(seen) == 25 * 3
    file = paths.embeddings_file()
    assert file.stat().st_mode & 0o777 == 0o600 and [f.name for f in file.parent.glob("embeddings*")] == [file.name]


def test_whatever_changes_is_computed_anew(fer_home: Path, seen: list[int]) -> None:
    crops = np.random.default_rng(0).integers(0, 256, (2, 8, 8, 1), dtype=np.uint8)

    class Mean:
        output_shape, finer_shape = (1, 1, 1), None

        def maps(self, x: np.ndarray) -> Maps:
            return Maps(x.mean(axis=(1, 2), keepdims=True), np.empty((len(x), 0), np.float32))

    def embedded(crops: np.ndarray, network: str = "a", scaling: str = "zero_to_one") -> int:
        seen.clear()
        with Cache.opened() as cache:
            faces.embed(Mean(), crops, InputSpec(8, 8, 1, scaling), cache=cache, network=network)  # type: ignore[arg-type]
        return sum(seen)

    assert [embedded(crops), embedded(crops), embedded(crops, "b"), embedded(crops, scaling="standardize")] == [
        2,
        0,
        2,
        2,
    ]
    crops[1, 0, 0] ^= 1
    assert embedded(crops) == 1


@pytest.mark.slow
def test_a_moved_box_gives_another_crop(fer_home: Path, make_bag: MakeBag) -> None:
    spec = InputSpec(8, 8, 3)
    with Cache.opened() as cache:
        found = [
            faces.gather([make_bag(name, {"happy": 2, "sad": 2}, roi=roi)], spec, "whole_frame", cache=cache).crops
            for name, roi in (("a", Roi(0, 0, 20, 20)), ("b", Roi(9, 0, 20, 20)), ("c", Roi(0, 0, 20, 20)))
        ]
    assert (found[0] == found[2]).all() and (found[0] != found[1]).any()


def _garbage(file: Path) -> None:
    file.write_bytes(b"SQLite format 3\0" + bytes(range(256)) * 40)


def _flipped(file: Path) -> None:
    data = bytearray(file.read_bytes())
    for place in range(0, len(data), 97):
        data[place] ^= 0xFF
    file.write_bytes(data)


def _other_content(file: Path) -> None:
    with sqlite3.connect(file) as base:
        base.execute("UPDATE kept SET data = zeroblob(LENGTH(data))")


def _other_table(file: Path) -> None:
    file.unlink()
    with sqlite3.connect(file) as base:
        base.execute("CREATE TABLE kept (a, b)")


def _folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


@pytest.mark.parametrize("harm", [_garbage, _flipped, _other_content, _other_table, _folder])
def test_damage_costs_time_and_nothing_else(general: Bundle, make_bag: MakeBag, harm: Callable[[Path], None]) -> None:
    bag, file = make_bag("a", COUNTS), paths.embeddings_file()
    before = teach("one", bag)
    harm(file)
    assert teach("two", bag) == before


def test_a_damaged_file_is_made_anew(general: Bundle, make_bag: MakeBag, seen: list[int]) -> None:
    bag = make_bag("a", COUNTS)
    teach("one", bag)
    _garbage(paths.embeddings_file())
    teach("two", bag)
    seen.clear()
    teach("three", bag)
    assert not seen


def test_it_is_bounded_and_what_is_unused_goes(fer_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caches, "MAX_BYTES", 10_000)
    names = [bytes([number]) * 32 for number in range(16)]
    for part in (names[:8], names[8:]):
        with Cache.opened(now=10**9) as cache:
            for name in part:
                cache.put(name, bytes(1000))
    later = 10**9 + caches.UNUSED
    with Cache.opened(now=later - 60) as cache:
        assert cache.get(names[15], 999) is None
        assert [name for name in names if cache.get(name, 1000)] == names[6:]
    size = paths.embeddings_file().stat().st_size
    with Cache.opened(now=2 * later - 10**9) as cache:
        cache.get(names[15], 1000)
    with Cache.opened(now=3 * later - 2 * 10**9 - 60) as cache:
        assert [name for name in names if cache.get(name, 1000)] == names[15:]
    assert paths.embeddings_file().stat().st_size < size


def test_a_kill_leaves_it_usable(fer_home: Path) -> None:
    code = (
        "import sys\nfrom fer_ros.core.training.cache import Cache\n"
        "with Cache.opened() as cache:\n"
        "    for i in range(10**6):\n"
        "        cache.put(i.to_bytes(32, 'big'), bytes(5000))\n"
        "        if i == 200: print(flush=True)\n"
    )
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert child.stdout and child.stdout.readline()
    child.send_signal(signal.SIGKILL)
    child.wait()
    with Cache.opened() as cache:
        cache.put(b"a", b"b")
        assert cache.get(b"a", 1) == b"b"


def test_it_goes_with_a_person_and_with_the_trash(general: Bundle, make_bag: MakeBag, fer_home: Path) -> None:
    bag = make_bag("a", COUNTS)
    teach("one", bag)
    told = forget("Anna")
    assert told.complete and not paths.embeddings_file().exists()
    assert "embeddings of recorded faces: are removed, and made anew" in told.done
    with Cache.opened() as cache:
        cache.put(b"a", b"b")
    make_bag("b", COUNTS)
    bags.discard_take(fer_home / "bags", "b", 1)
    assert paths.embeddings_file().exists()
    store.tidy(fer_home / "bags", 0.0)
    assert not paths.embeddings_file().exists()
