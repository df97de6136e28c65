"""What is said of requests that cannot be answered: nothing where a client is to blame, else one line."""

from __future__ import annotations

import logging

from aiohttp.http_exceptions import HttpProcessingError


class _OneLine(logging.Filter):
    """Drops what clients did wrong: whoever sends rubbish must not be able to fill the log."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, (HttpProcessingError, ConnectionError, TimeoutError)):
            return False
        if error is not None:
            record.msg, record.args = f"{record.getMessage()}: {type(error).__name__}: {error}", ()
            record.exc_info = None
        return True


def logger() -> logging.Logger:
    """The logger that aiohttp is to use."""
    made = logging.getLogger("fer_ros.dashboard.http")
    if not made.filters:
        made.addFilter(_OneLine())
    return made
