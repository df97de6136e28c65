"""The Python that runs this."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator

from fer_ros.cli.checks.finding import Finding, error, ok, warning

OLDEST, NEWEST = (3, 10), (3, 13)


def check() -> Iterator[Finding]:
    """Versions outside of those tested are named."""
    found = sys.version_info[:2]
    text = f"Python {platform.python_version()} ({sys.executable})"
    facts = {"version": platform.python_version(), "executable": sys.executable}
    if found < OLDEST:
        yield error(f"{text} is too old", f"install Python {_dotted(OLDEST)} to {_dotted(NEWEST)}", **facts)
    elif found > NEWEST:
        yield warning(
            f"{text} is newer than what was tested", f"use Python {_dotted(OLDEST)} to {_dotted(NEWEST)}", **facts
        )
    else:
        yield ok(text, **facts)


def _dotted(version: tuple[int, int]) -> str:
    return ".".join(map(str, version))
