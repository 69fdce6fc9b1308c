"""Mail over the server of DOZOR_SMTP_URL; without one, letters are refused with a word on what to set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.mail.backends.smtp import EmailBackend

from dozor.service import turn


class NoMailServerError(OSError):
    """There is no mail server; says how to name one."""


PORTS = {"smtp": 25, "smtps": 465, "smtp+tls": 587}


class Backend(EmailBackend):
    """Django's mail, its server read from one address: smtp://, smtps:// (TLS at once) or smtp+tls:// (STARTTLS)."""

    def __init__(self, *words: Any, url: str | None = None, **more: Any) -> None:
        from django.conf import settings

        parts = urlsplit(settings.CONFIG.smtp_url if url is None else url)
        self.named = bool(parts.hostname)
        super().__init__(
            *words,
            **{
                **more,
                "host": parts.hostname or "",
                "port": parts.port or PORTS.get(parts.scheme, 25),
                "username": unquote(parts.username or ""),
                "password": unquote(parts.password or ""),
                "use_tls": parts.scheme == "smtp+tls",
                "use_ssl": parts.scheme == "smtps",
                "timeout": 15,
            },
        )

    def open(self) -> bool | None:
        """Connects. Raises NoMailServerError where none is named."""
        if not self.named:
            raise NoMailServerError("there is no mail server: set DOZOR_SMTP_URL=smtp+tls://user:password@host:587")
        opened: bool | None = super().open()
        return opened

    def send_messages(self, email_messages: Sequence[Any]) -> int:
        """Sends; meanwhile other pages are made."""
        with turn.pages.aside():
            return super().send_messages(email_messages) or 0
