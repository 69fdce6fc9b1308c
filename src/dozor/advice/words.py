"""Sentences for the buyer and texts to send, filled with what is known and silent about the rest."""

from __future__ import annotations

import datetime as dt
import re
import string
import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import Any

from msgspec import Struct

from dozor import i18n, knowledge
from dozor.advice.situation import Situation
from dozor.advice.tables import figure
from dozor.model import Dossier, Journey, Money, OutcomeKind, Text

LONGEST = 120  # characters of a carrier's or shop's words inside a message
STOPS = re.compile(r"([.。])(?:\s*[.。])+")  # a full stop after a full stop
# A part of a message, which stands only when all its placeholders are known; it may hold parts of its own.
INNER = r"\[[^\[\]]*\]"
PART = re.compile(rf"\[((?:[^\[\]]|{INNER})*)\]")


class MessageRow(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A text to send. Placeholders stand in `[parts]`, which are left out when one of them is unknown, with
    the parts in them: a date in brackets goes with the sentence that it dates.
    """

    id: str
    lang: str
    to: str
    text: str
    source: str
    confidence: str
    seed: bool = False
    rules: tuple[str, ...] = ()


class DateForms(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """How a day is written in a message, by language."""

    source: str
    en: str
    zh: str
    ru: str
    uk: str


class Spoken(Struct, frozen=True, forbid_unknown_fields=True):
    """The language of ours that is spoken at the counters of a country."""

    country: str
    lang: str
    source: str


def text(id: str, args: Mapping[str, Any]) -> Text:
    """The Text of an id with just the arguments that its sentence names; `<id>.plain` where one is unknown."""
    names = _placeholders(id)
    if any(name not in args for name in names):
        return Text(f"{id}.plain")
    return Text(id, {name: args[name] for name in names})


def message(id: str, speak: Languages, args: Mapping[str, Any]) -> tuple[dict[str, str], str | None]:
    """The texts of a message by language, and whom they are for.

    A seller is written to in English and Chinese; a platform in English and the buyer's language; a post office in
    the language of its country; a bank, a sender and a forwarder in the buyer's.
    """
    rows = {row.lang: row for row in _messages().get(id, ()) if not row.seed}
    if not rows:
        return {}, None
    to = next(iter(rows.values())).to
    own, local = (each if each in rows else "en" for each in (speak.own, speak.local))
    wanted = {
        "seller": ("en", "zh"),
        "shop": ("en", own),
        "platform": ("en", own),
        "reviews": ("en", own),
        "post": (local,),
    }.get(to, (own,))
    return {each: fill(rows[each].text, args, each) for each in dict.fromkeys(wanted) if each in rows}, to


def fill(text: str, args: Mapping[str, Any], lang: str) -> str:
    """The text with its known parts filled; what is unknown is left out with its part."""
    shown: dict[str, str] = {}

    def part(found: re.Match[str]) -> str:
        own = PART.split(found[1])[::2]  # around the parts in it
        for name in (name for piece in own for name in _names(piece)):
            if args.get(name) is None:
                return ""
            if name not in shown:
                shown[name] = _shown(args[name], lang)
        inside = (part(each) for each in PART.finditer(found[1]))
        return "".join(piece.format_map(shown) + next(inside, "") for piece in own)

    # A part left out must not leave its punctuation behind.
    filled = STOPS.sub(r"\1", PART.sub(part, text))
    return re.sub(r" {2,}", " ", filled).strip()


def message_args(dossier: Dossier, journey: Journey, s: Situation) -> dict[str, Any]:
    """What messages may name: of the order and the parcel only, never a person."""
    order = dossier.order
    last = journey.last_movement
    # The buyer's own sentence about a scan is not the carrier's: it is not quoted as such.
    quoted = last.text if last and last.decided_by != "said" else None
    asked = [
        carrier
        for carrier, outcome in journey.outcomes.items()
        if outcome.kind in (OutcomeKind.UNKNOWN_NUMBER, OutcomeKind.KNOWN_WITHOUT_EVENTS, OutcomeKind.FOUND)
    ]
    found = {
        "order": order.number,
        "number": s.args.get("number"),
        "days": s.args.get("days"),
        "date": s.now.date(),
        "ship_date": order.shipped,
        "paid_date": order.paid,
        "promised": order.promised,
        "sum": s.args.get("sum"),
        "offered": s.args.get("offered"),
        "sources": ", ".join(sorted(asked)[:4]) or None,
        "last_event": quoted,
        "last_date": last.when.local.date() if last and last.when else None,
        "place": last.place.text if last and last.place else None,
        "delivered": journey.delivered_at.date() if journey.delivered_at else None,
        "until": s.at["act_by"].date() if "act_by" in s.at and s.at["act_by"] > s.now else None,
        "shop_until": s.at["shop_by"].date(),
        "extension": round(figure("extension_days")),
        "untracked": s.args.get("number") if s.has("events_none") else None,
    }
    return {name: value for name, value in found.items() if value not in (None, "")}


class Languages(Struct, frozen=True):
    """Languages that texts are written in: the buyer's own, and the one spoken where the parcel waits."""

    own: str
    local: str


def languages(dossier: Dossier) -> Languages:
    """As told or by the country of destination; English where neither is known or the country's is not one of ours."""
    country = (dossier.order.destination or "").upper()
    spoken = _spoken().get(country)
    own = dossier.lang if dossier.lang in i18n.LANGUAGES else spoken or "en"
    return Languages(own, spoken or ("en" if country else own))


@cache
def _spoken() -> dict[str, str]:
    return {row.country: row.lang for row in knowledge.table("advice", "languages.csv", Spoken)}


def seeds() -> tuple[MessageRow, ...]:
    """The founding guide's own wordings, kept as it wrote them."""
    return tuple(row for rows in _messages().values() for row in rows if row.seed)


@cache
def _messages() -> dict[str, tuple[MessageRow, ...]]:
    rows = knowledge.rows("advice/messages", "*.toml", MessageRow)
    known: dict[str, tuple[MessageRow, ...]] = {}
    for row in rows:
        if "{" in PART.sub("", row.text):
            raise knowledge.KnowledgeError(f"advice/messages: {row.id} ({row.lang}): a placeholder outside [a part]")
        known[row.id] = (*known.get(row.id, ()), row)
    return known


@cache
def _placeholders(id: str) -> tuple[str, ...]:
    forms = i18n.catalogue("en").get(id)
    return _names(forms[0]) if forms else ()


@cache  # as many as the tables have sentences and parts
def _names(text: str) -> tuple[str, ...]:
    return tuple(name for _, name, _, _ in string.Formatter().parse(text) if name)


def _shown(value: Any, lang: str) -> str:
    if isinstance(value, Money):
        return i18n.money(value)
    if isinstance(value, dt.date):
        return value.strftime(getattr(_dates(), lang))
    shown = "".join(" " if unicodedata.category(c) in {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"} else c for c in str(value))
    shown = " ".join(shown.split())
    return shown if len(shown) <= LONGEST else shown[: LONGEST - 1].rstrip() + "…"


@cache
def _dates() -> DateForms:
    return knowledge.document("advice", "dates.toml", DateForms)
