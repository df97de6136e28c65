"""Settings of the dashboard."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.settings import setting


@dataclass(frozen=True)
class DashboardSettings:
    """Where the server listens, who may connect, and its limits."""

    host: str = setting("127.0.0.1", "address to listen on; 0.0.0.0: every network, then a token is needed")
    port: int = setting(8765, "port to listen on; 0: any that is free", low=0, high=65535)
    token_file: str = setting(
        "",
        "file with the token that opens the page, one line; empty: FER_DASHBOARD_TOKEN in the environment, or a random "
        "one at each start, none where only this machine can connect",
    )
    certificate: str = setting("", "PEM file of a TLS certificate chain; empty: no TLS, unless self_signed")
    key: str = setting("", "PEM file of its private key")
    self_signed: bool = setting(False, "TLS with a certificate of our own, kept in $FER_HOME; browsers warn of it")
    allowed_hosts: str = setting("", "further names under which the server is reached, with commas between them")
    max_clients: int = setting(16, "browsers at once", low=1, high=1000)
    max_take: float = setting(60.0, "seconds after which a take ends, even if its button is held", low=1.0, high=3600.0)
    advised: int = setting(100, "samples per label that the page advises", low=1, high=1_000_000)
    camera_socket: str = setting("", "where the source `browser` listens; empty: browser.sock in $FER_HOME")

    def __post_init__(self) -> None:
        if bool(self.certificate) != bool(self.key):
            raise ConfigError("certificate and key go together: give both or neither")
        if self.certificate and self.self_signed:
            raise ConfigError("self_signed makes a certificate: leave certificate and key empty, or set it to false")

    @property
    def local(self) -> bool:
        """Whether only this machine can connect."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def secure(self) -> bool:
        """Whether the server speaks TLS."""
        return self.self_signed or bool(self.certificate)

    @property
    def names(self) -> tuple[str, ...]:
        """The names in ``allowed_hosts``."""
        return tuple(name for name in (part.strip().lower() for part in self.allowed_hosts.split(",")) if name)
