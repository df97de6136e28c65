"""What must be remembered while somebody is being forgotten: the name, how the pictures that go
are told, and what is called otherwise.

A kill in the middle takes neither away, so that the work can be finished and proved. It is private, and goes
at the end.
"""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from pathlib import Path
from typing import Any

from fer_ros.core.base import json_text
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.files import sync_folder, write_atomic
from fer_ros.core.forgetting.person import Person
from fer_ros.core.forgetting.reading import SCRATCH

log = logging.getLogger(__name__)

#: Bytes of a journal at most: some two million pictures.
MAX_BYTES = 1 << 28


class Journal:
    """Of one person."""

    def __init__(self, home: Path, person: Person) -> None:
        """Take over what a journal of this person knows, if there is one."""
        digest = hashlib.sha256(person.plain.encode()).hexdigest()[:16]
        self.path, self._person = home / f"{SCRATCH}{digest}.json", person
        told = _read(self.path)
        for picture in told.get("pictures") or ():
            person.know(picture)
        person.names.know(told.get("names"))

    def write(self, done: bool = False) -> None:
        """Remember the person and the pictures that are known by now.

        :param done: only what the user has to remove is left, so that no start has to go on with it.
        """
        content = {
            "subject": self._person.name,
            "done": done,
            "pictures": self._person.known(),
            "names": self._person.names.known,
        }
        try:
            write_atomic(self.path, json.dumps(content, ensure_ascii=False).encode(), mode=0o600)
        except OSError as error:  # A full disk must keep nobody from removing.
            log.warning("forgetting goes on without a journal: if it is killed, nobody knows the pictures (%s)", error)

    def remove(self) -> None:
        """The person is forgotten."""
        self.path.unlink(missing_ok=True)
        sync_folder(self.path.parent)


def sweep(home: Path) -> None:
    """Remove what a kill has left of our own work, journals excepted."""
    for path in (*home.glob(f"{SCRATCH}*"), *home.glob(f".{SCRATCH}*")):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        elif path.suffix != ".json":
            path.unlink(missing_ok=True)


def interrupted(home: Path) -> list[str]:
    """Whom somebody has begun to forget and not finished."""
    told = [_read(path) for path in sorted(home.glob(f"{SCRATCH}*.json"))]
    return [str(content["subject"]) for content in told if content.get("subject") and not content.get("done")]


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json_text.read(path, MAX_BYTES) if path.exists() else {}
    except ConfigError as error:
        log.warning("%s is damaged and left aside: %s", path, error)
        return {}
    return content if isinstance(content, dict) else {}
