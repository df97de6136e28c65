"""The log of failed connections and requests: nothing if the client is to blame, else one line."""

from __future__ import annotations

import asyncio
import logging
import ssl
from typing import Any

from aiohttp.http_exceptions import HttpProcessingError

#: What a client can cause at any time.
THEIRS = (HttpProcessingError, ConnectionError, TimeoutError, asyncio.TimeoutError, ssl.SSLError)

log = logging.getLogger(__name__)


class _OneLine(logging.Filter):
    """Drops the mistakes of clients, so that rubbish cannot fill the log."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, THEIRS):
            return False
        if error is not None:
            record.msg, record.args = f"{record.getMessage()}: {type(error).__name__}: {error}", ()
            record.exc_info = None
        return True


def logger() -> logging.Logger:
    """The logger for aiohttp."""
    made = logging.getLogger("fer_ros.dashboard.http")
    if not made.filters:
        made.addFilter(_OneLine())
    return made


def of_the_loop(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Logs asyncio's own errors, such as a failed transport, in one line; by itself it prints a traceback for each."""
    error = context.get("exception")
    if not isinstance(error, THEIRS):
        log.error("%s: %s", context.get("message", "the network failed"), error)
