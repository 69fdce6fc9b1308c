"""Sentences and dates in templates: `{% t "web.check" n=3 %}`, `{{ text|said }}`, `{% spoken moment %}`."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec
from django import template
from django.forms import BoundField
from django.template.base import FilterExpression, Node, Parser, Token, render_value_in_context
from django.template.context import Context
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString

from dozor.i18n import has, plural, say
from dozor.i18n import money as money_of
from dozor.model import Money, Text
from dozor.service.language import current
from dozor.service.web.letter import Spoken

register = template.Library()
LANG = "dozor_lang"  # the language of what is being rendered, asked for once a template


@register.tag
def t(parser: Parser, token: Token) -> Node:
    """A sentence of the catalogues, in the language of the request; escaped as any other text."""
    _, id, *given = token.split_contents()
    pairs = (each.split("=", 1) for each in given)
    return Sentence(id.strip("\"'"), {name: parser.compile_filter(value) for name, value in pairs})


class Sentence(Node):
    """A place where a sentence stands. Most have nothing to fill in, and are the same on every page."""

    def __init__(self, id: str, args: dict[str, FilterExpression]) -> None:
        self.id, self.args = id, args

    def render(self, context: Context) -> str:
        """The sentence."""
        lang = context.render_context.get(LANG) or context.render_context.setdefault(LANG, current())
        if not self.args:
            return _bare(self.id, lang, context.autoescape)
        args = {name: value.resolve(context) for name, value in self.args.items()}
        return render_value_in_context(say(Text(self.id, args), lang), context)


@cache
def _bare(id: str, lang: str, autoescape: bool) -> str:
    said = say(Text(id), lang)
    return escape(said) if autoescape else said


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
