"""What every page knows: whose it is, its theme, the languages, and whether anybody has an account yet."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from dozor.i18n import LANGUAGES
from dozor.service.accounts import nobody_yet
from dozor.service.language import djangos

NAMES = {"en": "English", "ru": "Русский", "uk": "Українська", "zh": "中文"}  # each in its own language


def page(request: HttpRequest) -> dict[str, Any]:
    """The context. Asks the database for nothing; `nobody_yet` does where a template calls it."""
    person = getattr(request, "person", None)
    theme = person.more.get("theme", "") if person is not None else ""
    return {
        "person": person,
        "theme": theme if theme in ("light", "dark") else "",
        "languages": [(djangos(lang), NAMES[lang]) for lang in LANGUAGES],
        "notify_url": _notify(),
        "mail_works": bool(settings.CONFIG.smtp_url),
        "nobody_yet": nobody_yet,
    }


@cache
def _notify() -> str:
    """The page of notifications, where that room has one."""
    try:
        return reverse("notify")
    except NoReverseMatch:
        return ""
