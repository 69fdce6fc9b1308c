"""What all that kills has in common: children that work until SIGKILL ends them."""

from __future__ import annotations

import os
import signal
from typing import Any


def forked(work: Any, *words: Any) -> int:
    """A child that does it; its pid. Nothing of ours is shared with it but memory as it was."""
    from django.db import connections

    connections.close_all()
    pid = os.fork()
    if pid:
        return pid
    try:
        work(*words)
    finally:
        os._exit(1)


def ended(pid: int) -> None:
    """Killed, at whatever it was."""
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
