"""The emoticons of each label, from ``config/emoticons.yaml`` or a file of the user's."""

from __future__ import annotations

from pathlib import Path

from fer_ros.core.base import yaml_files
from fer_ros.core.base.checks import Rows, Table, Value
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.paths import share_dir

_TABLE = Table(Rows(Value(str, 1, 64), 1, 100), 200)


class Emoticons:
    """Label → emoticons, the best first."""

    def __init__(self, table: dict[str, tuple[str, ...]]) -> None:
        self._table = table

    @classmethod
    def load(cls, path: Path | None = None) -> Emoticons:
        """Read a table.

        :param path: a YAML file of label → list of strings; None takes the one that ships with the package.
        :raises ConfigError: the file is missing or of another form.
        """
        path = path or share_dir() / "config" / "emoticons.yaml"
        try:
            content = yaml_files.read(path, _TABLE)
        except ConfigError as error:
            raise ConfigError(
                f'{error}; each line is a label with a list of emoticons, such as happy: ["😄"]'
            ) from error
        return cls({label: tuple(row) for label, row in content.items()})

    def of(self, label: str) -> str:
        """The best emoticon; empty for a label without one."""
        return self._table.get(label, ("",))[0]

    def candidates(self, label: str) -> tuple[str, ...]:
        """The further ones, without the best."""
        return self._table.get(label, ())[1:]

    def to_dict(self) -> dict[str, list[str]]:
        """Label → all its emoticons, the best first."""
        return {label: list(row) for label, row in self._table.items()}
