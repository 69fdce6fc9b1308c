"""Logs: one line an event, key=value, and nothing in it that opens a door."""

from __future__ import annotations

import logging
import re
import time

# A password in a URL, an address of ours that opens a door by itself, a bearer token, and whatever stands after a name
# that promises a secret.
SECRETS = (
    re.compile(r"(?P<keep>\b[a-z][a-z0-9+.-]*://[^\s/:@]*:)[^\s/@]+(?=@)", re.IGNORECASE),
    re.compile(r"(?P<keep>/(?:calendar|password/reset/key|confirm-email)/)[^\s/?\"']+", re.IGNORECASE),
    re.compile(r"(?P<keep>\b(?:bearer|basic)\s+)[\w.~+/=-]+", re.IGNORECASE),
    re.compile(
        r"(?P<keep>\b[\w-]*(?:token|secret|passw(?:or)?d|api[_-]?key|apikey|authorization|cookie|sign)[\w-]*"
        r"[\"']?\s*[=:]\s*[\"']?)[^\s\"'&,;}]+",
        re.IGNORECASE,
    ),
)
LONGEST = 4000  # a line that is longer is cut: nobody reads it, and a hostile one shall cost nothing
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x85\u2028\u2029]")


def clean(text: str) -> str:
    """The text without secrets, and without what could forge a second line."""
    text = text[:LONGEST]
    for secret in SECRETS:
        text = secret.sub(r"\g<keep>***", text)
    return CONTROL.sub(" ", text)


class NoSecrets(logging.Filter):
    """Cleans a message before anything formats it; a message that cannot be formatted is shown as it is."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always lets it pass, cleaned."""
        try:
            text = record.getMessage()
        except (TypeError, ValueError):
            text = str(record.msg)
        record.msg, record.args = clean(text).replace("\n", " "), ()
        return True


class Line(logging.Formatter):
    """`2026-11-25T18:00:00Z level=info logger=dozor.watch asked 12 numbers of 3 systems`."""

    converter = staticmethod(time.gmtime)

    def __init__(self) -> None:
        super().__init__("%(asctime)sZ level=%(levelname)s logger=%(name)s %(message)s", "%Y-%m-%dT%H:%M:%S")

    def formatException(self, ei: object) -> str:  # noqa: N802 (the name is the library's)
        """A trace is for developers and may hold values: it is cleaned like a message."""
        return clean(super().formatException(ei).replace("\n", "\n  "))  # type: ignore[arg-type]
