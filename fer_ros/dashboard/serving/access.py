"""Who may connect: checks the token, and where browsers say they come from."""

from __future__ import annotations

import hmac
import ipaddress
import logging
import os
import secrets
import socket
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from fer_ros.core.base import json_text
from fer_ros.core.base.checks import Value
from fer_ros.core.base.errors import ConfigError
from fer_ros.dashboard.settings import DashboardSettings

#: Bytes of a random token: 128 bits cannot be guessed.
TOKEN_BYTES = 16
#: Where a token of the user's may be, beside a file. It is never a parameter, which everybody on the network can read.
VARIABLE = "FER_DASHBOARD_TOKEN"
#: A token of the user's, and bytes of its file at most.
TOKEN = Value(str, 8, 256, pattern=r"[A-Za-z0-9_-]+")
MAX_FILE = 4_096

log = logging.getLogger(__name__)


class Access:
    """The rules of one server."""

    def __init__(self, settings: DashboardSettings) -> None:
        """Make a token if one is needed and none is given.

        :raises ConfigError: a given token is too short, too long or has other characters, or its file cannot be read.
        """
        self.token = _given(settings) or ("" if settings.local else secrets.token_urlsafe(TOKEN_BYTES))
        self._names = {"localhost", *machine_names(), *settings.names, settings.host.lower()}

    def knows(self, token: str) -> bool:
        """Whether a token is right, in constant time; any is right if none is needed."""
        return not self.token or hmac.compare_digest(token.encode(), self.token.encode())

    def allows_host(self, host: str) -> bool:
        """Whether a ``Host`` header names this server.

        A foreign page whose name is made to point here (DNS rebinding) still sends its own name.
        """
        name = _hostname(f"//{host}")
        if name is None:
            return False
        return name in self._names or _is_address(name)

    def allows_origin(self, origin: str | None, host: str) -> bool:
        """Whether an ``Origin`` header is that of our own page; programs send none.

        :param host: the ``Host`` header of the same request.
        """
        if origin is None:
            return True
        try:
            parts = urlsplit(origin)
        except ValueError:
            return False
        return parts.scheme in ("http", "https") and parts.netloc.lower() == host.lower() and bool(host)


def _given(settings: DashboardSettings) -> str:
    """The user's own token; empty if there is none."""
    text, where = os.environ.get(VARIABLE, ""), VARIABLE
    if settings.token_file:
        file = Path(settings.token_file).expanduser()
        text, where = json_text.read_bytes(file, MAX_FILE).decode(errors="replace").strip(), str(file)
        if file.stat().st_mode & 0o077:
            log.warning("%s can be read by others: `chmod 600 %s`", file, file)
    elif not text:
        return ""
    try:
        return str(TOKEN.check("the token", text))
    except ConfigError:
        # Without the token itself: messages go into logs.
        raise ConfigError(f"{where}: a token has 8 to 256 letters, digits, '-' or '_'") from None


def machine_names() -> Iterable[str]:
    """The names of this machine on networks."""
    name = socket.gethostname().lower()
    return {name, f"{name}.local", name.partition(".")[0], f"{name.partition('.')[0]}.local"} if name else ()


def _hostname(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises where it is no number
    except ValueError:
        return None
    if not parts.hostname or parts.path or parts.query or parts.fragment or "@" in parts.netloc:
        return None
    return parts.hostname.rstrip(".")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return True
