"""Asking over real HTTP: answers, the kinds of nothing, faults, and manners."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from dozor.carriers import connector
from dozor.carriers.base import Ask, Manners, Pace, Transport
from dozor.carriers.base.asking import ask_all
from dozor.model import Milestone, OutcomeKind, Report
from tests.peer import Peer, playing

HOUR = dt.timedelta(hours=1)
NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)


def ask(
    peer: Peer, system: str, numbers: Sequence[str], *, seconds: float = 5, manners: Manners | None = None
) -> list[Report]:
    inquiry = (connector(system), [Ask(number) for number in numbers])
    found = ask_all([inquiry], clock=lambda: NOW, seconds=seconds, manners=manners, base_urls=peer.base_urls)
    return list(asyncio.run(found))


def test_cainiao_tells_events_at_their_true_instants(peer: Peer) -> None:
    (report,) = ask(peer, "cainiao", ["LP00990011223344"])
    assert report.outcome.kind is OutcomeKind.FOUND
    assert (report.origin, report.destination) == ("CN", "RU")
    assert [event.milestone for event in report.events][:3] == [
        Milestone.PRE_SHIPMENT,
        Milestone.ACCEPTED,
        Milestone.IN_TRANSIT,
    ]
    landed = next(event for event in report.events if event.code == "LH_ARRIVE")
    # 09:20 in a zone three hours east of UTC, whatever the epoch beside it says.
    assert landed.when is not None and landed.when.utc() == dt.datetime(2026, 11, 9, 6, 20, tzinfo=dt.UTC)
    assert [alias.number for alias in report.aliases] == ["RB740193524CN"]


def test_one_broken_event_does_not_lose_the_others(peer: Peer) -> None:
    (report,) = ask(peer, "cainiao", ["LB550123774CN"])
    assert len(report.events) == 5
    assert len(report.problems) == 1
    assert report.unknown_codes == ("NEW_CODE_2027",)
    assert report.snapshot is not None
    assert b"Somebody" not in report.snapshot.body and b"8-800" not in report.snapshot.body
    assert "?" not in report.snapshot.address


@pytest.mark.parametrize(
    ("system", "number", "kind"),
    [
        ("cainiao", "LP00000000000000", OutcomeKind.UNKNOWN_NUMBER),
        ("cainiao", "AP00813300442217", OutcomeKind.KNOWN_WITHOUT_EVENTS),
        ("cainiao", "LPREFUSE", OutcomeKind.REFUSED),
        ("cainiao", "LPPAGE", OutcomeKind.REFUSED),
        ("cainiao", "LPLIMIT", OutcomeKind.REFUSED),
        ("cainiao", "LPDOWN", OutcomeKind.UNREACHABLE),
        ("cainiao", "LPBROKEN", OutcomeKind.CHANGED),
        ("cainiao", "LPHUGE", OutcomeKind.CHANGED),
        ("cainiao", "LPBOMB", OutcomeKind.CHANGED),
        ("upu", "RB740193524CN", OutcomeKind.FOUND),
        ("upu", "RR999999999CN", OutcomeKind.UNKNOWN_NUMBER),
        ("upu", "LV901332088CN", OutcomeKind.KNOWN_WITHOUT_EVENTS),
    ],
)
def test_the_kinds_of_answer_are_told_apart(peer: Peer, system: str, number: str, kind: OutcomeKind) -> None:
    (report,) = ask(peer, system, [number])
    assert report.outcome.kind is kind, report.outcome
    assert report.number == number
    if number == "LPLIMIT":
        assert report.outcome.until == NOW + dt.timedelta(seconds=120)
    elif kind is OutcomeKind.REFUSED:
        assert report.outcome.until == NOW + HOUR * 24


def test_a_system_that_is_not_there_is_unreachable() -> None:
    gone = Peer("http://127.0.0.1:9", __import__("collections").Counter())
    (report,) = ask(gone, "upu", ["RB740193524CN"])
    assert report.outcome.kind is OutcomeKind.UNREACHABLE


def test_the_time_given_is_kept_and_the_late_are_named(peer: Peer) -> None:
    (report,) = ask(peer, "cainiao", ["LPSLOW"], seconds=0.5)
    assert report.outcome.kind is OutcomeKind.UNREACHABLE
    assert "0.5 s" in report.outcome.detail


def test_a_forecast_is_no_event_that_happened(peer: Peer) -> None:
    (report,) = ask(peer, "upu", ["RB740193524CN"])
    assert [event.m40 for event in report.events if not event.forecast] == ["EMA", "EMC", "EMD", "EDB", "EDC", "EMF"]
    assert [event.text for event in report.events if event.forecast] == ["Estimated delivery"]
    assert all(event.when is not None and event.when.offset is None for event in report.events)


def test_ten_numbers_are_one_request_and_eleven_are_two(peer: Peer) -> None:
    numbers = [f"LP{index:014d}" for index in range(11)]
    reports = ask(peer, "cainiao", numbers)
    assert [report.number for report in reports] == numbers
    assert peer.seen["cainiao"] == 2


def test_one_number_is_not_asked_twice_within_the_interval(peer: Peer) -> None:
    manners = Manners()
    first = ask(peer, "cainiao", ["LP00990011223344", "LP00990011223344"], manners=manners)
    again = ask(peer, "cainiao", ["LP00990011223344"], manners=manners)
    assert [report.outcome.kind for report in first] == [OutcomeKind.FOUND]
    assert [report.outcome.kind for report in again] == [OutcomeKind.NOT_ASKED]
    assert again[0].outcome.until == NOW + HOUR * 6
    assert peer.seen["cainiao"] == 1


def test_a_refusal_keeps_everybody_away_until_its_time(peer: Peer) -> None:
    manners = Manners()
    ask(peer, "cainiao", ["LPREFUSE"], manners=manners)
    (report,) = ask(peer, "cainiao", ["LP00990011223344"], manners=manners)
    assert report.outcome.kind is OutcomeKind.NOT_ASKED
    assert peer.seen["cainiao"] == 1


# --- manners without a network ----------------------------------------------------------------------------


def pace(**limits: object) -> Pace:
    return Pace(replace(connector("upu").system, **limits))


def reports(kind: OutcomeKind) -> tuple[Report, ...]:
    from dozor.model import Outcome

    return (Report("upu", "X", Outcome(kind)),)


def test_the_pace_of_a_minute() -> None:
    slow = pace(per_minute=2)
    for second in (0, 10):
        assert slow.wait(NOW + dt.timedelta(seconds=second)) == 0
        slow.asked((str(second),), NOW + dt.timedelta(seconds=second))
    assert slow.wait(NOW + dt.timedelta(seconds=20)) == 40
    assert slow.wait(NOW + dt.timedelta(seconds=61)) == 0


def test_the_budget_of_a_day() -> None:
    poor = pace(per_day=2)
    poor.asked(("A",), NOW)
    poor.asked(("B",), NOW + HOUR)
    refusal = poor.refusal("C", NOW + HOUR * 2)
    assert refusal is not None and refusal.until == NOW + HOUR * 24
    assert poor.refusal("C", NOW + HOUR * 24) is None


def test_after_a_pause_one_request_probes() -> None:
    hurt = pace(pause_hours=1, min_interval_hours=0)
    hurt.asked(("A",), NOW)
    hurt.answered(reports(OutcomeKind.REFUSED), NOW)
    assert hurt.refusal("B", NOW + HOUR * 0.9) is not None
    later = NOW + HOUR * 1.1
    assert hurt.refusal("B", later) is None
    hurt.asked(("B",), later)
    assert hurt.refusal("C", later) is not None  # the probe is under way
    hurt.answered(reports(OutcomeKind.FOUND), later)
    assert hurt.refusal("C", later) is None


def test_one_fault_is_forgiven_and_three_are_not() -> None:
    shaky = pace(min_interval_hours=0)
    for number in range(2):
        shaky.asked((str(number),), NOW)
        shaky.answered(reports(OutcomeKind.UNREACHABLE), NOW)
        assert shaky.refusal("X", NOW) is None
    shaky.asked(("2",), NOW)
    shaky.answered(reports(OutcomeKind.UNREACHABLE), NOW)
    assert shaky.refusal("X", NOW) is not None


def test_each_set_of_keys_has_a_pace_of_its_own(peer: Peer) -> None:
    manners, made = Manners(), connector("ukrposhta")

    def asked(token: str) -> OutcomeKind:
        found = ask_all(
            [(made, [Ask("0500012345678")])],
            clock=lambda: NOW,
            seconds=5,
            manners=manners,
            keys={"ukrposhta": {"token": token}},
            base_urls={"ukrposhta": peer.url},
        )
        return asyncio.run(found)[0].outcome.kind

    assert asked("one") is OutcomeKind.UNAUTHORISED
    assert asked("one") is OutcomeKind.NOT_ASKED  # a short time ago, with these keys
    assert asked("test-key") is not OutcomeKind.NOT_ASKED
    assert len(manners.paces) == 2 and not any("test-key" in name for pair in manners.paces for name in pair)


def test_a_strict_peer_refuses_what_is_over_the_announced_limit() -> None:
    with playing(strict=True) as strict:
        quick = replace(connector("cainiao").system, per_minute=1000, min_interval_hours=0)

        async def flood() -> list[int]:
            async with Transport({"cainiao": strict.url}) as transport:
                made = connector("cainiao")
                asks = [made.requests([Ask(f"LP{index:014d}")], {})[0] for index in range(8)]
                return [(await transport.fetch(quick, each)).status for each in asks]

        statuses = asyncio.run(flood())
    most = int(connector("cainiao").system.per_minute)
    assert statuses == [200] * most + [429] * (8 - most)


def test_what_is_not_ready_is_asked_again_at_its_time() -> None:
    from dozor.model import Outcome

    calm = pace(min_interval_hours=6)
    calm.asked(("A",), NOW)
    soon = Outcome(OutcomeKind.NOT_ASKED, "not ready", until=NOW + HOUR / 4)
    calm.answered((Report("upu", "A", soon),), NOW)
    assert calm.refusal("A", NOW) is not None
    assert calm.refusal("A", NOW + HOUR / 4) is None


def test_many_asks_at_once_keep_the_pace(peer: Peer) -> None:
    made = connector("cainiao")
    inquiries = [(made, [Ask(f"LP{index:014d}")]) for index in range(12)]
    now = lambda: dt.datetime.now(dt.UTC)  # noqa: E731
    reports = asyncio.run(ask_all(inquiries, clock=now, seconds=2, base_urls=peer.base_urls))
    assert len(reports) == 12
    assert peer.seen["cainiao"] == made.system.per_minute


def test_what_was_asked_is_kept_as_a_fingerprint(peer: Peer) -> None:
    (one,) = ask(peer, "upu", ["RB740193524CN"])
    (two,) = ask(peer, "upu", ["EA307702148CN"])
    assert one.snapshot and two.snapshot
    assert len(one.snapshot.request_sha256) == 64
    assert one.snapshot.request_sha256 != two.snapshot.request_sha256
