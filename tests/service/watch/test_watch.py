"""The watch over real HTTP on the loopback: what is due is asked about, once, and comes again at its time."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

import pytest

from dozor.carriers import systems
from dozor.model import Dossier, Event, Milestone, Moment, Order, Outcome, OutcomeKind, Report
from dozor.service.parcels import actions
from dozor.service.parcels.models import Credential, Learnt, Parcel, Person, Poll, Source
from dozor.service.watch import claim as claims
from dozor.service.watch import settle as settling
from dozor.service.watch.loop import Watcher
from dozor.service.watch.settle import settle
from tests.peer import Peer
from tests.service.conftest import NOW

HOUR = dt.timedelta(hours=1)
CAINIAO, UPU = "LP00990011223344", "RB740193524CN"


def watch(peer: Peer, at: dt.datetime = NOW) -> None:
    """Everything that is due at an instant."""
    asyncio.run(Watcher(lambda: at, {"": peer.url}).until_idle())


def known(person: Person, number: str) -> Parcel:
    """A parcel on its way to Russia of which nothing but its number is known."""
    return actions.add_dossier(person, Dossier(numbers=(number,), order=Order(destination="RU")), NOW)


@pytest.fixture
def own_transactions(transactional_db: None) -> None:
    """The watcher has a connection of its own: what tests write has to be committed."""


pytestmark = [pytest.mark.usefixtures("own_transactions")]


def test_what_is_due_is_asked_about_and_comes_again_later(anna: Person, peer: Peer) -> None:
    parcel = known(anna, CAINIAO)
    poll = parcel.polls.get(carrier="cainiao", number=CAINIAO)
    watch(peer)
    assert peer.seen["cainiao"] == 1
    poll.refresh_from_db()
    assert (poll.outcome, poll.failures, poll.lease_owner) == ("found", 0, "")
    floor = dt.timedelta(hours=systems()["cainiao"].min_interval_hours)
    assert poll.next_at is not None and NOW + floor <= poll.next_at <= NOW + dt.timedelta(hours=48)
    parcel.refresh_from_db()
    assert parcel.events.filter(carrier="cainiao").exists() and parcel.stage
    # The number that it named is the same parcel's and was asked about in the same round.
    assert parcel.polls.get(carrier="upu", number=UPU).outcome == "found"
    watch(peer, NOW + HOUR)
    poll.refresh_from_db()
    assert poll.asked_at == NOW


def test_an_unchanged_answer_writes_its_poll_row_and_nothing_else(anna: Person, peer: Peer) -> None:
    parcel = known(anna, CAINIAO)
    watch(peer)
    poll = parcel.polls.get(carrier="cainiao", number=CAINIAO)
    count = {name: getattr(parcel, name).count() for name in ("reports", "events", "answers", "numbers")}
    assert poll.next_at is not None
    later = poll.next_at
    Poll.objects.exclude(pk=poll.pk).update(next_at=None)
    asked = peer.seen["cainiao"]
    watch(peer, later)
    assert peer.seen["cainiao"] == asked + 1
    assert {name: getattr(parcel, name).count() for name in count if name != "answers"} == {
        name: n for name, n in count.items() if name != "answers"
    }
    again = parcel.polls.get(carrier="cainiao", number=CAINIAO)
    assert again.asked_at == later and again.said == poll.said
    # What it said then is as fresh as the last time it said so.
    (report,) = [each for each in actions.mapping.read_dossier(parcel).reports if each.carrier == "cainiao"]
    assert report.asked_at == later


def test_numbers_of_one_system_go_in_one_request(anna: Person, peer: Peer) -> None:
    for n in range(7):
        known(anna, f"LP0099001122{n:04}")
    watch(peer)
    assert peer.seen["cainiao"] == 1
    assert set(Poll.objects.filter(carrier="cainiao").values_list("outcome", flat=True)) <= {
        "unknown_number",
        "found",
        "known_without_events",
    }


def test_the_same_number_of_two_people_is_asked_about_once(anna: Person, boris: Person, peer: Peer) -> None:
    one, two = known(anna, CAINIAO), known(boris, CAINIAO)
    watch(peer)
    assert peer.seen["cainiao"] == 1
    assert one.events.count() == two.events.count() > 0


def test_a_number_that_was_answered_a_short_time_ago_is_not_asked_about_again(
    anna: Person, boris: Person, peer: Peer
) -> None:
    one = known(anna, CAINIAO)
    watch(peer)
    asked = peer.seen["cainiao"]
    two = actions.add_dossier(boris, Dossier(numbers=(CAINIAO,), order=Order(destination="RU")), NOW + HOUR)
    assert two.events.count() == one.events.filter(carrier="cainiao", asked=CAINIAO).count() > 0
    poll = two.polls.get(carrier="cainiao", number=CAINIAO)
    assert poll.next_at == NOW + HOUR * systems()["cainiao"].min_interval_hours
    # Whoever brings an answer along is not asked for it again either.
    brought = Report("cainiao", "LP00990011229999", Outcome(OutcomeKind.FOUND), NOW + HOUR, (_scan("收件"),))
    three = actions.add_dossier(boris, Dossier(numbers=(brought.number,), reports=(brought,)), NOW + HOUR)
    assert three.polls.get(carrier="cainiao").next_at == NOW + HOUR * (1 + systems()["cainiao"].min_interval_hours)
    watch(peer, NOW + HOUR)
    numbers = set(Poll.objects.filter(carrier="cainiao", asked_at=NOW + HOUR).values_list("number", flat=True))
    assert numbers <= {UPU, brought.number} and peer.seen["cainiao"] <= asked + 1


@pytest.mark.parametrize(
    ("number", "outcome"),
    [("LP00DOWN11223344", "unreachable"), ("LP00PAGE11223344", "refused"), ("LP00LIMIT1223344", "quota")],
)
def test_a_failure_is_tried_again_later_and_loses_nothing(anna: Person, peer: Peer, number: str, outcome: str) -> None:
    parcel = known(anna, CAINIAO)
    watch(peer)
    poll = parcel.polls.get(carrier="cainiao", number=CAINIAO)
    events = parcel.events.count()
    Poll.objects.exclude(pk=poll.pk).update(next_at=None)
    Poll.objects.filter(pk=poll.pk).update(number=number, next_at=NOW + 8 * HOUR)
    watch(peer, NOW + 8 * HOUR)
    poll.refresh_from_db()
    assert poll.next_at is not None and poll.next_at > NOW + 8 * HOUR
    assert poll.outcome in (outcome, "changed", "unreachable", "refused", "quota")
    assert parcel.events.count() == events
    source = Source.objects.get(carrier="cainiao")
    assert source.faults == 1 and source.failed_at == NOW + 8 * HOUR
    if poll.outcome in ("refused", "quota"):
        assert source.closed_until is not None and source.closed_until > NOW + 8 * HOUR
        assert claims.claim("cainiao", source.closed_until - HOUR / 60) is None


def test_a_key_is_used_for_its_owners_parcels_alone(anna: Person, boris: Person, peer: Peer) -> None:
    mine = actions.add_dossier(anna, Dossier(numbers=(UPU,)), NOW)
    actions.set_key(anna, "ship24", {"key": "test-key"}, NOW)
    actions.set_key(boris, "ship24", {"key": "of no use"}, NOW)
    theirs = actions.add_dossier(boris, Dossier(numbers=("RB123456785CN",)), NOW)
    for minute in range(4):
        watch(peer, NOW + minute * HOUR / 60)
    assert mine.polls.get(carrier="ship24").outcome == "found"
    assert mine.events.filter(carrier="ship24").exists()
    assert theirs.polls.get(carrier="ship24").outcome == "unauthorised"
    kept = {row.owner_id: row for row in Credential.objects.all()}
    assert kept[anna.pk].worked_at is not None and kept[anna.pk].refused_at is None
    assert kept[boris.pk].refused_at is not None
    source = Source.objects.get(carrier="ship24")
    assert source.closed_until is None  # one person's wrong key closes the door for nobody else


def test_a_claimed_row_is_nobody_elses_until_its_lease_ends(anna: Person) -> None:
    known(anna, CAINIAO)
    mine = claims.claim("cainiao", NOW)
    assert mine is not None and len(mine.polls) == 1
    assert mine.polls[0].next_at == NOW  # due until its result is written
    minute = dt.timedelta(minutes=1)
    assert claims.claim("cainiao", NOW + minute) is None
    taken = claims.claim("cainiao", NOW + claims.LEASE + minute)
    assert taken is not None and taken.owner != mine.owner
    # The first one comes late: what was said is kept, the row is the other's.
    report = Report("cainiao", CAINIAO, Outcome(OutcomeKind.FOUND), NOW, (_scan("收件"),))
    assert settle(mine, [report], NOW + 2 * minute) == 1
    row = Poll.objects.get(pk=mine.polls[0].pk)
    assert (row.lease_owner, row.next_at, row.outcome) == (taken.owner, NOW, "")
    assert settle(taken, [report], NOW + 5 * minute) == 0
    row.refresh_from_db()
    assert row.lease_owner == "" and row.next_at is not None and row.next_at > NOW and row.parcel.events.count() == 1


def _scan(text: str, milestone: Milestone | None = None) -> Event:
    return Event(text, Moment(dt.datetime(2026, 11, 20, 8), 480), system="cainiao", milestone=milestone)


def test_the_pace_of_a_system_is_kept_by_all_watchers_together(anna: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    parcel = known(anna, UPU)
    numbers = [f"RB{n:08d}{_check(n)}CN" for n in range(60)]
    Poll.objects.bulk_create([Poll(parcel=parcel, carrier="upu", number=n, next_at=NOW) for n in numbers])
    upu = systems()["upu"]
    times = []
    for second in range(0, 120):
        at = NOW + dt.timedelta(seconds=second)
        while claims.claim("upu", at) is not None:  # as many watchers as want to
            times.append(at)
    worst = max(sum(1 for each in times if at <= each < at + dt.timedelta(minutes=1)) for at in times)
    assert worst <= upu.per_minute and len(times) >= min(60, upu.per_minute)


def _check(serial: int) -> int:
    total = sum(int(digit) * weight for digit, weight in zip(f"{serial:08d}", (8, 6, 4, 2, 3, 5, 9, 7), strict=True))
    return {10: 0, 11: 5}.get(11 - total % 11, 11 - total % 11)


def test_the_days_budget_is_kept_over_a_restart(anna: Person) -> None:
    known(anna, CAINIAO)
    Source.objects.create(carrier="cainiao", day=NOW.date(), asked=systems()["cainiao"].per_day)
    assert claims.claim("cainiao", NOW) is None
    assert claims.claim("cainiao", NOW + 24 * HOUR) is not None


def test_what_has_ended_is_asked_about_no_more(anna: Person, peer: Peer) -> None:
    parcel = known(anna, CAINIAO)
    claim = claims.claim("cainiao", NOW)
    assert claim is not None
    actions.mark_received(parcel, NOW)  # while it is being asked about
    settle(claim, [Report("cainiao", CAINIAO, Outcome(OutcomeKind.FOUND), NOW, (_scan("签收"),))], NOW)
    assert not Poll.objects.exclude(next_at=None).exists()


def test_days_are_thought_over_without_news(anna: Person, peer: Peer) -> None:
    parcel = known(anna, UPU)
    review = parcel.review_at
    assert review is not None
    watch(peer, review)
    parcel.refresh_from_db()
    assert parcel.review_at is not None and parcel.review_at > review and parcel.lease_owner == ""


def test_a_connector_that_breaks_stops_nobody(anna: Person, peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    from dozor.service.watch import loop

    async def broken(*words: object) -> tuple[Report, ...]:
        raise RuntimeError("a bug")

    known(anna, CAINIAO)
    monkeypatch.setattr(loop, "ask", broken)
    watch(peer)
    row = Poll.objects.get(carrier="cainiao")
    assert (row.outcome, row.failures) == ("unreachable", 1) and row.next_at is not None and row.next_at > NOW


def test_a_system_that_is_gone_sleeps(anna: Person) -> None:
    parcel = known(anna, CAINIAO)
    Poll.objects.create(parcel=parcel, carrier="no-such-system", number="X", next_at=NOW)
    assert claims.claim("no-such-system", NOW) is None
    assert Poll.objects.get(carrier="no-such-system").next_at == NOW + 24 * HOUR


def test_many_watchers_claim_every_row_once(anna: Person, django_db_blocker: object) -> None:
    """Threads with connections of their own take turns at one table."""
    import threading

    from django.db import connections

    parcel = known(anna, CAINIAO)
    Poll.objects.all().delete()
    system = systems()["cainiao"]
    Poll.objects.bulk_create(
        [Poll(parcel=parcel, carrier="cainiao", number=f"LP{n:014}", next_at=NOW) for n in range(60)]
    )
    found: list[claims.Claim] = []
    starts = threading.Barrier(4)

    def one(place: int) -> None:
        starts.wait()
        try:
            for turn in range(20):
                taken = claims.claim("cainiao", NOW + dt.timedelta(seconds=turn))
                if taken is not None:
                    found.append(taken)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ids = [poll.pk for each in found for poll in each.polls]
    assert len(ids) == len(set(ids)) and all(len(each.polls) <= system.batch for each in found)


def test_what_is_open_again_while_an_answer_is_written_is_asked_about(
    anna: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was said to have come while a carrier was asked; it has not, and that is said just as the answer comes in."""
    import threading

    from django.db import connections

    parcel = known(anna, CAINIAO)
    claim = claims.claim("cainiao", NOW)
    assert claim is not None
    actions.mark_received(parcel, NOW)

    def reopen() -> None:
        try:
            actions.reopen(actions.parcel_of(anna, parcel.ref), NOW)
        finally:
            connections.close_all()

    thread, next_of = threading.Thread(target=reopen), settling.next_of

    def meanwhile(*words: Any) -> Any:
        thread.start()
        thread.join(0.5)  # it is done by now, unless it has to wait for us
        return next_of(*words)

    monkeypatch.setattr(settling, "next_of", meanwhile)
    settle(claim, [Report("cainiao", CAINIAO, Outcome(OutcomeKind.NOT_ASKED), NOW)], NOW)
    thread.join(20)
    assert actions.parcel_of(anna, parcel.ref).fate == "open"
    assert not parcel.polls.filter(next_at=None).exists()


def test_the_watch_learns_once_a_day_beside_its_asking(anna: Person, peer: Peer) -> None:
    known(anna, CAINIAO)
    watch(peer)
    (first,) = Learnt.objects.all()
    assert first.at == NOW
    watch(peer, NOW + 12 * HOUR)
    assert Learnt.objects.get().at == NOW
    watch(peer, NOW + 24 * HOUR)
    newest, _ = Learnt.objects.all()
    assert newest.at == NOW + 24 * HOUR and newest.parcels == 1


def test_a_system_that_wants_a_pause_keeps_nobody_else_waiting(anna: Person) -> None:
    """However many of its numbers are due, and for however long."""
    parcel = known(anna, CAINIAO)
    Poll.objects.update(next_at=NOW + HOUR)
    waiting = [Poll(parcel=parcel, carrier="upu", number=f"N{n}", next_at=NOW - 9 * HOUR) for n in range(3000)]
    Poll.objects.bulk_create(waiting)
    Poll.objects.create(parcel=parcel, carrier="cainiao", number="LP1", next_at=NOW - HOUR)
    assert claims.due_carriers(NOW) == ["upu", "cainiao"]
    Source.objects.update_or_create(carrier="upu", defaults={"closed_until": NOW + 9 * HOUR})
    assert claims.due_carriers(NOW) == ["cainiao"]
    # Nor does one whose day's budget is spent.
    spent = {"closed_until": None, "day": NOW.date(), "asked": systems()["upu"].per_day}
    Source.objects.filter(carrier="upu").update(**spent)
    assert "cainiao" in claims.due_carriers(NOW)
