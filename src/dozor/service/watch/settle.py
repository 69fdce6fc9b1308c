"""Writing what an ask brought, together with when to ask next: one transaction a parcel, done twice it is done once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

from django.db import transaction
from django.db.models import F
from msgspec.structs import replace

from dozor.carriers import systems
from dozor.model import Answer, Outcome, OutcomeKind, Report
from dozor.service.parcels import actions, learning, mapping
from dozor.service.parcels.faults import Faults
from dozor.service.parcels.models import ENDED, Credential, Parcel, Poll, Source, Work
from dozor.service.parcels.people import zone_of
from dozor.service.watch.claim import Claim
from dozor.service.watch.expect import wait_of
from dozor.service.watch.tables import waits
from dozor.service.watch.when import Next, after_failure, next_ask, price_of

SAID = frozenset({OutcomeKind.FOUND, OutcomeKind.KNOWN_WITHOUT_EVENTS, OutcomeKind.UNKNOWN_NUMBER})
FAULTS = 3  # failures of a system in a row after which everybody leaves it alone for its pause
HOUR = dt.timedelta(hours=1)


def settle(claim: Claim, reports: Iterable[Report], now: dt.datetime, hurry: dt.timedelta | None = None) -> int:
    """All rows of a claim, each with its result and its next due time, `hurry` at the latest; how many new events.

    A row whose lease has meanwhile gone to another keeps what the other wrote; what was said is kept all the same.
    """
    said: dict[str, Report] = {report.number: report for report in reports}
    lost = Outcome(OutcomeKind.UNREACHABLE, "no answer")
    new_events = 0
    with transaction.atomic():
        _source(claim, said.values(), now)
    price, faults = price_now(claim.carrier), Faults(Work.SETTLE, now)
    for poll in claim.polls:
        report = said.get(poll.number) or Report(claim.carrier, poll.number, lost, asked_at=now)
        subject = f"{poll.carrier}:{poll.pk}"
        try:
            with transaction.atomic():
                new_events += _settle_one(poll, claim.owner, report, now, price, hurry)
        except Exception as error:
            # What breaks with one parcel is no reason to leave the others unwritten.
            again = faults.broke(poll.parcel, error, subject)
            _put_off(poll, claim.owner, report, now, again)
        else:
            faults.went_well(poll.parcel, subject)
    return new_events


def _put_off(poll: Poll, owner: str, report: Report, now: dt.datetime, again: dt.datetime) -> None:
    """A row whose answer could not be written: it is asked again, and is free for that. `said` stays as it was, so
    that the same answer is read anew then.
    """
    floor = now + HOUR * systems()[poll.carrier].min_interval_hours
    fields: dict[str, object] = {"lease_until": None, "lease_owner": "", "next_at": max(again, floor), "why": "broken"}
    if report.outcome.kind is not OutcomeKind.NOT_ASKED:
        fields["asked_at"] = report.asked_at or now
    Poll.objects.filter(pk=poll.pk, lease_owner=owner).update(**fields)


def _settle_one(
    poll: Poll, owner: str, report: Report, now: dt.datetime, price: float, hurry: dt.timedelta | None
) -> int:
    kind, new_events = report.outcome.kind, 0
    fields: dict[str, object] = {"lease_until": None, "lease_owner": "", "outcome": kind.value}
    if kind is not OutcomeKind.NOT_ASKED:
        fields["asked_at"] = report.asked_at or now
    # Ours alone until both result and next time are written: whoever says meanwhile that it has come, or that it has
    # not after all, stops or wakes its rows before that or after it.
    mine = Parcel.objects.select_for_update(of=("self",), no_key=True).select_related("order", "owner")
    parcel = mine.filter(pk=poll.parcel_id).first()
    if parcel is None:
        return 0
    answer: Answer | None = None
    mark = mapping.said(report)
    if kind is not OutcomeKind.NOT_ASKED and mark != poll.said:
        recorded = actions.record_reports(parcel, [report], now)
        new_events, answer = recorded.new_events, recorded.answer
    if kind in SAID or kind in (OutcomeKind.NOT_THEIRS, OutcomeKind.NEEDS):
        fields |= {"said": mark, "answered_at": report.asked_at or now, "failures": 0}
    elif kind is not OutcomeKind.NOT_ASKED:
        fields["failures"] = min(poll.failures + 1, 1000)
    found = next_of(parcel, poll, report, now, price, answer)
    if hurry is not None and found.at is not None:
        found = Next(min(found.at, now + hurry), found.why)
    if parcel.fate in ENDED:
        found = Next(None, parcel.fate)
    fields |= {"next_at": found.at, "why": found.why}
    Poll.objects.filter(pk=poll.pk, lease_owner=owner).update(**fields)
    return new_events


def next_of(
    parcel: Parcel, poll: Poll, report: Report, now: dt.datetime, price: float, answer: Answer | None = None
) -> Next:
    """When to ask this system about this number again, and why then."""
    system, table, outcome = systems()[poll.carrier], waits(), report.outcome
    asked = report.asked_at or now
    floor = system.min_interval_hours
    match outcome.kind:
        case OutcomeKind.NOT_ASKED:
            return Next(max(outcome.until or now + HOUR, now + dt.timedelta(minutes=1)), "paced")
        case OutcomeKind.REFUSED | OutcomeKind.QUOTA:
            return Next(max(outcome.until or now + HOUR * system.pause_hours, now + HOUR * floor), "refused")
        case OutcomeKind.UNREACHABLE | OutcomeKind.CHANGED:
            return Next(after_failure(poll.failures + 1, now, floor), "failed")
        case OutcomeKind.UNAUTHORISED:
            return Next(now + HOUR * max(24.0, floor), "no_key")
        case OutcomeKind.NOT_THEIRS | OutcomeKind.NEEDS:
            why = "needs" if outcome.kind is OutcomeKind.NEEDS else "not_theirs"
            return Next(now + HOUR * max(table.not_theirs_hours, floor), why)
    if answer is None:
        latest = parcel.answers.first()
        answer = mapping.answer_struct(latest) if latest else actions.current_answer(parcel, now)
        answer = replace(answer, outlook=learning.outlook_now(parcel, answer, asked))
    return next_ask(wait_of(answer, asked, zone_of(parcel.owner), parcel.made), asked, price, floor)


def price_now(carrier: str) -> float:
    """The price of an ask of a system: higher the more numbers share its budget."""
    system = systems()[carrier]
    active = Poll.objects.filter(carrier=carrier, next_at__isnull=False).count()
    a_minute = system.per_minute * 60 * 24
    return price_of(active, min(system.per_day, a_minute) * system.batch)


def _source(claim: Claim, reports: Iterable[Report], now: dt.datetime) -> None:
    """How the system treated us: a refusal closes it for everybody until its time, an answer opens it."""
    kinds: Mapping[OutcomeKind, Outcome] = {report.outcome.kind: report.outcome for report in reports}
    rows = Source.objects.filter(carrier=claim.carrier, credential="")
    if claim.person is not None:
        key = Credential.objects.filter(owner_id=claim.person, system=claim.carrier)
        if OutcomeKind.UNAUTHORISED in kinds:
            key.update(refused_at=now)
        elif kinds.keys() & SAID:
            key.update(worked_at=now, refused_at=None)
    pause = now + HOUR * systems()[claim.carrier].pause_hours
    refused = next((kinds[kind] for kind in (OutcomeKind.REFUSED, OutcomeKind.QUOTA) if kind in kinds), None)
    failed = next((kinds[kind] for kind in (OutcomeKind.UNREACHABLE, OutcomeKind.CHANGED) if kind in kinds), None)
    if refused is not None:
        # A key that is refused is its owner's affair: others may still be asked for.
        if claim.person is None:
            rows.update(closed_until=refused.until or pause)
        rows.update(failed_at=now, problem=refused.detail[:200] or refused.kind.value, faults=F("faults") + 1)
    elif failed is not None and not kinds.keys() & SAID:
        rows.update(failed_at=now, problem=failed.detail[:200] or failed.kind.value, faults=F("faults") + 1)
        rows.filter(faults__gte=FAULTS).update(closed_until=failed.until or pause)
    elif kinds.keys() - {OutcomeKind.NOT_ASKED}:
        rows.update(worked_at=now, faults=0, closed_until=None, problem="")
