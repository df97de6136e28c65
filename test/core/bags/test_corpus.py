"""Bags of every kind, ours and others', whole and broken: looking changes nothing, mending never loses a message."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import lz4.frame
import pytest
from mcap.stream_reader import StreamReader
from mcap.writer import CompressionType
from rosbags.rosbag2 import CompressionFormat, CompressionMode, Reader, StoragePlugin, Writer
from rosbags.typesys import Stores, get_types_from_msg, get_typestore

from fer_ros.cli.main import main
from fer_ros.core import bags
from fer_ros.core.bags.mending import busy
from fer_ros.core.bags.messages import LABEL_TYPE, TOPICS, StoredSample, definition, encode
from fer_ros.core.base.errors import FerError
from fer_ros.core.base.geometry import InputSpec
from fer_ros.core.datasets.datasets import BagDataset
from fer_ros.core.training.faces import gather
from fer_ros.plugins.sources.bag import BagSettings, BagSource

from .conftest import FACTS, cut, foreign, picture, read_by_rosbag2, roi, stamp, tree

Make = Callable[[Path], None]
PLUGINS = {"mcap": StoragePlugin.MCAP, "sqlite3": StoragePlugin.SQLITE3}


def _ours(storage: str) -> Make:
    def make(folder: Path) -> None:
        with bags.BagWriter(folder, FACTS, storage) as writer:
            for take, label in enumerate(("happy", "sad")):
                writer.begin_take(label, "Kim")
                for number in range(8 * take, 8 * take + 8):
                    writer.write(stamp(number), picture(number), roi(number))

    return make


def _killed(folder: Path) -> None:
    """As a crash leaves a take in a database: most of it in the log."""
    live = folder.with_name("live")
    with bags.BagWriter(live, FACTS, "sqlite3") as writer:
        writer.begin_take("happy", "Kim")
        for number in range(8):
            writer.write(stamp(number), picture(number), roi(number))
        folder.mkdir()
        for file in sorted(live.iterdir()):
            shutil.copy(file, folder)
    shutil.rmtree(live)


def _rosbags(storage: str, mode: CompressionMode = CompressionMode.NONE, ours: bool = True) -> Make:
    """As other people's tools write them; with our topics, or without."""

    def make(folder: Path) -> None:
        store = get_typestore(Stores.ROS2_JAZZY)
        store.register(get_types_from_msg(definition(LABEL_TYPE)[0].partition("=" * 80)[0], LABEL_TYPE))
        writer = Writer(folder, version=9, storage_plugin=PLUGINS[storage])
        if mode != CompressionMode.NONE:
            writer.set_compression(mode, CompressionFormat.ZSTD)
        with writer:
            topics = [writer.add_connection(t, k, typestore=store) for t, k in TOPICS.items()] if ours else []
            chatter = writer.add_connection("/chatter", "std_msgs/msg/String", typestore=store)
            for number in range(8):
                sample = encode(StoredSample(stamp(number), picture(number), "happy", "Kim", roi(number), 1))
                for topic, data in zip(topics, sample, strict=False):
                    writer.write(topic, stamp(number), data)
                writer.write(chatter, stamp(number), b"\0\1\0\0\x03\0\0\0hi\0\0")

    return make


def _by_lz4(folder: Path) -> None:
    """As rosbag2 compresses a file when somebody has given it a plugin for that."""
    _rosbags("sqlite3")(folder)
    file, told = folder / f"{folder.name}.db3", folder / "metadata.yaml"
    file.with_name(f"{file.name}.lz4").write_bytes(lz4.frame.compress(file.read_bytes()))
    file.unlink()
    text = (
        told.read_text()
        .replace(file.name, f"{file.name}.lz4")
        .replace("compression_format: ''", "compression_format: lz4")
    )
    told.write_text(text.replace("compression_mode: ''", "compression_mode: FILE"))


def _foreign(ours: bool, compression: CompressionType = CompressionType.NONE) -> Make:
    def make(folder: Path) -> None:
        foreign(folder, ours, compression)

    return make


KINDS: dict[str, Make] = {
    "ours mcap": _ours("mcap"),
    "ours sqlite3": _ours("sqlite3"),
    "ours killed": _killed,
    "rosbags mcap": _rosbags("mcap"),
    "rosbags sqlite3": _rosbags("sqlite3"),
    "rosbags by file": _rosbags("mcap", CompressionMode.FILE),
    "rosbags by message": _rosbags("sqlite3", CompressionMode.MESSAGE),
    "lz4 by file": _by_lz4,
    "other topics mcap": _rosbags("mcap", ours=False),
    "other topics sqlite3": _rosbags("sqlite3", ours=False),
    "further topic": _foreign(True),
    "further topic zstd": _foreign(True, CompressionType.ZSTD),
    "further topic lz4": _foreign(True, CompressionType.LZ4),
}


#: Nothing in these is ours, or can be told.
LEFT_ALONE = {"rosbags by file", "rosbags by message", "lz4 by file", "other topics mcap", "other topics sqlite3"}


def _file(folder: Path) -> Path:
    return max(
        (f for f in folder.iterdir() if f.suffix in (".mcap", ".db3", ".zstd", ".lz4")), key=lambda f: f.stat().st_size
    )


def _flip(folder: Path) -> None:
    content = bytearray(_file(folder).read_bytes())
    content[len(content) // 2] ^= 4
    _file(folder).write_bytes(content)


def _to_links(folder: Path) -> None:
    real = folder.with_name("real")
    folder.rename(real)
    folder.mkdir()
    for file in real.iterdir():
        (folder / file.name).symlink_to(file)


HARMS: dict[str, Callable[[Path], object]] = {
    "whole": lambda folder: None,
    "cut": lambda folder: cut(_file(folder)),
    "flipped": _flip,
    "without metadata": lambda folder: (folder / "metadata.yaml").unlink(missing_ok=True),
    "links": _to_links,
}


def _look(folder: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Every way to look at a bag that we have; each works or says one sentence."""

    def frame() -> None:
        source = BagSource(BagSettings(path=str(folder), realtime=False))
        source.open()
        source.read(1.0)
        source.close()

    ways: tuple[Callable[[], Any], ...] = (
        lambda: bags.info(folder),
        lambda: list(bags.stored(folder)),
        lambda: list(bags.read(folder)),
        lambda: list(BagDataset(folder, crops=False)),
        lambda: gather([folder], InputSpec(), "haar"),
        frame,
        lambda: [bags.info(file) for file in bags.part_files(folder)],
    )
    said = []
    for way in ways:
        try:
            way()
        except FerError as error:
            said.append(str(error))
    bags.listing(folder.parent)
    for words in (["bags"], ["bags", "--json"], ["bags", str(folder)], ["bags", str(folder), "--json"]):
        main(words)
    said += capsys.readouterr().err.splitlines()
    assert not [text for text in said if "Traceback" in text or "\n" in text or not text]
    return said


def _messages(file: Path) -> int:
    """How many messages another reader gets out of a file, as far as it comes."""
    count = 0
    with contextlib.suppress(Exception):
        if file.suffix == ".mcap":
            with file.open("rb") as stream:
                for record in StreamReader(stream, validate_crcs=True).records:
                    count += type(record).__name__ == "Message"
        else:
            # Closing moves a log into the file, so this may read copies only.
            with contextlib.closing(sqlite3.connect(file)) as base:
                for _ in base.execute("SELECT data FROM messages ORDER BY id"):
                    count += 1
    return count


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Files that a test has just written count as old."""
    monkeypatch.setattr(busy, "RECENT", -1.0)
    yield


@pytest.mark.parametrize("harm", HARMS)
@pytest.mark.parametrize("kind", KINDS)
def test_corpus(
    kind: str, harm: str, fer_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], settled: None
) -> None:
    folder = fer_home / "bags" / "bag"
    folder.parent.mkdir(parents=True)
    KINDS[kind](folder)
    HARMS[harm](folder)
    everything = tree(folder.parent)
    _look(folder, capsys)
    assert tree(folder.parent) == everything

    original, copy = _contents(folder), tmp_path / "copy"
    shutil.copytree(folder, copy)
    before = {file.name: _messages(file) for file in sorted(copy.iterdir()) if file.suffix in (".mcap", ".db3")}
    refused = _mend(lambda: bags.repair(folder))
    refused_writer = _mend(lambda: bags.BagWriter(folder, {}).close())
    if refused:
        assert refused_writer
        assert _contents(folder.parent) == {name: content for name, (_, content) in everything.items()}
        assert harm == "links" or kind in LEFT_ALONE or not any(before.values())
        return
    mended = _contents(folder)
    shutil.copytree(folder, tmp_path / "after")
    for name, count in before.items():
        after = tmp_path / "after" / name
        assert (_messages(after) if after.exists() else 0) >= count
        if not after.exists() or mended[name] != original[name]:
            for log in ("", "-wal", "-journal"):
                assert mended.get(f"{name}.backup{log}") == original.get(f"{name}{log}")
    found = bags.info(folder)
    assert found.complete and found.samples > 2
    with Reader(folder) as reader:
        count = sum(1 for _ in reader.messages())
        assert count == reader.message_count == sum(_messages(tmp_path / "after" / name) for name in found.files)
    read_by_rosbag2(folder)


def _contents(folder: Path) -> dict[str, bytes]:
    return {name: content for name, (_, content) in tree(folder).items()}


def _mend(mend: Callable[[], object]) -> str:
    """Why a bag is not mended, in one sentence; empty where it is."""
    try:
        mend()
    except FerError as error:
        assert "\n" not in str(error)
        return str(error)
    return ""


@pytest.mark.parametrize(
    "kind, tool",
    [
        ("rosbags by file", "(zstd) by another program: it is left as it is; unpack it with `ros2 bag convert`"),
        ("rosbags by message", "unpack it with `ros2 bag convert`"),
        ("lz4 by file", "(lz4) by another program: it is left as it is; unpack its files with `lz4 -d`, then"),
    ],
)
def test_a_compressed_bag_is_listed_with_the_tool_that_unpacks_it(
    kind: str, tool: str, fer_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = fer_home / "bags" / "bag"
    folder.parent.mkdir(parents=True)
    KINDS[kind](folder)
    assert bags.listing() == [folder]
    for words in (["bags"], ["bags", "bag"], ["bags", "bag", "--repair"]):
        main(words)
        assert tool in capsys.readouterr().err
    if kind != "rosbags by message":  # a plain database with packed messages tells of it in metadata.yaml alone
        (folder / "metadata.yaml").unlink()
        main(["bags", "bag"])
        assert f"unpack its files with `{'lz4' if 'lz4' in kind else 'zstd'} -d`" in capsys.readouterr().err
    bags.restore(folder.parent, bags.delete_bag(folder.parent, "bag"))
    assert bags.listing() == [folder]


def test_with_a_writer_nothing_changes(
    fer_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], settled: None
) -> None:
    for kind in ("ours killed", "further topic", "other topics sqlite3"):
        folder = fer_home / "bags" / kind.replace(" ", "_")
        folder.parent.mkdir(parents=True, exist_ok=True)
        KINDS[kind](folder)
        HARMS["without metadata"](folder)
        everything = tree(folder)
        with _file(folder).open("ab"):
            _look(folder, capsys)
            with pytest.raises(FerError, match="is being written by process"):
                bags.repair(folder)
            with pytest.raises(FerError):
                bags.BagWriter(folder, {})
            assert tree(folder) == everything
