"""How often may a system be asked? Pace, daily budget, interval for one number, and a breaker after refusals.

Pure but for the state it keeps: every question is asked with the time at which it is asked, so that a day can
be replayed in a test.
"""

from __future__ import annotations

import datetime as dt
from collections import deque
from dataclasses import dataclass, field

from msgspec import Struct

from dozor.carriers.base.protocol import System
from dozor.model import Outcome, OutcomeKind, Report

MINUTE, DAY = dt.timedelta(minutes=1), dt.timedelta(days=1)
CLOSES_BREAKER = frozenset({OutcomeKind.REFUSED, OutcomeKind.QUOTA, OutcomeKind.UNREACHABLE})
FAULTS = 3  # unreachable so often in a row opens the breaker, too


@dataclass
class Pace:
    """What has been asked of one system with one credential, and since when it wants no more."""

    system: System
    minute: deque[dt.datetime] = field(default_factory=deque)
    day: deque[dt.datetime] = field(default_factory=deque)
    numbers: dict[str, dt.datetime] = field(default_factory=dict)
    closed_until: dt.datetime | None = None
    probing: bool = False
    faults: int = 0

    def refusal(self, number: str, now: dt.datetime) -> Outcome | None:
        """Why this number must not be asked now; None: it may."""
        if self.closed_until is not None and now < self.closed_until:
            return Outcome(OutcomeKind.NOT_ASKED, "the system asked for a pause", until=self.closed_until)
        last = self.numbers.get(number)
        again = last + dt.timedelta(hours=self.system.min_interval_hours) if last else None
        if again is not None and now < again:
            return Outcome(OutcomeKind.NOT_ASKED, "asked a short time ago", until=again)
        _forget(self.day, now - DAY)
        if len(self.day) >= self.system.per_day:
            return Outcome(OutcomeKind.NOT_ASKED, "today's budget is spent", until=self.day[0] + DAY)
        return None

    def wait(self, now: dt.datetime) -> float:
        """Seconds until the pace allows one more request."""
        _forget(self.minute, now - MINUTE)
        if len(self.minute) < self.system.per_minute:
            return 0.0
        return max(0.0, (self.minute[0] + MINUTE - now).total_seconds())

    def asked(self, numbers: tuple[str, ...], now: dt.datetime) -> None:
        """Notes a request."""
        interval = dt.timedelta(hours=self.system.min_interval_hours)
        for number in [number for number, at in self.numbers.items() if now - at >= interval]:
            del self.numbers[number]
        self.minute.append(now)
        self.day.append(now)
        self.numbers.update(dict.fromkeys(numbers, now))
        # After a pause one request probes; the answer to it decides for all others.
        self.probing = self.closed_until is not None
        if self.probing:
            self.closed_until = now + MINUTE

    def answered(self, reports: tuple[Report, ...], now: dt.datetime) -> None:
        """Notes how a request ended: a refusal closes the breaker until its time, an answer opens it."""
        for report in reports:
            if report.outcome.kind is OutcomeKind.NEEDS:
                self.numbers.pop(report.number, None)  # with what it needs it may be asked at once
            # "Not yet, ask again at": the number's own interval does not count.
            if report.outcome.kind is OutcomeKind.NOT_ASKED and report.outcome.until is not None:
                interval = dt.timedelta(hours=self.system.min_interval_hours)
                self.numbers[report.number] = report.outcome.until - interval
        kinds = {report.outcome.kind for report in reports}
        bad = kinds & CLOSES_BREAKER
        if not bad:
            self.closed_until, self.probing, self.faults = None, False, 0
            return
        self.faults += 1
        patient = bad == {OutcomeKind.UNREACHABLE} and self.faults < FAULTS and not self.probing
        if patient:
            self.closed_until = None
            return
        named = [report.outcome.until for report in reports if report.outcome.until]
        self.closed_until = max(named, default=now + dt.timedelta(hours=self.system.pause_hours))


class Remembered(Struct):
    """A pace as it is kept between runs."""

    day: list[dt.datetime] = []
    numbers: dict[str, dt.datetime] = {}
    closed_until: dt.datetime | None = None
    faults: int = 0


@dataclass
class Manners:
    """The paces of all systems, one a credential; `before` is what an earlier run left, by system and credential."""

    paces: dict[tuple[str, str], Pace] = field(default_factory=dict)
    before: dict[str, Remembered] = field(default_factory=dict)

    def of(self, system: System, credential: str = "") -> Pace:
        """The pace of a system with a credential (its name, never its value)."""
        pair = (system.id, credential)
        if pair not in self.paces:
            was = self.before.get(" ".join(pair), Remembered())
            days = deque(was.day)
            # Those of the last minute are among those of the day.
            self.paces[pair] = Pace(system, deque(days), days, dict(was.numbers), was.closed_until, faults=was.faults)
        return self.paces[pair]

    def remembered(self) -> dict[str, Remembered]:
        """What is worth keeping of each pace."""
        return {
            " ".join(pair): Remembered(list(pace.day), pace.numbers, pace.closed_until, pace.faults)
            for pair, pace in self.paces.items()
        }


def _forget(times: deque[dt.datetime], before: dt.datetime) -> None:
    while times and times[0] <= before:
        times.popleft()
