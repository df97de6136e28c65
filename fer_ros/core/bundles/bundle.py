"""Model bundles: a folder with ``model.yaml``, the backbone and the head. Never a pickle.

``model.yaml`` (schema 1) holds ``name``, ``labels``, ``input``, ``backbone`` and ``head`` (plugin and file), ``data``,
``quality``, ``recipe``, ``versions`` and the SHA-256 of every other file; ``people`` where it knows somebody.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import yaml

from fer_ros import __version__
from fer_ros.core.base import files, paths, registry, yaml_files
from fer_ros.core.base.checks import Record, Rows, Table, Value
from fer_ros.core.base.contracts import Backbone, Head
from fer_ros.core.base.errors import ConfigError, quoted, reason
from fer_ros.core.base.geometry import InputSpec
from fer_ros.core.base.labels import MAX_LABELS, check_label
from fer_ros.core.base.settings import NoSettings

SCHEMA = 1
#: Mean and deviation of each value of the finer map over many people's faces: what a taught head compares with.
FINER_FILE = "finer.npz"
#: The backbone's weights, for those who train it further: plain arrays in HDF5, no code.
WEIGHTS_FILE = "backbone.weights.h5"

_TEXT = Value(str, high=256)
_NETWORK = Record({"plugin": _TEXT, "file": _TEXT})
_PERSON = Record({"subject": _TEXT, "faces": _TEXT, "head": _NETWORK, "labels": Rows(Value(str))})
_SCHEMA = Record({"schema": Value(int)})
#: What ``model.yaml`` must hold; rows of labels and entries of the input are looked at more closely below.
_CONTENT = Record(
    {
        "name": _TEXT,
        "labels": Rows(Value(str)),
        "input": Table(),
        "backbone": _NETWORK,
        "head": _NETWORK,
        "people": Rows(_PERSON, high=1_000, default=[]),
        "data": Table(default={}),
        "quality": Table(default={}),
        "recipe": Table(default={}),
        "versions": Table(_TEXT, default={}),
        "sha256": Table(Value(str)),
    }
)


@dataclass(frozen=True, slots=True)
class Network:
    """A network of the bundle: the plugin that runs it, and its file in the folder."""

    plugin: str
    file: str


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom a model knows by their face.

    :ivar faces: the file with what tells it; ``head`` is their own, with its ``labels``, all of them the model's.
    """

    subject: str
    faces: str
    head: Network
    labels: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for ``model.yaml``."""
        head = {"plugin": self.head.plugin, "file": self.head.file}
        return {"subject": self.subject, "faces": self.faces, "head": head, "labels": list(self.labels)}


@dataclass(frozen=True, slots=True)
class Bundle:
    """The content of ``model.yaml``.

    :ivar labels: in the order of the head's outputs.
    :ivar data: its training data.
    :ivar quality: measured figures, such as ``accuracy`` and ``macro_f1``, each with what it was measured on.
    :ivar checksums: file name → SHA-256, hexadecimal.
    :ivar people: whom it was taught to know; mostly nobody.
    """

    name: str
    path: Path
    labels: tuple[str, ...]
    input: InputSpec
    backbone: Network
    head: Network
    data: dict[str, Any] = field(default_factory=dict)
    quality: dict[str, Any] = field(default_factory=dict)
    recipe: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    checksums: dict[str, str] = field(default_factory=dict)
    people: tuple[Person, ...] = ()

    def __repr__(self) -> str:
        return f"Bundle({self.name!r}, {len(self.labels)} labels, {self.backbone.plugin} + {self.head.plugin})"

    @classmethod
    def load(cls, source: str | Path) -> Bundle:
        """Read and verify a bundle.

        :param source: a model's name, or the folder of a bundle.
        :raises ConfigError: it does not exist, ``model.yaml`` is damaged, or a file differs from its SHA-256.
        """
        path = source if isinstance(source, Path) else paths.model_path(source)
        mark = path / paths.MODEL_FILE
        if not mark.is_file():
            text = f"{path}: no model here, {paths.MODEL_FILE} is missing; see `fer models`"
            raise ConfigError(text, "model_damaged", name=path.name)
        content = yaml_files.read(mark)
        try:
            bundle = cls._parse(path, content)
            bundle.verify()
        except ConfigError as error:
            text = f"{mark}: {error}; train or copy the model again"
            raise ConfigError(text, "model_damaged", name=path.name) from error
        return bundle

    @classmethod
    def _parse(cls, path: Path, content: Any) -> Bundle:
        schema = _SCHEMA.check("", content)["schema"]
        if schema != SCHEMA:
            raise ConfigError(f"schema {schema} is not known to fer_ros {__version__}: update fer_ros")
        known = _CONTENT.check("", content)
        labels = _labels(known["labels"])
        return cls(
            name=paths.check_name("model", known["name"]),
            path=path,
            labels=labels,
            input=_input(known["input"]),
            backbone=_network(known["backbone"]),
            head=_network(known["head"]),
            data=known["data"],
            quality=known["quality"],
            recipe=known["recipe"],
            versions=known["versions"],
            checksums=known["sha256"],
            people=tuple(_person(one, labels) for one in known["people"]),
        )

    def verify(self) -> None:
        """Compare every file with its SHA-256.

        :raises ConfigError: a file is missing, differs, or has no checksum.
        """
        for name in (self.backbone.file, self.head.file, *files_of_people(self.people)):
            if name not in self.checksums:
                raise ConfigError(f"{name} has no SHA-256")
        for name, expected in self.checksums.items():
            file = self.path / plain(name)
            if not file.is_file():
                raise ConfigError(f"{name} is missing")
            try:
                found = files.sha256(file)
            except OSError as error:
                raise ConfigError(f"{name} cannot be read: {reason(error)}") from error
            if found != expected:
                raise ConfigError(f"{name} is damaged: its SHA-256 differs")

    def to_dict(self) -> dict[str, Any]:
        """What ``model.yaml`` tells those who run the networks, without the checksums: plain values."""
        return {
            "schema": SCHEMA,
            "name": self.name,
            "labels": list(self.labels),
            "input": self.input.to_dict(),
            "backbone": {"plugin": self.backbone.plugin, "file": self.backbone.file},
            "head": {"plugin": self.head.plugin, "file": self.head.file},
        }

    def open(self, threads: int = 1, backbone_settings: Any = None) -> tuple[Backbone, Head]:
        """Load the networks.

        :param threads: CPU threads at most.
        :param backbone_settings: of the backbone's plugin; None takes its defaults.
        :raises ConfigError: a plugin is unknown, or the networks do not fit together.
        """
        file, plugin = self.path / self.backbone.file, registry.load("backbones", self.backbone.plugin)
        # A backbone with nothing to set need not take settings.
        more = () if plugin.Settings is NoSettings else (backbone_settings,)
        backbone: Backbone = plugin(file, self.input, threads, *more)
        head = registry.load("heads", self.head.plugin)(self.path / self.head.file, self.labels, backbone.output_shape)
        return backbone, head


def files_of_people(people: Iterable[Person]) -> list[str]:
    """The files that tell who is who."""
    return [name for person in people for name in (person.faces, person.head.file)]


def write(
    bundle: Bundle, contents: dict[str, bytes], replace: bool = False, pictures: dict[str, bytes] | None = None
) -> Bundle:
    """Write a bundle whole: into a temporary folder beside ``bundle.path``, then renamed.

    :param bundle: what to write; its ``path`` is the new folder, and its checksums are computed here.
    :param contents: file name → bytes of the networks.
    :param replace: replace an existing bundle; otherwise that is an error.
    :param pictures: further files, such as plots and the model card. They have no checksums, so you may edit them.
    :returns: the written bundle, loaded and verified.
    """
    target = bundle.path
    if target.exists() and not replace:
        raise ConfigError(f"{target} exists already: choose another name or allow it to be replaced")
    private = paths.in_home(target)
    if private:
        paths.private_folder(target.parent)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        for name, data in {**contents, **(pictures or {})}.items():
            files.write_atomic(temporary / plain(name), data)
        checksums = {name: files.sha256(temporary / name) for name in contents}
        document = {
            **bundle.to_dict(),
            **({"people": [person.to_dict() for person in bundle.people]} if bundle.people else {}),
            "data": bundle.data,
            "quality": bundle.quality,
            "recipe": bundle.recipe,
            "versions": {"fer_ros": __version__, **bundle.versions},
            "sha256": checksums,
        }
        text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120)
        files.write_atomic(temporary / paths.MODEL_FILE, text.encode())
        Bundle.load(temporary)
        os.chmod(temporary, 0o700 if private else 0o755)
        _swap_in(temporary, target, replace)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    return Bundle.load(target)


def _swap_in(temporary: Path, target: Path, replace: bool) -> None:
    """Put the new folder in the target's place. On Linux the old or the new one is there at every moment."""
    if replace and target.exists() and files.exchange(temporary, target):
        files.sync_folder(target.parent)
        shutil.rmtree(temporary, ignore_errors=True)
        return
    old = temporary.with_name(f"{temporary.name}.old")
    if replace and target.exists():
        os.rename(target, old)
    try:
        # Fails where the target has come into being meanwhile: a folder is never renamed over one with files in it.
        os.rename(temporary, target)
    except BaseException:
        if old.exists() and not target.exists():
            os.rename(old, target)
        raise
    files.sync_folder(target.parent)
    shutil.rmtree(old, ignore_errors=True)


def _labels(content: list[Any]) -> tuple[str, ...]:
    for label in content:
        if not isinstance(label, str):
            raise ConfigError(f"label {quoted(label)} must be a string")
        check_label(label)
    if not 2 <= len(content) <= MAX_LABELS or len(set(content)) != len(content):
        raise ConfigError(f"2 to {MAX_LABELS} different labels are needed, got {quoted(content)}")
    return tuple(content)


def _input(content: dict[str, Any]) -> InputSpec:
    # All of it, for a default in place of what is missing would scale the crops otherwise than in training.
    names = [f.name for f in fields(InputSpec)]
    if set(content) != set(names):
        raise ConfigError(f"input must have {', '.join(names)}, got {quoted(list(content))}")
    return InputSpec(**content)


def _network(content: dict[str, Any]) -> Network:
    return Network(content["plugin"], plain(content["file"]))


def _person(content: dict[str, Any], labels: tuple[str, ...]) -> Person:
    own = _labels(content["labels"])
    if not set(own) <= set(labels):
        raise ConfigError(f"somebody's labels {quoted(list(own))} are not all the model's")
    return Person(content["subject"], plain(content["faces"]), _network(content["head"]), own)


def plain(name: object) -> str:
    """A file name without a folder, so that a bundle can never reach outside itself."""
    if not isinstance(name, str) or not name or name != Path(name).name or name.startswith("."):
        raise ConfigError(f"file name {quoted(name)} is not allowed: it must be a plain name")
    return name
