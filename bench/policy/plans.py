"""The plans that are compared: old rules of thumb, the clairvoyant, and doing nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from bench.policy.play import Morning
from bench.world import World
from bench.world.draw import DELIVERED, Bools
from bench.world.money import last_chance

ASK_SELLER, SELLER_HAS = 10, 5  # founding guide: S037 and S088


@dataclass(frozen=True)
class AlwaysWait:
    """Never claims."""

    name: str = "always wait"

    def asks(self, w: World, morning: Morning, open_: Bools) -> Bools:
        return np.zeros(w.n, bool)


@dataclass(frozen=True)
class FromDay:
    """Claims from some day after shipping on, whatever is seen."""

    name: str
    day: int

    def asks(self, w: World, morning: Morning, open_: Bools) -> Bools:
        return open_ & (morning.day >= self.day)


@dataclass(frozen=True)
class SeedEarly:
    """Silent by day 10: ask the seller; no help in five days: claim (S082, S088, S089); withdraw when it reads."""

    name: str = "seed-early (day 15)"
    cancels: bool = True

    def asks(self, w: World, morning: Morning, open_: Bools) -> Bools:
        silent = (morning.seen.slot < 0) & (morning.day >= ASK_SELLER + SELLER_HAS)
        stuck = (morning.seen.slot >= 0) & (morning.now - morning.seen.since >= ASK_SELLER + SELLER_HAS)
        gone = morning.seen.delivered | morning.seen.foreign
        return open_ & (silent | stuck | gone | (morning.now >= morning.end - 7))


@dataclass(frozen=True)
class SeedPatient:
    """Seven days before the end of protection (S053)."""

    name: str = "seed-patient (end - 7)"

    def asks(self, w: World, morning: Morning, open_: Bools) -> Bools:
        return open_ & (morning.now >= morning.end - 7)


@dataclass(frozen=True)
class Clairvoyant:
    """Knows which goods never come, and claims for these when it pays best; no peer, a bound."""

    name: str = "clairvoyant"

    def asks(self, w: World, morning: Morning, open_: Bools) -> Bools:
        strongest = morning.now >= w.shipped + w.parameters["win_full_after"]
        soon = (morning.now >= morning.end - 14) | (w.seen[:, DELIVERED] < morning.now + 10)
        return open_ & morning.legal & (w.arrives > last_chance(w)) & ~np.isfinite(w.arrives) & (strongest | soon)
