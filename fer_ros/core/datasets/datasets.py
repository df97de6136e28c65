"""Labelled faces to measure a model on: a recorded bag, a folder ``<label>/*.png|jpg``, a table, FER2013."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import numpy as np

from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.paths import fer_home
from fer_ros.core.datasets import fer2013, folder, listing
from fer_ros.core.datasets.left_out import LeftOut
from fer_ros.core.datasets.picture import LabelledPicture, Unread
from fer_ros.core.vision import pictures
from fer_ros.core.vision.depth import PLAIN, Depth

#: What can be measured on.
EXPECTED = "a bag, a folder <label>/ of pictures, fer2013.csv, or a table of paths and labels"
#: Kinds of files that may hold a table of pictures.
TABLES = ("text", "zip archive", "gzip")
BAG_SUFFIXES = (".mcap", ".db3")


class Dataset(Protocol):
    """Pictures with labels.

    ``crops`` says that they are faces already, cut as the models expect them; ``left_out`` counts by reason what of it
    could not be opened as pictures with labels.
    """

    name: str
    crops: bool

    @property
    def left_out(self) -> LeftOut:
        """Known once it is open; what of the pictures cannot be read is known only when they are."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that occur, as the dataset spells them."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[LabelledPicture]: ...

    def unread(self) -> Iterator[Unread]:
        """The same pictures, to be read elsewhere."""


class FolderDataset:
    """The pictures of a folder, ``<label>/…`` or ``<split>/<label>/…``, read one by one."""

    def __init__(
        self,
        path: Path,
        crops: bool,
        split: str | None = None,
        strict: bool = False,
        depth: Depth = PLAIN,
        measured: bool = False,
    ) -> None:
        """List the files, by what they hold.

        :param split: the folder of a split, such as ``test``.
        :param strict: refuse the first file that looks like a picture and is none.
        :param depth: how samples of more than eight bits become eight.
        :param measured: leave the folder ``train`` away where there are others beside it.
        :raises ConfigError: there are no label folders with pictures.
        """
        self.name, self.crops, self.left_out, self._depth = str(path), crops, LeftOut(strict), depth
        self._files = folder.pictures(path, self.left_out, split, measured)
        if not self._files:
            found = f" ({self.left_out})" if self.left_out.counts else ""
            raise ConfigError(
                f"{path}: no pictures found{found}; expected folders named by label, such as {path}/happy/1.png"
            )

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of the folders that hold pictures."""
        return tuple(sorted({label for _, label in self._files}))

    def __len__(self) -> int:
        return len(self._files)

    def __iter__(self) -> Iterator[LabelledPicture]:
        return (one.read() for one in self.unread())

    def unread(self) -> Iterator[Unread]:
        """See :class:`Dataset`."""
        return (Unread(str(file), label, file.absolute(), depth=self._depth) for file, label in self._files)


class ListedDataset:
    """The pictures that a table lists, read one by one, with their boxes where it has them."""

    def __init__(
        self,
        path: Path,
        crops: bool,
        split: str | None = None,
        strict: bool = False,
        depth: Depth = PLAIN,
        measured: bool = False,
    ) -> None:
        """Read the table and find its pictures; see :class:`FolderDataset`.

        :raises ConfigError: the table cannot be read, or none of its pictures is there.
        """
        self.name, self.crops, self.left_out, self._depth = str(path), crops, LeftOut(strict), depth
        self._entries = listing.entries(path, self.left_out, split, measured)
        if not self._entries:
            found = f" ({self.left_out})" if self.left_out.counts else ""
            raise ConfigError(f"{path}: no pictures found{found}; its paths begin in {path.absolute().parent}")

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels in the table."""
        return tuple(sorted({entry.label for entry in self._entries}))

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[LabelledPicture]:
        return (one.read() for one in self.unread())

    def unread(self) -> Iterator[Unread]:
        """See :class:`Dataset`."""
        for entry in self._entries:
            yield Unread(entry.name, entry.label, entry.file.absolute(), entry.box, self._depth)


class FerDataset:
    """One or more splits of FER2013; the pictures are crops.

    :ivar whole: the faces of all splits; ``faces`` those of the chosen ones.
    """

    def __init__(self, path: Path, split: str | None, strict: bool = False) -> None:
        """Read the file.

        :param split: ``Training``, ``PublicTest`` or ``PrivateTest``; None takes all but Training, or all where
            there is nothing else.
        :param strict: refuse damaged rows instead of leaving them out.
        """
        faces = self.whole = fer2013.load(path, strict)
        if split is not None:
            faces = faces.part(split)
        elif (faces.usage != fer2013.TRAINING).any():
            faces = faces.take(np.flatnonzero(faces.usage != fer2013.TRAINING))
        self.name, self.crops, self.faces = f"{path} ({', '.join(sorted(set(faces.usage)))})", True, faces
        self.left_out = faces.left_out

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of the faces in the chosen splits."""
        return tuple(self.faces.labels[target] for target in np.unique(self.faces.targets))

    def __len__(self) -> int:
        return len(self.faces)

    def __iter__(self) -> Iterator[LabelledPicture]:
        return (one.read() for one in self.unread())

    def unread(self) -> Iterator[Unread]:
        """See :class:`Dataset`."""
        faces = self.faces
        for row, target, image in zip(faces.rows, faces.targets, faces.images, strict=True):
            yield Unread(f"row {row}", faces.labels[target], image=image)


class BagDataset:
    """The labelled frames of a bag, with the boxes that were recorded."""

    def __init__(self, path: Path, crops: bool, strict: bool = False) -> None:
        """Look through the bag.

        :param crops: its pictures are faces already; so are those of a bag that says it itself.
        :param strict: refuse a picture that cannot be decoded.
        :raises ConfigError: it is damaged, of other topics, or without labelled frames.
        """
        from fer_ros.core import bags  # only for bags: it takes longer than a folder to begin with

        self._bags, self._info = bags, bags.info(path)
        if not self._info.samples:
            raise ConfigError(f"{path}: holds no labelled frame; record some with `fer record`")
        self.name, self.crops, self.left_out = str(path), crops or self._info.crops, LeftOut(strict)

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that were recorded."""
        return tuple(sorted(self._info.labels))

    def __len__(self) -> int:
        return self._info.samples

    def __iter__(self) -> Iterator[LabelledPicture]:
        for sample in self._bags.read(self._info.path, left_out=self.left_out.unreadable):
            name = f"{sample.bag} at {sample.stamp / 1e9:.3f} s"
            yield LabelledPicture(name, sample.label, sample.image, sample.roi, sample.eyes)

    def unread(self) -> Iterator[Unread]:
        """See :class:`Dataset`."""
        bag = self._info.path.name
        for found in self._bags.stored(self._info.path):
            yield Unread(f"{bag} at {found.stamp / 1e9:.3f} s", found.label, stored=found, bag=bag)


def load(
    path: Path, crops: bool = False, split: str | None = None, strict: bool = False, depth: Depth = PLAIN
) -> Dataset:
    """Open a dataset.

    :param path: a folder, a file, or the name of a bag in ``$FER_HOME/bags``.
    :param crops: the pictures are faces already.
    :param split: of FER2013, or a folder of splits; None takes all but the one for training.
    :param strict: refuse what is damaged instead of leaving it out.
    :param depth: how samples of more than eight bits become eight, in a folder.
    :raises ConfigError: it does not exist or is of no known kind.
    """
    named = fer_home() / "bags" / path
    if not path.exists() and named.is_dir():
        path = named
    if _is_bag(path):
        if split is not None:
            raise ConfigError(f"{path}: a bag has no splits; leave --split away")
        return BagDataset(path, crops, strict)
    if path.is_dir():
        return FolderDataset(path, crops, split, strict, depth, measured=True)
    check_table(path)
    if is_listing(path):
        return ListedDataset(path, crops, split, strict, depth, measured=True)
    return FerDataset(path, split, strict)


def is_listing(path: Path) -> bool:
    """Whether a file is a table of paths and labels, for :class:`ListedDataset`, and not FER2013.

    :raises ConfigError: it cannot be read.
    """
    with path.open("rb") as file:
        packed = file.read(4) == b"PK\x03\x04"
    return not packed and path.suffix.lower() != ".npz" and listing.is_one(path)


def check_table(path: Path) -> None:
    """Refuse a file that cannot be a table of pictures, and say what it is.

    :raises ConfigError: it does not exist, or is something else.
    """
    if not path.exists():
        raise ConfigError(f"{path}: no such dataset; give {EXPECTED}")
    kind = pictures.file_kind(path)
    if kind.picture:
        raise ConfigError(
            f"{path} is a single picture ({kind}): put it into a folder named by its label, and give {EXPECTED}"
        )
    if str(kind) not in TABLES:
        raise ConfigError(f"{path} is no dataset ({kind}): give {EXPECTED}")


def _is_bag(path: Path) -> bool:
    try:
        return path.suffix in BAG_SUFFIXES or any(file.suffix in BAG_SUFFIXES for file in path.iterdir())
    except OSError:
        return False
