"""The user's models: which one is selected, renaming, deleting, rolling back, and tidying up after a crash."""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from fer_ros.core.base import files, paths
from fer_ros.core.base.errors import ConfigError, FerError, cure, disk_code, reason
from fer_ros.core.bundles import bundle as bundles
from fer_ros.core.bundles.bundle import Bundle

#: Selections remembered for going back.
MAX_HISTORY = 50


def own_folder() -> Path:
    """The folder of the user's models; made if missing, and readable by the owner alone.

    :raises FerError: it cannot be made, for example on a read-only file system.
    """
    folder = paths.fer_home() / "models"
    try:
        return paths.private_folder(folder)
    except OSError as error:
        raise writing_failed(folder, error) from error


def check_free(name: str) -> Path:
    """The folder that a new model of this name will get.

    :raises ConfigError: the name is not allowed, or taken.
    """
    paths.check_name("model", name)
    if name == paths.SELECTED:
        text = f"'{name}' stands for the model that was selected: choose another name"
        raise ConfigError(text, "model_taken", name=name)
    if name in paths.model_names():
        raise ConfigError(
            f"model '{name}' exists already: choose another name, or delete it by `fer models delete {name}`",
            "model_taken",
            name=name,
        )
    target = paths.fer_home() / "models" / name
    if target.exists():
        text = f"{target} exists already and is no model: choose another name, or move it away"
        raise ConfigError(text, "model_taken", name=name)
    return target


def new_name(prefix: str = "personal") -> str:
    """A free name for a new model, such as ``personal-20250301-140559``."""
    name = f"{prefix}-{time.strftime('%Y%m%d-%H%M%S')}"
    taken = set(paths.model_names())
    return next(n for n in (name, *(f"{name}-{i}" for i in range(2, 1000))) if n not in taken)


@contextlib.contextmanager
def exclusive() -> Iterator[None]:
    """Keep other processes on this machine from training meanwhile, and remove what a killed training left.

    :raises ConfigError: another training runs already.
    """
    folder = own_folder()
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        text = "another training runs already: wait for it, or end it with train/cancel"
        raise ConfigError(text, "training_runs") from None
    try:
        sweep(folder)
        yield
    finally:
        os.close(handle)


def sweep(folder: Path) -> list[Path]:
    """Remove the leftovers of an unfinished bundle; put back a model that it was about to replace.

    :param folder: of models; nobody else may be writing there.
    :returns: what was removed.
    """
    removed = []
    for path in sorted(folder.glob(".*")):
        if not path.is_dir() or path.is_symlink():
            continue
        name = path.name[1:].rsplit(".", 2 if path.suffix == ".old" else 1)[0]
        if path.suffix == ".old" and (path / paths.MODEL_FILE).is_file() and not (folder / name).exists():
            os.rename(path, folder / name)
            continue
        shutil.rmtree(path, ignore_errors=True)
        removed.append(path)
    return removed


def select(name: str) -> Bundle:
    """Select a model: it is used if none is named.

    :raises ConfigError: it does not exist or is damaged.
    """
    found = Bundle.load(name)
    history = paths.selections()
    if history[-1:] != [name]:
        _write([*history, name])
    return found


def rollback() -> tuple[str, str]:
    """Go back to the model that was selected before.

    :returns: the name given up, and the one in its place.
    :raises ConfigError: nothing was selected.
    """
    given_up = paths.selected()
    history = [name for name in paths.selections() if name in paths.model_names()]
    if not history:
        raise ConfigError("no model was selected, so there is none to go back to: `fer models` lists all")
    _write(history[:-1])
    return given_up, paths.selected()


def delete(name: str) -> str:
    """Remove a model of the user's.

    :returns: the model that is selected afterwards.
    :raises ConfigError: it does not exist, or came with the package.
    """
    folder = _own(name, "deleted")
    # Renamed first, so that nobody sees a model without its files; what a crash leaves is swept.
    hidden = folder.with_name(f".{name}.deleted")
    shutil.rmtree(hidden, ignore_errors=True)
    os.rename(folder, hidden)
    shutil.rmtree(hidden, ignore_errors=True)
    if name not in paths.model_names():
        _write([other for other in paths.selections() if other != name])
    return paths.selected()


def rename(old: str, new: str) -> Bundle:
    """Rename a model of the user; at every moment a whole model has one of the two names.

    :raises ConfigError: the model does not exist or came with the package, or the new name is not allowed or taken.
    """
    folder, target = _own(old, "renamed"), check_free(new)
    found = Bundle.load(folder)
    contents = {name: (folder / name).read_bytes() for name in found.checksums}
    others = {
        file.name: file.read_bytes()
        for file in folder.iterdir()
        if file.is_file() and file.name not in contents and file.name != paths.MODEL_FILE
    }
    with exclusive():
        written = bundles.write(dataclasses.replace(found, name=new, path=target), contents, pictures=others)
    _write([new if name == old else name for name in paths.selections()])
    delete(old)
    return written


def check_space(folder: Path, needed: int) -> None:
    """Refuse to begin what will not fit on the disk.

    :param needed: bytes.
    :raises FerError: the disk is too full.
    """
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise FerError(
            f"the disk is full: {needed >> 20} MB are needed in {folder}, {free >> 20} MB are free; free some space",
            "disk_full",
        )


def writing_failed(folder: Path, error: OSError) -> FerError:
    """The one-line error for a failure to write a bundle."""
    text = f"the model could not be written to {folder} ({error.strerror or reason(error)}): {cure(error)}"
    return FerError(text, disk_code(error))


def _own(name: str, verb: str) -> Path:
    folder = paths.model_path(name)
    if folder.parent != paths.fer_home() / "models":
        text = f"model '{name}' came with the package and cannot be {verb}: only your own models can"
        raise ConfigError(text, "model_shipped", name=name)
    return folder


def _write(history: list[str]) -> None:
    file = paths.selection_file()
    paths.private_folder(file.parent)
    text = "".join(f"{name}\n" for name in history[-MAX_HISTORY:])
    files.write_atomic(file, text.encode(), mode=0o600)
