"""What a node keeps to survive a crash: its state, its live parameters and its model."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any

from fer_ros.core.base import files, json_text
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.paths import private_folder
from fer_ros.nodes.launched import KEPT

#: Bytes of such a file: some dozens of parameters.
MAX_BYTES = 1 << 18


class Kept:
    """A small private file. It exists only under a launch that starts crashed nodes again.

    The node removes the file when it ends normally, so a later start uses what the user says then.
    """

    def __init__(self, node: str) -> None:
        """Read what the node kept before it crashed.

        :param node: its name with its namespace, such as ``/fer/camera``.
        """
        folder = os.environ.get(KEPT)
        self._file = Path(folder) / f"{node.strip('/').replace('/', '.')}.json" if folder else None
        self._values: dict[str, Any] = {}
        if self._file is not None and self._file.exists():
            with contextlib.suppress(ConfigError):  # a damaged one is as good as none
                content = json_text.read(self._file, MAX_BYTES)
                self._values = content if isinstance(content, dict) else {}

    @property
    def state(self) -> str:
        """The lifecycle state that the node should be in; empty if unknown."""
        value = self._values.get("state")
        return value if isinstance(value, str) else ""

    @property
    def model(self) -> str:
        """The model that `load_model` loaded; empty if it loaded none."""
        value = self._values.get("model")
        return value if isinstance(value, str) else ""

    @property
    def parameters(self) -> dict[str, Any]:
        """Name → value of the parameters set while the node ran."""
        value = self._values.get("parameters")
        return dict(value) if isinstance(value, dict) else {}

    def put(self, **values: Any) -> None:
        """Keep some of ``state``, ``model`` and ``parameters`` (added to those that are kept)."""
        if self._file is None:
            return
        if "parameters" in values:
            values["parameters"] = {**self.parameters, **values["parameters"]}
        self._values |= values
        # On a full or read-only disk the node runs all the same; after a crash it starts as it was configured.
        with contextlib.suppress(OSError):
            private_folder(self._file.parent)
            files.write_atomic(self._file, json.dumps(self._values).encode(), 0o600)

    def forget(self) -> None:
        """Remove the file, because the node ends normally."""
        if self._file is None:
            return
        with contextlib.suppress(OSError):
            self._file.unlink(missing_ok=True)
            self._file.parent.rmdir()  # by the last one
