"""A simulated fleet: when scans of a parcel are published, and where the parcel then is.

Three services (half registered post, a third a standard line, the rest export-only economy), working hours at both
ends, scans in bursts, holds at customs, second attempts, a lag until a scan is published, three in a hundred that were
never sent and some that are lost on the way. Times are days from the moment the watch begins.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

HORIZON = 60.0
POST, LINE, ECONOMY = range(3)
ZONES = (1, 2, 3, 5, -3, -5)  # hours east of UTC of destinations


@dataclass(frozen=True)
class Simulated:
    """One parcel: its service, the zone of its destination, and (published at, stage from then on) in order."""

    service: int
    zone: int
    events: tuple[tuple[float, str], ...]


def simulate(chance: random.Random) -> Simulated:
    """One parcel of the mix."""
    zone = chance.choice(ZONES)
    service = chance.choices((POST, LINE, ECONOMY), (0.5, 0.35, 0.15))[0]
    events: list[tuple[float, str]] = []

    def spread(median: float, sigma: float) -> float:
        return median * math.exp(sigma * chance.gauss(0, 1))

    def at_work(t: float, opens: float, closes: float, east: float) -> float:
        hour = ((t + east / 24) % 1) * 24
        if opens <= hour < closes:
            return t
        day = math.floor(t + east / 24) + (1 if hour >= closes else 0)
        return day + opens / 24 - east / 24 + chance.expovariate(24 / 1.5)

    def scan(t: float, stage: str) -> None:
        events.append((t + spread((1.2, 0.5, 2.0)[service] / 24, 0.9), stage))

    def few(mean: float) -> int:
        limit, count, product = math.exp(-mean), 0, chance.random()
        while product > limit:
            count, product = count + 1, product * chance.random()
        return count

    def done() -> Simulated:
        return Simulated(service, zone, tuple(sorted(event for event in events if event[0] < HORIZON)))

    if chance.random() < 0.03:
        return done()  # never sent
    t = at_work(chance.uniform(0, 1) + spread((3.0, 1.5, 3.5)[service], 0.75), 8, 22, 8)
    scan(t, "accepted")
    for _ in range(few((2.5, 4.0, 1.5)[service])):
        t = at_work(t + spread(0.45, 0.8), 6, 23.5, 8)
        scan(t, "accepted")
    t = at_work(t + spread((1.6, 1.0, 2.2)[service], 0.6), 6, 23.9, 8)
    scan(t, "left_origin_country")
    if service == ECONOMY:
        return done()
    for _ in range(few((0.5, 1.5)[service])):
        t += spread(1.2, 0.7)
        scan(t, "left_origin_country")
    if chance.random() < 0.01:
        return done()  # lost between countries
    t = at_work(t + spread((8.0, 4.5)[service], 0.65), 6, 23, zone)
    scan(t, "arrived_destination_country")
    if chance.random() < 0.06:
        t += spread(5.0, 0.8)
    t = at_work(t + spread((1.5, 0.8)[service], 0.7), 7, 22, zone)
    scan(t, "customs_released")
    for _ in range(1 + few((2.2, 2.5)[service])):
        t += spread(0.75, 0.6)
        scan(t, "handed_to_local_carrier")
    if chance.random() < 0.01:
        return done()  # lost inland
    if chance.random() < (0.65, 0.45)[service]:
        t = at_work(t + spread(0.5, 0.5), 8, 19, zone)
        scan(t, "available_for_pickup")
        scan(at_work(t + spread(1.8, 0.9), 9, 20, zone), "delivered")
        return done()
    for attempt in range(4):
        t = at_work(t + spread(0.5, 0.5), 7, 10, zone)
        scan(t, "out_for_delivery")
        t += chance.uniform(0.5, 10) / 24
        if chance.random() < 0.9 or attempt == 3:
            scan(t, "delivered")
            break
        scan(t, "handed_to_local_carrier")
    return done()


def fleet(count: int, seed: int) -> list[Simulated]:
    """So many parcels, the same for the same seed."""
    chance = random.Random(seed)
    return [simulate(chance) for _ in range(count)]
