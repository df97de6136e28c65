"""Where others find the page: its address, and the QR code of it for a phone."""

from __future__ import annotations

import io
import ipaddress
import socket

import segno

#: An address that is asked for the way to it only; nothing is sent (RFC 5737 and RFC 3849: documentation).
_FAR = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))


def addresses() -> list[str]:
    """The addresses under which other machines reach this one, the most likely first; may be empty."""
    found = []
    for family, far in _FAR:
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.connect((far, 9))
                found.append(str(probe.getsockname()[0]).partition("%")[0])
        except OSError:
            continue
    return [address for address in dict.fromkeys(found) if not ipaddress.ip_address(address).is_loopback]


def url(host: str, port: int, secure: bool, token: str = "") -> str:
    """The page's address. The token is in the fragment, which browsers keep to themselves.

    :param host: a name or an address.
    """
    shown = f"[{host}]" if ":" in host else host
    return f"{'https' if secure else 'http'}://{shown}:{port}/{f'#token={token}' if token else ''}"


def reachable(host: str) -> str:
    """The host name for links: the address listened on, or this machine's address if that is every network."""
    try:
        everywhere = ipaddress.ip_address(host).is_unspecified
    except ValueError:
        everywhere = False
    if not everywhere:
        return host
    return next(iter(addresses()), socket.gethostname() or "localhost")


def qr_rows(text: str) -> list[str]:
    """The QR code of a text, a string of ``0`` and ``1`` a row, 1 dark, without the quiet zone."""
    return ["".join("1" if module else "0" for module in row) for row in segno.make(text, micro=False).matrix]


def qr_text(text: str) -> str:
    """The QR code of a text for a terminal."""
    out = io.StringIO()
    segno.make(text, micro=False).terminal(out, compact=True, border=2)
    return out.getvalue()
