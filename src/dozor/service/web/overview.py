"""The list of a person's parcels: counts and rows, from the summaries beside the parcels. Computes no answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import msgspec
from django.core.paginator import Page, Paginator
from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import Substr
from django.template.loader import get_template
from django.utils import translation
from django.utils.safestring import SafeString
from msgspec import Struct

from dozor import knowledge
from dozor.i18n import has, money, say
from dozor.model import Money, Text
from dozor.service.language import djangos
from dozor.service.parcels.models import ENDED, Fate, Line, Number, Order, Parcel, Person
from dozor.service.parcels.people import zone_named
from dozor.service.web.letter import Fields, Spoken, shown, spoken


class Silent(Struct, frozen=True, forbid_unknown_fields=True):
    """Causes of silence."""

    causes: tuple[str, ...]


class Listing(Struct, frozen=True, forbid_unknown_fields=True):
    """The table."""

    source: str
    page: int
    finished: int
    protected: tuple[str, ...]
    steps: dict[str, tuple[str, ...]]
    silent: Silent
    signs: dict[str, str]

    def mark(self, fate: str, step: str, cause: str) -> str:
        """The id of a parcel's mark."""
        if fate in ENDED:
            return "over"
        named = next((mark for mark, steps in self.steps.items() if step in steps), None)
        return named or ("silent" if cause in self.silent.causes else "way")


@cache
def listing() -> Listing:
    """list.toml."""
    return knowledge.document("service/web", "list.toml", Listing)


@dataclass(frozen=True)
class Row(Fields):
    """One parcel of the list."""

    ref: str
    title: str
    mark: str
    sign: str
    word: str
    sentence: str
    step: str
    until: Spoken | None
    urgent: bool
    price: str
    demo: bool
    over: bool


@dataclass(frozen=True)
class Counts:
    """How many open parcels need the person, are under way, are silent, wait at the office; the money that a claim can
    still bring back.
    """

    need: int
    way: int
    silent: int
    office: int
    open: int
    over: int
    money: tuple[str, ...]


def counts(person: Person) -> Counts:
    """One query over the summaries, one over the orders; each reads an index alone."""
    groups = Parcel.objects.of(person).order_by().values_list("fate", "step", "cause").annotate(n=Count("*"))
    found = dict.fromkeys((*listing().signs, "over"), 0)
    for fate, step, cause, n in groups:
        found[listing().mark(fate, step, cause)] += n
    over = found.pop("over")
    return Counts(
        need=found["red"] + found["amber"],
        way=found["way"],
        silent=found["silent"],
        office=found["moss"],
        open=sum(found.values()),
        over=over,
        money=_money(person),
    )


def _money(person: Person) -> tuple[str, ...]:
    """What the orders under protection cost, a sum a currency, the largest sum first."""
    mine = Order.objects.of(person).filter(money__in=listing().protected)
    found: dict[str, int] = {}
    # Grouped as the index is sorted, so that nothing is sorted for it.
    for _, currency, minor in mine.order_by().values_list("money", "price_currency").annotate(sum=Sum("price_minor")):
        if currency and minor is not None:
            found[currency] = found.get(currency, 0) + minor
    sums = found.items()
    return tuple(money(Money(minor, currency)) for currency, minor in sorted(sums, key=lambda row: -row[1]))


def page(person: Person, number: str | None, *, over: bool, count: int) -> Page:
    """A page of the ids of the person's open parcels, what needs them first; or of those that have ended, the latest
    first. `count` is how many there are.
    """
    made = Paginator(_ordered(person, over=over), listing().page)
    made.count = count  # counted already
    return made.get_page(number)


def latest_over(person: Person) -> list[int]:
    """The ids of those that ended last, as many as stand below the open ones."""
    return list(_ordered(person, over=True)[: listing().finished])


def _ordered(person: Person, *, over: bool) -> QuerySet[Any, int]:
    # Ids alone, so that leafing reads the index; what is shown is read for one page.
    mine = Parcel.objects.of(person)
    if over:
        return mine.exclude(fate=Fate.OPEN).order_by("-ended", "-id").values_list("pk", flat=True)
    return mine.filter(fate=Fate.OPEN).order_by("-attention", "decide_by", "-id").values_list("pk", flat=True)


SUMMARY = (
    *("pk", "ref", "title", "fate", "changed", "ended", "demo", "begins", "last_movement", "cause", "step"),
    *("decide_by", "headline", "order_id", "order__number", "order__price_minor", "order__price_currency"),
)


def rows(ids: Sequence[int], now: dt.datetime, lang: str, zone: str) -> list[Row]:
    """These parcels, each a sentence, in the order given."""
    wanted = Parcel.objects.filter(pk__in=ids).order_by().annotate(begins=Substr("text", 1, 1000))
    found = {row.pk: row for row in wanted.values_list(*SUMMARY, named=True)}
    told = [found[id] for id in ids if id in found]
    names = _names([row for row in told if not row.title])
    return [_row(row, row.title or names.get(row.pk) or _spare(row.begins, lang), now, lang, zone) for row in told]


def _names(nameless: Sequence[Any]) -> dict[int, str]:
    """What parcels are called to which their owner gave no name."""
    if not nameless:
        return {}
    lines = _grouped(
        Line.objects.filter(order__in=[row.order_id for row in nameless]).exclude(title=""), "order_id", "title"
    )
    numbers = _grouped(Number.objects.filter(parcel__in=[row.pk for row in nameless]), "parcel_id", "number")
    return {row.pk: _name(lines.get(row.order_id, ()), numbers.get(row.pk, ()), row.order__number) for row in nameless}


def _grouped(of: QuerySet[Any, Any], key: str, value: str) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for at, told in of.values_list(key, value):
        found.setdefault(at, []).append(told)
    return found


def _name(lines: Sequence[str], numbers: Sequence[str], order: str | None) -> str:
    return ", ".join(lines) or (numbers[0] if numbers else "") or order or ""


def _spare(text: str, lang: str) -> str:
    return " ".join(text.split())[:60] or say(Text("web.parcel"), lang)


def title(parcel: Parcel, lang: str) -> str:
    """What a parcel is called: by its owner, by the thing ordered, by its number, by its order."""
    if parcel.title:
        return parcel.title
    lines = [line.title for line in parcel.order.lines.all() if line.title]
    named = _name(lines, [each.number for each in parcel.numbers.all()], parcel.order.number)
    return named or _spare(parcel.text, lang)


def _row(told: Any, title: str, now: dt.datetime, lang: str, zone: str) -> Row:
    table, over = listing(), told.fate in ENDED
    mark = table.mark(told.fate, told.step, told.cause)
    until = None if over or told.decide_by is None else spoken(told.decide_by, now, lang, zone_named(zone))
    near = told.decide_by is not None and told.decide_by - now <= dt.timedelta(days=shown().urgent_days)
    minor, currency = told.order__price_minor, told.order__price_currency
    return Row(
        ref=told.ref,
        title=title,
        mark=mark if mark in ("red", "amber", "moss", "over") else "",
        sign=table.signs[mark],
        word=say(Text(f"web.mark.{mark}"), lang),
        sentence=_sentence(told, now, lang, zone),
        step="" if over or not has(f"step.{told.step}", "en") else _ended(f"step.{told.step}", lang),
        until=until,
        urgent=near or told.step in shown().red_steps,
        price=money(Money(minor, currency)) if minor is not None and currency else "",
        demo=told.demo,
        over=over,
    )


def _ended(id: str, lang: str) -> str:
    return say(Text(id), lang) + say(Text("journey.full_stop"), lang)


def _sentence(row: Any, now: dt.datetime, lang: str, zone: str) -> str:
    if row.fate in ENDED:
        ended = spoken(row.ended or row.changed, now, lang, zone_named(zone)).text
        return say(Text(f"web.fate.{row.fate}.on", {"on": ended}), lang)
    told = say(msgspec.convert(row.headline, Text), lang) if row.headline.get("id") else ""
    if row.last_movement is None or row.last_movement > now:
        return told
    days = (now - row.last_movement).days
    return f"{told} {say(Text('web.days_silent', {'days': days}), lang)}" if days else told


def written(shown_rows: Iterable[Row], lang: str) -> list[SafeString]:
    """The rows as HTML."""
    return [_written(row, lang) for row in shown_rows]


@lru_cache(maxsize=4096)  # by all that is shown of it: a row that says the same is the same
def _written(row: Row, lang: str) -> SafeString:
    with translation.override(djangos(lang)):
        return SafeString(get_template("web/_row.html").render({"row": row}))
