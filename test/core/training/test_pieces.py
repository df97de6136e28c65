"""Training by pieces: the answers are those in memory, with any number of workers; the cache is whole or absent."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("pyarrow", reason="needs fer_ros[cluster]")

import pyarrow as pa
from pyarrow import parquet

from fer_ros.core import bags
from fer_ros.core.base import paths
from fer_ros.core.base.errors import ConfigError, FerError
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.core.engine import Engine, opened
from fer_ros.core.forgetting.forget import forget
from fer_ros.core.training import caches, faces, reading, run
from fer_ros.core.training.fitting import head_fit
from fer_ros.core.training.options import Options
from fer_ros.core.training.outcome import Outcome
from fer_ros.core.training.pieces import embedding, store
from fer_ros.core.training.pieces.stored import Source, StoredRows
from fer_ros.core.training.request import Request
from test.core.training.conftest import MakeBag

#: Each take is a file of its own.
TAKES = 2
COUNTS = {"happy": 12, "sad": 9, "neutral": 7}
FILES = TAKES * len(COUNTS)
HEADS = {"linear": {"epochs": 4}, "dense": {"epochs": 2, "hidden_units": 8}, "ridge": {}, "auto": {}, "prototype": {}}
Teach = Callable[..., Outcome]


@pytest.fixture
def folders(make_bag: MakeBag) -> list[Path]:
    return [make_bag(name, COUNTS, takes=TAKES) for name in ("a", "b", "c", "d")]


def teach(folders: list[Path], name: str, settings: dict[str, Any] | None = None, **more: Any) -> Outcome:
    spread = {key: more.pop(key) for key in ("workers", "cluster", "cache") if key in more}
    return run.train(Request(tuple(folders), Options(**{"base": "general", **more}), name, settings or {}, **spread))


def arrays(name: str) -> dict[str, np.ndarray]:
    with np.load(Bundle.load(name).path / "head.npz") as found:
        return dict(found)


def same(one: Outcome, other: Outcome) -> None:
    a, b = one.to_dict(), other.to_dict()
    for word in ("model", "path", "phases", "history", "facts"):
        a.pop(word), b.pop(word)
    assert a == b


def held_in_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST", 1)


@pytest.mark.slow
@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize(("copies", "held"), [(0, 0), (2, head_fit.HELD)])
def test_the_same_result_as_in_memory(
    general: Bundle, folders: list[Path], monkeypatch: pytest.MonkeyPatch, head: str, copies: int, held: int
) -> None:
    monkeypatch.setattr(head_fit, "HELD", held)
    one = teach(folders, "memory", HEADS[head], head=head, copies=copies)
    held_in_files(monkeypatch)
    other = teach(folders, "pieces", HEADS[head], head=head, copies=copies)
    same(one, other)
    a, b = arrays("memory"), arrays("pieces")
    assert a.keys() == b.keys()
    for name in a:
        np.testing.assert_array_equal(b[name], a[name], err_msg=name)


@pytest.mark.slow
def test_workers_change_nothing_and_the_second_training_reads_no_picture(
    general: Bundle, folders: list[Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    one = teach(folders, "one", head="linear", copies=1)
    other = teach(folders, "two", head="linear", copies=1, workers=2, cache=str(tmp_path / "cache"))
    same(one, other)
    assert all((arrays("one")[name] == array).all() for name, array in arrays("two").items())

    def never(*_: Any) -> None:
        raise AssertionError("a picture is read")

    monkeypatch.setattr(faces, "cut", never)
    same(one, teach(folders, "three", head="linear", cache=str(tmp_path / "cache"), copies=1))
    files = list((tmp_path / "cache").rglob("*"))
    assert len([f for f in files if f.suffix == ".parquet"]) == 2 * 4 * FILES and not [
        f for f in files if f.suffix == ".part"
    ]
    assert all(f.stat().st_mode & 0o077 == 0 for f in files)


def test_a_bag_that_vanishes_in_the_middle(
    general: Bundle, folders: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    real, seen = embedding.piece, list[Any]()

    def piece(asked: Any, item: Any) -> Any:
        if seen:
            shutil.rmtree(folders[2], ignore_errors=True)
        seen.append(item)
        return real(asked, item)

    monkeypatch.setattr("fer_ros.core.training.pieces.gathering.piece", piece)
    with pytest.raises(FerError, match=rf"^{folders[2]}\S* cannot be read any more .*what is done is kept$"):
        teach(folders, "gone", head="linear", cache=str(folders[0].parent.parent / "kept"))
    kept = [*(folders[0].parent.parent / "kept").rglob("*.*")]
    assert len(kept) == 2 * FILES and {f.suffix for f in kept} == {".parquet"}
    assert not (paths.fer_home() / "models" / "gone").exists()


class _FullDisk:
    """A file on a disk that is full after some bytes, as the system tells it."""

    def __init__(self, file: Any) -> None:
        self._file, self._left = file, 500

    def write(self, data: Any) -> int:
        self._left -= len(memoryview(data).cast("B"))
        if self._left < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return int(self._file.write(data))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __enter__(self) -> _FullDisk:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def test_a_full_cache_disk(
    general: Bundle, folders: list[Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    real = os.fdopen

    def opened(handle: int, mode: str) -> Any:
        file = real(handle, mode)
        return _FullDisk(file) if os.readlink(f"/proc/self/fd/{handle}").endswith(store.HALF) else file

    monkeypatch.setattr(os, "fdopen", opened)
    with pytest.raises(FerError, match=r"the cache \S+ cannot be written \(No space left on device\): free some space"):
        teach(folders, "full", head="linear", cache=str(tmp_path / "cache"))
    assert not [f for f in (tmp_path / "cache").rglob("*") if f.is_file()]


def test_what_lies_in_the_cache_by_mistake(
    general: Bundle, folders: list[Path], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cache = tmp_path / "cache"
    teach(folders, "one", head="linear", cache=str(cache))
    (own,) = cache.iterdir()
    file = next(own.iterdir())
    table = parquet.read_table(file)
    facts = {**json.loads(parquet.read_metadata(file).metadata[b"fer_ros"]), "network": "0" * 64}
    parquet.write_table(table.replace_schema_metadata({b"fer_ros": json.dumps(facts)}), file)
    with pytest.raises(FerError, match=r"is of another backbone than .*: remove this file"):
        teach(folders, "two", head="linear", cache=str(cache))
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(FerError, match=r"the cache \S+ is damaged .*: remove it and call again"):
        teach(folders, "two", head="linear", cache=str(cache))
    own.rename(cache / ("0" * 16))
    teach(folders, "two", head="linear", cache=str(cache))
    assert f"holds embeddings of another backbone ({'0' * 16})" in caplog.text
    for address, said in (("nowhere://x", "cannot be opened"), ("a\nb", "cannot be")):
        with pytest.raises(ConfigError, match=said):
            teach(folders, "three", head="linear", cache=address)


def test_forgetting_reaches_every_cache(general: Bundle, folders: list[Path], tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    teach(folders, "one", head="linear", cache=str(cache))
    (cache / "mine.txt").write_text("not ours")
    assert caches.known() == [str(cache)] and list(cache.rglob("*.parquet"))
    told = forget("anna")
    assert told.complete, told
    assert [f.name for f in cache.rglob("*")] == ["mine.txt"] and not caches.known()


def test_an_address_of_another_kind(general: Bundle, folders: list[Path]) -> None:
    import fsspec

    one = teach(folders, "one", head="linear", cache="memory://bucket/fer", copies=0)
    assert len(set(fsspec.filesystem("memory").find("/bucket/fer"))) == len(folders) * FILES
    same(one, teach(folders, "two", head="linear", cache="memory://bucket/fer", copies=0))
    assert forget("anna").complete
    assert not fsspec.filesystem("memory").find("/bucket/fer")


def test_pictures_that_cannot_be_read_are_told_from_the_cache_too(general: Bundle, folders: list[Path]) -> None:
    folder = paths.fer_home() / "bags" / "bad"
    with bags.BagWriter(folder, {"camera": "none"}) as writer:
        writer.begin_take("happy", "")
        for number in range(2):
            writer.write(1_700_000_000_000_000_000 + number, b"\xff\xd8\xff no picture", None)
    found = [teach([*folders, folder], f"m{n}", head="linear", cache=str(folder.parent.parent / "c")) for n in range(2)]
    assert found[0].skipped and sum(found[0].skipped.values()) == 2
    same(*found)
    with pytest.raises(ConfigError, match="without --strict it is left out"):
        teach([*folders, folder], "strict", head="linear", cache=str(folder.parent.parent / "c"), strict=True)


@pytest.mark.slow
def test_a_killed_worker_changes_nothing(general: Bundle, folders: list[Path], tmp_path: Path) -> None:
    one = teach(folders, "one", head="linear")

    class Killing(Engine):
        workers = 2

        def __init__(self, real: Any) -> None:
            self._real = real

        def map(self, *arguments: Any, **more: Any) -> Any:
            for number, pair in enumerate(self._real.map(*arguments, **more)):
                if number == 0:
                    pids = list(self._real.client.run(os.getpid).values())
                    os.kill(pids[0], 9)
                yield pair

    real = opened

    def killing(*arguments: Any) -> Any:
        import contextlib

        @contextlib.contextmanager
        def inner() -> Any:
            with real(*arguments) as engine:
                yield Killing(engine)

        return inner()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "opened", killing)
        same(one, teach(folders, "two", head="linear", workers=2, cache=str(tmp_path / "cache")))


@pytest.mark.parametrize("together", [store.ROWS, store.GROUP])
def test_rows_come_in_the_order_asked_for_however_a_file_groups_them(tmp_path: Path, together: int) -> None:
    rng = np.random.default_rng(0)
    schema = pa.schema([("embedding", pa.binary(8))])
    files, values = [], rng.normal(size=(2100, 2)).astype(np.float32)
    for number, part in enumerate(np.split(values, [700, 701, 733])):
        files.append((f"{number}.parquet", len(part)))
        with parquet.ParquetWriter(tmp_path / files[-1][0], schema) as writer:
            writer.write_table(pa.table([store.column(part)], schema=schema), row_group_size=together)
    rows = StoredRows(Source(str(tmp_path), files), "embedding", (2,))
    for asked in (np.arange(2100), rng.permutation(2100)[:300], np.array([5, 2099, 5, 700]), np.arange(0)):
        np.testing.assert_array_equal(np.asarray(rows[asked]), values[asked])
