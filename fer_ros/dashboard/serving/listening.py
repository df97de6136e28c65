"""Sockets that listen, and the address that counts for a newcomer."""

from __future__ import annotations

import errno
import ipaddress
import socket

#: Connections that wait in the system until they are accepted.
BACKLOG = 1_024


def listening(host: str, port: int) -> list[socket.socket]:
    """Sockets that listen on every address that a host has, all on the same port.

    :param port: 0 for any that is free.
    :raises OSError: it is possible to listen on none of them.
    """
    places: list[socket.socket] = []
    problem: OSError | None = None
    for family, kind, number, _, address in socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    ):
        try:
            place = socket.socket(family, kind, number)
        except OSError as error:  # a system without this family
            problem = error
            continue
        try:
            place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                place.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            place.bind((address[0], port or (places[0].getsockname()[1] if places else 0), *address[2:]))
            place.listen(BACKLOG)
            place.setblocking(False)
        except OSError as error:
            place.close()
            if error.errno != errno.EADDRNOTAVAIL:
                for other in places:
                    other.close()
                raise
            problem = error
        else:
            places.append(place)
    if not places:
        raise problem or OSError(errno.EADDRNOTAVAIL, "no such address")
    return places


def group(address: str) -> str:
    """The address to count. For IPv6 it is the network, because each machine can use all addresses of one."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(parsed.ipv4_mapped or ipaddress.ip_network((int(parsed), 64), strict=False))
    return str(parsed)
