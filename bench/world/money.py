"""What becomes of a claim: when one may be opened, whether it is paid, what it costs. All of it is the truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from bench.world.draw import DELIVERED, INF, Bools, Floats, World
from bench.world.view import MOVES, Seen, end_at

MARGIN = 2.0  # days: nothing is planned later than this before the end (the rules' own margin)


@dataclass(frozen=True)
class Outcome:
    """Of claims opened at `opened` (inf: never). Shares are of the price."""

    refunded: Bools
    needless: Bools  # the goods came after all, before the last day on which a claim could be opened


def may_open(w: World, t: Floats | float, seen: Seen) -> Bools:
    """Whether the shop lets a claim be opened at `t`: inside its window, and not while the parcel visibly moves."""
    end = end_at(w, t)
    rescue, quiet = _venue(w, "rescue"), _venue(w, "quiet")
    moving = moves(seen) & (t - seen.since < quiet) & (t < end - MARGIN)
    return (w.opens <= t) & (t <= end + rescue) & ~moving


def moves(seen: Seen) -> Bools:
    """Whether the parcel is in transit for the shop: seen, not handed over, not on its way back, not another's."""
    return (seen.slot >= 0) & (seen.slot < DELIVERED) & ~seen.delivered & ~seen.foreign


def last_chance(w: World) -> Floats:
    """The last instant at which a claim can ever be opened, rescue included."""
    return end_at(w, INF) + _venue(w, "rescue")


def win(w: World, opened: Floats) -> Floats:
    """The chance that a claim for goods that do not come is paid, by its age, the evidence and the window."""
    p = w.parameters
    age = np.clip((opened - w.shipped) / p["win_full_after"], 0.0, 1.0)
    share = p["win_early"] + (p["win_full"] - p["win_early"]) * age
    shown = ((w.seen <= opened[:, None]) & MOVES).any(1)
    share = np.where(shown, share, p["win_silent"])
    share = np.where(w.seen[:, DELIVERED] <= opened, p["win_delivered"], share)
    return np.where(opened > end_at(w, opened), np.minimum(share, p["win_rescue"]), share)


def outcome(w: World, opened: Floats) -> Outcome:
    """What the buyers end with. The luck of a claim is the same for every plan that is compared."""
    luck = np.random.Generator(np.random.PCG64([w.seed, w.n, 99])).random(w.n)
    claimed, meanwhile = _course(w, opened)
    refunded = claimed & ~meanwhile & (luck < win(w, opened))
    return Outcome(refunded, claimed & (w.arrives <= last_chance(w)))


def repaid(w: World, opened: Floats) -> Floats:
    """The expected share of the price that a claim brings back."""
    claimed, meanwhile = _course(w, opened)
    return np.where(claimed & ~meanwhile, win(w, opened), 0.0)


def worth(w: World, opened: Floats) -> Floats:
    """Expected value by share of the price: goods or money, less effort and the cost of a needless claim."""
    p = w.parameters
    claimed, meanwhile = _course(w, opened)
    comes = np.isfinite(w.arrives)
    paid = repaid(w, opened)
    cost = np.where(claimed, p["dispute_effort"], 0.0) + np.where(meanwhile, p["dispute_needless"], 0.0)
    return np.where(comes, 1.0, paid) - cost


def _course(w: World, opened: Floats) -> tuple[Bools, Bools]:
    """Whether a claim was opened with the goods still out, and whether they came before it was decided."""
    claimed = np.isfinite(opened) & (opened < w.arrives)
    return claimed, claimed & (w.arrives <= opened + _venue(w, "takes"))


def _venue(w: World, name: str) -> Floats:
    return np.array([getattr(row, name) for row in w.parameters.venue], float)[w.venue]
