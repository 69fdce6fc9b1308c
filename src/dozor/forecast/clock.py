"""The clock parcels live by: it slows down at weekends, on public holidays and in the seasons of the tables.

Durations of this room are counted on it, so that "five days" over the New Year in China are not the five days of
July. A day of the clock is an average day of its country; a calendar day advances it by more or less than one.
"""

from __future__ import annotations

import datetime as dt
import math
import threading
from bisect import bisect_right
from functools import cache, lru_cache

from msgspec import Struct

from dozor.forecast.tables import REST_FROM, WHOLE, Season, holidays, seasons, weeks

DAY = dt.timedelta(days=1)
HOURS = 24
FLAT = (1.0,) * HOURS
CLOSED = 7  # a public holiday, after the seven days of the week
LONGEST = 500  # days that are counted one by one; beyond them every day is an average one
Way = tuple[str, str | None, str | None, bool]  # stage, origin, destination, whether seasons count
ORIGIN_SIDE = frozenset({"first_scan", "export", "import"})


class Rhythm(Struct, frozen=True):
    """How fast the hours of a week pass: seven days of 24 speeds (Monday first), and those of a closed day."""

    days: tuple[tuple[float, ...], ...]
    closed: tuple[float, ...]
    means: tuple[float, ...]  # of each of the days, the closed one last

    @classmethod
    def of(cls, days: tuple[tuple[float, ...], ...], closed: tuple[float, ...]) -> Rhythm:
        """From the hours."""
        return cls(days, closed, tuple(sum(hours) / HOURS for hours in (*days, closed)))


@cache
def usual_rhythm(country: str) -> Rhythm:
    """What the table says of a country, even over the hours of a day."""
    rows = {row.country: row for row in weeks()}
    row = rows.get(country, rows[""])
    mean = sum(row.days) / 7
    return Rhythm.of(tuple((speed / mean,) * HOURS for speed in row.days), (row.closed / mean,) * HOURS)


@cache
def even_rhythm() -> Rhythm:
    """Every hour alike: for a country that nobody named."""
    return Rhythm.of((FLAT,) * 7, FLAT)


class Days:
    """The days from a first one on, each wound once for all who count from it: how its hours pass, how fast, how far
    the clock has come.
    """

    def __init__(self, first: dt.date, way: Way, rhythm: Rhythm) -> None:
        self.first, self.way, self.rhythm = first, way, rhythm
        self.hours: list[tuple[float, ...]] = []
        self.speeds: list[float] = []
        self.at = [0.0]
        self._door = threading.Lock()

    def wind(self, days: int) -> None:
        """Knows so many days, none of them beyond the longest wait. Days that are known never change."""
        days = min(days, LONGEST)
        if len(self.at) > days:
            return
        stage, origin, destination, seasonal = self.way
        with self._door:
            for ahead in range(len(self.hours), days):
                day = self.first + DAY * ahead
                kind, speed = day_of(day, stage, origin, destination, seasonal=seasonal)
                self.hours.append(self.rhythm.closed if kind == CLOSED else self.rhythm.days[kind])
                self.speeds.append(speed)
                self.at.append(self.at[-1] + speed * self.rhythm.means[kind])


@lru_cache(maxsize=2048)
def _days_from(first: dt.date, way: Way, rhythm: Rhythm) -> Days:
    return Days(first, way, rhythm)


class Clock:
    """The clock of a stage between two countries (None: not known), from `since` on."""

    def __init__(
        self,
        stage: str,
        origin: str | None,
        destination: str | None,
        since: dt.datetime,
        *,
        rhythm: Rhythm | None = None,
        seasonal: bool = True,
    ) -> None:
        country = side(stage, origin, destination)
        self.since = since
        self._midnight = dt.datetime.combine(since.date(), dt.time(), dt.UTC)
        rhythm = rhythm or (usual_rhythm(country) if country else even_rhythm())
        self._days = _days_from(since.date(), (stage, origin, destination, seasonal), rhythm)
        self.start = self._clock((since - self._midnight) / DAY)

    def elapsed(self, now: dt.datetime) -> float:
        """Days of the clock from `since` to `now`."""
        return max(0.0, self._clock((now - self._midnight) / DAY) - self.start)

    def until(self, passed: float) -> float:
        """Calendar days from `since` after which so many days of the clock have passed."""
        target, known = self.start + max(0.0, passed), self._days
        while known.at[-1] <= target and len(known.at) <= LONGEST:
            known.wind(len(known.at))
        if target > known.at[-1]:  # beyond the last day: at the usual speed
            end = LONGEST + target - known.at[-1]
        else:
            day = min(bisect_right(known.at, target) - 1, LONGEST - 1)
            left, hour = target - known.at[day], 0
            hours, speed = known.hours[day], known.speeds[day]
            while hour < HOURS - 1 and left > hours[hour] * speed / HOURS:
                left -= hours[hour] * speed / HOURS
                hour += 1
            end = day + (hour + left / max(hours[hour] * speed, 1e-9) * HOURS) / HOURS
        return end - (self.since - self._midnight) / DAY

    def _clock(self, days: float) -> float:
        """Its reading so many calendar days after the midnight before `since`."""
        if days <= 0:
            return 0.0
        whole, known = int(days), self._days
        known.wind(whole + 1)
        if whole >= LONGEST:
            return known.at[LONGEST] + days - LONGEST
        hours, speed = known.hours[whole], known.speeds[whole]
        part = (days - whole) * HOURS
        full = int(part)
        done = sum(hours[:full]) + (part - full) * (hours[full] if full < HOURS else 0.0)
        return known.at[whole] + speed * done / HOURS


def side(stage: str, origin: str | None, destination: str | None) -> str | None:
    """The country whose working days count in a stage; of a place within a country (BR-SP) the country."""
    name = origin if stage in ORIGIN_SIDE else destination
    return name[:2] if name else None


def day_of(
    day: dt.date, stage: str, origin: str | None, destination: str | None, *, seasonal: bool = True
) -> tuple[int, float]:
    """Which day of the rhythm it is (CLOSED on a public holiday), and what the seasons leave of its speed."""
    if not seasonal:
        return day.weekday(), 1.0
    return _pace(day, stage, (origin or "")[:2], (destination or "")[:2])


@lru_cache(maxsize=50_000)
def _pace(day: dt.date, stage: str, origin: str, destination: str) -> tuple[int, float]:
    country = side(stage, origin or None, destination or None)
    shut = country is not None and day in closed(country, day.year)
    return CLOSED if shut else day.weekday(), math.prod(
        row.speed for row in seasons_on(day, stage, origin, destination)
    )


@lru_cache(maxsize=50_000)
def seasons_on(day: dt.date, stage: str, origin: str | None, destination: str | None) -> tuple[Season, ...]:
    """The seasons of the table that slow a stage on a day. A country that is not known is held to be in none."""
    concerned = _concerned(stage, (origin or "")[:2], (destination or "")[:2])
    return tuple(row for row in concerned if within(day, row.start, row.end))


@cache
def _concerned(stage: str, origin: str, destination: str) -> tuple[Season, ...]:
    """The seasons of a stage between two countries; what is left of the way has those of the whole."""
    stage = WHOLE if stage in REST_FROM else stage
    return tuple(
        row
        for row in seasons()
        if stage in row.stages
        and (not row.origins or origin in row.origins)
        and (not row.destinations or destination in row.destinations)
    )


def within(day: dt.date, start: str, end: str) -> bool:
    """Whether a day lies between two dates, or between two days of every year (which may go over its turn)."""
    if len(start) == len("2026-01-01"):
        return start <= day.isoformat() <= end
    here = day.isoformat()[5:]
    return start <= here <= end if start <= end else here >= start or here <= end


@cache
def closed(country: str, year: int) -> frozenset[dt.date]:
    """The public holidays of a country in a year."""
    found: set[dt.date] = set()
    for row in holidays():
        if row.country != country:
            continue
        for day in _days(row.on, year):
            if (not row.since or day >= row.since) and (not row.until or day < row.until):
                found.add(day)
    return frozenset(found)


def easter(year: int) -> dt.date:
    """Western Easter, by the anonymous Gregorian computus."""
    a, b, c = year % 19, year // 100, year % 100
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    k = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    m = (a + 11 * h + 22 * k) // 451
    month, day = divmod(h + k - 7 * m + 114, 31)
    return dt.date(year, month, day + 1)


def pascha(year: int) -> dt.date:
    """Orthodox Easter by Meeus' Julian computus, as a Gregorian date (1900 to 2099: 13 days later)."""
    d = (19 * (year % 19) + 15) % 30
    e = (2 * (year % 4) + 4 * (year % 7) - d + 34) % 7
    month, day = divmod(d + e + 114, 31)
    return dt.date(year, month, day + 1) + DAY * 13


def _days(on: str, year: int) -> list[dt.date]:
    for name, feast in (("easter", easter), ("pascha", pascha)):
        if on.startswith(name):
            return [feast(year) + DAY * int(on.removeprefix(name))]
    if len(on) == len("03-08"):
        return [dt.date.fromisoformat(f"{year}-{on}")]
    first, _, last = on.partition("/")
    start = dt.date.fromisoformat(first)
    count = (dt.date.fromisoformat(last or first) - start).days + 1
    return [start + DAY * ahead for ahead in range(count) if (start + DAY * ahead).year == year]
