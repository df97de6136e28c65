"""A data folder for one measurement, so that the user's own is neither used nor changed."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from fer_ros.core.base import paths


@contextlib.contextmanager
def fresh() -> Iterator[str]:
    """An empty one, but for the networks of detectors that were fetched: these are what is measured."""
    with tempfile.TemporaryDirectory(prefix="fer_bench_") as home:
        networks = paths.fer_home() / "detectors"
        if networks.is_dir():
            shutil.copytree(networks, Path(home) / networks.name)
        yield home
