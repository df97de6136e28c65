"""Bags that the user names: by a name, a path, or an address such as ``s3://fleet/robot7``."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from fer_ros.cli.progress import Bar
from fer_ros.core import bags
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.carrying import bags_at, is_address


def bags_of(texts: Iterable[str]) -> list[Path]:
    """The folders of bags, each once; those at addresses are fetched, with a bar.

    :raises ConfigError: there is none at one of them.
    """
    found: list[Path] = []
    for text in texts:
        found += _fetched(text) if is_address(text) else [bags.locate(text)]
    return list(dict.fromkeys(found))


def dataset(text: str) -> Path:
    """The path of a data set; the one bag at an address is fetched.

    :raises ConfigError: there is none at the address, or more than one.
    """
    if not is_address(text):
        return Path(text)
    found = _fetched(text)
    if len(found) > 1:
        raise ConfigError(f"{len(found)} bags lie there, such as {found[0].name}: name one of them")
    return found[0]


def _fetched(address: str) -> list[Path]:
    with Bar(100, "%") as bar:
        return bags_at(address, lambda done, total, name: bar.at(100 * done // max(1, total), f"fetching {name}"))
