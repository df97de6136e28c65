"""Bags that are cut off, damaged, foreign, or not there at all."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from rosbags.rosbag2 import Reader

from fer_ros.core import bags
from fer_ros.core.base.errors import ConfigError

from .conftest import Record, picture, roi, stamp

TAKE = [("happy", "Kim", 6)]


@dataclass(frozen=True)
class Whole:
    """A finished file of six samples, and its size before the first sample and after each."""

    content: bytes = field(repr=False)
    sizes: list[int]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    folder = tmp_path_factory.mktemp("whole") / "bag"
    sizes = []
    with bags.BagWriter(folder, {}) as writer:
        writer.begin_take("happy")
        file = folder / "bag_1.mcap"
        sizes.append(file.stat().st_size)
        for number in range(6):
            writer.write(stamp(number), picture(number), roi(number))
            sizes.append(file.stat().st_size)
    return Whole(file.read_bytes(), sizes)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scratch") / "bag_1.mcap"


@given(data=st.data())
@settings(max_examples=150)
def test_cut_at_any_byte(whole: Whole, scratch: Path, data: st.DataObject) -> None:
    content, sizes = whole.content, whole.sizes
    length = data.draw(st.integers(0, len(content) - 1) | st.sampled_from([n + d for n in sizes for d in (-1, 0, 1)]))
    # What a file system may leave after a loss of power: a tail of zeros.
    tail = data.draw(st.sampled_from([0, 1, 5000]))
    scratch.write_bytes(content[:length] + bytes(tail))
    got = [(s.stamp, s.picture) for s in bags.stored(scratch)]
    assert got == [(stamp(n), picture(n)) for n in range(len(got))]
    on_disk = sum(size <= length for size in sizes) - 1
    # The checksummed chunk ends before the indexes that are written with it.
    assert max(0, on_disk) <= len(got) <= on_disk + 1
    assert bags.info(scratch).cut == ["bag_1.mcap"]


@given(at=st.integers(0), value=st.integers(1, 255), count=st.sampled_from([1, 2, 8, 100]))
@settings(max_examples=300)
def test_changed_bytes_are_found_or_harmless(whole: Whole, scratch: Path, at: int, value: int, count: int) -> None:
    content = bytearray(whole.content)
    for k in range(count):
        content[(at + k) % len(content)] ^= value
    scratch.write_bytes(content)
    try:
        got = [(s.stamp, s.picture, s.label, s.roi) for s in bags.stored(scratch)]
        cut = bool(bags.info(scratch).cut)
    except ConfigError as error:
        assert str(scratch) in str(error)
        assert "\n" not in str(error)
        return
    assert got == [(stamp(n), picture(n), "happy", roi(n)) for n in range(len(got))]
    assert cut or len(got) == 6


@given(st.binary(max_size=300), st.sampled_from([".mcap", ".db3"]), st.booleans())
@settings(max_examples=150)
def test_any_bytes_are_no_crash(scratch: Path, content: bytes, suffix: str, begin: bool) -> None:
    file = scratch.with_name(f"other{suffix}")
    head = b"\x89MCAP0\r\n" if suffix == ".mcap" else b"SQLite format 3\0"
    file.write_bytes(head + content if begin else content)
    try:
        assert list(bags.stored(file)) == []
    except ConfigError as error:
        assert "damaged" in str(error)


def _cut(folder: Path) -> None:
    file = folder / "bag_1.mcap"
    content = file.read_bytes()
    file.write_bytes(content[: content.index(b"\x0f\x04\0\0\0\0\0\0\0")])  # up to the record that ends the data
    (folder / "metadata.yaml").unlink()


def test_repair_finishes_a_cut_bag(record: Record) -> None:
    folder = record(TAKE)
    _cut(folder)
    before = bags.info(folder)
    assert (before.samples, before.complete, before.facts["consent"]) == (6, False, "given in writing")
    after = bags.repair(folder).info
    assert (after.samples, after.complete, after.facts) == (6, True, before.facts)
    assert [s.picture for s in bags.stored(folder)] == [picture(n) for n in range(6)]
    with Reader(folder) as reader:
        assert reader.message_count == 12


def test_repair_saves_what_is_left_of_a_damaged_bag(record: Record) -> None:
    folder = record([("happy", "", 6), ("sad", "", 2)])
    file = folder / "bag_1.mcap"
    content = bytearray(file.read_bytes())
    content[bytes(content).index(picture(4)) + 50] ^= 1
    file.write_bytes(content)
    with pytest.raises(ConfigError, match=r"damaged .*--repair"):
        list(bags.stored(folder))
    repaired = bags.repair(folder)
    assert repaired.info.labels == {"happy": 5, "sad": 2}
    assert [(file.name, file.kept, file.lost) for file in repaired.files] == [("bag_1.mcap", 10, 2)]
    assert [s.stamp for s in bags.stored(folder)] == [stamp(n) for n in (0, 1, 2, 3, 5, 6, 7)]
    assert (folder / "bag_1.mcap.backup").read_bytes() == content
    assert repaired.info.backups == ["bag_1.mcap.backup"]
    assert bags.discard_backups(folder) == repaired.info.backups
    assert bags.info(folder).backups == []
    assert bags.info(folder).complete


def test_recording_goes_on_in_a_cut_bag(record: Record) -> None:
    folder = record(TAKE)
    _cut(folder)
    with bags.BagWriter(folder, {}) as writer:
        assert writer.begin_take("sad") == 2
        writer.write(stamp(10), picture(10), None)
    assert bags.info(folder).labels == {"happy": 6, "sad": 1}
    assert bags.info(folder).complete


@pytest.mark.parametrize("renamed, listed", [(False, True), (True, True), (True, False)])
def test_a_crash_while_discarding(record: Record, renamed: bool, listed: bool) -> None:
    """At every step of discarding, a take is either there as a whole or gone as a whole."""
    folder = record([("happy", "", 3), ("sad", "", 2)])
    if renamed:
        (folder / "bag_2.mcap").rename(folder / ".discarded-bag_2.mcap")
    if not listed:
        text = (folder / "metadata.yaml").read_text()
        content = yaml.safe_load(text)
        content["rosbag2_bagfile_information"]["relative_file_paths"].remove("bag_2.mcap")
        (folder / "metadata.yaml").write_text(yaml.safe_dump(content))
    assert [s.label for s in bags.stored(folder)] == ["happy"] * 3 + ["sad"] * (0 if renamed else 2)
    bags.tidy(folder.parent, days=30.0)
    assert (folder / ".discarded-bag_2.mcap").exists() is False
    assert [s.label for s in bags.stored(folder)] == ["happy"] * 3 + ["sad"] * (0 if renamed else 2)


def test_a_bag_that_is_being_recorded_is_read(tmp_path: Path) -> None:
    for storage in ("mcap", "sqlite3"):
        with bags.BagWriter(tmp_path / storage, {}, storage) as writer:
            writer.begin_take("happy")
            for number in range(3):
                writer.write(stamp(number), picture(number), None)
                assert len(list(bags.stored(tmp_path / storage))) == number + 1
        assert bags.info(tmp_path / storage).complete
