"""Carrying one message to one channel: mail over the house's server, everything else over a messenger.

`begin` goes as far as one can without saying a word of the message; then `give` says it, and knows how it went.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import subprocess
import sys
import threading
import time
from email.utils import parseaddr
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from dozor.service.mail import NoMailServerError
from dozor.service.notify.compose import Message
from dozor.service.notify.models import MAIL, Channel
from dozor.service.parcels.secrets import SealError, unseal

PATIENCE = 90.0  # seconds that a messenger is waited for, its libraries' loading included
KEPT = ("PATH", "LANG", "LC_ALL", "PYTHONPATH", "SSL_CERT_FILE", "SSL_CERT_DIR", "VIRTUAL_ENV")


class RefusedError(Exception):
    """It was not taken; `why` is the id of a sentence. `known` is false where it may have been taken all the same."""

    def __init__(self, why: str, *, known: bool = True) -> None:
        super().__init__(why)
        self.why, self.known = why, known


class Messenger:
    """A process of `messenger.py`. Not for two threads at once."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "dozor.service.notify.messenger"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={name: os.environ[name] for name in KEPT if name in os.environ},
            start_new_session=True,
        )
        self.used = time.monotonic()
        self._write({"private": settings.CONFIG.private_urls})

    def ask(self, wish: dict[str, str]) -> dict[str, Any]:
        """Its answer. Raises RefusedError where it gives none: then nobody knows."""
        self.used = time.monotonic()
        try:
            self._write(wish)
            line = self._line()
        except OSError:
            line = b""
        if not line.endswith(b"\n"):
            self.end()
            raise RefusedError("no_answer", known=False)
        found: dict[str, Any] = json.loads(line)
        return found

    def end(self) -> None:
        """Ends the process."""
        self.process.kill()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        self.process.wait()

    def _write(self, what: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(what).encode() + b"\n")
        self.process.stdin.flush()

    def _line(self) -> bytes:
        assert self.process.stdout is not None
        end, line = time.monotonic() + PATIENCE, b""
        with selectors.DefaultSelector() as ready:
            ready.register(self.process.stdout, selectors.EVENT_READ)
            while not line.endswith(b"\n") and ready.select(max(0.0, end - time.monotonic())):
                some = os.read(self.process.stdout.fileno(), 65536)
                if not some:
                    break
                line += some
        return line


class Postman:
    """Keeps messengers for the next message while there is one; `rest` lets go of those that wait in vain."""

    def __init__(self) -> None:
        self.idle: list[Messenger] = []
        self.lock = threading.Lock()

    def __enter__(self) -> Postman:
        return self

    def __exit__(self, *_: object) -> None:
        self.rest(0.0)

    def begin(self, channel: Channel) -> Any:
        """A connection, or whatever carries it. Raises RefusedError: nothing of the message was said."""
        try:
            address = unseal(channel.sealed).decode()
        except SealError:
            raise RefusedError("sealed") from None
        if channel.kind == MAIL:
            connection = get_connection()
            try:
                connection.open()
            except NoMailServerError:
                raise RefusedError("no_mail_server") from None
            except (OSError, SMTPException):
                raise RefusedError("unreachable") from None
            return connection, address
        return self._messenger(), address

    def give(self, begun: Any, message: Message, key: str) -> None:
        """Says it. Raises RefusedError."""
        by, address = begun
        if isinstance(by, Messenger):
            answer = by.ask({"url": address, "title": message.subject, "body": message.body})
            self._back(by)
            if not answer["ok"]:
                raise RefusedError(answer["why"])
            return
        domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
        # The same news has the same id however often it is tried, so that readers show it once.
        headers = {"Message-ID": f"<{key}@{domain}>", "Auto-Submitted": "auto-generated"}
        letter = EmailMessage(message.subject, message.body, to=[address], headers=headers, connection=by)
        try:
            by.send_messages([letter])
        except (OSError, SMTPException):
            raise RefusedError("refused") from None
        finally:
            with contextlib.suppress(OSError, SMTPException):
                by.close()

    def let_go(self, begun: Any) -> None:
        """What was begun is not needed after all."""
        by, _ = begun
        if isinstance(by, Messenger):
            self._back(by)
        else:
            with contextlib.suppress(OSError, SMTPException):
                by.close()

    def look(self, url: str) -> str:
        """How a messenger would show an address. Raises RefusedError where it is none."""
        by = self._messenger()
        answer = by.ask({"url": url})
        self._back(by)
        if not answer["ok"]:
            raise RefusedError(answer["why"])
        return str(answer["hint"])

    def rest(self, after: float = 60.0) -> None:
        """Ends messengers that nobody needed for so many seconds."""
        with self.lock:
            late = [each for each in self.idle if time.monotonic() - each.used >= after]
            self.idle = [each for each in self.idle if each not in late]
        for each in late:
            each.end()

    def _messenger(self) -> Messenger:
        with self.lock:
            while self.idle:
                found = self.idle.pop()
                if found.process.poll() is None:
                    return found
                found.end()
        return Messenger()

    def _back(self, by: Messenger) -> None:
        with self.lock:
            self.idle.append(by)
