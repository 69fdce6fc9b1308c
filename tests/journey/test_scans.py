"""One scan from many tellings, corrections, the order of unsure clocks; and what holds for any reports."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from dozor.journey import weave
from dozor.journey.figures import tells_more
from dozor.model import Event, Journey, LegKind, Milestone, Moment, Order, Place, Report
from tests.journey.test_weave import NOW, report, told

DAY = dt.timedelta(days=1)


def one(journey: Journey) -> Event:
    assert len(journey.events) == 1, [event.text for event in journey.events]
    return journey.events[0]


# --- one scan, many tellings ------------------------------------------------------------------------------


def test_one_scan_in_three_languages() -> None:
    post = told("Выпущено таможней", "2026-11-11 16:05", offset=180, country="RU")
    site = told("Released by customs", "2026-11-11 16:06", offset=None)
    cainiao = told("海关放行", "2026-11-11 13:05", offset=0)
    journey = weave([report("russian-post", post), report("seventeentrack", site), report("cainiao", cainiao)], NOW)
    assert one(journey).text == "Выпущено таможней", "the words of the one who scanned are kept"
    assert one(journey).sources == ("cainiao", "russian-post", "seventeentrack")
    assert set(one(journey).originals) == {"Released by customs", "海关放行"}


def test_of_two_meanings_of_a_scan_the_one_that_says_more() -> None:
    vague = told("In transit", "2026-11-11 16:05")
    exact = told("Прибыло в место вручения", "2026-11-11 16:05")
    journey = weave([report("seventeentrack", vague), report("russian-post", exact)], NOW)
    assert one(journey).milestone is Milestone.ARRIVED_AT_DELIVERY_OFFICE


@pytest.mark.parametrize(
    ("other", "when", "offset", "country"),
    [
        ("In transit", "2026-11-11 17:30", 0, None),  # an hour and a half later, both zones known
        ("In transit", "2026-11-11 16:05", 0, "KZ"),  # in another country
        ("Delivered", "2026-11-11 16:05", 0, None),  # another meaning
        ("In transit", "2026-11-11 19:00", None, None),  # a round time proves no zone
    ],
)
def test_two_scans_stay_two(other: str, when: str, offset: int | None, country: str | None) -> None:
    first = told("В пути", "2026-11-11 16:05" if offset is not None else "2026-11-11 16:00", country="RU")
    second = told(other, when, offset=offset, country=country)
    journey = weave([report("russian-post", first), report("seventeentrack", second)], NOW)
    assert len(journey.events) == 2


def test_a_system_tells_its_own_scans_apart() -> None:
    rows = [told(text, "2026-11-11 16:05", country="RU") for text in ("Сортировка", "Покинуло сортировочный центр")]
    assert len(weave([report("russian-post", *rows)], NOW).events) == 2


def test_the_same_row_asked_for_in_two_languages() -> None:
    rows = [
        told(text, "2026-11-11 16:05", lang=lang, code="8|4") for text, lang in (("Покинуло", "ru"), ("Left", "en"))
    ]
    journey = weave([report("russian-post", rows[0]), report("russian-post", rows[1])], NOW)
    assert {one(journey).text, *one(journey).originals} == {"Покинуло", "Left"}


# --- corrections ------------------------------------------------------------------------------------------


def test_a_correction_takes_back_what_its_code_says() -> None:
    rows = [
        told("投递妥投", "2026-11-10 10:00", milestone=Milestone.DELIVERED, code="704"),
        told("邮件查询", "2026-11-10 11:00", milestone=Milestone.IN_TRANSIT),
        told("投递妥投撤销", "2026-11-10 12:00", milestone=Milestone.INFO, code="743", takes_back=True),
    ]
    journey = weave([report("china-post", *rows)], NOW)
    assert [event.reversed for event in journey.events] == [True, False, True]
    assert journey.stage is Milestone.IN_TRANSIT and journey.delivered_at is None


def test_a_correction_reaches_neither_far_back_nor_to_another_system() -> None:
    old = told("Вручено", "2026-10-01 10:00", milestone=Milestone.DELIVERED)
    back = told("Отмена", "2026-11-10 12:00", milestone=Milestone.INFO, takes_back=True)
    assert weave([report("russian-post", old, back)], NOW).stage is Milestone.DELIVERED
    near = replace(old, when=Moment(dt.datetime(2026, 11, 10, 11), 0))
    assert weave([report("belpost", near), report("russian-post", back)], NOW).stage is Milestone.DELIVERED
    assert weave([report("russian-post", near, back)], NOW).stage is None


# --- order ------------------------------------------------------------------------------------------------


def test_a_day_without_an_hour_is_the_end_of_the_way_if_its_meaning_is() -> None:
    day = Event("Delivered", Moment(dt.datetime(2026, 11, 10), None, "day"))
    out = told("Out for delivery", "2026-11-10 09:00")
    assert weave([report("a", day), report("b", out)], NOW).stage is Milestone.DELIVERED


def test_sure_clocks_are_believed_whatever_they_say() -> None:
    rows = [told("Delivered", "2026-11-10 09:00"), told("Out for delivery", "2026-11-10 12:00")]
    journey = weave([report("a", rows[0]), report("b", rows[1])], NOW)
    assert journey.stage is Milestone.OUT_FOR_DELIVERY


def test_rows_of_one_minute_stand_as_their_system_lists_them() -> None:
    rows = [told(text, "2026-11-10 09:00") for text in ("Departed facility", "Arrived at facility", "Departed hub")]
    early = told("Accepted", "2026-11-09 09:00")
    for listed in ((early, *rows), (*rows[::-1], early)):
        journey = weave([report("a", *listed)], NOW)
        assert [event.text for event in journey.events[1:]] == [event.text for event in rows]


# --- stage, legs, contradictions --------------------------------------------------------------------------


def test_what_moves_on_the_way_back_is_still_going_back() -> None:
    rows = [
        told("Возврат", "2026-11-10 10:00", milestone=Milestone.RETURN_STARTED),
        told("Сортировка", "2026-11-12 10:00", milestone=Milestone.IN_TRANSIT),
    ]
    journey = weave([report("a", *rows)], NOW)
    assert journey.stage is Milestone.RETURN_STARTED and journey.legs[-1].kind is LegKind.RETURN


def test_a_label_that_comes_late_changes_nothing() -> None:
    rows = [told("Accepted", "2026-11-10 10:00"), told("Shipment information received", "2026-11-11 10:00")]
    assert weave([report("a", *rows)], NOW).stage is Milestone.ACCEPTED


def test_delivered_to_a_forwarder_is_not_delivered_to_the_buyer() -> None:
    rows = [
        told("Accepted", "2026-11-01 10:00", country="CN"),
        told("Delivered", "2026-11-03 10:00", country="CN"),
        told("Arrived at facility", "2026-11-10 10:00", country="RU"),
    ]
    journey = weave([report("a", *rows)], NOW, order=Order(destination="RU"))
    assert journey.delivered_at is None and not journey.contradictions
    assert [leg.kind for leg in journey.legs] == [LegKind.ORIGIN, LegKind.DESTINATION]


def test_the_days_of_silence_of_each_leg() -> None:
    rows = [
        told("Accepted", "2026-11-01 10:00", country="CN"),
        told("Departed country of origin", "2026-11-04 10:00", country="CN"),
        told("Arrived at destination country", "2026-11-14 10:00", country="RU"),
    ]
    legs = weave([report("a", *rows)], NOW, order=Order(destination="RU")).legs
    assert [round(leg.silent_days or 0) for leg in legs] == [3, 10, 10]


def test_handed_over_in_another_city() -> None:
    def found(city: str | None, place: str) -> list[str]:
        done = told("Вручение адресату", "2026-11-10 10:00", milestone=Milestone.DELIVERED)
        done = replace(done, place=Place(text=place))
        order = Order(destination="RU", city=city)
        return [each.id for each in weave([report("a", done)], NOW, order=order).contradictions]

    assert found("Казань", "190000 Санкт-Петербург") == ["other_city"]
    assert found("Казань", "420111") == []
    assert found("г. Казань", "Россия, Казань") == []
    assert found(None, "190000 Санкт-Петербург") == []
    assert found("Верхняя Салда", "190000 Санкт-Петербург") == [], "a city nobody knows proves nothing"


def test_neighbours_may_be_reached_within_the_day() -> None:
    start, end = told("Accepted", "2026-11-10 18:00", country="DE"), told("Delivered", "2026-11-11 10:00", country="FR")
    assert weave([report("a", start, end)], NOW, order=Order(destination="FR")).contradictions == ()


def test_the_dates_are_those_of_the_numbers_present_life() -> None:
    rows = [
        told("Accepted", "2025-09-01 10:00", country="CN"),
        told("Delivered", "2025-10-01 10:00", country="RU"),
        told("Accepted", "2026-11-08 10:00", country="CN"),
    ]
    journey = weave([report("a", *rows)], NOW, order=Order(destination="RU"))
    assert journey.delivered_at is None and journey.imported_at is None
    assert journey.first_acceptance == dt.datetime(2026, 11, 8, 10, tzinfo=dt.UTC)
    assert "number_of_other_year" in [each.id for each in journey.contradictions]


# --- what holds for any reports ---------------------------------------------------------------------------

texts = st.sampled_from(
    ["Accepted", "In transit", "Departed country of origin", "Delivered", "Передано таможне", "已揽收", "??", ""]
)
places = st.sampled_from(["", "Guangzhou, China", "Москва 102975", "KZALAA", "Berlin, DE"])
moments = st.none() | st.builds(
    lambda minutes, offset, precision: Moment(
        dt.datetime(2026, 10, 1) + dt.timedelta(minutes=15 * minutes), offset, precision
    ),
    st.integers(0, 3000),
    st.sampled_from([None, 0, 180, 480]),
    st.sampled_from(["minute", "day"]),
)
events = st.builds(
    lambda text, when, place, back, forecast: Event(
        text=text, when=when, place=Place(text=place) if place else None, takes_back=back, forecast=forecast
    ),
    texts,
    moments,
    places,
    st.sampled_from([False] * 9 + [True]),
    st.sampled_from([False] * 9 + [True]),
)
voices = st.lists(
    st.builds(
        lambda carrier, rows: report(carrier, *rows),
        st.sampled_from(["cainiao", "upu", "russian-post", "kuaidi100"]),
        st.lists(events, max_size=7),
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=150)
@given(voices, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(reports: list[Report], rng: object) -> None:
    shuffled = list(reports)
    rng.shuffle(shuffled)  # type: ignore[attr-defined]
    assert weave(reports, NOW) == weave(shuffled, NOW)


@settings(max_examples=150)
@given(voices)
def test_telling_it_twice_changes_nothing(reports: list[Report]) -> None:
    assert weave([*reports, *reports], NOW) == weave(reports, NOW)


@settings(max_examples=150)
@given(voices, voices)
def test_a_further_report_removes_no_fact(before: list[Report], more: list[Report]) -> None:
    """Every wording, time, source and meaning stays, or a meaning that says more of the same scan."""
    known, grown = weave(before, NOW), weave([*before, *more], NOW)

    def tellings(journey: Journey) -> set[tuple[str, str]]:
        return {(text, name) for e in journey.events for text in (e.text, *e.originals) if text for name in e.sources}

    assert tellings(known) <= tellings(grown)
    stronger = tells_more()
    for event in known.events:
        if event.milestone is None:
            continue
        mine = {event.text, *event.originals}
        kept = {
            other.milestone
            for other in grown.events
            if mine & {other.text, *other.originals} and set(event.sources) & set(other.sources)
        }
        assert event.milestone in kept or any(
            other is not None and stronger.get((event.milestone, other)) is other for other in kept
        )


@settings(max_examples=150)
@given(voices, events)
def test_only_a_correction_takes_back(reports: list[Report], more: Event) -> None:
    """A scan that counted counts on, unless the new row says that it takes something back."""
    more = replace(more, takes_back=False)
    known, grown = weave(reports, NOW), weave([*reports, report("belpost", more)], NOW)
    assert sum(event.reversed for event in grown.events) <= sum(event.reversed for event in known.events)
