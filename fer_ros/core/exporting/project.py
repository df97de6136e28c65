"""Bags and a model as a project file, and a project file as a bag and a model."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import yaml

from fer_ros.core import bags
from fer_ros.core.bags import StoredSample
from fer_ros.core.bags.reader import open_bag
from fer_ros.core.base import files, json_text, yaml_files
from fer_ros.core.base.errors import BadImage, ConfigError, cure, reason
from fer_ros.core.base.geometry import Framing
from fer_ros.core.base.labels import LabelNames
from fer_ros.core.base.paths import MODEL_FILE
from fer_ros.core.base.types import Roi
from fer_ros.core.bundles import bundle as bundles
from fer_ros.core.bundles import model_store
from fer_ros.core.bundles.bundle import WEIGHTS_FILE, Bundle
from fer_ros.core.datasets.left_out import LeftOut
from fer_ros.core.exporting import project_file
from fer_ros.core.exporting.project_file import Entry, Reader, Writer
from fer_ros.core.training import faces
from fer_ros.core.training.rows import in_order
from fer_ros.core.vision import crop, images

#: Side of a face at most; the page keeps them no larger, and no network sees more.
SIDE = 128
#: Takes that a bag is made of at most: each is a file.
MAX_TAKES = 2_000
#: Pixels of a picture that is read.
MAX_PIXELS = 1 << 24

Progress = Callable[[int], None]


@dataclass(slots=True)
class Saved:
    """What a project holds.

    :ivar labels: pictures per label.
    :ivar without_face: frames left out because no face was found when they were recorded.
    :ivar unreadable: pictures left out.
    :ivar model: name of the model in it; empty: none.
    :ivar renamed: label in the project → the usual one that it became; of a project that was read.
    """

    labels: dict[str, int] = field(default_factory=dict)
    without_face: int = 0
    unreadable: int = 0
    model: str = ""
    renamed: dict[str, str] = field(default_factory=dict)


def save(
    file: Path,
    folders: Sequence[Path],
    model: Bundle | None,
    detector: str = "auto",
    progress: Progress = lambda done: None,
) -> Saved:
    """Write the faces of bags, and a model, into a new project file; it is there whole or not at all.

    :param file: must not exist.
    :param detector: whose boxes the bags hold, where they do not tell it themselves.
    :param progress: called with the number of pictures done.
    :raises ConfigError: the file exists, a bag cannot be read, there is nothing to save, or it would be too large.
    """
    if file.exists():
        raise ConfigError(f"{file} exists already: give another name, or remove it")
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    except OSError as error:
        raise _failed(file, error) from error
    try:
        with os.fdopen(handle, "wb") as out:
            with Writer(out) as writer:
                saved = write(writer, folders, model, detector, progress)
            out.flush()
            os.fsync(out.fileno())
        os.chmod(temporary, 0o600)  # people's faces
        os.replace(temporary, file)
    except OSError as error:
        _unlink(temporary)
        raise _failed(file, error) from error
    except BaseException:
        _unlink(temporary)
        raise
    files.sync_folder(file.parent)
    return saved


def write(writer: Writer, folders: Sequence[Path], model: Bundle | None, detector: str, progress: Progress) -> Saved:
    """As :func:`save`, into an open project."""
    saved = Saved(model=model.name if model else "")
    numbers: dict[tuple[Path, int], int] = {}
    unreadable = LeftOut()
    for folder in folders:
        framing = faces.framing_of(open_bag(folder), detector)
        read = bags.each(folder, functools.partial(_face, framing), left_out=unreadable.unreadable)
        for stored, face in read:
            if face is None:
                saved.without_face += 1
                continue
            # Takes of several bags get numbers of their own; 0 says that the pictures are no neighbours.
            take = numbers.setdefault((folder, stored.take), len(numbers) + 1) if stored.take else 0
            writer.add(Entry(stored.label, stored.subject, take, stored.stamp // 1_000_000), face)
            saved.labels[stored.label] = saved.labels.get(stored.label, 0) + 1
            progress(sum(saved.labels.values()))
    saved.unreadable = sum(unreadable.counts.values())
    if model is None and not saved.labels:
        raise ConfigError("there is no face to save: record some with `fer record`, or name a model")
    if model is not None:
        writer.model(model_files(model))
    writer.finish(list(in_order(set(saved.labels))))
    return saved


def model_files(model: Bundle) -> dict[str, bytes]:
    """The files of a model as a project holds them: without the weights for training its backbone further."""
    names = [name for name in model.checksums if name != WEIGHTS_FILE]
    about = {
        **model.to_dict(),
        "data": model.data,
        "quality": model.quality,
        "recipe": model.recipe,
        "versions": model.versions,
        "sha256": {name: model.checksums[name] for name in names},
    }
    found = {name: (model.path / name).read_bytes() for name in names}
    return {MODEL_FILE: json.dumps(about, ensure_ascii=False, indent=1).encode(), **found}


def load(
    file: Path,
    folder: Path,
    name: str,
    facts: dict[str, str],
    storage: str,
    names: LabelNames | None = None,
    progress: Progress = lambda done: None,
) -> Saved:
    """Make a bag of a project's pictures, and install its model, or do nothing.

    :param folder: of the new bag.
    :param name: of the new model.
    :param facts: of the bag, such as consent.
    :param names: makes one label of its different names; None takes the known ones.
    :param progress: called with the number of pictures done.
    :raises ConfigError: the project is damaged, or there is a bag or model of that name.
    """
    names = names or LabelNames()
    with Reader(file) as project:
        model = project.model()
        if not project.samples and not model:
            raise ConfigError(f"{file}: the project holds neither a picture nor a model")
        if folder.exists() and project.samples:
            raise ConfigError(f"there is a bag '{folder.name}' already: give another name, or remove {folder}")
        saved = Saved(renamed=names.renamed)
        with contextlib.ExitStack() as undo, _opened(file, model, name) as bundle:
            if project.samples:
                undo.callback(shutil.rmtree, folder, ignore_errors=True)
                saved.labels = _to_bag(project, folder, facts, storage, names, progress)
            if bundle is not None:
                contents = {file: (bundle.path / file).read_bytes() for file in bundle.checksums}
                target = dataclasses.replace(bundle, name=name, path=model_store.check_free(name))
                try:
                    with model_store.exclusive():
                        bundles.write(target, contents)
                except OSError as error:
                    raise model_store.writing_failed(target.path.parent, error) from error
                saved.model = name
            undo.pop_all()
    return saved


def _to_bag(
    project: Reader, folder: Path, facts: dict[str, str], storage: str, names: LabelNames, progress: Progress
) -> dict[str, int]:
    takes: dict[tuple[str, str, int], list[Entry]] = {}
    for one in project.samples:
        takes.setdefault((names.of(one.label), one.subject, one.take), []).append(one)
    if len(takes) > MAX_TAKES:
        raise ConfigError(f"{len(takes)} takes: {MAX_TAKES} are allowed")
    counts: dict[str, int] = {}
    with bags.BagWriter(folder, facts, storage) as writer:
        for (label, subject, take), entries in takes.items():
            writer.begin_take(label, subject, independent=not take)
            last = 0
            for one in entries:
                data = project.picture(one)
                last = max(int(one.stamp * 1_000_000), last + 1)  # each frame of a bag has a stamp of its own
                writer.write(last, data, _whole(one, data))
                counts[label] = counts.get(label, 0) + 1
                progress(sum(counts.values()))
    return counts


def _whole(one: Entry, data: bytes) -> Roi:
    """The box of a picture that is a face."""
    try:
        height, width = images.decode_compressed(data, MAX_PIXELS).shape[:2]
    except BadImage as error:
        raise ConfigError(f"the picture {one.file} cannot be read: {error}") from error
    return Roi(0, 0, width, height)


@contextlib.contextmanager
def _opened(file: Path, model: dict[str, bytes], name: str) -> Iterator[Bundle | None]:
    """A model's files as a bundle that runs here; it is gone afterwards.

    :raises ConfigError: they are no bundle, it does not run here, or its name is taken.
    """
    if not model:
        yield None
        return
    model_store.check_free(name)
    with tempfile.TemporaryDirectory(prefix="fer_model_") as folder:
        try:
            for inner, data in model.items():
                if inner != Path(inner).name or inner.startswith("."):
                    raise ConfigError(f"the file name {inner!r} is not allowed")
                content = data
                if inner == MODEL_FILE:  # by the reader of JSON: YAML takes some of its numbers for texts
                    about = json_text.parse(data, yaml_files.MAX_BYTES)
                    content = yaml.safe_dump(about, sort_keys=False, allow_unicode=True).encode()
                Path(folder, inner).write_bytes(content)
            bundle = Bundle.load(Path(folder))
            bundle.open()
        except (ConfigError, OSError) as error:
            raise ConfigError(f"{file}: its model is damaged: {reason(error)}".replace(folder, "model")) from error
        yield bundle


def _face(framing: Framing | None, stored: StoredSample) -> bytes | None:
    """The face of a frame as a project holds it; None where there is none.

    :raises BadImage: the picture cannot be decoded.
    """
    whole = framing is None and len(stored.picture) <= project_file.MAX_PICTURE
    if whole and project_file.kind(stored.picture) is not None:
        return stored.picture
    sample = bags.decoded(stored, "", False)
    if framing is None:
        face = sample.image
    elif sample.roi is None:
        return None
    else:
        face = crop.square(sample.image, sample.roi, framing, sample.eyes)
    height, width = face.shape[:2]
    if max(height, width) > SIDE:
        scale = SIDE / max(height, width)
        size = max(1, round(width * scale)), max(1, round(height * scale))
        face = np.asarray(cv2.resize(face, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return bytes(cv2.imencode(".png", face)[1].tobytes())


def _failed(file: Path, error: OSError) -> ConfigError:
    return ConfigError(f"{file} cannot be written ({error.strerror or reason(error)}): {cure(error)}")


def _unlink(temporary: str) -> None:
    with contextlib.suppress(OSError):
        os.unlink(temporary)
