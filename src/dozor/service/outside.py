"""Addresses that users give: they must lead outside. A service that follows any address is a door into its own house.

Whoever connects asks with the very address that it connects to, since a name may be resolved to something else a moment
later: `notify/messenger.py` does so before each connection.
"""

from __future__ import annotations

import ipaddress

# IPv6 addresses that hold an IPv4 one in their last four bytes: NAT64 (RFC 6052, RFC 8215), translated (RFC 2765),
# compatible (RFC 4291).
WITH_IPV4 = tuple(map(ipaddress.IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48", "::ffff:0:0:0/96", "::/96")))


def outside(address: str) -> bool:
    """Whether an address is one of the open internet. Raises ValueError for what is no address."""
    found = ipaddress.ip_address(address)
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        if inner is None and any(found in network for network in WITH_IPV4):
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is not None:
            return outside(str(inner))
        if found.is_site_local:
            return False
    return found.is_global and not found.is_multicast
