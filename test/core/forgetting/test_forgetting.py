"""A person is removed from everything, nothing else goes, and a search proves it."""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml

from fer_ros.core import bags
from fer_ros.core.bags import BagWriter
from fer_ros.core.bags.messages import encode
from fer_ros.core.bags.reader import samples_of
from fer_ros.core.bags.storages import BY_NAME, storage_of
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.bundles import model_store
from fer_ros.core.forgetting.forget import forget
from fer_ros.core.forgetting.person import Person
from fer_ros.core.forgetting.search import left
from fer_ros.core.vision.images import encode_jpeg

STORAGES = pytest.mark.parametrize("storage", ["mcap", "sqlite3"])
Fill = Callable[..., Path]


def picture(number: int) -> bytes:
    rng = np.random.default_rng(number)
    return encode_jpeg(rng.integers(0, 256, (48, 64, 3), dtype=np.uint8))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FER_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def fill(name: str, takes: list[tuple[str, str, int]], storage: str = "mcap", consent: str = "for a year") -> Path:
    """A bag of (label, subject, first number of three pictures)."""
    folder = bags.bag_folder() / name
    with BagWriter(folder, {"consent": consent}, storage) as writer:
        for label, subject, first in takes:
            writer.begin_take(label, subject)
            for number in range(first, first + 3):
                writer.write(10**18 + number, picture(number), None)
    return folder


def model(home: Path, name: str, **data: object) -> Path:
    """What a training leaves, as far as forgetting goes; the networks are those of the shipped model."""
    from fer_ros.core.base import paths

    folder = paths.private_folder(home / "models") / name
    shutil.copytree(paths.share_dir() / "models" / "default", folder)
    content = yaml.safe_load((folder / paths.MODEL_FILE).read_text())
    content["name"], content["data"] = name, data
    (folder / paths.MODEL_FILE).write_text(yaml.safe_dump(content))
    return folder


def _held(folder: Path) -> list[tuple[int, str, str]]:
    return [(s.stamp - 10**18, s.label, s.subject) for s in bags.stored(folder)]


@STORAGES
def test_everywhere(home: Path, storage: str) -> None:
    mixed = fill("mixed", [("happy", "Kim", 0), ("sad", "Lee", 10), ("fear", "Kim", 20)], storage)
    alone = fill("alone", [("happy", "Kim", 30), ("sad", "Kim", 40)], storage)
    other = fill("other", [("happy", "Lee", 50)], storage)
    before = {file.name: file.read_bytes() for file in other.iterdir()}
    bags.discard_take(home / "bags", "mixed", 3)
    fill("binned", [("happy", "Kim", 60), ("sad", "Lee", 70)], storage)
    bags.delete_bag(home / "bags", "binned")
    backup = shutil.copy(next(mixed.glob("*_1.*")), f"{next(mixed.glob('*_1.*'))}.backup")
    model(home, "hers", subjects=["Kim", "Lee"], bags=["mixed"])
    model(home, "from-hers", subjects=["Lee"], bags=["other"], base="hers")
    model(home, "older", bags=["alone"])
    model(home, "his", subjects=["Lee"], bags=["other"])
    model_store.select("his")
    model_store.select("hers")

    planned = forget("kim", dry_run=True)
    assert planned.complete and len(planned.done) >= 6
    assert _held(alone) and (home / "models" / "hers").is_dir()

    told = forget("kim")  # upper and lower case are the same
    assert (told.failed, told.left, told.complete) == ([], [], True)
    assert told.done == planned.done
    assert not alone.exists() and not Path(backup).exists()
    assert _held(mixed) == [(n, "sad", "Lee") for n in range(10, 13)]
    found = bags.info(mixed)
    assert found.complete and found.facts["subject"] == "Lee" and found.facts["consent"] == "for a year"
    assert {file.name: file.read_bytes() for file in other.iterdir()} == before
    assert sorted(path.name for path in (home / "models").iterdir()) == ["his"]
    bags.restore(home / "bags", bags.newest(home / "bags"))
    assert _held(home / "bags" / "binned") == [(n, "sad", "Lee") for n in range(70, 73)]
    assert forget("Kim").done == []


@STORAGES
def test_the_files_of_older_versions_name_all_before(home: Path, storage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """They kept the subjects of the whole bag in each file."""
    with monkeypatch.context() as patch:
        patch.setattr(
            "fer_ros.core.bags.writer.bag_facts.of_take", lambda facts, subject, *_: {**facts, "subject": "Kim, Lee"}
        )
        folder = fill("old", [("sad", "Lee", 10), ("happy", "Kim", 0)], storage, consent="Kim and Lee agree")
    told = forget("Kim")
    assert (told.failed, told.left) == ([], [])
    assert _held(folder) == [(n, "sad", "Lee") for n in range(10, 13)]
    assert bags.info(folder).facts["consent"] == "… and Lee agree"


def test_what_cannot_be_removed_is_told(home: Path) -> None:
    folder = fill("one", [("happy", "Kim", 0), ("sad", "Lee", 10)])
    (folder / "Kim.txt").touch()
    (home / "notes.txt").write_text("ask KIM about the camera")
    (home / "copy.bin").write_bytes(b"x" * 999 + picture(1) + b"y")
    told = forget("Kim")
    assert not told.complete
    assert _held(folder) == [(n, "sad", "Lee") for n in range(10, 13)]
    shown = "\n".join(told.left)
    assert "one/Kim.txt: the name of the file or folder" in shown
    assert "notes.txt: the name, in it" in shown
    assert "copy.bin: a picture, in it" in shown


def test_nothing_is_done_while_somebody_records(home: Path) -> None:
    fill("one", [("happy", "Kim", 0)])
    two = fill("two", [("happy", "Kim", 10)])
    with BagWriter(two, {}), pytest.raises(ConfigError, match="being recorded by another process"):
        forget("Kim")
    assert _held(home / "bags" / "one") and _held(two)


@pytest.mark.parametrize("subject", ["", "  ", "x" * 65, "a\nb"])
def test_who(home: Path, subject: str) -> None:
    with pytest.raises(ConfigError):
        forget(subject)


def test_a_damaged_file_of_theirs_goes(home: Path) -> None:
    folder = fill("bag", [("happy", "Kim", 0), ("sad", "Lee", 10)])
    file = folder / "bag_1.mcap"
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    told = forget("Kim")
    assert told.complete, told
    assert _held(folder) == [(n, "sad", "Lee") for n in range(10, 13)]


@pytest.mark.parametrize("name", ["Kim", "김하늘", "Zoë"])
def test_the_search_unpacks(home: Path, name: str) -> None:
    home.mkdir()
    packed = io.BytesIO()
    np.savez_compressed(packed, subjects=np.array([name, "Lee"]), faces=np.zeros(9))
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("deep.json", json.dumps({"who": name}))
        archive.writestr("face.jpg", picture(3))
    contents = {
        "a.npz": packed.getvalue(),
        "b.zip": inner.getvalue(),
        "c.gz": gzip.compress(f"by {name}, today".encode()),
        "d.json": json.dumps([{"deep": [name]}]).encode(),
        "e.yaml": yaml.safe_dump({"who": f"for {name}"}).encode(),
        "f.txt": f"{name}: yes".encode(),
        "g.bin": name.encode("utf-16-le"),
        "clean.txt": b"nobody, kimono, and Kimberley",
        "clean.bin": b"\xff\x93Kim\xc3\x04" * 9,
    }
    for file, data in contents.items():
        (home / file).write_bytes(data)
    person = Person(name)
    person.add_picture(picture(3))
    found = left(home, person)
    assert {line.partition(":")[0] for line in found} == set(contents) - {"clean.txt", "clean.bin"}
    assert "b.zip: the name, in it, a picture, in it" in found


def test_a_short_name_is_no_word_in_a_text(home: Path) -> None:
    fill("bag", [("happy", "a", 0), ("sad", "Lee", 10)], consent="for a year")
    told = forget("a")
    assert told.complete, told
    assert bags.info(home / "bags" / "bag").facts["consent"] == "for a year"


def test_a_link_to_another_disk_is_searched(home: Path, tmp_path: Path) -> None:
    folder = fill("bag", [("happy", "Kim", 0)])
    os.rename(home / "bags", tmp_path / "elsewhere")
    (home / "bags").symlink_to(tmp_path / "elsewhere")
    assert left(home, Person("Kim"))
    told = forget("Kim")
    assert told.complete and not folder.exists(), told


def test_killed_between_the_samples_and_their_entry_in_the_trash(home: Path) -> None:
    fill("bag", [("happy", "Kim", 0), ("sad", "Lee", 10)])
    bags.discard_take(home / "bags", "bag", 1)
    (entry,) = (home / "bags" / ".trash").iterdir()
    next(entry.glob("*.mcap")).unlink()
    assert left(home, Person("Kim"))
    assert forget("Kim").complete
    assert not entry.exists()


@STORAGES
def test_a_damaged_backup_is_read_behind_its_damage(home: Path, storage: str) -> None:
    """Of others everything is kept that can be read; of the person nothing stays, and all pictures are known."""
    folder = fill("bag", [("sad", "Lee", 10)], storage)
    with pytest.MonkeyPatch.context() as patch:  # as older versions, with several people in one file
        patch.setattr(
            "fer_ros.core.bags.writer.bag_facts.of_take", lambda facts, subject, *_: {"software": "fer_ros 1"}
        )
        old = fill("old", [("happy", "Lee", 20), ("happy", "Kim", 30), ("happy", "Lee", 40)], storage)
    both = folder / f"{folder.name}_9.{'mcap' if storage == 'mcap' else 'db3'}.backup"
    _joined(old, home, storage).rename(both)
    shutil.rmtree(old)
    data = bytearray(both.read_bytes())
    data[data.index(picture(20)) + 900] ^= 1
    both.write_bytes(data)
    planned = forget("Kim", dry_run=True)
    assert both.read_bytes() == data and any("3 samples in 1 file; what cannot be read of" in d for d in planned.done)
    (home / "copy.bin").write_bytes(picture(32))
    told = forget("Kim")
    assert (told.failed, told.left) == ([], ["copy.bin: a picture, in it"]), told
    kept = [s.stamp - 10**18 for s in samples_of(both, storage_of(both))[1]]
    assert kept[-3:] == [40, 41, 42] and 20 not in kept
    assert picture(31) not in both.read_bytes()


def _joined(folder: Path, home: Path, storage: str) -> Path:
    """All samples of a bag in one file, each in a chunk of its own."""
    file = home / f"joined.{'mcap' if storage == 'mcap' else 'db3'}"
    writer = BY_NAME[storage].make(file, {"software": "fer_ros 1"})
    for sample in bags.stored(folder):
        writer.write(sample.stamp, *encode(sample))
    writer.finish()
    return file


def test_a_damaged_backup_that_nobody_can_read_goes_unless_it_is_known_whose_it_is(home: Path) -> None:
    folder = fill("bag", [("sad", "Lee", 10), ("happy", "Ann", 20)])
    data = (folder / "bag_1.mcap").read_bytes()
    hers, whose = folder / "bag_1.mcap.backup", folder / "bag_7.mcap.backup"
    for file in (hers, whose):
        file.write_bytes(data[: data.index(b"crc32:")] + b"\x07" * 9999)
    (planned,) = forget("Kim", dry_run=True).done
    assert f"what cannot be read of {whose.name} may be theirs and goes, too" in planned
    told = forget("Kim")
    assert told.complete and hers.exists() and not whose.exists(), told
    assert len(_held(folder)) == 6
