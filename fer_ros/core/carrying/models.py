"""Models at an address: ``bundle.json`` names every file with its SHA-256, the files lie below ``files/<SHA-256>/``.

``bundle.json`` is written last, so a push that breaks leaves what was there before. A file's place follows from its
content: what is there already is not sent again, and who pulls takes what it already has, such as the backbone that a
thousand models share, from its own models.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fer_ros.core.base import files, json_text, paths
from fer_ros.core.base.checks import Record, Table, Value
from fer_ros.core.base.errors import ConfigError, FerError
from fer_ros.core.bundles import anonymous, model_store
from fer_ros.core.bundles import bundle as bundles
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.core.bundles.model_list import listing
from fer_ros.core.carrying.place import Absent, Place, place

#: The list of a bundle's files, its format, and its bytes at most.
MANIFEST, FORMAT, MAX_MANIFEST = "bundle.json", "fer_ros bundle 1", 1 << 18
#: Files of a bundle and bytes of them all at most: `paper2017` has 370 MB with the weights for further training.
MAX_FILES, MAX_BYTES = 64, 1 << 30

_SHA = Value(str, pattern="[0-9a-f]{64}")
_CHECK = Record(
    {
        "format": Value(str, choices=(FORMAT,)),
        "name": Value(str, high=64),
        "files": Table(Record({"sha256": _SHA, "bytes": Value(int, low=0, high=MAX_BYTES)}), high=MAX_FILES),
    }
)


@dataclass(frozen=True, slots=True)
class Carried:
    """What a push or pull did.

    :ivar name: of the model, where it arrived.
    :ivar at: the address, without a password.
    :ivar bytes: of the whole bundle.
    :ivar moved: bytes that had to travel; the others were there already.
    :ivar sha256: of ``model.yaml``, the same wherever the model has this name.
    """

    name: str
    at: str
    bytes: int
    moved: int
    sha256: str

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return dataclasses.asdict(self)


def push(name: str, address: str, replace: bool = False, names: bool = False) -> Carried:
    """Put a model at an address, with its card and plots.

    :param name: of a model, or ``selected``.
    :param address: a folder or an address of fsspec; with ``/`` at its end the model's name is put behind it.
    :param replace: replace another model that lies there; otherwise that is an error.
    :param names: leave the names of people and bags in.
    :raises ConfigError: the model is unknown or damaged, or another one lies there.
    :raises FerError: the address cannot be read or written.
    """
    found = Bundle.load(name)
    target = place(f"{address}{found.path.name}" if address.endswith("/") else address)
    contents = anonymous.files(found.path, names)
    rows: dict[str, dict[str, Any]] = {
        file: {"sha256": _sha(data), "bytes": len(data)} for file, data in contents.items()
    }
    manifest = {"format": FORMAT, "name": found.path.name, "files": rows}
    there = _there(target)
    if there is not None and there != manifest and not replace:
        raise ConfigError(
            f"another model lies at {target.shown}: choose another address, or allow it to be replaced by --replace"
        )
    moved = 0
    for file, data in contents.items():
        at = _at(file, rows[file])
        if target.size(at) != len(data):
            target.write(at, data)
            moved += len(data)
    if there != manifest:
        target.write(MANIFEST, json.dumps(manifest, indent=1).encode())
    total = sum(map(len, contents.values()))
    return Carried(found.path.name, target.shown, total, moved, rows[paths.MODEL_FILE]["sha256"])


def pull(address: str, name: str = "", replace: bool = False) -> Carried:
    """Bring a model from an address; it appears when it is whole and verified.

    :param name: how to call it here; empty: as it is called there.
    :param replace: replace a model of the user's that has this name; otherwise that is an error.
    :raises ConfigError: no whole model lies there, or the name is taken or not allowed.
    :raises FerError: the address cannot be read, or the disk is full.
    """
    source = place(address.rstrip("/") or address)
    try:
        manifest = _read(source)
    except Absent as error:
        raise ConfigError(
            f"no model lies at {source.shown}: give the address of a model that `fer models push` put there"
        ) from error
    name = name or paths.check_name("model", manifest["name"])
    own = paths.fer_home() / "models"
    if not (replace and (own / name / paths.MODEL_FILE).is_file()):
        model_store.check_free(name)
    rows: dict[str, dict[str, Any]] = manifest["files"]
    total = sum(row["bytes"] for row in rows.values())
    if total > MAX_BYTES:
        raise ConfigError(f"{source.shown}: a model of {total} bytes: {MAX_BYTES} are allowed")
    model_store.check_space(model_store.own_folder(), 3 * total)
    contents, moved = _collect(source, rows)
    with tempfile.TemporaryDirectory() as folder:
        for file, data in contents.items():
            Path(folder, file).write_bytes(data)
        try:
            bundle = Bundle.load(Path(folder))
        except ConfigError as error:
            raise ConfigError(f"{source.shown} holds no model that this version can use: {error}") from error
    networks = {file: contents.pop(file) for file in bundle.checksums}
    del contents[paths.MODEL_FILE]
    named = dataclasses.replace(bundle, name=name, path=own / name)
    with model_store.exclusive():
        try:
            bundles.write(named, networks, replace, pictures=contents)
        except OSError as error:
            raise model_store.writing_failed(own, error) from error
    return Carried(name, source.shown, total, moved, files.sha256(own / name / paths.MODEL_FILE))


def _there(target: Place) -> dict[str, Any] | None:
    """The manifest of what lies there; None where nothing does, an empty one where it is damaged."""
    try:
        return _read(target)
    except Absent:
        return None
    except ConfigError:
        return {}


def _read(source: Place) -> dict[str, Any]:
    data = source.read(MANIFEST, MAX_MANIFEST)
    try:
        manifest: dict[str, Any] = json_text.parse(data, MAX_MANIFEST, _CHECK)
        for name in manifest["files"]:
            bundles.plain(name)
        if paths.MODEL_FILE not in manifest["files"]:
            raise ConfigError(f"{paths.MODEL_FILE} is missing")
    except ConfigError as error:
        raise ConfigError(f"{source.shown}/{MANIFEST} is damaged: {error}; push the model again") from error
    return manifest


def _collect(source: Place, rows: dict[str, dict[str, Any]]) -> tuple[dict[str, bytes], int]:
    """The content of every file, verified; and how many bytes travelled."""
    here, contents, moved = _own_files(), {}, 0
    for file, row in rows.items():
        known = here.get(row["sha256"])
        data = known.read_bytes() if known is not None and known.is_file() else b""
        if _sha(data) != row["sha256"]:
            try:
                data = source.read(_at(file, row), row["bytes"])
            except Absent as error:
                raise ConfigError(f"{error}; the model there is not whole: push it again") from error
            moved += len(data)
        if _sha(data) != row["sha256"]:
            raise FerError(
                f"{source.shown}: {file} is not what its SHA-256 says, so nothing was taken: pull again, else push it "
                "again"
            )
        contents[file] = data
    return contents, moved


def _own_files() -> dict[str, Path]:
    """SHA-256 → a file of the models on this machine."""
    return {
        sha: model.path / file
        for model in listing()
        if model.bundle is not None
        for file, sha in model.bundle.checksums.items()
    }


def _at(file: str, row: dict[str, Any]) -> str:
    return f"files/{row['sha256']}/{file}"


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
