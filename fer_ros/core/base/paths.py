"""Where things lie: the user's data, and what is installed with the package."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sys
from pathlib import Path

from fer_ros.core.base.errors import ConfigError, quoted, reason, unknown_name

MODEL_FILE = "model.yaml"
#: A model's name that stands for the one that the user has selected, and for the general one where none is.
SELECTED, DEFAULT = "selected", "default"
#: Names that are safe as a folder on every system; no separators, so a name can never leave its folder.
NAME_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def fer_home() -> Path:
    """The folder of the user's bags and models: ``$FER_HOME``, by default ``~/.ros/fer``. It may not exist yet.

    :raises ConfigError: there is no home folder.
    """
    try:
        return Path(os.environ.get("FER_HOME") or "~/.ros/fer").expanduser()
    except RuntimeError as error:
        raise ConfigError(f"the folder of your data cannot be told ({reason(error)}): set FER_HOME") from error


def private_folder(path: Path) -> Path:
    """Make a folder, and those above it that are missing, readable by the owner alone, whatever the umask.

    Those below :func:`fer_home` that others can read are closed to them, where they are ours.
    """
    for folder in [*reversed([p for p in path.parents if not p.exists()]), path]:
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            if not folder.is_dir():
                raise
        else:
            folder.chmod(0o700)
    for folder in (path, *path.parents):
        if not in_home(folder):
            break
        state = folder.stat()
        if state.st_mode & 0o077 and state.st_uid == os.geteuid():
            folder.chmod(0o700)
    return path


def in_home(path: Path) -> bool:
    """Whether something lies below :func:`fer_home`, by its name."""
    try:
        return fer_home() in path.parents
    except ConfigError:
        return False


def embeddings_file() -> Path:
    """What a training keeps of recorded faces for the next one. It may not exist."""
    return fer_home() / "embeddings.db"


def embeddings_folder() -> Path:
    """The same of a training on more faces than memory holds. It may not exist."""
    return fer_home() / "embeddings"


def caches_file() -> Path:
    """The file with the other addresses where such a training has kept embeddings, one a line. It may not exist."""
    return fer_home() / "embedding_caches"


def drop_embeddings() -> None:
    """Remove that file and folder, as must be done with whatever is removed for good; trainings make them anew.

    :raises OSError: they cannot be removed.
    """
    with contextlib.suppress(ConfigError):  # no home, so no file
        embeddings_file().unlink(missing_ok=True)
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(embeddings_folder())


def fetched_folder() -> Path:
    """Copies of bags that lie elsewhere, at addresses. It may not exist."""
    return fer_home() / "fetched"


def drop_fetched() -> None:
    """Remove these copies, as must be done when a person is forgotten.

    :raises OSError: they cannot be removed.
    """
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(fetched_folder())


def share_dir() -> Path:
    """The folder with ``launch/``, ``config/`` and ``models/``: the checkout, or ``share/fer_ros`` of a prefix."""
    prefixes = [Path(p) for p in os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep) if p]
    checkout = Path(__file__).resolve().parents[3]
    candidates = [checkout, *(p / "share" / "fer_ros" for p in (*prefixes, Path(sys.prefix)))]
    for folder in candidates:
        if (folder / "config").is_dir() and (folder / "package.xml").is_file():
            return folder
    raise ConfigError("fer_ros is not installed completely, share/fer_ros is missing: run `make setup` or colcon build")


def check_name(kind: str, name: str) -> str:
    """The name itself where it is safe as a folder.

    :raises ConfigError: empty, too long, or with characters other than letters, digits, dot, dash and underscore.
    """
    if not NAME_PATTERN.fullmatch(name):
        raise ConfigError(
            f"{kind} name {quoted(name)} is not allowed: use 1 to 64 letters, digits, '.', '_', '-', "
            "first a letter or digit",
            "name_not_allowed",
            name=name,
        )
    return name


def model_folders() -> list[Path]:
    """The folders to search for models, the user's own first."""
    return [fer_home() / "models", share_dir() / "models"]


def model_names() -> list[str]:
    """The names of all models, sorted."""
    return sorted(
        {
            file.parent.name
            for folder in model_folders()
            for file in folder.glob(f"*/{MODEL_FILE}")
            # A bundle in the making is a hidden folder.
            if NAME_PATTERN.fullmatch(file.parent.name)
        }
    )


def model_path(name: str) -> Path:
    """The folder of a model; the user's own hides a shipped one of the same name.

    :param name: of the model; ``selected`` stands for the one that the user has selected.
    :raises ConfigError: the name is not allowed or unknown (the message lists the known ones).
    """
    check_name("model", name)
    name = selected() if name == SELECTED else name
    for folder in model_folders():
        if (folder / name / MODEL_FILE).is_file():
            return folder / name
    raise unknown_name("model", name, model_names())


def selection_file() -> Path:
    """The file with the names of the selected models, one a line, the last one last. It may not exist."""
    return fer_home() / "selected_models"


def selections() -> list[str]:
    """The names of the selected models, the last one last, including those that are gone."""
    try:
        lines = selection_file().read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    return [line for line in lines if NAME_PATTERN.fullmatch(line) and line != SELECTED]


def selected() -> str:
    """The model used if none is named: the last selected one that still exists, else the general one."""
    known = model_names()
    return next((name for name in reversed(selections()) if name in known), DEFAULT)
