"""Quiet hours and digests, as people's clocks show them: over midnight, and where clocks are put forward and back."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dozor.service.notify.times import next_digest, quiet_until, time_to_tell

MOSCOW, KYIV, NEW_YORK = (ZoneInfo(name) for name in ("Europe/Moscow", "Europe/Kyiv", "America/New_York"))
TEN, SEVEN = dt.time(22), dt.time(7)


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("now", "zone", "end"),
    [
        ("2026-11-24T18:59", MOSCOW, None),  # 21:59 there
        ("2026-11-24T19:00", MOSCOW, "2026-11-25T04:00"),  # 22:00
        ("2026-11-24T23:30", MOSCOW, "2026-11-25T04:00"),  # 02:30 of the next day
        ("2026-11-25T04:00", MOSCOW, None),  # 07:00
        ("2026-11-25T02:00", NEW_YORK, None),  # 21:00 of the day before
        ("2026-11-25T03:30", NEW_YORK, "2026-11-25T12:00"),
        ("2026-10-24T20:00", KYIV, "2026-10-25T05:00"),  # clocks are put back in that night: ten hours of quiet
        ("2026-03-28T21:00", KYIV, "2026-03-29T04:00"),  # and forward in this one: eight
    ],
)
def test_quiet_hours_go_over_midnight_in_the_persons_own_zone(now: str, zone: ZoneInfo, end: str | None) -> None:
    assert quiet_until(utc(now), zone, TEN, SEVEN) == (utc(end) if end else None)


def test_quiet_hours_within_a_day_and_none_at_all() -> None:
    noon, two = dt.time(12), dt.time(14)
    assert quiet_until(utc("2026-11-24T10:00"), MOSCOW, noon, two) == utc("2026-11-24T11:00")
    assert quiet_until(utc("2026-11-24T11:00"), MOSCOW, noon, two) is None
    assert quiet_until(utc("2026-11-24T23:00"), MOSCOW, None, None) is None
    assert quiet_until(utc("2026-11-24T23:00"), MOSCOW, TEN, TEN) is None


@given(
    st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2028, 1, 1)),
    st.sampled_from([MOSCOW, KYIV, NEW_YORK, ZoneInfo("Australia/Lord_Howe"), ZoneInfo("UTC")]),
    st.times().map(lambda time: time.replace(microsecond=0)),
    st.times().map(lambda time: time.replace(microsecond=0)),
)
def test_quiet_ends_ahead_and_within_a_day_and_then_it_is_quiet_no_more(
    now: dt.datetime, zone: ZoneInfo, begins: dt.time, ends: dt.time
) -> None:
    end = quiet_until(now.replace(tzinfo=dt.UTC), zone, begins, ends)
    if end is not None:
        assert now.replace(tzinfo=dt.UTC) < end <= now.replace(tzinfo=dt.UTC) + dt.timedelta(hours=26)


def test_a_digest_comes_at_its_hour_of_the_persons_clock() -> None:
    assert next_digest(utc("2026-11-24T05:00"), MOSCOW, dt.time(9)) == utc("2026-11-24T06:00")
    assert next_digest(utc("2026-11-24T06:00"), MOSCOW, dt.time(9)) == utc("2026-11-25T06:00")


def test_what_cannot_wait_does_not() -> None:
    now = utc("2026-11-24T20:00")  # 23:00 in Moscow
    words = {"quiet": (TEN, SEVEN), "digest": dt.time(9), "loud": False}
    ends, morning = utc("2026-11-25T04:00"), utc("2026-11-25T06:00")
    assert time_to_tell(now, MOSCOW, **words, before=None) == morning  # type: ignore[arg-type]
    assert time_to_tell(now, MOSCOW, **{**words, "loud": True}, before=None) == ends  # type: ignore[arg-type]
    soon = now + dt.timedelta(hours=5)
    assert time_to_tell(now, MOSCOW, **{**words, "loud": True}, before=soon) == now  # type: ignore[arg-type]
    assert time_to_tell(now, MOSCOW, **words, before=ends + dt.timedelta(hours=1)) == ends  # type: ignore[arg-type]
