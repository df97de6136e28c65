"""The folder or the file of an open bag is moved, removed, closed to writing: it is noticed, what can be is saved."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fer_ros.core import bags
from fer_ros.core.bags import BagWriter, StorageError

from .conftest import FACTS, picture, roi, stamp

STORAGES = pytest.mark.parametrize("storage", ["mcap", "sqlite3"])


@pytest.fixture
def parent(tmp_path: Path) -> Path:
    return tmp_path / "home" / "bags"


def _opened(parent: Path, storage: str, earlier: int = 2, samples: int = 5) -> BagWriter:
    """A writer whose first take is finished, and the second open."""
    writer = BagWriter(parent / "one", FACTS, storage)
    number = 0
    for label, count in (("happy", earlier), ("sad", samples)):
        writer.begin_take(label, "Kim")
        for _ in range(count):
            writer.write(stamp(number), picture(number), roi(number))
            number += 1
    return writer


def _pictures(bag: Path) -> list[tuple[int, bytes, str, str]]:
    return [(s.stamp, s.picture, s.label, s.subject) for s in bags.stored(bag)]


def _expected(numbers: range) -> list[tuple[int, bytes, str, str]]:
    return [(stamp(n), picture(n), "happy" if n < 2 else "sad", "Kim") for n in numbers]


@STORAGES
@pytest.mark.parametrize("which", ["bag", "bags"])
def test_a_removed_folder(parent: Path, storage: str, which: str) -> None:
    writer = _opened(parent, storage)
    shutil.rmtree(parent if which == "bags" else parent / "one")
    with pytest.raises(StorageError, match="was removed while it was open") as caught:
        writer.check()
    saved = parent / "one_saved"
    assert f"the 5 samples of the take are saved in {saved}" in str(caught.value)
    assert "2 samples of earlier takes are gone" in str(caught.value)
    assert _pictures(saved) == _expected(range(2, 7))
    found = bags.info(saved)
    assert (found.complete, found.facts["consent"]) == (True, FACTS["consent"])
    assert saved.stat().st_mode & 0o077 == 0
    # It never says that all is well afterwards, and makes no folder anew.
    for use in (lambda: writer.begin_take("happy"), writer.discard_last, writer.check, writer.close):
        with pytest.raises(StorageError, match="was removed"):
            use()
    assert not (parent / "one").exists()


@STORAGES
def test_a_moved_folder(parent: Path, storage: str) -> None:
    writer = _opened(parent, storage)
    moved = parent / "two"
    (parent / "one").rename(moved)
    with pytest.raises(StorageError, match=f"was moved to {moved} while it was open: .* all its samples are there"):
        writer.end_take()
    assert _pictures(moved) == _expected(range(7))
    assert bags.info(moved).complete
    assert {f.suffix for f in moved.iterdir()} <= {".mcap", ".db3", ".yaml"}
    with pytest.raises(StorageError, match="was moved"):
        writer.close()
    assert [bag.name for bag in parent.iterdir()] == ["two"]
    with BagWriter(moved, {}) as again:  # nobody holds it any more
        assert again.samples == 7


@STORAGES
@pytest.mark.parametrize("by_another", [False, True])
def test_the_open_file_is_removed(parent: Path, storage: str, by_another: bool) -> None:
    writer = _opened(parent, storage)
    file = next(f for f in (parent / "one").iterdir() if f.stem.endswith("_2") and f.suffix in (".mcap", ".db3"))
    file.unlink()
    if by_another:
        file.write_bytes(b"something else")
    with pytest.raises(StorageError, match=f"{file.name} was removed while .* its 5 samples are saved in one_3"):
        writer.check()
    file.unlink(missing_ok=True)
    assert writer.counts == {"happy": 2, "sad": 5}
    writer.begin_take("fear", "Kim")  # the bag goes on
    writer.write(stamp(9), picture(9), None)
    writer.close()
    assert bags.info(parent / "one").labels == {"happy": 2, "sad": 5, "fear": 1}
    assert _pictures(parent / "one")[:7] == _expected(range(7))
    assert bags.info(parent / "one").complete


def test_a_finished_file_is_removed(parent: Path) -> None:
    writer = _opened(parent, "mcap")
    (parent / "one" / "one_1.mcap").unlink()
    with pytest.raises(StorageError, match=r"one_1\.mcap was removed by somebody: its 2 samples are gone"):
        writer.close()
    assert writer.counts == {"sad": 5}
    assert bags.info(parent / "one").labels == {"sad": 5}


@pytest.mark.parametrize("mode", [0o500, 0o000])
def test_a_folder_that_may_not_be_written(parent: Path, mode: int, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = _opened(parent, "mcap")
    monkeypatch.setattr(os, "access", lambda path, mode, **_: False)  # root may do everything
    with pytest.raises(StorageError, match=r"Permission denied.*change its permissions.*what was recorded is safe"):
        writer.check()
    monkeypatch.undo()
    writer.close()
    assert bags.info(parent / "one").samples == 7


LIMITED = """
import os, resource, sys
from pathlib import Path
from fer_ros.core import bags
from fer_ros.core.bags import StorageError

folder = Path(sys.argv[1])
writer = bags.BagWriter(folder, {}, sys.argv[2])
writer.begin_take("happy")
writer.write(1, b"\\xff\\xd8\\xff" + bytes(7000), None)
held = []
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (128, hard))
for action in (writer.check, writer.end_take, lambda: writer.begin_take("sad"), writer.check, writer.close):
    try:
        while True:
            held.append(os.open(os.devnull, os.O_RDONLY))
    except OSError:
        pass
    try:
        action()
        print("fine")
    except StorageError as error:
        print(error)
for handle in held:
    os.close(handle)
print(bags.info(folder).samples)
"""


@STORAGES
def test_no_descriptor_is_left(parent: Path, storage: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, parent / "one", storage],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    # The take's own descriptor is free when its file is finished, and serves for metadata.yaml.
    look, end, begin, again, close, samples = done.stdout.splitlines()
    assert (look, end, again, close, samples) == ("fine", "fine", "fine", "fine", "1"), done.stdout
    assert "raise the limit" in begin and "free some space" not in begin


@STORAGES
def test_a_bag_that_could_not_be_finished_is_not_called_closed(
    parent: Path, storage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_left(*_: object) -> None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    writer = _opened(parent, storage)
    monkeypatch.setattr("fer_ros.core.bags.writing.held.metadata.write", none_left)
    with pytest.raises(StorageError, match="raise the limit"):
        writer.end_take()
    with pytest.raises(StorageError, match=r"it is not finished.*--repair.*raise the limit.*what was recorded is safe"):
        writer.close()
    monkeypatch.undo()
    assert bags.info(parent / "one").samples == 7


@pytest.fixture
def readonly(tmp_path: Path) -> Iterator[Path]:
    """A file system that takes nothing, where this process may mount one."""
    folder = tmp_path / "readonly"
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", folder], capture_output=True, check=False)
    if done.returncode:
        pytest.skip("needs the right to mount")
    yield folder
    subprocess.run(["umount", folder], check=False)


def test_a_read_only_home(readonly: Path) -> None:
    with pytest.raises(StorageError, match="the file system is read-only: mount it for writing, or set FER_HOME"):
        BagWriter(readonly / "bags" / "one", {})


def test_a_home_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    with pytest.raises(StorageError, match="cannot be made") as caught:
        BagWriter(tmp_path / "home" / "bags" / "one", {})
    assert "free some space" not in str(caught.value)
    assert "is safe" not in str(caught.value)
