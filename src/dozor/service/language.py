"""Django's names of languages and ours: they differ for Chinese alone."""

from __future__ import annotations

from django.utils import translation

from dozor.i18n import LANGUAGES

TO_DJANGO = {"zh": "zh-hans"}


def ours(code: str | None) -> str:
    """Our id of a Django language code: zh-hans is zh, what we do not speak is en."""
    short = (code or "")[:2].lower()
    return short if short in LANGUAGES else "en"


def djangos(lang: str) -> str:
    """Django's code of our id."""
    return TO_DJANGO.get(lang, lang)


def current() -> str:
    """The language of the request at hand, by our id."""
    return ours(translation.get_language())
