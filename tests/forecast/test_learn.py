"""Learning from parcels: what is true of them is found again, and the forecasts made of it keep their word."""

from __future__ import annotations

import datetime as dt
import math
import random
from collections.abc import Callable
from itertools import pairwise

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dozor.forecast.bulk import outlooks, shares
from dozor.forecast.columns import columns
from dozor.forecast.learn import learn, survival
from dozor.forecast.learnt import Model, Parcel, load, place
from dozor.forecast.outlook import look
from dozor.forecast.tables import REST, WHOLE, lane

DAY = dt.timedelta(days=1)
NOW = dt.datetime(2026, 7, 15, 12, tzinfo=dt.UTC)


def world(
    count: int,
    seed: int = 1,
    *,
    median: Callable[[str, str], float] = lambda origin, destination: 12.0,
    sigma: float = 0.4,
    never: float = 0.0,
    days: float = 360.0,
    **more: object,
) -> list[Parcel]:
    """Parcels of a year as they are known at NOW: ln days normal around the median, some never coming."""
    chance = random.Random(seed)
    found = []
    for _ in range(count):
        started = NOW - DAY * chance.uniform(1, days)
        origin, destination = chance.choice("AB"), chance.choice("XYZ")
        takes = math.inf if chance.random() < never else median(origin, destination) * math.exp(chance.gauss(0, sigma))
        age = (NOW - started) / DAY
        places = {"origin": origin * 2, "destination": destination * 2} | more
        found.append(Parcel("export", started, min(takes, age), takes <= age, **places))  # type: ignore[arg-type]
    return found


def asked(**more: object) -> Parcel:
    return Parcel("export", NOW, 0.0, reached=False, **more)  # type: ignore[arg-type]


def median_of(model: Model, **more: object) -> float:
    return place(model.stages["export"], asked(**more)).curve.median


def test_the_middle_of_each_lane_is_found_again() -> None:
    def median(origin: str, destination: str) -> float:
        return {"A": 8.0, "B": 16.0}[origin] * {"X": 1.0, "Y": 1.0, "Z": 1.5}[destination]

    model = learn(world(3000, median=median), NOW)
    for origin in "AB":
        for destination in "XYZ":
            found = median_of(model, origin=origin * 2, destination=destination * 2)
            assert found == pytest.approx(median(origin, destination), rel=0.1)


def test_parcels_under_way_are_no_proof_of_speed() -> None:
    """Of parcels sent in the last weeks only the fast ones have come: without the others all looks fast."""
    parcels = world(2500, days=40, sigma=0.6, median=lambda *_: 20.0)
    came = [parcel.days for parcel in parcels if parcel.reached]
    assert np.median(came) < 16
    assert median_of(learn(parcels, NOW), origin="AA", destination="XX") == pytest.approx(20, rel=0.15)


def test_the_share_that_never_comes_is_found_again() -> None:
    model = learn(world(3000, never=0.1), NOW)
    shares_of = model.stages["export"].never.values()
    assert [pytest.approx(0.1, abs=0.025)] == list(shares_of)


def test_nothing_learnt_is_the_row_of_the_table() -> None:
    """One report changes little, many change all; between them the estimate goes the way in order."""
    row = lane("export", "CN", "KZ", None)
    truth = 3 * row.median
    medians = [row.median]
    for count in (1, 5, 30, 300, 3000):
        parcels = world(count, seed=count, median=lambda *_: truth, sigma=0.2, origin="CN", destination="KZ", days=55)
        medians.append(median_of(learn(parcels, NOW), origin="CN", destination="KZ"))
    assert medians[:5] == sorted(medians[:5])
    assert medians[1] < 1.4 * row.median
    assert medians[4:] == pytest.approx([truth, truth], rel=0.08)


def test_three_parcels_of_ones_own_move_the_estimate_by_a_quarter_of_the_way() -> None:
    others = world(3000, sigma=0.3, origin="CN", destination="RU", user="others", days=60)
    mine = [
        Parcel("export", NOW - DAY * 50, 24.0, True, origin="CN", destination="RU", user="me", weight=1.6)
        for _ in range(3)
    ]
    model = learn([*others, *mine], NOW)
    before, after = (median_of(model, origin="CN", destination="RU", user=user) for user in ("nobody", "me"))
    share = math.log(after / before) / math.log(24.0 / before)
    assert 0.15 < share < 0.4


def test_more_parcels_make_the_band_narrower() -> None:
    row = lane("export", "CN", "KZ", None)
    widths = []
    for count in (2, 20, 200, 2000):
        parcels = world(count, seed=3, sigma=0.35, origin="CN", destination="KZ", median=lambda *_: 5.0, days=150)
        curve = place(learn(parcels, NOW).stages["export"], asked(origin="CN", destination="KZ")).curve
        widths.append(math.log(curve.quantile(0.9) / curve.quantile(0.1)))
    assert row.sigma > 0.35
    assert all(after < before * 1.02 for before, after in pairwise(widths))
    assert widths[-1] < 0.7 * widths[0]


def test_bands_hold_what_they_promise_and_the_model_knows_it() -> None:
    """Eight of ten of the parcels of the next month come within the 80-% band; so did those of the months before."""
    median = {"A": 8.0, "B": 16.0}
    parcels = world(6000, median=lambda origin, _: median[origin], sigma=0.5)
    then = NOW - DAY * 60
    model = learn(parcels, then).stages["export"]
    assert model.check is not None and model.check.within_80 == pytest.approx(0.8, abs=0.04) and model.calibrated
    test = [parcel for parcel in parcels if then <= parcel.started < then + DAY * 30]
    inside = []
    for parcel in test:
        curve = place(model, parcel).curve
        inside.append(curve.quantile(0.1) <= parcel.days <= curve.quantile(0.9))
    assert np.mean(inside) == pytest.approx(0.8, abs=0.05)


def test_a_change_of_pace_makes_the_bands_wider() -> None:
    """Months that go fast and slow by turns: the spread of the fit alone would not hold the next one."""
    chance = random.Random(5)

    def parcels(swing: float) -> list[Parcel]:
        found = []
        for parcel in world(4000, sigma=0.3):
            month = int((NOW - parcel.started) / DAY // 30)
            factor = math.exp(swing if month % 2 else -swing)
            age = (NOW - parcel.started) / DAY
            takes = 12 * math.exp(chance.gauss(0, 0.3)) * factor
            found.append(msgspec.structs.replace(parcel, days=min(takes, age), reached=takes <= age))
        return found

    calm, restless = (place(learn(parcels(swing), NOW).stages["export"], asked()).curve for swing in (0.0, 0.4))
    assert math.log(restless.quantile(0.9) / restless.quantile(0.1)) > 1.4 * math.log(
        calm.quantile(0.9) / calm.quantile(0.1)
    )


def test_the_days_of_the_week_are_learnt() -> None:
    def on_monday(parcel: Parcel) -> Parcel:
        end = parcel.started + DAY * parcel.days
        return msgspec.structs.replace(parcel, days=parcel.days + (7 - end.weekday()) % 7)

    parcels = [on_monday(p) for p in world(2000, origin="DE", destination="DE", median=lambda *_: 9.0) if p.reached]
    rhythm = learn(parcels, NOW).stages["export"].rhythms["DE"]
    speeds = [sum(day) for day in rhythm.days]
    assert max(speeds) == speeds[0] > 3 * sum(speeds[1:]) / 6


def test_what_came_later_is_not_used() -> None:
    parcels = world(1200, never=0.05)
    then = NOW - DAY * 90
    known = []
    for parcel in parcels:
        age = (then - parcel.started) / DAY
        if age > 0:
            reached = parcel.reached and parcel.days <= age
            known.append(msgspec.structs.replace(parcel, days=min(parcel.days, age), reached=reached))
    assert median_of(learn(parcels, then)) == pytest.approx(median_of(learn(known, then)), rel=1e-6)


def test_a_model_is_stored_as_json_and_read_back() -> None:
    model = learn(world(300), NOW)
    assert load(msgspec.json.encode(model)) == model
    with pytest.raises(msgspec.ValidationError):
        load(b'{"stages": 3}')


def test_nothing_to_learn_from_is_no_model_of_a_stage() -> None:
    assert learn([], NOW).stages == {}
    assert learn([Parcel("export", NOW + DAY, 1.0, reached=True)], NOW).stages == {}


def test_the_same_parcels_give_the_same_model() -> None:
    assert learn(world(400), NOW) == learn(world(400), NOW)


PARCELS = st.builds(
    Parcel,
    stage=st.just("export"),
    started=st.floats(0, 400).map(lambda age: NOW - DAY * age),
    days=st.floats(0, 200),
    reached=st.booleans(),
    origin=st.sampled_from([None, "CN", "HK"]),
    destination=st.sampled_from([None, "RU", "BR"]),
    service=st.sampled_from([None, "express", "registered"]),
    seller=st.sampled_from([None, "a", "b"]),
    promised_days=st.none() | st.floats(1, 90),
    price=st.none() | st.floats(0, 500),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(PARCELS, min_size=1, max_size=40), PARCELS, st.integers(0, 120))
def test_whatever_it_learnt_shares_are_shares(parcels: list[Parcel], one: Parcel, age: int) -> None:
    model = learn(parcels, NOW)
    one = msgspec.structs.replace(one, started=NOW - DAY * age, days=float(age))
    found = look(one, NOW, learnt=model, protection_end=NOW + DAY * 30)
    all_shares = [found.unusual, found.p_never, *(p for _, p in (*found.p_arrives_by, *found.p_next_by))]
    assert all(0 <= share <= 1 for share in all_shares)
    for row in (found.p_arrives_by, found.p_next_by):
        later = [share for _, share in row]
        assert later == sorted(later)
    assert max(share for _, share in found.p_arrives_by) <= 1 - found.p_never + 1e-3
    assert found.norm_p10 <= found.norm_p50 <= found.norm_p90
    assert found.arrival_p10 and found.arrival_p50 and found.arrival_p90
    assert NOW.date() <= found.arrival_p10 <= found.arrival_p50 <= found.arrival_p90


def test_many_at_once_say_what_one_says() -> None:
    parcels = world(900, never=0.03, service="express", promised_days=20.0, price=12.0)
    model = learn(parcels, NOW)
    waiting = [parcel for parcel in parcels if not parcel.reached][:60]
    told = columns([*waiting, asked(origin="??", destination="YY", seller="new")])
    found = outlooks(model.stages["export"], told, NOW, (7.0, 30.0))
    assert found.by.shape == (len(waiting) + 1, 2)
    for row, parcel in enumerate(waiting):
        one = look(parcel, NOW, learnt=model)
        assert found.unusual[row] == pytest.approx(one.unusual, abs=2e-3)
        placed = place(model.stages["export"], parcel)
        still = 1 - found.unusual[row]
        assert found.never[row] == pytest.approx(placed.never / (placed.never + (1 - placed.never) * still))
        # Survival identity: what comes by then, what comes later and what never comes is all there is.
        assert found.never[row] + found.by[row, 1] <= 1 + 1e-9
    curves = shares(model.stages["export"], told, [1, 5, 20, 200])
    assert (np.diff(curves, axis=1) >= 0).all() and (curves >= 0).all() and (curves <= 1).all()


def test_kaplan_and_meier_by_hand() -> None:
    at, left = survival(np.array([1.0, 2.0, 3.0, 4.0]), np.array([True, False, True, True]), np.ones(4))
    assert at.tolist() == [1.0, 3.0, 4.0]
    assert left.tolist() == pytest.approx([0.75, 0.375, 0.0])


@pytest.mark.parametrize("service", [None, "standard", "registered"])
def test_what_is_left_of_the_way_is_the_sum_of_its_stages_until_parcels_say_more(service: str | None) -> None:
    whole = lane(WHOLE, "CN", "RU", service)
    rows = [lane(rest, "CN", "RU", service) for rest in REST.values()]
    medians = [whole.median, *(row.median for row in rows)]
    assert medians == sorted(medians, reverse=True) and all(row.id.startswith(row.stage) for row in rows)
    one = asked(origin="CN", destination="RU", service=service)
    tables = look(one, NOW)
    # A model that has met no such parcel says what the tables say, to the day.
    learnt = look(one, NOW, learnt=learn([stranger(n) for n in range(3)], NOW))
    assert tables.arrival_p50 and learnt.arrival_p50
    assert abs((learnt.arrival_p50 - tables.arrival_p50).days) <= 2


def stranger(n: int) -> Parcel:
    """One of another lane, which takes what the tables say of it."""
    row = lane("export_to_delivered", "CN", "BR", "express")
    days = row.median * (0.8, 1.0, 1.25)[n]
    return Parcel("export_to_delivered", NOW - DAY * 200, days, True, "CN", "BR", "express")


def test_what_is_left_of_the_way_is_learnt_from_the_stage_on() -> None:
    """The stages alone would never tell that whoever leaves the country is there within days."""
    way = [
        Parcel("import_to_delivered", NOW - DAY * (20 + n % 60), 6.0 + n % 3, True, "CN", "RU", user="me")
        for n in range(200)
    ]
    one = Parcel("import", NOW - DAY, 1.0, False, "CN", "RU")
    before, after = look(one, NOW), look(one, NOW, learnt=learn(way, NOW))
    assert before.arrival_p10 and after.arrival_p10 and after.arrival_p90
    assert after.arrival_p90 < before.arrival_p10 + DAY * 12 and (after.arrival_p90 - NOW.date()).days <= 12
    assert after.norm_p50 == before.norm_p50  # of the stage itself nothing was learnt
