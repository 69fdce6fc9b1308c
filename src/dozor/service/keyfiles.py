"""Key files: made on the first run, readable by their owner alone, never shown, logged or exported."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


class KeyFileError(RuntimeError):
    """A key file that cannot be used; says what to do."""


def secret(path: Path) -> str:
    """The key in a file, made now where there is none. Raises KeyFileError for one that others can read."""
    return lines(path, secrets.token_urlsafe(48))[0]


def lines(path: Path, fresh: str) -> list[str]:
    """The keys in a file, newest first: whoever rotates puts the new one above the old one."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        # O_EXCL: of two processes that start at once one makes the key, and both read the same.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        pass
    else:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(fresh + "\n")
            file.flush()
            os.fsync(file.fileno())
    if os.name == "posix" and path.stat().st_mode & 0o077:
        raise KeyFileError(f"{path} can be read by others: chmod 600 {path}")
    for _ in range(50):
        found = path.read_text(encoding="ascii").split()
        if found:
            return found
        # Another process has made the file and is about to write into it.
        import time

        time.sleep(0.02)
    raise KeyFileError(f"{path} is empty: restore it from a backup; without it stored secrets cannot be read")
