"""Addresses that users give: they must lead outside. A service that follows any address is a door into its own house.

The check resolves the name and looks at every address it has. Whoever then connects should connect to what was checked
(`checked` gives the addresses), since a name may be resolved to something else a moment later.
"""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit

from django.conf import settings


class InsideError(ValueError):
    """An address that may not be asked; says why."""


def checked(url: str, *, schemes: tuple[str, ...] = ("http", "https")) -> tuple[str, ...]:
    """The addresses of a URL's host, all of them outside. Raises InsideError.

    `DOZOR_PRIVATE_URLS=yes` lets addresses of the private network pass, for those who run a service of their own there.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise InsideError("this is no address") from None
    if parts.scheme not in schemes or not parts.hostname:
        raise InsideError(f"an address begins with {' or '.join(scheme + '://' for scheme in schemes)}")
    if parts.username or parts.password:
        raise InsideError("an address must not hold a password")
    return host_checked(parts.hostname, port)


def host_checked(host: str, port: int | None = None) -> tuple[str, ...]:
    """The addresses of a host, all of them outside. Raises InsideError."""
    try:
        found = socket.getaddrinfo(host, port or 443, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise InsideError(f"{host} is not known") from None
    addresses = tuple(dict.fromkeys(str(each[4][0]).partition("%")[0] for each in found))
    if not settings.CONFIG.private_urls:
        for address in addresses:
            if not outside(address):
                raise InsideError(f"{host} is inside this network: DOZOR_PRIVATE_URLS=yes allows that")
    return addresses


def outside(address: str) -> bool:
    """Whether an address is one of the open internet."""
    found = ipaddress.ip_address(address)
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        if inner is not None:
            return outside(str(inner))
        if found in NAT64:
            return outside(str(ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)))
    return found.is_global and not found.is_multicast


NAT64 = ipaddress.ip_network("64:ff9b::/96")
