"""Do forecasts hold better once a household's own parcels have taught them? In the simulated world its truth is known.

`.venv/bin/python -m bench.forecast.household` from the root of the checkout.

Parcels of the first months teach (each as it is known on the day of learning, most of them under way or over), those
of the following months are forecast on several days of their way, from published figures alone and with what was
learnt. Told is the 80-% band of arrival; judged are the parcels whose goods come.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator

import numpy as np
from bench.world import World, dossier, world

from dozor.answer import answer
from dozor.forecast import Model
from dozor.forecast.history import Ending, waits
from dozor.forecast.learn import learn
from dozor.forecast.learnt import Parcel
from dozor.model import Answer, Kind, Reading

DAYS = (1, 6, 12, 20)  # after shipping
LEARNT_ON = 300.0  # days since the first payment


def reading_of(found: Answer) -> Reading | None:
    best = (mention.readings[0] for mention in found.mentions if mention.readings)
    return next((reading for reading in best if reading.kind is Kind.TRACKING), None)


def taught(w: World, orders: list[int], t: float, tell: float) -> Iterator[Parcel]:
    """What the orders teach at `t`: a share `tell` of buyers say when the goods are there."""
    chance = np.random.default_rng(w.seed).random(w.n)
    for i in orders:
        known = dossier(w, i, t)
        found = answer(known, w.instant(t))
        received = w.instant(w.arrives[i]) if w.arrives[i] <= t and chance[i] < tell else None
        ending = Ending(seen=w.instant(t), received=received, known=w.instant(w.shipped[i]))
        yield from waits(found.journey, known.order, ending, w.instant(t), reading=reading_of(found), user="me")


def judged(w: World, orders: list[int], model: Model | None) -> dict[str, float]:
    """How the bands told held, and how far the middle of them was off (days, mean)."""
    inside, early, off, width, never, gone = [], [], [], [], [], []
    for i in orders:
        for after in DAYS:
            t = float(np.floor(w.shipped[i])) + after + 0.4
            if w.arrives[i] <= t:
                continue
            found = answer(dossier(w, i, t), w.instant(t), learnt=model, user="me").outlook
            if found is not None:
                never.append(found.p_never)
                gone.append(not np.isfinite(w.arrives[i]))
            if (
                not np.isfinite(w.arrives[i])
                or found is None
                or not (found.arrival_p10 and found.arrival_p50 and found.arrival_p90)
            ):
                continue
            came = w.date(w.arrives[i])
            inside.append(found.arrival_p10 <= came <= found.arrival_p90)
            early.append(came < found.arrival_p10)
            off.append(abs((came - found.arrival_p50).days))
            width.append((found.arrival_p90 - found.arrival_p10).days)
    return {
        "n": len(inside),
        "within": float(np.mean(inside)),
        "sooner": float(np.mean(early)),
        "off": float(np.mean(off)),
        "width": float(np.mean(width)),
        "never": float(np.mean(never)),
        "gone": float(np.mean(gone)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tell", type=float, default=1.0, help="Share of buyers who say that the goods are there.")
    parser.add_argument("--test", type=int, default=250, help="Orders to forecast.")
    options = parser.parse_args()
    w = world(8000, seed=options.seed)
    before = [int(i) for i in np.flatnonzero((w.shipped > LEARNT_ON - 180) & (w.shipped < LEARNT_ON))]
    after = [int(i) for i in np.flatnonzero((w.shipped >= LEARNT_ON) & (w.shipped < LEARNT_ON + 45))][: options.test]
    print("learnt from  forecasts within  sooner   later    off  width  never said, true  s")
    for count in (0, 30, 100, 300, 1000):
        begun = time.perf_counter()
        rows = list(taught(w, before[:count], LEARNT_ON, options.tell)) if count else []
        model = learn(rows, w.instant(LEARNT_ON)) if rows else None
        took = time.perf_counter() - begun
        found = judged(w, after, model)
        later = 1 - found["within"] - found["sooner"]
        print(
            f"{count:11} {found['n']:10} {found['within']:7.3f} {found['sooner']:7.3f} {later:7.3f} "
            f"{found['off']:6.2f} {found['width']:6.1f} {found['never']:10.3f} {found['gone']:5.3f} {took:6.1f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
