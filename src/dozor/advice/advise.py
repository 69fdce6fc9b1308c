"""From a diagnosis and a clock to the next steps: facts, rows that fit, what is lawful, dates, reminders, guards."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from msgspec.structs import replace

from dozor.advice import words
from dozor.advice.lawful import CLAIMS, lawful
from dozor.advice.situation import Situation, situation
from dozor.advice.tables import INSTANT, GuardRow, Row, StepRow, binding, figure, guard_rows, ladder, playbook
from dozor.model import Advice, CauseId, Clock, Diagnosis, Dossier, Journey, Outlook, Step, StepId, Text


class How(Protocol):
    """Says how a claim is filled in: the form's answers and the evidence, as sentences."""

    def __call__(
        self, cause: CauseId, *, family: str, scope: str | None, known: Sequence[str], shop: str | None
    ) -> tuple[Text, ...]:
        """Sentences for a cause, a family of dispute (not_received, defect), the policy's scope and a marketplace."""


def advise(
    dossier: Dossier,
    journey: Journey,
    clock: Clock,
    outlook: Outlook | None,
    diagnosis: Diagnosis,
    now: dt.datetime,
    *,
    replies: Sequence[str] = (),
    reliability: float | None = None,
    may: frozenset[StepId] | None = None,
    how: How | None = None,
) -> Advice:
    """The next steps, first thing first, with their dates, reasons, words, reminders and guards.

    `replies` are categories of the seller's answers, oldest first; `reliability` (0…1) is the chance that the
    buyer acts on one day's prompt, by default the table's. `may` are the steps about a dispute that its state and
    policy have a move for (None: not looked at), `how` says how a claim is filled in. `now` is aware. Nothing lies
    after its safe date, no step is illegal under the clock's policy, and none gives up the buyer's right before
    goods or money are there.
    """
    trust = figure("reliability") if reliability is None else min(max(reliability, 0.01), 0.99)
    s = situation(dossier, journey, clock, outlook, diagnosis, now, replies, trust)
    speak = words.languages(dossier)
    said = words.message_args(dossier, journey, s)

    rows = matching(s)
    drafts = [(row, step) for row in rows for step in row.steps]
    steps = lawful((_step(row, step, s, speak, said) for row, step in drafts), s, may)
    steps = steps[: round(figure("steps_shown"))]
    if how is not None:
        shop = (dossier.order.marketplace or "").lower() or None
        steps = tuple(_filled(step, s, clock, how, shop) for step in steps)
    never = round(s.decision.p_never, 4)
    steps = _reminded(steps, s.now, trust)
    prompts = tuple(sorted({at for step in steps for at in step.reminders}))
    return Advice(steps=steps, reminders=prompts, guards=_guards(s), p_never=never)


def _filled(step: Step, s: Situation, clock: Clock, how: How, shop: str | None) -> Step:
    """A step that opens or changes a dispute, with what to choose in its form and what to attach."""
    if step.id not in CLAIMS and step.id is not StepId.MODIFY_DISPUTE:
        return step
    family = "defect" if s.has("goods") and s.has("defect") else "not_received"
    known = ("admitted",) if s.has("admitted") else ()
    return replace(step, how=how(s.cause, family=family, scope=clock.dispute_scope, known=known, shop=shop))


def matching(s: Situation) -> list[Row]:
    """The leading row (the first that fits) and all rows that add to it."""
    fits = [row for row in playbook() if _fits(row, s)]
    leading = next((row for row in fits if not row.also), None)
    return [*([leading] if leading else []), *(row for row in fits if row.also)]


def _fits(row: Row | GuardRow, s: Situation) -> bool:
    return (
        (not row.disputes or s.state in row.disputes)
        and (not row.causes or s.cause in row.causes)
        and (not row.replies or s.reply in row.replies)
        and s.fit(row.when)
    )


def _step(row: Row, step: StepRow, s: Situation, speak: words.Languages, said: dict[str, Any]) -> Step:
    say, to = words.message(step.message, speak, said) if step.message else ({}, None)
    return Step(
        id=step.step,
        why=words.text(f"advice.why.{step.why}", s.args),
        not_before=_instant(step.not_before, s),
        not_after=_instant(step.not_after, s),
        otherwise=words.text(f"advice.otherwise.{step.otherwise}", s.args) if step.otherwise else None,
        watch_for=words.text(f"advice.watch.{step.watch}", s.args) if step.watch else None,
        say=say,
        to=to,
        sources=row.sources,
    )


def _instant(written: str | None, s: Situation) -> dt.datetime | None:
    """A named instant of the situation with its lag; one that is unknown here is no limit."""
    if written is None or (found := INSTANT.fullmatch(written)) is None:
        return None
    at = s.at.get(found["name"])
    if at is None or not found["n"]:
        return at
    count = int(found["sign"] + found["n"])
    return at + (dt.timedelta(days=count) if found["unit"] == "d" else dt.timedelta(hours=count))


def _reminded(steps: Iterable[Step], now: dt.datetime, reliability: float) -> tuple[Step, ...]:
    """Each step that binds with its prompts before the instant to decide by, and at the first instant it may be taken:
    as many rungs as keep the chance to miss them all small.
    """
    needed = math.ceil(math.log(figure("miss_at_most")) / math.log(1 - reliability))
    rungs = [rung for place, rung in enumerate(ladder()) if rung.always or place < needed]

    def prompts(step: Step) -> tuple[dt.datetime, ...]:
        if not binding(step.id):
            return ()
        found = {step.not_after - dt.timedelta(hours=rung.hours) for rung in rungs} if step.not_after else set()
        found |= {step.not_before} if step.not_before else set()
        return tuple(sorted(at for at in found if at > now))

    return tuple(replace(step, reminders=prompts(step)) for step in steps)


def _guards(s: Situation) -> tuple[Text, ...]:
    fitting = [row for row in guard_rows() if _fits(row, s)]
    return tuple(words.text(f"advice.guard.{row.id}", s.args) for row in fitting[: round(figure("guards_shown"))])
