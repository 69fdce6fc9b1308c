"""What connectors read: recorded answers, mutated answers, personal data, plans."""

from __future__ import annotations

import copy
import datetime as dt
import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dozor.carriers import RecordedError, connector, plan, read_recorded, systems
from dozor.carriers.base import Ask, Response, read_safely
from dozor.carriers.base.reading import masked, offset_minutes, wall_time, without_personal
from dozor.carriers.fakes.server import FIXTURES, plays
from dozor.carriers.registry import folders
from dozor.model import Milestone, OutcomeKind, Text
from dozor.numbers import identify
from tests.conftest import SHARED

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)


def fixture(system: str) -> bytes:
    rows = json.loads((FIXTURES / f"{system}.json").read_text(encoding="utf-8"))
    return json.dumps({"module": rows, "success": True} if system == "cainiao" else rows).encode()


# --- recorded files ---------------------------------------------------------------------------------------


def test_recorded_answers_are_known_by_their_shape() -> None:
    assert {report.carrier for report in read_recorded(fixture("cainiao"))} == {"cainiao"}
    assert {report.number for report in read_recorded(fixture("upu"))} >= {"RB740193524CN", "EA307702148CN"}


def test_our_own_reports_are_read_as_they_are_written() -> None:
    import msgspec

    reports = read_recorded(fixture("upu"))
    lines = b"\n".join(msgspec.json.encode(report) for report in reports)
    assert read_recorded(lines) == reports
    assert read_recorded(msgspec.json.encode(reports)) == reports


@pytest.mark.parametrize("id", ["seventeentrack", "dhl", "fedex", "ship24", "tnt", "russian-post", "nova-poshta"])
def test_any_systems_answer_is_known_by_the_shape_that_reads_most_of_it(id: str) -> None:
    (report,) = read_recorded(plays()[id].answer)
    assert report.carrier == id
    assert report.events and report.snapshot is None


@pytest.mark.parametrize("text", ["", "hello", "{}", '{"a": 1}', "[1]", "<html>", "[" * 5000])
def test_a_file_that_holds_none_says_what_it_may_hold(text: str) -> None:
    with pytest.raises(RecordedError, match="Cainiao"):
        read_recorded(text)


# --- hostile answers --------------------------------------------------------------------------------------


def mutated(body: bytes, rng: random.Random) -> bytes:
    """One of the ways in which answers go wrong."""
    kind = rng.randrange(8)
    if kind == 0:
        return body[: rng.randrange(len(body))]
    if kind == 1:
        place = rng.randrange(len(body))
        return body[:place] + bytes(rng.randrange(256) for _ in range(rng.randrange(1, 20))) + body[place:]
    if kind == 2:
        return b"<!doctype html><html><body>" + body[:200] + b"</body></html>"
    if kind == 3:
        return body.decode().encode("utf-16")
    if kind == 4:
        return b'{"module":' * 3000 + b"1" + b"}" * 3000
    tree = json.loads(body)
    _spoil(tree, rng)
    return json.dumps(tree).encode()


WRONG: list[Any] = [None, True, -1, 10**30, 1.5e308, "", "\u202e\x00<script>", [], {}, [[]], "A" * 5000, "2026-99-99"]


def _spoil(tree: Any, rng: random.Random) -> None:
    for _ in range(rng.randrange(1, 6)):
        node = tree
        while True:
            keys = list(node) if isinstance(node, dict) else list(range(len(node))) if isinstance(node, list) else []
            if not keys:
                break
            key = rng.choice(keys)
            if not isinstance(node[key], dict | list) or rng.random() < 0.2:
                node[key] = copy.deepcopy(rng.choice(WRONG))
                break
            node = node[key]


@pytest.mark.parametrize("system", ["cainiao", "upu"])
def test_no_answer_raises_and_each_gives_a_typed_outcome(system: str) -> None:
    rng, body, made = random.Random(20261124), fixture(system), connector(system)
    asks = [Ask(number) for number in ("LB550123774CN", "RB740193524CN", "UA740193524CN")]
    for _ in range(700):
        status = rng.choice([200, 200, 200, 200, 204, 400, 401, 403, 404, 429, 500, 503])
        headers = {"retry-after": rng.choice(["5", "x", "Tue, 24 Nov 2026 13:00:00 GMT", "999999999999", "-1"])}
        reports = read_safely(made, Response(status, mutated(body, rng), headers, "https://x.test/a?b=c"), asks, NOW)
        assert [report.number for report in reports] == [ask.number for ask in asks]
        assert all(isinstance(report.outcome.kind, OutcomeKind) for report in reports)
        assert all(len(event.text) <= 1000 for report in reports for event in report.events)


@given(st.binary(max_size=300))
def test_bytes_of_any_kind(body: bytes) -> None:
    for system in systems():
        (report,) = read_safely(connector(system), Response(200, body), [Ask("RB740193524CN")], NOW)
        assert isinstance(report.outcome.kind, OutcomeKind)


def test_an_answer_about_another_number_is_not_taken_for_ours() -> None:
    body = json.dumps([{"ID": "RR612004575CN", "Events": []}]).encode()
    (report,) = read_safely(connector("upu"), Response(200, body), [Ask("RB740193524CN")], NOW)
    assert report.outcome.kind is OutcomeKind.CHANGED


# --- small things -----------------------------------------------------------------------------------------


def test_personal_fields_are_dropped_before_anything_is_kept() -> None:
    body = json.dumps(
        {"a": 1, "receiverName": "X", "b": [{"Signature": "Y", "c": "call tel 8 912 345-67-89"}]}
    ).encode()
    kept = json.loads(without_personal(body))
    assert kept == {"a": 1, "b": [{"c": "call tel …"}]}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Тел: +7 912 345-67-89, ждите", "Тел: …, ждите"),
        ("快递员电话13800138000", "快递员电话…"),
        ("write to a.b@c.ru", "write to …"),
        ("RB740193524CN arrived", "RB740193524CN arrived"),
    ],
)
def test_telephones_and_mail_addresses_are_masked(text: str, expected: str) -> None:
    assert masked(text) == expected


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("GMT+8", 480), ("GMT-3", -180), ("UTC+05:30", 330), ("+0300", 180), ("", None), ("GMT+99", None)],
)
def test_offsets(text: str, minutes: int | None) -> None:
    assert offset_minutes(text) == minutes


def test_dates_that_are_none_are_none() -> None:
    assert wall_time("2026-02-30 10:00:00") is None
    assert wall_time("soon") is None
    day = wall_time("2026-02-03")
    assert day is not None and day.precision == "day"


# --- whom to ask ------------------------------------------------------------------------------------------


def test_the_plan_asks_the_right_ones_and_says_why() -> None:
    steps = plan([identify("RB740193524CN")[0]])
    assert [step.system for step in steps] == ["upu", "cainiao"]
    assert all(isinstance(step.why, Text) and not step.personal for step in steps)


def test_impossible_numbers_and_orders_cost_nobody_anything() -> None:
    assert plan([identify("RS123456789CN")[0], identify("8001234567891234")[0]]) == ()


def test_pinned_forbidden_and_answered() -> None:
    reading = identify("RB740193524CN")[0]
    assert [s.system for s in plan([reading], forbidden=["upu"])] == ["cainiao"]
    assert plan([reading], pinned=["cainiao"])[0].system == "cainiao"
    assert [s.system for s in plan([reading, reading], answered=[("upu", reading.normal)])] == ["cainiao"]


def test_a_plan_tells_what_it_costs() -> None:
    reading, owned = identify("RB740193524CN")[0], ["seventeentrack", "dhl"]
    free = {step.system: step for step in plan([reading], with_keys=owned, given=["postcode", "phone"])}
    assert free["upu"].quota == 0 and free["upu"].personal == ()
    assert free["seventeentrack"].quota == 0  # a number registered before is asked for freely
    assert free["seventeentrack"].personal == ("postcode", "phone")
    dear = {step.system: step for step in plan([reading], with_keys=owned, spend=True)}
    assert dear["seventeentrack"].quota == 1 and dear["seventeentrack"].personal == ()


def test_every_system_has_its_papers() -> None:
    for id, system in systems().items():
        made = connector(id)
        assert made.system == system
        folder = FIXTURES.parents[1] / folders()[id]
        assert len((folder / "README.md").read_text(encoding="utf-8")) > 400
        assert system.terms and system.source


def test_the_tables_of_codes_hold_what_is_documented() -> None:
    from dozor.carriers.cainiao.client import STATUSES as CAINIAO
    from dozor.carriers.upu.client import STATUSES as UPU

    assert len(CAINIAO.rows) == 154
    assert len(UPU.rows) == 27
    assert CAINIAO.rows["GTMS_STA_SIGNED"].milestone is Milestone.AVAILABLE_FOR_PICKUP
    assert CAINIAO.rows["SIGNED"].milestone is Milestone.IN_TRANSIT  # at the forwarder in China, not at the buyer's
    assert CAINIAO.rows["CC_TRANS_START"]  # spelled with a full-width sign by the official list


if SHARED.exists():
    RECORDED = sorted((SHARED / "data/payloads/aggregators/cainiao").glob("*.json")) + sorted(
        (SHARED / "data/payloads/carriers/upu_gtt").glob("*.json")
    )

    @pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.name)
    def test_answers_recorded_elsewhere_are_read_whole(path: Any) -> None:
        answer = json.loads(path.read_text(encoding="utf-8"))
        rows = answer if isinstance(answer, list) else answer.get("module") or []
        wanted = sum(len(row.get("detailList") or row.get("Events") or []) for row in rows)
        reports = read_recorded(path.read_text(encoding="utf-8"))
        assert sum(len(report.events) + len(report.problems) for report in reports) == wanted
        assert all(report.outcome.kind is not OutcomeKind.CHANGED for report in reports)
        assert all(not report.unknown_codes for report in reports)


@pytest.mark.parametrize("epoch", [-62135596800000, 100000000000000, 253402300799000, 999999999999999])
def test_a_year_in_which_no_parcel_is_scanned_is_no_moment(epoch: int) -> None:
    """Calendars end there: one such scan would stop whatever reckons with it."""
    row = {"EventCd": "EMA", "EventNm": "Posting", "EventDT": f"/Date({epoch}+0800)/", "EventLocation": "CN"}
    good = {**row, "EventDT": "/Date(1793275200000+0800)/"}
    body = json.dumps([{"ID": "RB740193524CN", "Events": [row, good]}]).encode()
    now = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
    (report,) = read_safely(connector("upu"), Response(200, body), [Ask("RB740193524CN")], now)
    assert report.outcome.kind is OutcomeKind.FOUND and len(report.events) == 1 and report.problems
    from dozor.carriers.base.shape import instant

    assert instant("99999999999999", 1000, None) is None and instant("1793275200", 1, 480) is not None
