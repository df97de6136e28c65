"""Labelled faces to measure a model on: a recorded bag, a folder ``<label>/*.png|jpg`` or FER2013."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from fer_ros.core.base.errors import BadImage, ConfigError, reason
from fer_ros.core.base.paths import fer_home
from fer_ros.core.base.types import ImageArray, Roi
from fer_ros.core.datasets import fer2013
from fer_ros.core.vision import pictures

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff", ".pgm")
BAG_SUFFIXES = (".mcap", ".db3")


@dataclass(frozen=True, slots=True)
class LabelledPicture:
    """One picture with its label.

    :ivar label: as the dataset spells it.
    :ivar image: uint8, (height, width, 3) BGR or (height, width) grey; None where it could not be read.
    :ivar roi: the face's box, where the dataset knows it.
    """

    name: str
    label: str
    image: ImageArray | None
    roi: Roi | None = None


class Dataset(Protocol):
    """Pictures with labels.

    ``crops`` says that they are faces already, cut as the models expect them; ``left_out`` counts by reason what of it
    could not be opened as pictures with labels.
    """

    name: str
    crops: bool

    @property
    def left_out(self) -> dict[str, int]:
        """Reason → how many, known once it is open."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that occur, as the dataset spells them."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[LabelledPicture]: ...


class FolderDataset:
    """``<label>/*.png|jpg``, read one by one."""

    def __init__(self, path: Path, crops: bool) -> None:
        """List the files.

        :raises ConfigError: there are no label folders with pictures.
        """
        self.name, self.crops, self.left_out = str(path), crops, dict[str, int]()
        try:
            self._files = [
                (file, folder.name)
                for folder in sorted(p for p in path.iterdir() if p.is_dir() and not _hidden(p))
                for file in sorted(folder.iterdir())
                if file.suffix.lower() in SUFFIXES and not _hidden(file)
            ]
        except OSError as error:
            raise ConfigError(f"{path}: cannot be listed: {reason(error)}") from error
        if not self._files:
            raise ConfigError(f"{path}: no pictures found; expected folders named by label, such as {path}/happy/1.png")

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of the folders that hold pictures."""
        return tuple(sorted({label for _, label in self._files}))

    def __len__(self) -> int:
        return len(self._files)

    def __iter__(self) -> Iterator[LabelledPicture]:
        for file, label in self._files:
            yield LabelledPicture(str(file), label, read_image(file))


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
        faces = self.faces
        for row, target, image in zip(faces.rows, faces.targets, faces.images, strict=True):
            yield LabelledPicture(f"row {row}", faces.labels[target], image)


class BagDataset:
    """The labelled frames of a bag, with the boxes that were recorded."""

    def __init__(self, path: Path, crops: bool) -> None:
        """Look through the bag.

        :param crops: its pictures are faces already; so are those of a bag that says it itself.
        :raises ConfigError: it is damaged, of other topics, or without labelled frames.
        """
        from fer_ros.core import bags  # only for bags: it takes longer than a folder to begin with

        self._bags, self._info = bags, bags.info(path)
        if not self._info.samples:
            raise ConfigError(f"{path}: holds no labelled frame; record some with `fer record`")
        self.name, self.crops, self.left_out = str(path), crops or self._info.crops, dict[str, int]()

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that were recorded."""
        return tuple(sorted(self._info.labels))

    def __len__(self) -> int:
        return self._info.samples

    def __iter__(self) -> Iterator[LabelledPicture]:
        for sample in self._bags.read(self._info.path):
            yield LabelledPicture(f"{sample.bag} at {sample.stamp / 1e9:.3f} s", sample.label, sample.image, sample.roi)


def load(path: Path, crops: bool = False, split: str | None = None, strict: bool = False) -> Dataset:
    """Open a dataset.

    :param path: a folder, a file, or the name of a bag in ``$FER_HOME/bags``.
    :param crops: the pictures are faces already.
    :param split: of FER2013 only.
    :param strict: refuse damaged rows of FER2013 instead of leaving them out.
    :raises ConfigError: it does not exist or is of no known kind.
    """
    named = fer_home() / "bags" / path
    if not path.exists() and named.is_dir():
        path = named
    if _is_bag(path):
        if split is not None:
            raise ConfigError(f"{path}: a bag has no splits; leave --split away")
        return BagDataset(path, crops)
    if path.is_dir():
        if split is not None:
            raise ConfigError(f"{path}: a folder has no splits; leave --split away")
        return FolderDataset(path, crops)
    if not path.exists():
        raise ConfigError(f"{path}: no such dataset; give a bag, a folder <label>/*.png|jpg, or fer2013.csv")
    return FerDataset(path, split, strict)


def read_image(file: Path) -> ImageArray | None:
    """A picture as uint8 BGR, turned as its EXIF data say; None where it is no whole and readable picture."""
    try:
        return pictures.read_file(file)
    except BadImage:
        return None


def _is_bag(path: Path) -> bool:
    try:
        return path.suffix in BAG_SUFFIXES or any(file.suffix in BAG_SUFFIXES for file in path.iterdir())
    except OSError:
        return False


def _hidden(path: Path) -> bool:
    # Such as ".ipynb_checkpoints", or the "._happy.jpg" that macOS leaves beside each file.
    return path.name.startswith(".")
