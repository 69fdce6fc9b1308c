"""Sentences and dates in templates: `{% t "web.check" n=3 %}`, `{{ text|said }}`, `{% spoken moment %}`."""

from __future__ import annotations

from typing import Any

import msgspec
from django import template
from django.forms import BoundField
from django.utils.html import format_html
from django.utils.safestring import SafeString

from dozor.i18n import has, plural, say
from dozor.i18n import money as money_of
from dozor.model import Money, Text
from dozor.service.language import current
from dozor.service.web.letter import Spoken

register = template.Library()


@register.simple_tag
def t(id: str, **args: Any) -> str:
    """A sentence of the catalogues, in the language of the request; escaped as any other text."""
    return say(Text(id, args), current())


@register.simple_tag
def tn(id: str, n: int) -> str:
    """The words that go with a number which is shown apart: "2" **ждут вас**."""
    return plural(id, n, current()).replace(str(n), "", 1).strip()


@register.filter
def said(text: Any) -> str:
    """A Text, or a Text as JSON, in the language of the request."""
    if isinstance(text, dict):
        text = msgspec.convert(text, Text) if text.get("id") else None
    return say(text, current()) if text else ""


@register.simple_tag
def spoken(at: Spoken | None, css: str = "") -> SafeString | str:
    """A day as people say it; the exact instant on focus and on hover."""
    if at is None:
        return ""
    return format_html(
        '<time datetime="{}" title="{}" class="{}">{}</time>', at.iso, at.exact, css or "spoken", at.text
    )


@register.filter
def money(minor: int | None, currency: str | None) -> str:
    """An amount in minor units."""
    return money_of(Money(minor, currency)) if minor is not None and currency else ""


@register.filter
def labelled(field: BoundField) -> str:
    """A field's label; those of accounts are ours where a catalogue has one, else the library's."""
    own = f"account.field.{field.name}" + ("" if field.field.required else ".optional")
    of_accounts = type(field.form).__module__.startswith("allauth")
    return say(Text(own), current()) if of_accounts and has(own, "en") else str(field.label)


@register.filter
def unprompted(field: BoundField) -> SafeString:
    """A field without words in it: its label says them already."""
    return field.as_widget(attrs={"placeholder": False})
