"""A progress bar on stderr: in place on a terminal, silent elsewhere."""

from __future__ import annotations

import sys
import time


class Bar:
    """``with Bar(total, "faces") as bar: bar.at(done)``."""

    WIDTH = 30

    def __init__(self, total: int, what: str) -> None:
        self.total, self.what = max(1, total), what
        self._shown = 0.0
        self._visible = sys.stderr.isatty()

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *_: object) -> None:
        if self._visible:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def at(self, done: int, note: str = "") -> None:
        """Show how many are done; drawn ten times a second at most."""
        now = time.monotonic()
        if not self._visible or (now - self._shown < 0.1 and done < self.total):
            return
        self._shown = now
        filled = self.WIDTH * done // self.total
        bar = "█" * filled + "░" * (self.WIDTH - filled)
        sys.stderr.write(f"\r\x1b[K{bar} {done}/{self.total} {self.what} {note}")
        sys.stderr.flush()
