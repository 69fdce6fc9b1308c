"""A process of its own that carries messages over apprise: `python -m dozor.service.notify.messenger`.

People name the addresses, and a hundred services' code follows them, so it runs apart: without our environment and
keys, and held by an audit hook, which Python asks before each connection. A connection into the house (whatever name,
redirect or second look-up led there), a program, a file beyond Python's own: refused. It also keeps the libraries of
all those services out of the memory of the pages.

Lines of JSON: first {"private": bool}, then {"url", "title", "body"}; without a body the address is looked at only.
Each is answered by {"ok", "why", "hint"}; `why` is an id: refused, inside, no_service.
"""

from __future__ import annotations

import ipaddress
import json
import logging
import os
import sys
from pathlib import Path
from typing import Any

from dozor.service.outside import outside

FORBIDDEN = (
    "subprocess.",
    "os.exec",
    "os.system",
    "os.posix_spawn",
    "os.spawn",
    "os.fork",
    "pty.spawn",
    "ctypes.dlopen",
)


class Guard:
    """The hook. `met` says whether something was refused since it was last set to False."""

    def __init__(self, private: bool) -> None:
        self.private = private
        self.met = False
        roots = {sys.prefix, sys.base_prefix, str(Path(__file__).resolve().parents[2]), "/usr/share", "/etc/ssl"}
        self.roots = tuple(str(Path(root).resolve()) + os.sep for root in roots)

    def __call__(self, event: str, args: tuple[Any, ...]) -> None:
        """Raises PermissionError for what is not allowed."""
        if event in ("socket.connect", "socket.sendto"):
            self.connection(args[1])
        elif event == "open":
            self.file(args[0], args[2] if len(args) > 2 else 0)
        elif event.startswith(FORBIDDEN):
            self.refuse("programs are not begun here")

    def connection(self, address: Any) -> None:
        """Only to the open internet, and, where the settings say so, into the private network."""
        host = address[0] if isinstance(address, tuple) and address else ""
        try:
            found = ipaddress.ip_address(str(host).partition("%")[0])
        except ValueError:
            self.refuse("no address of the internet")
            return
        if not self.private and not outside(str(found)):
            self.refuse("inside this network")

    def file(self, path: Any, flags: Any) -> None:
        """Python's own files, to be read."""
        if isinstance(path, int):
            return
        writes = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR)
        name = os.path.realpath(os.fsdecode(path))
        if writes or not name.startswith(self.roots):
            raise PermissionError(f"not a file of ours: {name}")

    def refuse(self, why: str) -> None:
        """Remembers, and refuses."""
        self.met = True
        raise PermissionError(why)


def main() -> None:
    """Answers line by line until the input ends."""
    logging.disable(logging.CRITICAL)  # what services say may hold addresses
    import apprise

    guard = Guard(bool(json.loads(sys.stdin.readline())["private"]))
    asset = apprise.AppriseAsset(
        app_id="Dozor", app_desc="Dozor", app_url="", async_mode=False, http_redirects=False, secure_logging=True
    )
    apprise.Apprise(asset=asset).details()  # every service is loaded while files may still be read
    sys.addaudithook(guard)
    for line in sys.stdin:
        guard.met = False
        try:
            answer = carry(apprise, asset, json.loads(line))
        except Exception:  # whatever a service's code raises is a message that was not taken
            answer = {"ok": False, "why": "refused"}
        if guard.met and not answer["ok"]:
            answer["why"] = "inside"
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def carry(apprise: Any, asset: Any, wish: dict[str, str]) -> dict[str, Any]:
    """Looks at an address, or sends to it."""
    server = apprise.Apprise.instantiate(wish["url"], asset=asset, suppress_exceptions=True)
    if server is None:
        return {"ok": False, "why": "no_service"}
    scheme, _, rest = str(server.url(privacy=True)).partition("?")[0].partition("://")
    host, _, path = rest.partition("/")  # a path may be a secret of its own
    hint = f"{scheme}://{host}{'/…' if path else ''}"
    if "body" not in wish:
        return {"ok": True, "hint": " · ".join(filter(None, (str(server.service_name or ""), hint)))[:200]}
    ways = apprise.Apprise(asset=asset)
    ways.add(server)
    taken = ways.notify(body=wish["body"], title=wish["title"], body_format=apprise.NotifyFormat.TEXT)
    return {"ok": bool(taken), "why": "" if taken else "refused"}


if __name__ == "__main__":
    main()
