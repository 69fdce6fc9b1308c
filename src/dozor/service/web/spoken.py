"""Sentences of the catalogues in the language of the request: now, and later for labels that are made once."""

from __future__ import annotations

from django.utils.functional import lazy

from dozor.i18n import say
from dozor.model import Text
from dozor.service.language import current


def told(id: str, **args: object) -> str:
    """A sentence, now."""
    return say(Text(id, dict(args)), current())


later = lazy(told, str)
