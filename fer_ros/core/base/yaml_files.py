"""YAML files that were written elsewhere: small, without aliases, and refused in one line where they are damaged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from fer_ros.core.base.errors import ConfigError, reason

#: Bytes from which a file counts as a mistake or an attack: ``model.yaml`` has a few thousand.
MAX_BYTES = 1 << 20


class _Loader(yaml.SafeLoader):
    """Plain values only, and no aliases: with them a few lines can stand for gigabytes once they are printed."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.composer.ComposerError(None, None, "aliases are not allowed", self.peek_event().start_mark)
        return super().compose_node(parent, index)


def read(path: Path) -> Any:
    """The content of a YAML file: None, bool, int, float, str, date, list or dict.

    :raises ConfigError: it is missing, no regular file, larger than :data:`MAX_BYTES`, or no YAML of plain values.
    """
    if not path.is_file():
        raise ConfigError(f"{path}: no such file")
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise ConfigError(f"{path}: larger than {MAX_BYTES} bytes, so it is not what it should be")
        return yaml.load(data.decode("utf-8"), _Loader)
    except ConfigError:
        raise
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise ConfigError(f"{path}: {line}{error.problem or reason(error)}") from error
    except Exception as error:
        # PyYAML lets errors of nearly every type through, such as for `!!int ""`, `!!bool x` or a hundred thousand "[".
        raise ConfigError(f"{path}: cannot be read: {reason(error)}") from error
