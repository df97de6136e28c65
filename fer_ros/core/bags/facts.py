"""Facts: who was in front of which camera, and what they have agreed to. They belong to a take, and are only added.

Each file of a bag holds those of its take. ``metadata.yaml`` repeats them for people and other programs: each key has
the values of all takes, and :data:`OF_FILES` says which file has which. These places have no checksum of their own, so
the facts carry one: a changed byte is no fact.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

from fer_ros import __version__
from fer_ros.core.base import json_text
from fer_ros.core.base.errors import ConfigError

#: What the messages of a bag mean; counted up when that changes. Labels of the first kind have no eyes.
SCHEMA, WITHOUT_EYES = "2", "1"
SCHEMA_KEY = "schema_version"
SUBJECT = "subject"
#: The take that samples were recorded in which have been given another label since.
MOVED = "moved_from"
#: Key in ``custom_data`` of the facts of each file: JSON, a list of ``{"facts": {…}, "files": […]}``.
OF_FILES = "takes"
#: What stands between the values of several takes.
_BETWEEN = {SUBJECT: ", "}
#: The fact that holds the checksum of all others. It is written first, so that no cut takes it away alone.
CHECKSUM = "checksum"
_FORM = re.compile(r"crc32:[0-9a-f]{8}")


def sealed(facts: Mapping[str, str]) -> dict[str, str]:
    """The facts with their checksum."""
    return {CHECKSUM: _checksum(facts), **facts}


def unsealed(facts: Any) -> tuple[dict[str, str], bool]:
    """The facts as text, without their checksum, and whether they had one; older bags and other programs have none.

    Anything but a mapping of plain values is left out.

    :raises ValueError: they have changed since they were written.
    """
    if not isinstance(facts, Mapping):
        return {}, False
    found = {str(key): str(value) for key, value in facts.items() if isinstance(value, (str, int, float))}
    stated = found.pop(CHECKSUM, None)
    if stated is None:
        # A checksum whose name has changed, or that zeros have wiped out: they read as a fact without a name.
        if any(_FORM.fullmatch(value) for value in found.values()) or not all(_is_name(key) for key in found):
            raise ValueError("its facts have changed")
        return found, False
    if stated != _checksum(found):
        raise ValueError("its facts have changed")
    return found, True


def _is_name(key: str) -> bool:
    return bool(key) and key.isprintable()


def _checksum(facts: Mapping[str, str]) -> str:
    text = json.dumps(dict(facts), sort_keys=True, ensure_ascii=True)
    return f"crc32:{zlib.crc32(text.encode('ascii')):08x}"


def merged(facts: Iterable[Mapping[str, str]], stated: Mapping[str, str] | None = None) -> dict[str, str]:
    """The facts of several takes as those of their bag: every value once, in the order they came.

    :param stated: the facts in ``metadata.yaml``; those that no take has are kept.
    """
    values: dict[str, dict[str, None]] = {}
    for one in facts:
        for key, value in one.items():
            if value:
                values.setdefault(key, {})[value] = None
    for key, value in (stated or {}).items():
        known = values.setdefault(key, {})
        split = {part for text in known for part in text.split(_between(key))}
        known.update(dict.fromkeys(part for part in value.split(_between(key)) if part and part not in split))
    return {key: _between(key).join(found) for key, found in values.items() if found}


def schema_of(facts: Mapping[str, str] | None) -> str:
    """What the messages of a bag with these facts are: :data:`SCHEMA`, unless they tell of an older one.

    An old bag goes on as it was begun, since other programs read one kind of label in a bag.
    """
    return WITHOUT_EYES if (facts or {}).get(SCHEMA_KEY) == WITHOUT_EYES else SCHEMA


def of_take(facts: Mapping[str, str], subject: str, schema: str = SCHEMA) -> dict[str, str]:
    """The facts of a take that this version writes; ``schema``: that of the bag."""
    return told({SCHEMA_KEY: schema, "software": f"fer_ros {__version__}", **facts, SUBJECT: subject})


def told(facts: Mapping[str, str]) -> dict[str, str]:
    """The facts that are not empty."""
    return {key: value for key, value in facts.items() if value}


def completed(first: Mapping[str, str], second: Mapping[str, str]) -> dict[str, str]:
    """The facts of a take from two places; the first counts if both have a value."""
    return {**second, **{key: value for key, value in first.items() if value or not second.get(key)}}


def to_custom_data(bag: Mapping[str, str], files: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """The ``custom_data`` of a bag.

    :param bag: the facts of the whole.
    :param files: file name → facts of the take in it.
    """
    groups: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for name, facts in files.items():
        groups.setdefault(tuple(sorted(told(facts).items())), []).append(name)
    content = [{"facts": dict(items), "files": names} for items, names in groups.items()]
    return {**bag, OF_FILES: json.dumps(content, ensure_ascii=False)} if content else dict(bag)


def from_custom_data(data: Mapping[str, str]) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """The facts of the whole bag, and those of each file, as far as they can be read."""
    bag = {key: value for key, value in data.items() if key != OF_FILES}
    files: dict[str, dict[str, str]] = {}
    try:
        for group in json_text.parse(data.get(OF_FILES, "[]")):
            facts, _ = unsealed(group["facts"])
            files.update({str(name): facts for name in group["files"]})
    except (ConfigError, ValueError, TypeError, KeyError):
        pass  # of another program; the files say the same
    return bag, files


def of_file(data: Mapping[str, str], name: str) -> dict[str, str]:
    """What ``custom_data`` says of one file, or else of the whole bag."""
    bag, files = from_custom_data(data)
    return files.get(name, bag)


def _between(key: str) -> str:
    return _BETWEEN.get(key, "; ")
