"""A small HTTP client for load: so many connections that are kept open, each asking again once it was answered.

Written by hand so that the one who measures takes little of the machine's two cores.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass
class Told:
    """How long each request took, in milliseconds, and how many were not answered with 200."""

    took: list[float] = field(default_factory=list)
    failed: int = 0
    size: int = 0  # bytes of the largest body
    seconds: float = 0.0

    def share(self, of: float) -> float:
        """The time within which that share of the requests was answered, ms."""
        return sorted(self.took)[min(len(self.took) - 1, int(of * len(self.took)))]


def request(method: str, path: str, host: str, cookie: str, body: bytes = b"") -> bytes:
    """The bytes of a request."""
    head = [f"{method} {path} HTTP/1.1", f"Host: {host}", f"Cookie: {cookie}", "Accept-Language: ru"]
    if method == "POST":
        head += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def loaded(host: str, requests: Sequence[bytes], connections: int) -> Told:
    """Sends them all, over so many connections."""
    return asyncio.run(_loaded(host, list(requests), connections))


async def _loaded(host: str, waiting: list[bytes], connections: int) -> Told:
    told = Told()
    waiting.reverse()
    begun = time.monotonic()
    await asyncio.gather(*(_connection(host, waiting, told) for _ in range(connections)))
    told.seconds = time.monotonic() - begun
    return told


async def _connection(host: str, waiting: list[bytes], told: Told) -> None:
    name, _, port = host.partition(":")
    reader, writer = await asyncio.open_connection(name, int(port), limit=1 << 22)
    while waiting:
        asked = waiting.pop()
        begun = time.perf_counter()
        writer.write(asked)
        head = await reader.readuntil(b"\r\n\r\n")
        size = next(
            int(line.partition(b":")[2]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")
        )
        await reader.readexactly(size)
        told.took.append((time.perf_counter() - begun) * 1000)
        told.failed += not head.startswith(b"HTTP/1.1 200")
        told.size = max(told.size, size)
    writer.close()
