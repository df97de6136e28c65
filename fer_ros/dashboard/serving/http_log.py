"""What is said of connections and requests that fail: nothing where a client is to blame, else one line."""

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
    """Drops what clients did wrong: whoever sends rubbish must not be able to fill the log."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, THEIRS):
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


def of_the_loop(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """What asyncio itself has to say, such as of a transport that failed; its own way is a traceback for each."""
    error = context.get("exception")
    if not isinstance(error, THEIRS):
        log.error("%s: %s", context.get("message", "the network failed"), error)
