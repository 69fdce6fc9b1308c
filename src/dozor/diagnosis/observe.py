"""What to look at next: the observation that is expected to tell most about the cause, less its effort."""

from __future__ import annotations

import math
from collections.abc import Mapping

from dozor.diagnosis.facts import Facts
from dozor.diagnosis.tables import ObservationRow, observations
from dozor.model import CauseId, Text


def next_observation(shares: Mapping[CauseId, float], known: Facts) -> Text | None:
    """The observation with the greatest expected gain, in nats; None when none is worth its effort."""
    able = [row for row in observations() if known.fit(row.when)]
    best = max(able, key=lambda row: gain(row, shares) - row.effort, default=None)
    if best is None or gain(best, shares) <= best.effort:
        return None
    return Text(f"observe.{best.id}", known.args)


def gain(row: ObservationRow, shares: Mapping[CauseId, float]) -> float:
    """Expected information of an observation that names the right group `trust` of the time: trust · H(groups)."""
    groups = [sum(shares[cause] for cause in group) for group in row.tells]
    groups.append(max(0.0, 1 - sum(groups)))
    return row.trust * -sum(share * math.log(share) for share in groups if share > 0)
