"""The product's own plan, for many orders at once.

What the product believes of an order (how likely the goods never come, what kind of cause leads, whether the seller has
had his time) depends only on what can be seen of it. So each thing that can be seen is asked of the product once, by a
real dossier through the product's own rooms (journey, clock, outlook, diagnosis, situation), and kept; the decision
itself is `dozor.advice.decide` over all orders at once, the very functions that an answer uses.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import msgspec
import numpy as np
from bench.policy.play import Morning
from bench.world import World, dossier
from bench.world.draw import CATEGORIES, DELIVERED, INF, LANDED, Bools, Floats, Ints
from bench.world.money import MARGIN, moves
from bench.world.numbers import misprinted
from bench.world.view import MOVES

from dozor.advice.advise import matching
from dozor.advice.decide import arrivals, plan, points, programme
from dozor.advice.parcel import talk_facts
from dozor.advice.situation import Situation, situation
from dozor.advice.tables import belief, figure, style
from dozor.answer import read_numbers
from dozor.diagnosis import diagnose
from dozor.disputes import classify
from dozor.forecast import outlook, tracked_prior
from dozor.intake import settle
from dozor.journey import weave
from dozor.model import CauseId, Dossier, Kind, Limit, Order, Outlook, StepId
from dozor.protection import clock

SINCE = np.array([2, 4, 6, 8, 10, 12, 15, 18, 22, 27, 33, 40, 50, 65, 85])
GRID = np.array([1.0, 2.0, 4.0, 7.0, 10.0, 14.0, 21.0, 30.0, 45.0, 60.0])  # days on which the curve is kept
PATIENCE = np.array([row.patience if (row := belief("reply", each)) else 0.0 for each in CATEGORIES] + [0.0])
ANCHORS = ("paid", "shipped", "promised")
# Last scans that mean the same for what is to be expected, by slot + 1.
SHOWN = (0, 1, 2, 2, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 12, 15, 16, 17, 18, 19, 20)
LONG = 20  # days of silence from which a parcel may be taken for lost without a word with the seller
CODES = {"": 0, "look_first": 1, "strong": 2, "coming": 3}


class Rules(NamedTuple):
    """What the product's clock says of an order whose buyer has read nothing, in days."""

    end: tuple[int, float]  # of protection: which of ANCHORS, days after it
    opens: tuple[int, float]
    longer: float  # what the longest reading of the end has above the shortest
    left: float  # from a delivered scan to the end; inf: it changes nothing
    left_longer: float
    rescue: float  # after the end, while a claim is still planned
    rescue_longer: float  # … while one may still be possible


@dataclass(frozen=True)
class Window:
    """When a claim is possible as the product has it; the world's days, an order each."""

    opens: Floats
    end: Floats
    until: Floats  # the last day on which one is planned, after the end
    perhaps: Floats  # the last by the longest reading of the rules


@dataclass(frozen=True)
class Believed:
    """What the product believes of one look: `curve` is the share of goods that come by each day of GRID."""

    never: float
    nature: int
    coming: bool
    ready: bool
    talked: bool
    at_once: bool  # the playbook claims whatever the day: goods that went back, another's parcel, a promised refund
    curve: tuple[float, ...]


@dataclass
class Product:
    """The plan of the product; `looks` are kept between worlds, since they do not depend on the world's parameters."""

    style: str = "balanced"
    reliability: float | None = None
    name: str = "dozor"
    looks: dict[int, Believed] = field(default_factory=dict)
    rules: dict[tuple[int, ...], Rules] = field(default_factory=dict)
    printed: tuple[World, Bools] | None = None
    limits: tuple[World, list[Floats]] | None = None

    def asks(self, w: World, morning: Morning, open_: Bools) -> Bools:
        asks = np.zeros(w.n, bool)
        window = self.window(w, morning)
        end, opens = window.end, window.opens
        quiet = np.array([row.quiet for row in w.parameters.venue])[w.venue]
        seen, now = morning.seen, morning.now
        moving = moves(seen) & (now - seen.since < quiet) & (now < end - MARGIN)
        can = open_ & (opens <= now) & (now <= np.maximum(window.until, window.perhaps)) & ~moving
        # Only where the last week has begun, the talk is over or something is plainly wrong can today be the day.
        week = now >= end - figure("act_before_end")
        wrong = seen.foreign | (seen.slot >= DELIVERED) | (now - seen.since >= LONG)
        rows = np.flatnonzero(can & (week | wrong | self._talked(w, morning)))
        if not len(rows):
            return asks
        safe = (end - MARGIN)[rows]
        late = now[rows] > safe
        until = np.select(
            [now[rows] <= safe, now[rows] <= end[rows], now[rows] <= window.until[rows]],
            [safe, end[rows], window.until[rows]],
            now[rows] + figure("horizon"),  # no day can be named
        )
        asks[rows] = self.decide(w, morning, rows, until, end[rows], late)
        return asks

    def decide(self, w: World, morning: Morning, rows: Ints, until: Floats, end: Floats, late: Bools) -> Bools:
        """Whether to claim today, for orders whose claim the clock allows until `until` (world's days)."""
        believed, back = self._believed(w, morning, rows)
        never = np.array([each.never for each in believed])[back]
        nature = np.array([each.nature for each in believed])[back]
        coming = np.array([each.coming for each in believed])[back]
        ready = np.array([each.ready for each in believed])[back]
        talked = np.array([each.talked for each in believed])[back]
        at_once = np.array([each.at_once for each in believed])[back]
        curve = np.array([each.curve for each in believed])[back].T
        now = morning.now[rows]
        last = np.maximum(0, np.floor(until - now)).astype(int)
        # Where neither the last week nor a finished talk can make today the day, nothing need be computed.
        needed = late | (end - now <= figure("act_before_end")) | (talked & (nature != CODES["look_first"]))
        act = at_once.copy()
        if not needed.any():
            return act
        pick = np.flatnonzero(needed)
        takes = round(figure("dispute_takes"))
        known = [(float(at), share[pick]) for at, share in zip(GRID, curve, strict=True)]
        arrived = arrivals(known, never[pick], int(last[pick].max()) + takes + 1)
        trust = figure("reliability") if self.reliability is None else self.reliability
        decision = programme(
            arrived, never[pick], first=np.zeros(len(pick)), last=last[pick], style=style(self.style), reliability=trust
        )
        today = plan(
            decision,
            to_end=(end - now)[pick],
            to_last=(until - now)[pick],
            rescue=late[pick],
            talked=talked[pick],
            look_first=nature[pick] == CODES["look_first"],
            coming=coming[pick],
            ready=ready[pick],
            can_open=np.ones(len(pick), bool),
        )
        act[pick] |= today.act
        return act

    @staticmethod
    def _talked(w: World, morning: Morning) -> Bools:
        """The seller has answered, or has had his days."""
        silent = morning.now - w.asked_at >= figure("seller_silence")
        return (morning.seen.reply >= 0) | silent

    def _misprinted(self, w: World) -> Bools:
        if self.printed is None or self.printed[0] is not w:
            self.printed = (w, misprinted(w))
        return self.printed[1]

    # --- the clock ---

    def window(self, w: World, morning: Morning) -> Window:
        """The window for a claim as the product has it: read by the buyer, else by the policy."""
        ends, opens, longer, left, left_longer, rescue, rescue_longer = self._by_the_rules(w)
        hidden = np.maximum(np.maximum(w.mistaken_until, w.wrong_asked_until), w.needs_until) > morning.now
        # A scan from before the parcel was sent, as far as that day is known, is another parcel's and cuts nothing;
        # nor does one that would end protection before a claim can safely be opened.
        done, sent = w.scan[:, DELIVERED], np.where(w.shipped_known, w.shipped, w.paid)
        told = (w.seen[:, DELIVERED] <= morning.now) & (done >= sent) & ~hidden
        cut, cut_longer = done + left, left_longer
        counted = np.where(np.isfinite(opens), opens + MARGIN, -INF)
        only_longer = cut <= counted
        cut, cut_longer = np.where(only_longer, cut + cut_longer, cut), np.where(only_longer, 0.0, cut_longer)
        told &= (cut > counted) & (cut < ends)
        unread, longer = np.where(told, cut, ends), np.where(told, cut_longer, longer)
        # Where the day it counts from is unknown: after the first scan, or long enough after the payment.
        blind = np.flatnonzero(~np.isfinite(opens))
        shown = (w.seen[blind] <= morning.now[blind, None]) & MOVES & ~hidden[blind, None]
        scan = np.where(shown, w.scan[blind], INF).min(1, initial=INF)
        opens = opens.copy()
        opens[blind] = np.minimum(scan + figure("opens_after_scan"), w.paid[blind] + figure("opens_after_payment"))
        end = np.where(w.end_read, morning.end + w.parameters["end_shown_late"], unread)
        perhaps = np.where(w.end_read | (longer <= 0), -INF, end + longer + rescue_longer)
        return Window(opens, end, end + rescue, perhaps)

    def _by_the_rules(self, w: World) -> list[Floats]:
        """The fields of `Rules` of each order, end and opening as the world's days; the same every day."""
        if self.limits is None or self.limits[0] is not w:
            keys = np.stack([w.venue, w.destination, w.service, w.service_known, w.shipped_known]).astype(int)
            ids, first, back = np.unique(keys, axis=1, return_index=True, return_inverse=True)
            rules = [self._rules(w, i, tuple(key)) for i, key in zip(first, ids.T, strict=True)]
            back = np.ravel(back)
            anchors = np.stack([w.paid, w.shipped, w.promised])
            dates = [
                anchors[np.array([rule[part][0] for rule in rules])[back], np.arange(w.n)]
                + np.array([rule[part][1] for rule in rules])[back]
                for part in (0, 1)
            ]
            self.limits = (w, [*dates, *(np.array([rule[part] for rule in rules])[back] for part in range(2, 7))])
        return self.limits[1]

    def _rules(self, w: World, i: int, key: tuple[int, ...]) -> Rules:
        if key not in self.rules:
            now = w.instant(w.shipped[i] + 1)
            order = _without_end(dossier(w, i, float(w.shipped[i]) + 1).order)
            limits = clock(order, weave((), now, order=order), now)
            days = dict(zip(ANCHORS, (w.paid[i], w.shipped[i], w.promised[i]), strict=True))
            found = []
            for id in ("protection_end", "earliest_open"):
                limit = limits.limit(id)
                if limit is None or limit.at is None or limit.anchor not in days:
                    found.append((0, INF if limit is not None else 0.0))
                else:
                    found.append((ANCHORS.index(limit.anchor), _days(limit.at, w.instant(days[limit.anchor]))))
            end, rescue = limits.limit("protection_end"), limits.limit("rescue_deadline")
            # A delivery some days before a claim can be opened leaves its whole term.
            opens = limits.at("earliest_open")
            at = now if opens is None else opens - dt.timedelta(days=5)
            handed_over = msgspec.structs.replace(weave((), now, order=order), delivered_at=at)
            cut = clock(order, handed_over, now).limit("protection_end")
            short = cut if cut is not None and cut.anchor == "delivered" else None
            self.rules[key] = Rules(
                *found,
                longer=_spread(end),
                left=INF if short is None or short.at is None else _days(short.at, at),
                left_longer=_spread(short),
                rescue=0.0 if rescue is None or end is None else _days(rescue.at, end.at),
                rescue_longer=0.0 if rescue is None or end is None else _days(max(rescue.readings), end.at),
            )
        return self.rules[key]

    # --- beliefs ---

    def _believed(self, w: World, morning: Morning, rows: Ints) -> tuple[Sequence[Believed], Ints]:
        ids, first, back = np.unique(self.look(w, morning, rows), return_index=True, return_inverse=True)
        believed = []
        for id, place in zip(ids.tolist(), first, strict=True):
            if id not in self.looks:
                i = int(rows[place])
                self.looks[id] = believe(w, i, float(morning.now[i]))
            believed.append(self.looks[id])
        return believed, back

    def look(self, w: World, morning: Morning, rows: Ints) -> Ints:
        """What can be seen of each order, as one number. What cannot matter to the product any more is left out."""
        seen, now = morning.seen, morning.now
        silent, abroad = seen.slot < 0, seen.slot >= LANDED
        age = now - np.where(seen.reply >= 0, w.replied_at, w.asked_at)
        patience = np.maximum(PATIENCE[seen.reply], np.where(seen.reply >= 0, 0.0, figure("seller_silence")))
        talk = np.where(seen.reply >= 0, 2 + seen.reply, np.where(seen.asked, 1, 0))
        asked = np.select(
            [w.mistaken_until > now, w.wrong_asked_until > now, w.needs_until > now, silent & w.origin_asked],
            [1, 2, 3, 4],
        )
        parts: list[tuple[Ints | Bools, int]] = [
            (np.searchsorted(SINCE, now - seen.since), 16),
            (np.where(abroad, 0, w.carrier), 16),
            (w.service, 8),
            (w.destination, 8),
            (np.where(silent, np.minimum(w.band, 3), 0), 8),
            (w.band > 1, 2),
            (np.array(SHOWN)[seen.slot + 1], 32),
            (seen.label & silent, 2),
            (seen.foreign, 2),
            (self._misprinted(w) & (w.fixed_at > now), 2),
            (asked, 8),
            (talk, 32),
            ((age >= patience) & (talk > 0), 2),
        ]
        code = np.zeros(len(rows), np.int64)
        for part, size in parts:
            code = code * size + part[rows]
        return code


def believe(w: World, i: int, t: float) -> Believed:
    """One look through the product's rooms, up to the point where it decides."""
    now = w.instant(t)
    d, replies, where = look_at(dossier(w, i, t), now)
    forecast = where.forecast
    cause = where.situation.cause
    leading = belief("cause", cause.value)
    nature = leading.nature if leading else ""
    delivered = cause is CauseId.DELIVERED and d.order.received is not False
    silent, waited = talk_facts(set(), {}, d, replies, now)
    known = arrivals(points(forecast, now), 0.0, int(GRID[-1]))
    return Believed(
        never=float(where.situation.decision.p_never),
        nature=CODES[nature],
        coming=nature == "coming" or delivered,
        ready="ready" in where.situation.facts or delivered or cause is CauseId.PICKUP_EXPIRING,
        talked=silent or waited or nature == "strong",
        at_once=_at_once(where.situation),
        curve=tuple(known[int(at)] for at in GRID),
    )


def _at_once(s: Situation) -> bool:
    """Whether the playbook claims as soon as the shop allows it, on a day that is not the programme's."""
    plain = replace(s, facts=(s.facts - {"act_now", "near_end", "rescue", "blocked", "expired"}) | {"can_open"})
    return any(step.step is StepId.OPEN_DISPUTE_NOW for row in matching(plain) for step in row.steps)


@dataclass(frozen=True)
class Rooms:
    """What the rooms say on the way to the advice."""

    forecast: Outlook | None
    situation: Situation


def look_at(d: Dossier, now: dt.datetime) -> tuple[Dossier, list[str], Rooms]:
    """The rooms of an answer up to the situation; see `dozor.answer`."""
    d = settle(d, now)
    mentions = read_numbers(d)
    tracking = [m.readings[0] for m in mentions if m.readings and m.readings[0].kind is Kind.TRACKING]
    journey = weave(d.reports, now, told=d.events, order=d.order, numbers=tracking)
    limits = clock(d.order, journey, now, d.dispute)
    forecast = outlook(
        journey, d.order, now, reading=tracking[0] if tracking else None, protection_end=limits.at("protection_end")
    )
    replies = [classify(message.text).category for message in d.messages if message.by == "seller"]
    found = diagnose(d, mentions, journey, limits, forecast, now, replies=replies, tracked_prior=tracked_prior(d.order))
    s = situation(d, journey, limits, forecast, found, now, replies, figure("reliability"))
    return d, replies, Rooms(forecast, s)


def _days(to: dt.datetime | None, since: dt.datetime | None) -> float:
    """Days from one instant to another, INF where one of them is unknown."""
    return INF if to is None or since is None else (to - since).total_seconds() / 86400


def _spread(limit: Limit | None) -> float:
    """Days between the shortest reading of a limit and the longest."""
    return 0.0 if limit is None or limit.at is None else _days(max(limit.readings, default=limit.at), limit.at)


def _without_end(order: Order) -> Order:
    return msgspec.structs.replace(order, protection_end=None)
