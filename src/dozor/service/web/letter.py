"""An answer as a letter: every sentence already spoken in the reader's language, in the order in which it is read.

Nothing is computed here that the answer does not say; templates only lay it out. Carriers' and sellers' words stay
plain strings, which the templates escape. Pure.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from zoneinfo import ZoneInfo

from msgspec import Struct

from dozor import knowledge
from dozor.i18n import country, has, plural, say
from dozor.i18n import day as spoken_day
from dozor.journey import in_a_sentence
from dozor.model import Answer, BackStop, Cause, Event, Journey, Kind, Limit, Mention, Reading, Step, Text
from dozor.numbers import anatomy
from dozor.picture import draw_each
from dozor.service.parcels.people import zone_named

DAY = dt.timedelta(days=1)


class Shown(Struct, frozen=True, forbid_unknown_fields=True):
    """How much of an answer a page shows before it is asked for the rest (`letter.toml`)."""

    source: str
    causes: int
    evidence: int
    corrections: int
    least_share: float
    highest_share: int
    urgent_days: float
    kept_minutes: int
    kept: int
    picture_wide: int
    picture_narrow: int
    red_steps: tuple[str, ...]
    limits: tuple[str, ...]


@cache
def shown() -> Shown:
    """letter.toml."""
    return knowledge.document("service/web", "letter.toml", Shown)


class Fields:
    """Whose fields templates find at their first look, by name as of a mapping, instead of after a failure."""

    def __getitem__(self, name: str) -> object:
        return self.__dict__[name]


@dataclass(frozen=True)
class Spoken(Fields):
    """An instant as people say it: "30 November", its exact form, how many days away, and whether it has passed."""

    text: str
    exact: str
    iso: str
    away: str = ""
    past: bool = False


@dataclass(frozen=True)
class Words(Fields):
    """A text to send, and its language in words."""

    lang: str
    language: str
    text: str


@dataclass(frozen=True)
class Todo(Fields):
    """One step: what, from and until when, why, what happens otherwise, what to look for, the words."""

    id: str
    title: str
    why: str
    since: Spoken | None
    until: Spoken | None
    urgent: bool
    otherwise: str
    watch_for: str
    to: str
    words: tuple[Words, ...]


@dataclass(frozen=True)
class Reason(Fields):
    """One cause: its share, its name, what speaks for and against it, what would change the verdict."""

    id: str
    share: str
    name: str
    evidence: tuple[tuple[str, str, str], ...]  # sign, sentence, weight
    changes: str


@dataclass(frozen=True)
class Number(Fields):
    """A number as it was read: its pieces where they are known, sentences about it, and what may have been meant."""

    normal: str
    raw: str
    valid: bool
    what: str
    pieces: tuple[tuple[str, str, bool], ...]
    said: tuple[str, ...]
    meant: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Dated(Fields):
    """A limit of the protection clock."""

    name: str
    at: Spoken
    how: str


@dataclass(frozen=True)
class Scan(Fields):
    """An event: what it means, the carrier's own words, when, where, and who told it."""

    meaning: str
    text: str
    when: str
    iso: str
    place: str
    sources: str
    originals: tuple[str, ...]
    forecast: bool
    taken_back: bool


@dataclass(frozen=True)
class Silence(Fields):
    """How long nothing moved, what is usual there, and shares of a bar (0…100): the norm's band, and today.

    `band`: the days between which it may come; `ground`: what these days are made of and stand on.
    """

    sentence: str
    band: str
    ground: tuple[str, ...]
    start: int
    width: int
    here: int
    unusual: bool


@dataclass(frozen=True)
class Letter(Fields):
    """All of it, from the verdict down to the raw material."""

    headline: str
    lead: str
    step: Todo | None
    then: tuple[Todo, ...]
    guards: tuple[str, ...]
    reasons: tuple[Reason, ...]
    numbers: tuple[Number, ...]
    dates: tuple[Dated, ...]
    scans: tuple[Scan, ...]
    contradictions: tuple[str, ...]
    chain: tuple[tuple[str, str], ...]
    silence: Silence | None
    others: tuple[tuple[str, str], ...]
    not_checked: tuple[str, ...]
    picture: str = ""
    picture_narrow: str = ""
    asked: tuple[tuple[str, str], ...] = field(default=())


def letter(answer: Answer, lang: str, zone: str = "UTC", *, picture: bool = True) -> Letter:
    """The letter of an answer. `zone` is the reader's: days are spoken as they fall there."""
    told = _Told(lang, zone_named(zone), answer.now)
    steps = tuple(told.todo(step) for step in answer.advice.steps)
    width = shown()
    widths = {"wide": width.picture_wide, "narrow": width.picture_narrow}
    drawn = draw_each(answer, widths, lang=lang, zone=told.zone) if picture else ("", "")
    return Letter(
        headline=say(answer.headline, lang),
        lead=told.sentence(answer.journey) if _moved(answer.journey) else "",
        step=steps[0] if steps else None,
        then=steps[1:],
        guards=tuple(say(text, lang) for text in answer.advice.guards),
        reasons=told.reasons(answer.diagnosis.causes),
        numbers=tuple(told.number(mention) for mention in answer.mentions if mention.readings),
        dates=told.dates(answer),
        scans=tuple(told.scan(event) for event in reversed(answer.journey.events)),
        contradictions=tuple(say(Text(f"contradiction.{each.id}"), lang) for each in answer.journey.contradictions),
        chain=told.chain(answer.journey),
        silence=told.silence(answer),
        others=tuple(
            (", ".join(link.number for link in other.numbers), told.sentence(other)) for other in answer.others
        ),
        not_checked=tuple(say(text, lang) for text in (*answer.diagnosis.not_checked, *answer.notes)),
        picture=drawn[0],
        picture_narrow=drawn[1],
        asked=tuple(
            (say(Text("web.name", {"name": id}), lang), say(Text(f"outcome.{outcome.kind.value}"), lang))
            for id, outcome in sorted(answer.journey.outcomes.items())
        ),
    )


def spoken(at: dt.datetime, now: dt.datetime, lang: str, zone: dt.tzinfo = dt.UTC) -> Spoken:
    """An instant as people say it, in a zone."""
    there = at.astimezone(zone)
    away = (there.date() - now.astimezone(zone).date()).days
    return Spoken(
        text=spoken_day(there.date(), lang, year=there.year != now.year),
        exact=f"{there:%Y-%m-%d %H:%M} {there.tzname()}",
        iso=at.astimezone(dt.UTC).isoformat(timespec="minutes"),
        away=plural("days", away, lang) if away > 0 else say(Text("web.today"), lang) if away == 0 else "",
        past=at < now,
    )


@dataclass(frozen=True)
class _Told:
    """Who is told, where, and when."""

    lang: str
    zone: ZoneInfo
    now: dt.datetime

    def _(self, id: str, **args: object) -> str:
        return say(Text(id, dict(args)), self.lang)

    def _name(self, group: str, id: str) -> str:
        return self._(f"{group}.{id}") if has(f"{group}.{id}", "en") else id.replace("_", " ")

    def spoken(self, at: dt.datetime | None) -> Spoken | None:
        return None if at is None else spoken(at, self.now, self.lang, self.zone)

    def todo(self, step: Step) -> Todo:
        until = self.spoken(step.not_after)
        near = step.not_after is not None and step.not_after - self.now <= DAY * shown().urgent_days
        return Todo(
            id=step.id.value,
            title=self._(f"step.{step.id.value}"),
            why=say(step.why, self.lang),
            since=self.spoken(step.not_before) if step.not_before and step.not_before > self.now else None,
            until=until,
            urgent=near or step.id.value in shown().red_steps,
            otherwise=say(step.otherwise, self.lang) if step.otherwise else "",
            watch_for=say(step.watch_for, self.lang) if step.watch_for else "",
            to=step.to or "",
            words=tuple(Words(lang, self._(f"web.language.{lang}"), text) for lang, text in step.say.items()),
        )

    def reasons(self, causes: Sequence[Cause]) -> tuple[Reason, ...]:
        rows = shown()
        return tuple(self.reason(cause) for cause in causes[: rows.causes] if cause.probability >= rows.least_share)

    def reason(self, cause: Cause) -> Reason:
        strongest = sorted(cause.evidence, key=lambda piece: -abs(piece.weight))[: shown().evidence]
        evidence = tuple(
            ("+" if piece.weight >= 0 else "−", say(piece.why, self.lang), self._weight(piece.weight))
            for piece in strongest
        )
        return Reason(
            id=cause.id.value,
            share=f"{min(shown().highest_share, round(cause.probability * 100))} %",
            name=self._(f"cause.{cause.id.value}"),
            evidence=evidence,
            changes=say(cause.changes[0], self.lang) if cause.changes else "",
        )

    def _weight(self, weight: float) -> str:
        figure = f"{abs(weight):.1f}"
        return ("+" if weight >= 0 else "−") + (figure.replace(".", ",") if self.lang in ("ru", "uk") else figure)

    def number(self, mention: Mention) -> Number:
        best = mention.readings[0]
        return Number(
            normal=best.normal,
            raw=mention.raw,
            valid=best.valid,
            what=self._what(best),
            pieces=tuple((part.text, say(part.what, self.lang), part.wrong) for part in anatomy(best)),
            said=tuple(say(reason, self.lang) for reason in best.reasons),
            meant=tuple((each.number, say(each.why, self.lang)) for each in best.corrections[: shown().corrections]),
        )

    def _what(self, reading: Reading) -> str:
        kind = self._(f"web.kind.{reading.kind.value}")
        if reading.kind is not Kind.TRACKING or not reading.issuer:
            return kind
        return f"{kind} · {self._('web.name', name=reading.issuer)}"

    def dates(self, answer: Answer) -> tuple[Dated, ...]:
        limits = [self.limit(limit) for id in shown().limits if (limit := answer.clock.limit(id))]
        stops = [self.backstop(stop) for stop in answer.clock.backstops if stop.available is not False]
        found = [dated for dated in (*limits, *stops) if dated is not None]
        return tuple(sorted(found, key=lambda dated: dated.at.iso))

    def limit(self, limit: Limit) -> Dated | None:
        at = self.spoken(limit.at)
        how = self._("web.read_by_you") if limit.certain else say(limit.why, self.lang) if limit.why else ""
        return Dated(self._name("limit", limit.id), at, how) if at else None

    def backstop(self, stop: BackStop) -> Dated | None:
        at = self.spoken(stop.latest_safe)
        return (
            Dated(self._name("backstop", stop.id), at, "" if stop.available else self._("web.if_paid_so"))
            if at
            else None
        )

    def scan(self, event: Event) -> Scan:
        when = event.when
        written = when.local.strftime("%H:%M") if when and when.precision != "day" else ""
        spoken_on = spoken_day(when.local.date(), self.lang, year=when.local.year != self.now.year) if when else ""
        return Scan(
            meaning=self._(f"milestone.{event.milestone.value}") if event.milestone else "",
            text=event.text,
            when=", ".join(filter(None, (spoken_on, written))),
            iso=when.local.isoformat(timespec="minutes") if when else "",
            place=self._place(event),
            sources=", ".join(
                self._("web.name", name=id) for id in dict.fromkeys((*event.sources, event.system)) if id
            ),
            originals=tuple(text for text in event.originals if text != event.text),
            forecast=event.forecast,
            taken_back=event.reversed,
        )

    def _place(self, event: Event) -> str:
        if event.place is None:
            return ""
        land = country(event.place.country, self.lang) if event.place.country else ""
        return event.place.text or event.place.city or land

    def chain(self, journey: Journey) -> tuple[tuple[str, str], ...]:
        return tuple(
            (link.number, self._("web.guess") if link.guess else self._names(link.said_by)) for link in journey.numbers
        )

    def listed(self, journey: Journey) -> str:
        return ", ".join(link.number for link in journey.numbers)

    def _names(self, ids: Iterable[str]) -> str:
        return ", ".join(self._("web.name", name=id) for id in ids)

    def silence(self, answer: Answer) -> Silence | None:
        found = answer.outlook
        if found is None or found.norm_p90 <= 0:
            return None
        longest = max(found.norm_p90, found.elapsed) * 1.15 or 1.0
        args = {"days": int(found.elapsed), "low": round(found.norm_p10), "high": round(found.norm_p90)}
        return Silence(
            sentence=self._("web.silence", **args, stage=Text(f"web.stage.{found.stage}")),
            band=self._("forecast.band", early=found.arrival_p10, late=found.arrival_p90) if found.arrival_p90 else "",
            ground=tuple(say(reason, self.lang) for reason in found.reasons),
            start=round(100 * found.norm_p10 / longest),
            width=round(100 * (found.norm_p90 - found.norm_p10) / longest),
            here=round(100 * found.elapsed / longest),
            unusual=found.elapsed > found.norm_p90,
        )

    def sentence(self, journey: Journey) -> str:
        said = self._("journey.comma").join(say(clause, self.lang) for clause in in_a_sentence(journey, self.now))
        return said[:1].upper() + said[1:] + self._("journey.full_stop") if said else ""


def _moved(journey: Journey) -> bool:
    """Whether there is anything to tell of the way, or of who did not know the number."""
    return bool(journey.events or journey.outcomes)
