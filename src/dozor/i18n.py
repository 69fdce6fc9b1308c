"""Sentences in en, ru, uk and zh: gettext catalogues, plural rules, dates.

A room never writes a sentence: it returns a `Text(id, args)`, and a face renders it with `say`. Catalogues
are gettext files, `locale/<language>/*.po`, one file a room; the msgid is the id of the sentence, the
English catalogue is the reference and the fallback. Placeholders are `{name}` or `{name:how}`:

=========  =====================================================================================
how        shows
=========  =====================================================================================
date       a date or an instant as a day: "24 November", with the year when it is not this year
day        the same, always with the year
moment     day and time of day with the zone ("24 November, 18:00 UTC")
percent    0.63 as "63 %"
money      a Money: "3.20 USD"
text       another Text (or a sequence of them, joined by commas)
name       the catalogue entry `name.<value>` (countries: from CLDR), or the value itself; of a list, each
unit ids   days, hours, sources, … : the number with the plural of `unit.<id>`: "14 дней"
=========  =====================================================================================

Values that come from outside (carrier text, titles) are put in as they are: escaping belongs to the face
that knows whether it writes HTML, a terminal or JSON.
"""

from __future__ import annotations

import datetime as dt
import string
from functools import cache, lru_cache
from typing import Any, TypeVar, cast

import msgspec

from dozor import knowledge
from dozor.model import Money, Text

LANGUAGES = ("en", "ru", "uk", "zh")

S = TypeVar("S")
Catalogue = dict[str, tuple[str, ...]]  # id -> its plural forms (one form for a plain sentence)


def say(text: Text, lang: str = "en") -> str:
    """The sentence in a language; an id that no catalogue has is shown as its id, so that nothing is lost."""
    forms = catalogue(lang).get(text.id) or catalogue("en").get(text.id)
    if not forms:
        return text.id
    parts = _parts(forms[0])
    if len(parts) == 1 and parts[0][1] is None:
        return parts[0][0]  # nothing to fill in
    return "".join(
        literal if name is None else literal + _filler(lang).shown(text.args.get(name, f"{{{name}}}"), how)
        for literal, name, how in parts
    )


def has(id: str, lang: str = "en") -> bool:
    """Whether a catalogue knows the id."""
    return id in catalogue(lang)


def rendered(value: S, lang: str) -> S:
    """A copy of a struct in which every Text within has its sentence filled in."""
    return cast(S, _render(value, lang))


def plural(id: str, number: float, lang: str) -> str:
    """A number with the right form of `unit.<id>`: 2 with "days" in ru is "2 дня"."""
    shown = f"{number:g}" if isinstance(number, int) else _rounded(number)
    forms = catalogue(lang).get(f"unit.{id}") or catalogue("en").get(f"unit.{id}") or (f"{{n}} {id}",)
    return forms[min(_plural_index(lang, number), len(forms) - 1)].replace("{n}", shown)


@lru_cache(maxsize=4096)  # a list says the same days many times
def day(value: dt.date, lang: str, *, year: bool = False) -> str:
    """A day as people of the language write it."""
    from babel.dates import format_date

    pattern = {"zh": "M月d日"}.get(lang, "d MMMM")
    if year:
        pattern = {"zh": "y年M月d日", "ru": "d MMMM y 'г'.", "uk": "d MMMM y 'р'."}.get(lang, "d MMMM y")
    return str(format_date(value, pattern, locale=lang))


@lru_cache(maxsize=1024)
def country(code: str, lang: str) -> str:
    """The name of a country by its ISO 3166-1 code, as CLDR has it."""
    from babel import Locale

    return str(Locale.parse(lang).territories.get(code, code))


@cache
def catalogue(lang: str) -> Catalogue:
    """Every sentence of a language. Raises KnowledgeError for a catalogue that is not a PO file."""
    if lang not in LANGUAGES:
        raise ValueError(f"no catalogue for {lang!r}: use one of {', '.join(LANGUAGES)}")
    return knowledge.compiled(f"locale/{lang}", "*.po", Catalogue, _read)


def _read(paths: list[Any]) -> Catalogue:
    from babel.messages.pofile import PoFileError, read_po

    known: Catalogue = {}
    for path in paths:
        with path.open("rb") as file:
            try:
                entries = read_po(file, abort_invalid=True)
            except PoFileError as error:
                raise knowledge.KnowledgeError(f"{path.name}: {error}") from None
        for entry in entries:
            if not entry.id:
                continue
            id = entry.id if isinstance(entry.id, str) else entry.id[0]
            forms = (entry.string,) if isinstance(entry.string, str) else tuple(entry.string or ())
            if not all(forms):
                continue
            if id in known:
                raise knowledge.KnowledgeError(f"{path.parent.name}/{path.name}: {id} stands twice")
            known[id] = forms
    return known


def _plural_index(lang: str, number: float) -> int:
    """CLDR's rule, numbered as the catalogues number the forms. A fraction takes the "few" of ru and uk."""
    if lang == "zh":
        return 0
    if lang == "en":
        return 0 if number == 1 else 1
    if number != int(number):
        return 1
    n = abs(int(number))
    if n % 10 == 1 and n % 100 != 11:
        return 0
    return 1 if 2 <= n % 10 <= 4 and not 12 <= n % 100 <= 14 else 2


def _rounded(number: float) -> str:
    return f"{number:.0f}" if abs(number) >= 10 or number == int(number) else f"{number:.1f}"


@cache  # as many as the catalogues have sentences
def _parts(form: str) -> tuple[tuple[str, str | None, str], ...]:
    """A sentence taken apart: what stands before a placeholder, its name, how it is shown."""
    return tuple((literal, name, how or "") for literal, name, how, _ in string.Formatter().parse(form))


@cache
def _filler(lang: str) -> _Filler:
    return _Filler(lang)


class _Filler:
    """Fills placeholders; an argument that is missing is shown by its name instead of failing."""

    def __init__(self, lang: str) -> None:
        self.lang = lang

    def shown(self, value: Any, how: str) -> str:
        """A value, shown as the sentence wants it."""
        match how:
            case "":
                return str(value)
            case "date" | "day" | "moment":
                return self._moment(value, how)
            case "percent":
                return f"{round(float(value) * 100)} %"
            case "money":
                return money(value)
            case "text":
                return self._text(value)
            case "name":
                several = value if isinstance(value, list | tuple) else [value]
                return ("、" if self.lang == "zh" else ", ").join(self._name(str(each)) for each in several)
            case _:
                return plural(how, value, self.lang) if isinstance(value, int | float) else str(value)

    def _moment(self, value: Any, how: str) -> str:
        if isinstance(value, str):
            value = dt.datetime.fromisoformat(value) if "T" in value else dt.date.fromisoformat(value)
        if how == "moment" and isinstance(value, dt.datetime):
            return f"{day(value.date(), self.lang)}, {value:%H:%M} UTC"
        when = value.date() if isinstance(value, dt.datetime) else value
        return day(when, self.lang, year=how == "day")

    def _text(self, value: Any) -> str:
        if isinstance(value, Text):
            return say(value, self.lang)
        if isinstance(value, dict) and "id" in value:
            return say(msgspec.convert(value, Text), self.lang)
        if isinstance(value, list | tuple):
            return ("、" if self.lang == "zh" else ", ").join(self._text(each) for each in value)
        return str(value)

    def _name(self, value: str) -> str:
        if len(value) == 2 and value.isupper():
            return country(value, self.lang)
        forms = catalogue(self.lang).get(f"name.{value}") or catalogue("en").get(f"name.{value}")
        return forms[0] if forms else value


def money(value: Any) -> str:
    """Money as figures and code: "3.20 USD" ("320 JPY": currencies without minor units as they are)."""
    amount = value if isinstance(value, Money) else msgspec.convert(value, Money)
    digits = _minor_digits(amount.currency)
    return f"{amount.minor / 10**digits:.{digits}f} {amount.currency}"


@lru_cache(maxsize=1024)
def _minor_digits(currency: str) -> int:
    from babel.numbers import get_currency_precision

    return int(get_currency_precision(currency))


def _render(value: Any, lang: str) -> Any:
    if isinstance(value, Text):
        return msgspec.structs.replace(value, text=say(value, lang))
    if isinstance(value, msgspec.Struct):
        changed = {}
        for name in value.__struct_fields__:
            before = getattr(value, name)
            after = _render(before, lang)
            if after is not before:
                changed[name] = after
        return msgspec.structs.replace(value, **changed) if changed else value
    if isinstance(value, tuple) and value:
        after = tuple(_render(each, lang) for each in value)
        return after if any(a is not b for a, b in zip(after, value, strict=True)) else value
    return value
