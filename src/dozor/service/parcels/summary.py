"""What of an answer is kept beside the parcel, when an answer is another one, and when to think again.

Pure.
"""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import Any

import msgspec
from msgspec import Struct

from dozor import knowledge
from dozor.model import Answer, Step
from dozor.service.parcels.mapping import digest, storable

DAY = dt.timedelta(days=1)


class Attention(Struct, frozen=True, forbid_unknown_fields=True):
    """The table of attention."""

    source: str
    near_days: float
    near: int
    steps: dict[str, int]


@cache
def table() -> Attention:
    """attention.toml."""
    return knowledge.document("service/parcels", "attention.toml", Attention)


def first_step(answer: Answer) -> Step | None:
    """The first thing to do."""
    return answer.advice.steps[0] if answer.advice.steps else None


def attention(answer: Answer) -> int:
    """How loudly it asks for its owner, 0…100."""
    step, rows = first_step(answer), table()
    if step is None:
        return 0
    near = step.not_after is not None and step.not_after - answer.now <= DAY * rows.near_days
    return min(100, rows.steps.get(step.id.value, 0) + (rows.near if near else 0))


def decide_by(answer: Answer) -> dt.datetime | None:
    """The earliest day by which something has to be done."""
    return min((step.not_after for step in answer.advice.steps if step.not_after is not None), default=None)


def columns(answer: Answer) -> dict[str, Any]:
    """The summary columns of the parcel."""
    step, last = first_step(answer), answer.journey.last_movement
    return {
        "stage": answer.journey.stage.value if answer.journey.stage else None,
        "last_movement": last.when.utc() if last is not None and last.when is not None else None,
        "cause": answer.diagnosis.causes[0].id.value if answer.diagnosis.causes else "",
        "step": step.id.value if step else "",
        "decide_by": decide_by(answer),
        "attention": attention(answer),
        "headline": storable(msgspec.to_builtins(answer.headline)),
        "review_at": review_at(answer),
    }


def band(answer: Answer) -> dict[str, dt.date | None]:
    """The days between which it says that the parcel comes."""
    found = answer.outlook
    if found is None or found.arrival_p10 is None or found.arrival_p90 is None:
        return {"early": None, "late": None}
    return {"early": found.arrival_p10, "late": found.arrival_p90}


def essence(answer: Answer) -> dict[str, str]:
    """What matters in an answer, part by part: it is another answer where one of these differs."""
    step, causes = first_step(answer), answer.diagnosis.causes
    last = answer.journey.events[-1] if answer.journey.events else None
    return {
        "stage": answer.journey.stage.value if answer.journey.stage else "",
        "event": "" if last is None else f"{len(answer.journey.events)} {last.when and last.when.local} {last.text}",
        "cause": causes[0].id.value if causes else "",
        "step": step.id.value if step else "",
        "deadline": f"{at:%Y-%m-%d}" if (at := decide_by(answer)) else "",
        "money": answer.clock.money.value,
        "contradiction": " ".join(sorted(each.id for each in answer.journey.contradictions)),
        "numbers": " ".join(link.number for link in answer.journey.numbers),
    }


def said(answer: Answer) -> str:
    """The fingerprint of what matters in an answer."""
    return digest(msgspec.json.encode(essence(answer), order="sorted"))


def changes(before: Answer | None, after: Answer) -> list[str]:
    """Which parts are different; the first answer is `first`."""
    if before is None:
        return ["first"]
    old, new = essence(before), essence(after)
    return [part for part, value in new.items() if old[part] != value]


def review_at(answer: Answer) -> dt.datetime:
    """When time alone may have made another answer of it: at the next limit, and every day."""
    dated = [limit.at for limit in answer.clock.limits]
    dated += [at for step in answer.advice.steps for at in (step.not_before, step.not_after)]
    dated += list(answer.advice.reminders)
    ahead = [at for at in dated if at is not None and at > answer.now]
    return min([answer.now + DAY, *ahead])
