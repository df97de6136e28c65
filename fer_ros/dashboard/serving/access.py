"""Who may come in: the token, and what browsers say about where they come from."""

from __future__ import annotations

import hmac
import ipaddress
import secrets
import socket
from collections.abc import Iterable
from urllib.parse import urlsplit

from fer_ros.dashboard.settings import DashboardSettings

#: Bytes of a random token: 128 bits cannot be guessed.
TOKEN_BYTES = 16


class Access:
    """The rules of one server."""

    def __init__(self, settings: DashboardSettings) -> None:
        """Make the token where one is needed and none is given."""
        self.token = settings.token or ("" if settings.local else secrets.token_urlsafe(TOKEN_BYTES))
        self._names = {"localhost", *machine_names(), *settings.names, settings.host.lower()}

    def knows(self, token: str) -> bool:
        """Whether a token is the right one, which the time it takes does not tell; any where none is needed."""
        return not self.token or hmac.compare_digest(token.encode(), self.token.encode())

    def allows_host(self, host: str) -> bool:
        """Whether a ``Host`` header names this server.

        A page of somebody else's whose name is made to point here (DNS rebinding) still says its own name.
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


def machine_names() -> Iterable[str]:
    """The names of this machine, as networks know it."""
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
