"""Which policy holds for an order: by marketplace, destination and day of payment, never by today."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from dozor import knowledge
from dozor.i18n import LANGUAGES, has
from dozor.model import Journey, Order
from dozor.protection import backstops, candidates, choose, clock, figures, policies, sources
from dozor.protection.policy import days_of
from dozor.protection.terms import Term, applies, counted, fitting, readings

DAY = dt.timedelta(days=1)
NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
QUIET = Journey()
MARKETPLACES = sorted({policy.marketplace for policy in policies()})

dates = st.dates(dt.date(2010, 1, 1), dt.date(2026, 11, 1))
somewhere = st.sampled_from([None, "RU", "BR", "US", "UA", "FR", "SG", "DE"])


def day(year: int, month: int, date: int) -> dt.datetime:
    return dt.datetime(year, month, date, tzinfo=dt.UTC)


# --- destination ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("marketplace", "to", "paid", "policy"),
    [
        ("shein", "US", dt.date(2026, 4, 10), "shein-us-2026"),
        ("shein", "US", dt.date(2026, 4, 9), "shein-2024"),
        ("shein", "RU", dt.date(2026, 11, 1), "shein-2024"),
        ("temu", "US", dt.date(2025, 8, 27), "temu-us-2025"),
        ("temu", "DE", dt.date(2025, 8, 27), "temu-2022"),
        ("rakuten", "FR", dt.date(2026, 1, 1), "rakuten-fr-2022"),
        ("rakuten", "DE", dt.date(2026, 1, 1), "other-shop"),
        ("shopee", "MY", dt.date(2026, 1, 1), "shopee-my"),
        ("shopee", "PH", dt.date(2026, 1, 1), "other-shop"),
        ("allegro", None, dt.date(2022, 9, 4), "allegro-2022"),
        ("allegro", None, dt.date(2022, 9, 5), "allegro-protect-2022"),
        ("AliExpress", "RU", dt.date(2026, 1, 1), "aliexpress-2025"),
        ("aliexpress", "RU", dt.date(2009, 1, 1), "aliexpress-2013"),  # older than all: the first version reads it
    ],
)
def test_a_policy_of_the_country_comes_first(marketplace: str, to: str | None, paid: dt.date, policy: str) -> None:
    found = choose(Order(marketplace=marketplace, destination=to, paid=paid))
    assert found is not None and found.id == policy


def test_the_countries_of_aliexpress_have_their_own_readings() -> None:
    order = Order(marketplace="aliexpress", paid=dt.date(2021, 3, 1), shipped=dt.date(2021, 3, 2))
    ends = {}
    for to in (None, "RU", "BR", "DE"):
        limit = clock(replace(order, destination=to), QUIET, NOW).limit("protection_end")
        assert limit is not None and limit.at == day(2021, 5, 1)  # the earliest of them is planned by
        ends[to] = limit.readings[-1]
    assert ends == {None: day(2021, 5, 31), "RU": day(2021, 5, 31), "DE": day(2021, 5, 31), "BR": day(2021, 6, 30)}


# --- an unknown day of payment ----------------------------------------------------------------------------


def test_an_unknown_day_of_payment_takes_the_safest_version_that_may_hold() -> None:
    # Shipped on 10 January 2016: paid before or after New Year, under the rules of 2013 or those of 2016.
    order = Order(marketplace="aliexpress", shipped=dt.date(2016, 1, 10))
    assert {policy.id for policy in candidates(order)} == {"aliexpress-2013", "aliexpress-2016"}
    found = choose(order)
    assert found is not None and found.id == "aliexpress-2013"
    assert clock(order, QUIET, day(2016, 1, 20)).at("protection_end") == day(2016, 1, 30)
    known = replace(order, paid=dt.date(2016, 1, 8))
    assert clock(known, QUIET, day(2016, 1, 20)).at("protection_end") == day(2016, 3, 10)


def test_the_end_read_on_the_page_says_roughly_when_it_was_paid() -> None:
    found = choose(Order(marketplace="aliexpress", protection_end=day(2026, 12, 20)))
    assert found is not None and found.id == "aliexpress-2025"
    assert choose(Order(marketplace="aliexpress", completed=dt.date(2017, 9, 1))) == choose(
        Order(marketplace="aliexpress", paid=dt.date(2017, 8, 1))
    )


def test_without_any_day_the_newest_version_speaks_and_dates_nothing() -> None:
    found = clock(Order(marketplace="aliexpress"), QUIET, NOW)
    assert found.policy == "aliexpress-2025"
    assert found.limits and all(limit.at is None and limit.why is not None for limit in found.limits)
    assert {limit.id for limit in found.limits} >= {
        "protection_end",
        "safe_deadline",
        "rescue_deadline",
        "earliest_open",
    }
    assert {"protection_end", "paid", "shipped", "payment"} <= set(found.ask_buyer)
    then = choose(Order(marketplace="aliexpress"), day(2019, 1, 1))
    assert then is not None and then.id == "aliexpress-2018"  # nothing was paid later than now


@given(st.sampled_from(MARKETPLACES), st.none() | dates, st.none() | dates, somewhere)
def test_no_candidate_ends_before_the_one_that_is_chosen(
    marketplace: str, shipped: dt.date | None, promised: dt.date | None, to: str | None
) -> None:
    order = Order(marketplace=marketplace, shipped=shipped, promised=promised, destination=to)
    found, anchors = choose(order), days_of(order)
    assert found is not None

    def end(policy_terms: tuple[Term, ...]) -> dt.datetime | None:
        term = fitting(policy_terms, order, anchors)
        return min(readings(term, anchors), default=None) if term else None

    chosen = end(found.protection)
    for policy in candidates(order):
        other = end(policy.protection)
        assert other is None or (chosen is not None and chosen <= other)


@given(st.sampled_from(MARKETPLACES), dates, somewhere, st.sampled_from(["paid", "shipped", "completed"]))
def test_today_never_chooses_between_versions(marketplace: str, when: dt.date, to: str | None, fact: str) -> None:
    order = Order(marketplace=marketplace, destination=to, **{fact: when})  # type: ignore[arg-type]
    late = [choose(order, now) for now in (None, NOW, NOW + DAY * 4000)]
    assert late[0] == late[1] == late[2]


# --- terms ------------------------------------------------------------------------------------------------


def test_working_days_of_five_and_six_a_week() -> None:
    friday = day(2026, 11, 20)
    assert counted(friday, 1, 5) == day(2026, 11, 23)
    assert counted(friday, 1, 6) == day(2026, 11, 21)
    assert counted(friday, 2, 6) == day(2026, 11, 23)
    assert counted(friday, 10, 6) == day(2026, 12, 2)
    assert counted(friday, -1, 5) == day(2026, 11, 19)
    assert counted(friday, 2.5) == friday + DAY * 2.5


def test_a_condition_about_something_unknown_does_not_hold() -> None:
    term = Term("shipped", (1.0,), ("A01",), services=("ems",))
    assert not applies(term, Order())
    assert applies(term, Order(service="EMS_Russia"))
    soon = Term("shipped", (0.0,), ("A17",), promised_below=5)
    assert not applies(soon, Order())
    assert applies(soon, Order(promised_days=4)) and not applies(soon, Order(promised_days=5))
    shipped = dt.date(2026, 1, 1)
    assert applies(soon, Order(shipped=shipped, promised=shipped + DAY * 4))


def test_an_unknown_figure_and_an_unknown_day_give_no_reading() -> None:
    assert readings(Term("paid", "unknown", ("A67",)), {"paid": NOW}) == ()
    assert readings(Term("paid", (1.0,), ("A67",)), {}) == ()


# --- the tables -------------------------------------------------------------------------------------------


def test_every_source_is_cited_somewhere() -> None:
    cited = {id for policy in policies() for id in policy.sources}
    cited |= {id for policy in policies() for _, terms in policy.clocks() for term in terms for id in term.sources}
    for row in backstops():
        cited |= {*row.sources, *(id for term in (*row.opens, *row.latest, *row.escalate) for id in term.sources)}
    cited |= {row.source for row in figures().values()} | {"P01", "P08", "P09", "P11", "P-unknown"}
    assert set(sources()) == cited


def test_low_confidence_says_what_is_not_known() -> None:
    assert [policy.id for policy in policies() if policy.confidence == "inferred" and not policy.unknown] == []


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The tables of a room of our own, so that a slip of the pen can be made in them."""
    room = tmp_path / "protection"
    (room / "policies").mkdir(parents=True)
    (room / "sources.toml").write_text('[[row]]\nid = "X1"\nwhere = "a page"\nconfidence = "documented"\n')
    monkeypatch.setattr(knowledge, "PACKAGE", tmp_path)
    for cached in (policies, sources):
        cached.cache_clear()
    yield room / "policies" / "shop.toml"
    for cached in (policies, sources):
        cached.cache_clear()


ROW = """
[[row]]
id = "{id}"
marketplace = "shop"
valid_from = {since}
confidence = "documented"
sources = ["{source}"]
protection = [{{ anchor = "paid", days = {days}, sources = ["X1"] }}]
"""


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ([{"source": "X2"}], "a: sources ['X2']"),
        ([{"days": '"sixty"'}], "Invalid enum value 'sixty'"),
        ([{"since": '"soon"'}], "valid_from"),
        ([{}, {"id": "b", "since": "2021-01-01"}], "a and b hold for the same days"),
    ],
)
def test_a_slip_of_the_pen_is_told_by_row(table: Path, rows: list[dict[str, str]], complaint: str) -> None:
    good = {"id": "a", "since": "2020-01-01", "source": "X1", "days": "[60]"}
    table.write_text("".join(ROW.format(**{**good, **row}) for row in rows))
    with pytest.raises(knowledge.KnowledgeError) as told:
        policies()
    assert complaint in str(told.value)


def test_figures_of_a_good_table_are_read(table: Path) -> None:
    table.write_text(ROW.format(id="a", since="2020-01-01", source="X1", days='"unknown"'))
    assert [policy.protection[0].days for policy in policies()] == ["unknown"]


# --- words ------------------------------------------------------------------------------------------------


def test_everything_that_the_tables_name_has_words_in_every_language() -> None:
    ids = {f"backstop.{row.id}" for row in backstops()} | {f"backstop.why.{row.id}" for row in backstops()}
    ids |= {f"anchor.{term.anchor}" for policy in policies() for _, terms in policy.clocks() for term in terms}
    ids |= {f"name.figure.{name}" for row in (*policies(), *backstops()) for name in row.unknown}
    ids |= {f"name.{row.confidence}" for row in (*policies(), *sources().values())}
    assert [(id, lang) for id in sorted(ids) for lang in LANGUAGES if not has(id, lang)] == []
