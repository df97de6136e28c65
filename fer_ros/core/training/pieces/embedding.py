"""What a worker does: from one file of a bag to one file of embeddings, unless that is there."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from fer_ros.core.bags.messages import StoredSample
from fer_ros.core.bags.reader import open_bag
from fer_ros.core.base import files
from fer_ros.core.base.contracts import Backbone
from fer_ros.core.base.errors import BadImage, ConfigError, FerError, cure
from fer_ros.core.base.geometry import Framing, InputSpec
from fer_ros.core.base.types import ImageArray
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.core.datasets.left_out import LeftOut
from fer_ros.core.training import faces
from fer_ros.core.training.cache import key
from fer_ros.core.training.options import Options
from fer_ros.core.training.pieces import store
from fer_ros.core.vision import crop


@dataclass(frozen=True, slots=True)
class Asked:
    """What is the same for all files.

    :ivar bundle: name or folder of the general model; ``network`` is the SHA-256 of its backbone.
    :ivar address: of the cache.
    :ivar copy: 0: the faces as they are; from 1 up: this altered copy of each, by ``options``.
    """

    bundle: str
    network: str
    address: str
    options: Options
    copy: int = 0


@dataclass(frozen=True, slots=True)
class Item:
    """One file of a bag; ``framing`` as in :mod:`fer_ros.core.training.faces`."""

    bag: str
    file: str
    framing: Framing | None


@dataclass(frozen=True, slots=True)
class Piece:
    """One file of embeddings, and what is known of its rows.

    :ivar name: relative to the cache's address.
    :ivar labels: of each row, as recorded; so are ``subjects``, ``takes`` and ``stamps``.
    :ivar new: whether it was computed now.
    """

    name: str
    labels: list[str]
    subjects: list[str]
    takes: list[int]
    stamps: list[int]
    without_face: int
    left_out: LeftOut = field(repr=False)
    new: bool = False


def piece(asked: Asked, item: Item) -> Piece:
    """Embed the faces of a file, or find what was kept of it.

    :raises FerError: the bag has gone or is written to, or the cache cannot be written.
    """
    file, backbone = Path(item.file), _backbone(asked.bundle, asked.network)
    before, digest = _stated(item)
    how = asked.options
    altered = (asked.copy, how.seed, how.flip, how.shift, how.light) if asked.copy else ()
    spec = backbone.spec
    made_of = (digest, item.framing, spec, asked.network, backbone.run.output_shape, backbone.run.finer_shape, altered)
    name = f"{asked.network[:16]}/{key('piece', *made_of).hex()}{store.SUFFIX}"
    place = store.at(asked.address)
    if place.has(name):
        with place.opened(name) as kept:
            told: dict[str, Any] = store.facts_of(kept)
            if told.get("network") == asked.network:
                place.touch(name)
                columns = kept.read(columns=["label", "subject", "take", "stamp"], use_threads=False)
                return _found(name, columns.to_pydict(), told)
        raise FerError(
            f"the cache {asked.address}: {name} is of another backbone than {asked.network[:16]}: remove this file"
        )
    rows: dict[str, list[Any]] = {"label": [], "subject": [], "take": [], "stamp": []}
    told = {"network": asked.network, "without_face": 0}
    left_out = LeftOut(quiet=True)
    read = _faces(file, item, spec, left_out, told)
    place.write(name, _schema(backbone.run), _tables(read, backbone, asked, rows), lambda: told | _told_of(left_out))
    if _stated(item, whole=False)[0] != before:
        place.remove(name)
        raise FerError(f"{item.bag} was changed while it was read: end the recording, then call again")
    return _found(name, rows, {**told, **_told_of(left_out)}, new=True)


@dataclass(frozen=True, slots=True)
class _Loaded:
    spec: InputSpec
    run: Backbone


@functools.cache
def _backbone(bundle: str, network: str) -> _Loaded:
    base = Bundle.load(bundle)
    if base.checksums[base.backbone.file] != network:
        raise ConfigError(f"model '{base.name}' has another backbone there than here: copy the model there")
    return _Loaded(base.input, base.open(threads=1)[0])


def _stated(item: Item, whole: bool = True) -> tuple[tuple[int, int], str]:
    """Size and time of the last change of a file, and its SHA-256."""
    try:
        state = Path(item.file).stat()
        return (state.st_size, state.st_mtime_ns), files.sha256(Path(item.file)) if whole else ""
    except OSError as error:
        raise ConfigError(
            f"{item.file} cannot be read any more ({error.strerror}): {cure(error)}, then call again; what is "
            "done is kept"
        ) from error


def _faces(
    file: Path, item: Item, spec: InputSpec, left_out: LeftOut, told: dict[str, Any]
) -> Iterator[tuple[StoredSample, ImageArray]]:
    bag = open_bag(file)
    for _, stored in bag.samples():
        try:
            face = faces.cut(Path(item.bag).name, item.framing, spec, stored)
        except BadImage as error:
            left_out.unreadable(f"{Path(item.bag).name} at {stored.stamp / 1e9:.3f} s", error)
            continue
        if face is None:
            told["without_face"] += 1
        else:
            yield stored, face
    if not bag.scans or not file.exists():
        _stated(item)  # it has gone: says so


def _tables(
    read: Iterator[tuple[StoredSample, ImageArray]], backbone: _Loaded, asked: Asked, rows: dict[str, list[Any]]
) -> Iterator[pa.Table]:
    group: list[tuple[StoredSample, ImageArray]] = []
    for pair in read:
        group.append(pair)
        if len(group) == store.GROUP:
            yield _table(group, backbone, asked, rows)
            group = []
    if group:
        yield _table(group, backbone, asked, rows)


def _table(
    group: list[tuple[StoredSample, ImageArray]], backbone: _Loaded, asked: Asked, rows: dict[str, list[Any]]
) -> pa.Table:
    crops = np.stack([face for _, face in group])
    if asked.copy:
        crops = faces.altered(crops, asked.options, 1, asked.copy - 1)
    maps = backbone.run.maps(crop.scale(crops, backbone.spec))
    own: dict[str, list[Any]] = {
        "label": [stored.label for stored, _ in group],
        "subject": [stored.subject for stored, _ in group],
        "take": [stored.take for stored, _ in group],
        "stamp": [stored.stamp for stored, _ in group],
    }
    for name, values in own.items():
        rows[name] += values
    columns: dict[str, Any] = {**own, "embedding": store.column(maps.embeddings.reshape(len(group), -1))}
    if maps.finer.size:
        columns["finer"] = store.column(maps.finer.reshape(len(group), -1))
    return pa.table(columns, schema=_schema(backbone.run))


def _schema(backbone: Backbone) -> pa.Schema:
    fields = {"label": pa.string(), "subject": pa.string(), "take": pa.int64(), "stamp": pa.int64()}
    fields["embedding"] = pa.binary(4 * int(np.prod(backbone.output_shape)))
    if backbone.finer_shape:
        fields["finer"] = pa.binary(4 * int(np.prod(backbone.finer_shape)))
    return pa.schema(list(fields.items()))


def _told_of(left_out: LeftOut) -> dict[str, Any]:
    return {"left_out": dict(left_out.counts), "names": left_out.names, "first": left_out.first}


def _found(name: str, rows: dict[str, list[Any]], told: dict[str, Any], new: bool = False) -> Piece:
    left_out = LeftOut(quiet=True)
    left_out.counts.update(told["left_out"])
    left_out.names, left_out.first = dict(told["names"]), told["first"]
    return Piece(
        name, rows["label"], rows["subject"], rows["take"], rows["stamp"], int(told["without_face"]), left_out, new
    )
