"""Draws the truth of many orders at once: who sold, what was sent, when it was scanned, whether and when it comes.

Times are days (floats) since the start of the world, UTC; `inf` means never. Every array has one row an order.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from bench.world.parameters import Parameters, parameters
from numpy.typing import NDArray

from dozor.model import Milestone

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
INF = np.inf

SLOTS = (
    Milestone.PRE_SHIPMENT,
    Milestone.ACCEPTED,
    Milestone.IN_TRANSIT,
    Milestone.EXPORT_PROCESSING,
    Milestone.LEFT_ORIGIN_COUNTRY,
    Milestone.ARRIVED_DESTINATION_COUNTRY,
    Milestone.CUSTOMS_PROCESSING,
    Milestone.CUSTOMS_HELD,
    Milestone.CUSTOMS_RELEASED,
    Milestone.HANDED_TO_LOCAL_CARRIER,
    Milestone.IN_TRANSIT,
    Milestone.ARRIVED_AT_DELIVERY_OFFICE,
    Milestone.ADDRESS_PROBLEM,
    Milestone.OUT_FOR_DELIVERY,
    Milestone.DELIVERY_ATTEMPT_FAILED,
    Milestone.AVAILABLE_FOR_PICKUP,
    Milestone.DELIVERED,
    Milestone.RETURN_STARTED,
    Milestone.RETURNED,
    Milestone.SEIZED,
)
LABEL, ACCEPT, ORIGIN, EXPORT, LEFT, LANDED, CUSTOMS, HELD, RELEASED, LOCAL = range(10)
INLAND, OFFICE, ADDRESS, OUT, ATTEMPT, PICKUP, DELIVERED, RETURN, RETURNED, SEIZED = range(10, 20)


class Mode(IntEnum):
    """What was done with parcel and number."""

    GENUINE = 0  # sent, and the number is its own
    TYPO = 1  # sent; the number given has a digit wrong
    LATE_LABEL = 2  # a label first, the parcel much later
    NOT_SENT = 3  # a number that nobody knows, nothing sent
    FAKE_SENT = 4  # an invented number; the goods travel untracked
    DOMESTIC_SENT = 5  # a number of the seller's own country; the goods travel untracked beyond the border
    FAKE_EMPTY = 6  # an invented number, nothing sent
    RECYCLED = 7  # another parcel's number, nothing sent
    LABEL_NEVER = 8  # a label, nothing sent


SENT = (Mode.GENUINE, Mode.TYPO, Mode.LATE_LABEL, Mode.FAKE_SENT, Mode.DOMESTIC_SENT)


@dataclass(frozen=True)
class World:
    """The truth of `n` orders. Columns of `scan` and `seen` follow SLOTS: when it was scanned, when published."""

    parameters: Parameters
    seed: int
    n: int
    # the purchase
    price: Floats  # US dollars
    band: Ints  # 0 … 4
    venue: Ints  # rows of the file, as all that follow
    destination: Ints
    service: Ints
    carrier: Ints
    seller: Ints
    person: Ints
    mode: Ints
    beyond: Ints  # BEYOND, as it truly is
    paid: Floats  # whole days
    shipped: Floats  # whole days, as declared
    promised: Floats
    # the parcel
    posted: Floats
    scan: Floats  # (n, slots)
    seen: Floats  # (n, slots): when each can be read; inf where it never can
    arrives: Floats  # the goods are in the buyer's hands
    lost: Floats  # the moment of loss, theft or destruction
    false_delivered: Bools
    foreign: Ints  # 0: own history; 1: another country; 2: another city; 3: the same city (recycled numbers)
    alias_at: Floats  # when the number beyond the border is known
    # the money
    opens: Floats  # the first instant at which a claim can be opened
    end: Floats  # protection as promised first
    extended_at: Floats
    extension: Floats
    # the buyer
    end_read: Bools
    shipped_known: Bools
    service_known: Bools
    mistaken_until: Floats  # an order number is taken for the tracking number until then
    fixed_at: Floats  # the right number replaces a wrong one
    asked_at: Floats  # the seller is asked
    replied_at: Floats
    reply: Ints  # index into CATEGORIES; -1: none
    origin_asked: Bools  # besides the aggregator, the carrier itself is asked
    wrong_asked_until: Floats  # only a system that does not know such numbers is asked until then
    needs_until: Floats  # the carrier wants a postcode until then

    def date(self, day: float) -> dt.date:
        """The calendar day of a world's day."""
        return self.parameters.start + dt.timedelta(days=int(np.floor(day)))

    def instant(self, day: float) -> dt.datetime:
        """The instant of a world's day."""
        start = dt.datetime.combine(self.parameters.start, dt.time(), dt.UTC)
        return start + dt.timedelta(seconds=round(float(day) * 86400))


BEYOND = ("normal", "dark", "changed", "untracked", "domestic")
NORMAL, DARK, CHANGED, UNTRACKED, DOMESTIC = range(5)
CATEGORIES = (
    "wait_period", "tracking_lag", "dispatch_notice", "blame_external", "documents", "gives_tracking_site", "extend",
    "vague", "new_number", "no_tracking_cheap", "confirm_first", "off_platform", "says_delivered", "partial_refund",
    "not_shipped", "refuse",
)  # fmt: skip


def world(n: int, seed: int = 1, p: Parameters | None = None) -> World:
    """`n` orders of a world; the same seed and parameters give the same world."""
    return Drawing(n, seed, p or parameters()).drawn()


class Drawing:
    """The steps of the drawing, in their order."""

    def __init__(self, n: int, seed: int, p: Parameters):
        self.n, self.seed, self.p = n, seed, p
        self.rng = np.random.Generator(np.random.PCG64([seed, n]))

    # --- small tools ---

    def _pick(self, shares: list[float] | Floats) -> Ints:
        weights = np.asarray(shares, float)
        return self.rng.choice(len(weights), size=self.n, p=weights / weights.sum())

    def _pick_by(self, table: Floats, row: Ints) -> Ints:
        """One column for each order, by the shares of its row of the table."""
        edges = np.cumsum(table, axis=1)
        edges /= edges[:, -1:]
        return (self.rng.random(self.n)[:, None] > edges[row]).sum(1)

    def _lognormal(self, median: Floats | float, sigma: Floats | float) -> Floats:
        return median * np.exp(sigma * self.rng.standard_normal(self.n))

    def _chance(self, share: Floats | float) -> Bools:
        return self.rng.random(self.n) < share

    # --- the calendar ---

    def _calendars(self) -> None:
        """For each country (0: origin), the next open day of each day, and how slow each day is."""
        length = self.p.days + 500
        dates = [self.p.start + dt.timedelta(days=day) for day in range(length)]
        closed = np.zeros((1 + len(self.p.destination), length), bool)
        self.slow = np.ones(length)
        for day, date in enumerate(dates):
            for season in self.p.season:
                if season.start <= date <= season.end:
                    self.slow[day] = max(self.slow[day], season.factor)
                    closed[0, day] |= "CN" in season.closed
            for place, row in enumerate(self.p.destination):
                closed[1 + place, day] = date.weekday() == 6 or any(_covers(each, date) for each in row.holidays)
        self.next_open = np.zeros(closed.shape, int)
        for row in range(closed.shape[0]):
            following = length - 1
            for day in range(length - 1, -1, -1):
                following = following if closed[row, day] else day
                self.next_open[row, day] = following

    def _open_at(self, t: Floats, country: Ints | int, offset: Floats | float) -> Floats:
        """The first working hour at or after `t` (8 to 20 local time, on an open day)."""
        finite = np.isfinite(t)
        local = np.where(finite, t, 0.0) + offset / 1440
        day = np.clip(np.floor(local).astype(int), 0, self.next_open.shape[1] - 2)
        hour = local - day
        late = hour > 20 / 24
        first = self.next_open[country, day + late]
        moved = (first > day) | (hour < 8 / 24)
        morning = first + (8 + 2.5 * self.rng.random(self.n)) / 24
        return np.where(finite, np.where(moved, morning, local) - offset / 1440, INF)

    # --- the drawing ---

    def drawn(self) -> World:
        """All steps, one after the other."""
        self._calendars()
        self._purchase()
        self._seller_does()
        self._parcel_goes()
        self._is_seen()
        self._money()
        self._talk()
        return self._result()

    def _purchase(self) -> None:
        p, n = self.p, self.n
        self.price = np.round(np.clip(self._lognormal(p["price_median"], p["price_sigma"]), 0.5, 900), 2)
        self.band = np.searchsorted(p.bands, self.price)
        self.venue = self._pick([row.share for row in p.venue])
        self.destination = self._pick([row.share for row in p.destination])
        self.service = self._pick_by(np.array([row.by_band for row in p.service]).T, self.band)
        weights = np.array([[c.weight if s.id in c.services else 0.0 for c in p.carrier] for s in p.service])
        self.carrier = self._pick_by(weights, self.service)
        self.seller = self._pick_by(np.array([row.by_band for row in p.seller]).T, self.band)
        self.person = self._pick([row.share for row in p.person])
        self.paid = np.floor(self.rng.random(n) * p.days)
        beyond = np.array([BEYOND.index(row.beyond) for row in p.carrier])[self.carrier]
        wrong = self._chance(p.wrong_profiles)
        self.beyond = np.where(
            wrong, np.where(beyond == DARK, NORMAL, np.where(beyond == NORMAL, DARK, beyond)), beyond
        )

    def _seller_does(self) -> None:
        p = self.p
        names = [mode.name.lower() for mode in Mode]
        self.mode = self._pick_by(np.array([[getattr(row, name) for name in names] for row in p.seller]), self.seller)
        # Who sends by an economy service without tracking has no need of an invented number.
        honest_number = np.isin(self.mode, (Mode.FAKE_SENT, Mode.DOMESTIC_SENT)) & np.isin(
            self.beyond, (UNTRACKED, DOMESTIC)
        )
        self.mode = np.where(honest_number, Mode.GENUINE, self.mode)
        handling = self._lognormal(p["handling_median"], p["handling_sigma"])
        offset = np.array([row.offset for row in p.carrier], float)[self.carrier]
        self.origin_offset = offset
        self.shipped = np.floor(self._open_at(self.paid + 0.3 + handling, 0, offset) + offset / 1440)
        self.shipped = np.maximum(self.shipped, self.paid)
        gap = self.rng.exponential(p["post_after_declared"], self.n)
        late = self._lognormal(11.0, 0.6)
        sent = np.isin(self.mode, SENT)
        gap = np.where(self.mode == Mode.LATE_LABEL, late, gap)
        self.posted = np.where(sent, self._open_at(self.shipped + 0.4 + gap, 0, offset), INF)

    def _parcel_goes(self) -> None:
        """The scans that a parcel truly gets, with all that can happen to it."""
        p, n = self.p, self.n
        speed, lag = p["speed_factor"], p["lag_factor"]
        stage = {
            name: np.array([getattr(row, name) for row in p.service])[self.service]
            for name in ("first_scan", "export", "into", "delivery")
        }
        customs = np.array([row.customs for row in p.destination])[self.destination]
        into = np.array([row.into for row in p.destination])[self.destination]
        inland = np.array([row.delivery for row in p.destination])[self.destination]
        # Services that travel on purpose without tracking are slower where the order was sold as tracked.
        cheap = np.isin(self.mode, (Mode.FAKE_SENT, Mode.DOMESTIC_SENT))
        economy = next(place for place, row in enumerate(p.service) if row.id == "economy")
        for name, values in stage.items():
            values[cheap] = getattr(p.service[economy], name)
        slow = np.where(
            np.isfinite(self.posted),
            self.slow[np.clip(np.nan_to_num(self.posted, posinf=0), 0, len(self.slow) - 1).astype(int)],
            1.0,
        )
        far = np.array(self.destination + 1)
        near, away = self.origin_offset, np.array([row.offset for row in p.destination], float)[self.destination]
        scan = np.full((n, len(SLOTS)), INF)
        u = self.rng.random((n, 4))

        first = self._lognormal(*stage["first_scan"].T) * slow * lag * speed
        # The first scan is at the counter or at the first centre: only a part of the stage is spent before it.
        scan[:, ACCEPT] = self._open_at(self.posted + first, 0, near)
        export = self._lognormal(*stage["export"].T) * slow * speed
        scan[:, ORIGIN] = scan[:, ACCEPT] + export * (0.2 + 0.3 * u[:, 0])
        scan[:, EXPORT] = scan[:, ACCEPT] + export * (0.6 + 0.2 * u[:, 1])
        scan[:, LEFT] = self._open_at(scan[:, ACCEPT] + export, 0, near)
        flight = self._lognormal(stage["into"][:, 0] * into, stage["into"][:, 1]) * speed
        scan[:, LANDED] = self._open_at(scan[:, LEFT] + flight, far, away)
        scan[:, CUSTOMS] = scan[:, LANDED] + 0.1 + 0.4 * u[:, 2]
        cleared = self._lognormal(*customs.T) * speed
        held = self._chance(p["customs_held"])
        hold = self._lognormal(p["hold_median"], p["hold_sigma"])
        scan[:, HELD] = np.where(held, scan[:, CUSTOMS] + 0.3 + u[:, 3], INF)
        scan[:, RELEASED] = self._open_at(scan[:, CUSTOMS] + cleared + np.where(held, hold, 0.0), far, away)
        home = self._lognormal(stage["delivery"][:, 0] * inland, stage["delivery"][:, 1]) * slow * speed
        scan[:, LOCAL] = scan[:, RELEASED] + home * 0.15
        scan[:, INLAND] = scan[:, RELEASED] + home * 0.5
        scan[:, OFFICE] = self._open_at(scan[:, RELEASED] + home * 0.85, far, away)

        trouble = self._chance(p["address_problem"])
        solved = self._chance(p["address_solved"])
        scan[:, ADDRESS] = np.where(trouble, scan[:, OFFICE] + 1.0, INF)
        ready = np.where(trouble, scan[:, ADDRESS] + self._lognormal(5.0, 0.5), scan[:, OFFICE] + home * 0.15)
        door = ~self._chance(p["pickup_share"])
        failed = door & self._chance(p["attempt_fails"])
        scan[:, OUT] = np.where(door, self._open_at(ready, far, away), INF)
        scan[:, ATTEMPT] = np.where(failed, scan[:, OUT] + 0.2, INF)
        waits = ~door | failed
        scan[:, PICKUP] = np.where(
            waits, self._open_at(np.where(failed, scan[:, ATTEMPT] + 0.5, ready), far, away), INF
        )
        wait = self._lognormal(p["pickup_median"], p["pickup_sigma"])
        unclaimed = waits & ((wait > p["storage"]) | self._chance(p["pickup_missed"]))
        delivered = np.where(waits, scan[:, PICKUP] + wait, scan[:, OUT] + 0.1 + 0.3 * u[:, 0])
        back = unclaimed | (trouble & ~solved)
        scan[:, DELIVERED] = np.where(back, INF, delivered)
        start = np.where(trouble & ~solved, scan[:, ADDRESS] + 7, scan[:, PICKUP] + p["storage"])
        scan[:, RETURN] = np.where(back, start, INF)
        scan[:, RETURNED] = np.where(back, start + 25, INF)
        for slot in (OUT, ATTEMPT, PICKUP):
            scan[trouble & ~solved, slot] = INF

        # Lost in one of five stages, or destroyed by customs.
        loss = np.array([row.loss for row in p.service])[self.service]
        loss[cheap] = p.service[economy].loss
        loss = loss * p["loss_factor"]
        edges = np.cumsum(loss, axis=1)
        where = (self.rng.random(n)[:, None] > edges).sum(1)  # 0 … 4, 5: not lost
        last_kept = np.array([LABEL, ACCEPT, LEFT, CUSTOMS, INLAND, len(SLOTS)])[where]
        self.lost = np.full(n, INF)
        gone = where < 5
        before = np.where(
            gone & (last_kept > LABEL), scan[np.arange(n), np.minimum(last_kept, len(SLOTS) - 1)], self.posted
        )
        self.lost[gone] = before[gone]
        for slot in range(ACCEPT, len(SLOTS)):
            scan[gone & (slot > last_kept), slot] = INF
        # The wait at customs outlives the loss only where the parcel was lost later.
        seized = held & self._chance(p["seized_if_held"]) & np.isfinite(scan[:, HELD])
        scan[:, SEIZED] = np.where(seized, scan[:, HELD] + hold + 5, INF)
        for slot in (*range(RELEASED, SEIZED),):
            scan[seized, slot] = INF
        self.lost = np.where(seized, scan[:, SEIZED], self.lost)

        # A delivered scan without goods.
        false = self._chance(p["false_delivered"]) & np.isfinite(scan[:, DELIVERED])
        comes = self._chance(p["false_delivered_comes"])
        self.false_delivered = false
        self.arrives = scan[:, DELIVERED].copy()
        self.arrives[false & comes] += 2 + 4 * u[false & comes, 1]
        never = false & ~comes
        self.lost = np.where(never, scan[:, DELIVERED], self.lost)
        self.arrives[never] = INF
        # Mail that nobody can follow lies in the box or at the office until it is noticed.
        self.tells_end = self._chance(0.4)
        unseen = cheap | np.isin(self.beyond, (UNTRACKED, DOMESTIC)) | ((self.beyond == DARK) & ~self.tells_end)
        self.arrives = np.where(unseen, self.arrives + self.rng.exponential(p["mail_noticed"], n), self.arrives)

        has_label = np.isin(self.mode, (Mode.LATE_LABEL, Mode.LABEL_NEVER)) | self._chance(0.35)
        scan[:, LABEL] = np.where(has_label, self.shipped + 0.5 + 0.3 * u[:, 2], INF)
        self.scan = scan

    def _is_seen(self) -> None:
        """When each scan can be read under the number that the buyer has."""
        p, n = self.p, self.n
        slots = len(SLOTS)
        lag = p["lag_median"] * p["lag_factor"] * np.exp(p["lag_sigma"] * self.rng.standard_normal((n, slots)))
        kept = self.rng.random((n, slots)) < p["scan_kept"]
        kept[:, [DELIVERED, HELD, SEIZED, RETURN]] = True
        shown = self.scan.copy()
        self._recycle(shown)
        seen = np.where(kept, shown + lag, INF)
        beyond = np.arange(slots) > LEFT
        mode, way = self.mode, self.beyond
        seen[(way == UNTRACKED)[:, None] & (np.arange(slots) > EXPORT) & (mode == Mode.GENUINE)[:, None]] = INF
        # An untracked small packet is often not shown at home either.
        blind = (way == UNTRACKED) & self._chance(0.45)
        seen[blind[:, None] & np.ones(slots, bool) & (mode == Mode.GENUINE)[:, None]] = INF
        domestic = (way == DOMESTIC) | (mode == Mode.DOMESTIC_SENT)
        seen[domestic[:, None] & (np.arange(slots) > ORIGIN)] = INF
        dark = way == DARK
        hidden = dark[:, None] & beyond
        hidden[self.tells_end, DELIVERED] = False
        self.alias_at = np.full(n, INF)
        changed = (way == CHANGED) & (mode == Mode.GENUINE)
        found = changed & self._chance(0.5)
        self.alias_at[found] = (self.scan[:, LANDED] + 3 * self.rng.random(n))[found]
        seen[hidden & (mode != Mode.RECYCLED)[:, None]] = INF
        after = changed[:, None] & beyond
        seen = np.where(after, np.maximum(seen, self.alias_at[:, None]), seen)

        silent = np.isin(mode, (Mode.FAKE_SENT, Mode.FAKE_EMPTY, Mode.NOT_SENT))
        info = (
            silent & (mode != Mode.NOT_SENT) & self._chance(0.12)
        )  # aggregators show "information received" for anything (S026)
        seen[silent] = INF
        seen[info, LABEL] = self.shipped[info] + 1.0
        shown[info, LABEL] = self.shipped[info] + 0.6
        typo = mode == Mode.TYPO
        self.behind = np.where(typo[:, None], seen, INF)  # what the right number would show
        seen[typo] = INF
        only_label = mode == Mode.LABEL_NEVER
        seen[only_label] = np.where(np.arange(slots) == LABEL, seen[only_label], INF)
        labelled = np.isin(mode, (Mode.LATE_LABEL, Mode.LABEL_NEVER))
        seen[labelled, LABEL] = (self.scan[:, LABEL] + 0.2)[labelled]
        seen[np.isin(mode, (Mode.GENUINE, Mode.TYPO)) & ~self._chance(0.5), LABEL] = INF
        self.scan, self.seen = shown, seen

    def _recycle(self, shown: Floats) -> None:
        """Another parcel's history under the number of this order."""
        u = self.rng.random((self.n, 6))
        mine = self.mode == Mode.RECYCLED
        self.foreign = np.where(mine, 1 + (u[:, 0] > 0.35).astype(int) + (u[:, 0] > 0.75).astype(int), 0)
        older = u[:, 1] < 0.55
        start = np.where(older, self.paid - 2 - 35 * u[:, 2], self.shipped + 3 * u[:, 2])
        length = 12 + 20 * u[:, 3]
        for slot, share in (
            (ACCEPT, 0.0),
            (ORIGIN, 0.05),
            (EXPORT, 0.15),
            (LEFT, 0.2),
            (LANDED, 0.55),
            (RELEASED, 0.65),
            (INLAND, 0.75),
            (OFFICE, 0.9),
            (DELIVERED, 1.0),
        ):
            shown[mine, slot] = (start + length * share)[mine]
        for slot in (LABEL, CUSTOMS, HELD, LOCAL, ADDRESS, OUT, ATTEMPT, PICKUP, RETURN, RETURNED, SEIZED):
            shown[mine, slot] = INF

    def _money(self) -> None:
        p, n = self.p, self.n
        venue = p.venue
        by_service = np.array([row.protection for row in p.service])[self.service]
        promise = np.array([row.promised for row in p.service])[self.service]
        self.promised = self.shipped + promise
        anchor = np.stack([self.paid, self.shipped, self.promised])
        which = np.array([("paid", "shipped", "promised").index(row.anchor) for row in venue])[self.venue]
        length = np.array([row.protection for row in venue])[self.venue]
        self.end = anchor[which, np.arange(n)] + np.where(length > 0, length, by_service)
        opens = np.array([row.opens if row.opens is not None else np.nan for row in venue])[self.venue]
        after = np.array([row.opens_after_promise for row in venue])[self.venue]
        self.opens = np.where(np.isnan(opens), self.promised + after, self.shipped + opens)
        extends = self._chance(p["extension_share"]) & (np.array([row.holds_money for row in venue])[self.venue])
        before = p["extension_before"] * self.rng.random(n)
        self.extended_at = np.where(extends, self.end - 1 - before, INF)
        self.extension = np.where(extends, p["extension_days"], 0.0)

    def _talk(self) -> None:
        """The buyer's own mistakes, the question to the seller and his answer."""
        p, n = self.p, self.n
        self.shipped_known = self._chance(p["shipped_known"])
        # A timer shorter than the usual sixty days is noticed.
        self.end_read = self._chance(p["end_read"]) | (self.end - self.shipped < 60)
        self.service_known = self._chance(p["service_known"])
        mistaken = self._chance(p["order_number_given"])
        self.mistaken_until = np.where(
            mistaken, self.shipped + 4 + self.rng.exponential(p["order_number_days"], n), -INF
        )
        wrong = self._chance(p["wrong_system_asked"])
        self.wrong_asked_until = np.where(wrong, self.shipped + 3 + self.rng.exponential(8.0, n), -INF)
        express = np.isin(self.service, [place for place, row in enumerate(p.service) if row.id == "express"])
        needs = express & self._chance(p["needs_extra"])
        self.needs_until = np.where(needs, self.shipped + 3 + self.rng.exponential(6.0, n), -INF)
        self.origin_asked = self._chance(0.6)

        first = self.seen.min(1)
        silent_from = self.shipped + p["asks_after"] + p["asks_spread"] * self.rng.random(n)
        gap = self._longest_gap()
        asks = self._chance(p["asks_seller"])
        self.asked_at = np.where(asks & (first > silent_from), silent_from, np.where(asks, gap, INF))
        self.asked_at = np.where(self.asked_at < self.arrives, self.asked_at, INF)
        rows = {row.when: row for row in p.reply}
        kinds = list(rows)
        untracked = np.isin(self.beyond, (UNTRACKED, DOMESTIC)) & (self.mode == Mode.GENUINE)
        kind_of = {
            Mode.GENUINE: "genuine", Mode.TYPO: "typo", Mode.LATE_LABEL: "late_label", Mode.NOT_SENT: "nothing_sent",
            Mode.FAKE_SENT: "fake_sent", Mode.DOMESTIC_SENT: "fake_sent", Mode.FAKE_EMPTY: "nothing_sent",
            Mode.RECYCLED: "recycled", Mode.LABEL_NEVER: "nothing_sent",
        }  # fmt: skip
        kind = np.array([kinds.index(kind_of[mode]) for mode in Mode])[self.mode]
        kind = np.where(untracked, kinds.index("untracked"), kind)
        weights = np.array([[rows[each].says.get(category, 0.0) for category in CATEGORIES] for each in kinds])
        says = self._pick_by(weights, kind)
        silence = self._chance(np.array([rows[each].silence for each in kinds])[kind])
        answered = np.isfinite(self.asked_at) & ~silence
        self.replied_at = np.where(answered, self.asked_at + self._lognormal(1.2, 0.8), INF)
        self.reply = np.where(answered, says, -1)
        corrected = answered & (self.mode == Mode.TYPO) & (says == CATEGORIES.index("new_number"))
        self.fixed_at = np.where(corrected, self.replied_at, INF)
        self.seen = np.where(corrected[:, None], np.maximum(self.behind, self.fixed_at[:, None]), self.seen)

    def _longest_gap(self) -> Floats:
        """The first moment at which a parcel that was seen has been silent for `asks_stalled` days."""
        limit = self.p["asks_stalled"]
        times = np.sort(self.seen, axis=1)
        nexts = np.concatenate([times[:, 1:], np.full((self.n, 1), INF)], axis=1)
        stalled = np.isfinite(times) & (nexts - np.where(np.isfinite(times), times, 0) > limit)
        first = np.where(stalled, times, INF).min(1)
        # Once delivered there is nothing to ask for.
        done = self.seen[:, DELIVERED]
        return np.where(first < done, first + limit, INF)

    def _result(self) -> World:
        fields = {name: getattr(self, name) for name in World.__dataclass_fields__ if hasattr(self, name)}
        return World(parameters=self.p, **{name: value for name, value in fields.items() if name != "parameters"})


def _covers(written: str, date: dt.date) -> bool:
    """Whether "2026-01-01" or "2026-01-01/2026-01-08" covers a day."""
    start, _, end = written.partition("/")
    return dt.date.fromisoformat(start) <= date <= dt.date.fromisoformat(end or start)
