"""An Answer on a terminal: verdict, next step, reasons, dates, raw material, in this order.

Nothing is computed here. Colour appears only on a terminal and never alone carries a meaning; `NO_COLOR` is
honoured. What carriers and shops wrote is stripped of control characters before it reaches the screen.
"""

from __future__ import annotations

import datetime as dt
import sys
import unicodedata
from collections.abc import Iterable

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text as Line

from dozor.i18n import day, has, say
from dozor.model import Answer, BackStop, Cause, Journey, Kind, Limit, Mention, Reading, Step, StepId, Text

WIDTH = 96  # characters at most: a line longer than that is not read
CAUSES_SHOWN = 4
EVIDENCE_SHOWN = 4
DATES = (
    "pickup_until",
    "earliest_open",
    "safe_deadline",
    "protection_end",
    "rescue_deadline",
    "seller_reply",
    "platform",
    "refund",
)


def console(stream: object = None) -> Console:
    """A console that wraps at a readable width and writes plain text into pipes."""
    made = Console(file=stream or sys.stdout, highlight=False, soft_wrap=False)  # type: ignore[arg-type]
    made.width = min(made.width if made.is_terminal else WIDTH, WIDTH)
    return made


def clean(text: str) -> str:
    """A carrier's words without control and direction characters: they can hide or forge what is read."""
    return "".join(" " if unicodedata.category(c) in {"Cc", "Cf", "Co", "Cs"} else c for c in text).strip()


def show_answer(answer: Answer, lang: str, *, originals: bool = False, out: Console | None = None) -> None:
    """The whole answer, for a person."""
    page = out or console()
    page.print(Line(say(answer.headline, lang), style="bold"))
    for mention in answer.mentions:
        _show_mention(page, mention, lang)
    _show_steps(page, answer, lang)
    _show_causes(page, answer, lang)
    _show_dates(page, answer, lang)
    _show_arrival(page, answer, lang)
    _show_journey(page, answer.journey, lang, originals=originals)
    _show_others(page, answer, lang)
    _show_not_checked(page, answer, lang)


def sentence(journey: Journey, now: dt.datetime, lang: str) -> str:
    """A journey in one sentence: the clauses of `in_a_sentence`, as the language joins them."""
    from dozor.journey import in_a_sentence

    clauses = [_named(clause) for clause in in_a_sentence(journey, now)]
    said = say(Text("journey.comma"), lang).join(say(clause, lang) for clause in clauses)
    return said[:1].upper() + said[1:] + say(Text("journey.full_stop"), lang)


def carrier_name(carrier: str, lang: str) -> str:
    """A system as people call it: in their language where that has a name for it, else as it calls itself."""
    from dozor.carriers import systems

    if has(f"name.{carrier}", "en"):
        return say(Text(f"name.{carrier}"), lang)
    return systems()[carrier].name if carrier in systems() else clean(carrier)


def _named(clause: Text) -> Text:
    """A clause whose carriers without a name of their own in the catalogues are called as they call themselves."""
    carriers = clause.args.get("carriers")
    if not carriers:
        return clause
    named = [each if has(f"name.{each}", "en") else carrier_name(each, "en") for each in carriers]
    return Text(clause.id, {**clause.args, "carriers": named})


def _show_mention(page: Console, mention: Mention, lang: str) -> None:
    if not mention.readings:
        return
    best = mention.readings[0]
    page.print()
    page.print(Line.assemble((best.normal, "bold cyan" if best.valid else "bold red"), "  ", _what(best, lang)))
    for reason in best.reasons:
        _indented(page, Line(say(reason, lang)))
    for correction in best.corrections[:3]:
        why = Line.assemble(f"{_ui('meant', lang)} ", (correction.number, "bold"), " · ", say(correction.why, lang))
        _indented(page, why)


def _what(reading: Reading, lang: str) -> str:
    kind = _ui(f"kind.{reading.kind.value}", lang)
    if reading.kind is not Kind.TRACKING:
        return kind
    return f"{kind} · {_ui('check.' + reading.check.value, lang)}"


def _show_steps(page: Console, answer: Answer, lang: str) -> None:
    if not answer.advice.steps:
        return
    _heading(page, "what_to_do", lang)
    for place, step in enumerate(answer.advice.steps[:3], start=1):
        _show_step(page, place, step, answer.now, lang)
    for guard in answer.advice.guards:
        _indented(page, Line.assemble((f"{_ui('not_now', lang)} ", "yellow"), say(guard, lang)), 3)


def _show_step(page: Console, place: int, step: Step, now: dt.datetime, lang: str) -> None:
    title = say(Text(f"step.{step.id.value}"), lang)
    page.print(Line.assemble((f"{place}. ", "bold blue"), (title, "bold"), *_window(step, now, lang)))
    _indented(page, Line(say(step.why, lang)), 3)
    if step.otherwise:
        _indented(page, Line.assemble((f"{_ui('otherwise', lang)} ", "dim"), say(step.otherwise, lang)), 3)
    if step.watch_for:
        _indented(page, Line.assemble((f"{_ui('watch_for', lang)} ", "dim"), say(step.watch_for, lang)), 3)
    if step.how and (place == 1 or step.id is StepId.OPEN_DISPUTE_NOW):
        _indented(page, Line(_ui("how", lang), style="dim"), 3)
        for text in step.how:
            _indented(page, Line(f"- {say(text, lang)}"), 5)
    if place == 1:
        for language, words in step.say.items():
            _indented(page, Line.assemble((_ui(f"words_in.{language}", lang), "dim")), 3)
            _indented(page, Line(words, style="italic"), 5)


def _window(step: Step, now: dt.datetime, lang: str) -> list[tuple[str, str]]:
    """The dates beside a step: "from 3 December", "until 28 November, 7 days left"."""
    parts: list[tuple[str, str]] = []
    if step.not_before and step.not_before > now:
        parts.append((f"  {say(Text('cli.from', {'at': step.not_before}), lang)}", "blue"))
    if step.not_after:
        left = max(0, (step.not_after - now).days)
        parts.append((f"  {say(Text('cli.until', {'at': step.not_after, 'left': left}), lang)}", "red"))
    return parts


def _show_causes(page: Console, answer: Answer, lang: str) -> None:
    causes = [cause for cause in answer.diagnosis.causes if cause.probability >= 0.01]
    if not causes:
        return
    _heading(page, "why", lang)
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right", no_wrap=True)
    table.add_column()
    for cause in causes[:CAUSES_SHOWN]:
        share = Line(f"{min(99, round(cause.probability * 100))} %", style="bold")
        table.add_row(share, _reasons(cause, lang))
    page.print(table)
    page.print(Line(_ui("estimate", lang), style="dim"))


def _reasons(cause: Cause, lang: str) -> Line:
    line = Line(say(Text(f"cause.{cause.id.value}"), lang), style="bold")
    strongest = sorted(cause.evidence, key=lambda piece: -abs(piece.weight))
    for piece in strongest[:EVIDENCE_SHOWN]:
        sign = "+" if piece.weight >= 0 else "−"
        line.append(f"\n{sign} {say(piece.why, lang)} ({sign}{abs(piece.weight):.1f})", style="not bold")
    for change in cause.changes[:1]:
        line.append(f"\n{_ui('would_change', lang)} {say(change, lang)}", style="not bold dim")
    return line


def _show_dates(page: Console, answer: Answer, lang: str) -> None:
    limits = [limit for id in DATES if (limit := answer.clock.limit(id)) and limit.at]
    stops = [stop for stop in answer.clock.backstops if stop.latest_safe and stop.available is not False]
    if not limits and not stops:
        return
    _heading(page, "dates", lang)
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column()
    for limit in sorted(limits, key=lambda limit: (limit.at or answer.now, limit.id)):
        table.add_row(_dated(limit.at, answer.now, lang), _name("limit", limit.id, lang), _certainty(limit, lang))
    for stop in stops:
        table.add_row(
            _dated(stop.latest_safe, answer.now, lang), _name("backstop", stop.id, lang), _if_paid_so(stop, lang)
        )
    page.print(table)


def _show_arrival(page: Console, answer: Answer, lang: str) -> None:
    """The days between which it may come, what they are made of, and what they stand on."""
    found = answer.outlook
    if found is None or found.arrival_p10 is None or found.arrival_p90 is None:
        return
    _heading(page, "arrival", lang)
    page.print(Line(say(Text("forecast.band", {"early": found.arrival_p10, "late": found.arrival_p90}), lang)))
    table = Table.grid(padding=(0, 1))
    for reason in found.reasons:
        table.add_row("·", Line(say(reason, lang), style="dim"))
    page.print(table)


def _dated(at: dt.datetime | None, now: dt.datetime, lang: str) -> Line:
    if at is None:
        return Line("")
    past = at < now
    return Line(day(at.date(), lang, year=at.year != now.year), style="dim" if past else "bold")


def _certainty(limit: Limit, lang: str) -> Line:
    if limit.certain:
        return Line(_ui("read_by_you", lang), style="dim")
    return Line(say(limit.why, lang) if limit.why else "", style="dim")


def _if_paid_so(stop: BackStop, lang: str) -> Line:
    return Line("" if stop.available else _ui("if_paid_so", lang), style="dim")


def _name(group: str, id: str, lang: str) -> str:
    key = f"{group}.{id}"
    return say(Text(key), lang) if has(key, "en") else id.replace("_", " ")


def _show_journey(page: Console, journey: Journey, lang: str, *, originals: bool) -> None:
    from dozor.journey import told

    if not journey.events:
        return
    _heading(page, "journey", lang)
    table = Table.grid(padding=(0, 2))
    for _ in range(3):
        table.add_column()
    shown = journey.events if originals else journey.events[-6:]
    for event in reversed(shown):
        when = (
            event.when.local.strftime("%Y-%m-%d %H:%M" if event.when.precision != "day" else "%Y-%m-%d")
            if event.when
            else "?"
        )
        meaning = say(told(event), lang) if event.milestone else "·"
        words = clean(event.text) + (f" · {clean(event.place.text)}" if event.place and event.place.text else "")
        table.add_row(Line(when, style="dim"), Line(meaning), Line(words, style="dim"))
    page.print(table)
    if len(shown) < len(journey.events):
        page.print(Line(say(Text("cli.earlier", {"n": len(journey.events) - len(shown)}), lang), style="dim"))
    for contradiction in journey.contradictions:
        page.print(Line(f"! {say(Text('contradiction.' + contradiction.id), lang)}", style="yellow"))


def _show_others(page: Console, answer: Answer, lang: str) -> None:
    """The further parcels of the order: each apart, a sentence each."""
    if not answer.others:
        return
    page.print()
    page.print(Line(say(Text("journey.other_parcels", {"n": len(answer.others)}), lang), style="bold"))
    for other in answer.others:
        numbers = ", ".join(clean(link.number) for link in other.numbers if not link.guess)
        _indented(page, Line.assemble((numbers, "bold"), "  ", clean(sentence(other, answer.now, lang))))


def _show_not_checked(page: Console, answer: Answer, lang: str) -> None:
    lines = [*answer.diagnosis.not_checked, *answer.notes]
    if not lines:
        return
    _heading(page, "not_checked", lang)
    for text in lines:
        _indented(page, Line(say(text, lang)), 0)


def _heading(page: Console, id: str, lang: str) -> None:
    page.print()
    page.print(Line(_ui(id, lang), style="bold underline" if page.is_terminal else "bold"))


def _indented(page: Console, line: Line, by: int = 2) -> None:
    page.print(Padding(line, (0, 0, 0, by)))


def _ui(id: str, lang: str) -> str:
    return say(Text(f"cli.{id}"), lang)


def bullet_list(lines: Iterable[str]) -> str:
    """Lines under one another, each with a dash."""
    return "\n".join(f"- {line}" for line in lines)
