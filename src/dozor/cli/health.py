"""How each system answered the last time: a small file in the cache folder, for `dozor carriers` to show."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import msgspec
from msgspec import Struct

from dozor.model import OutcomeKind, Report

BAD = frozenset(
    {OutcomeKind.UNREACHABLE, OutcomeKind.REFUSED, OutcomeKind.CHANGED, OutcomeKind.UNAUTHORISED, OutcomeKind.QUOTA}
)


class Health(Struct):
    """The last answer of a system, and the last good one."""

    last: dt.datetime
    kind: OutcomeKind
    good: dt.datetime | None = None


def noted() -> dict[str, Health]:
    """What is known of each system; nothing where the file is not there or not readable."""
    from dozor.knowledge import cache_folder

    try:
        return msgspec.json.decode((cache_folder() / "health.json").read_bytes(), type=dict[str, Health])
    except (OSError, msgspec.MsgspecError):
        return {}


def note(reports: Iterable[Report]) -> None:
    """Keeps how each system answered; a cache that cannot be written is no reason to fail."""
    from dozor.knowledge import cache_folder

    known = noted()
    for report in reports:
        if report.outcome.kind is OutcomeKind.NOT_ASKED or report.asked_at is None:
            continue
        before = known.get(report.carrier)
        good = report.asked_at if report.outcome.kind not in BAD else before.good if before else None
        known[report.carrier] = Health(report.asked_at, report.outcome.kind, good)
    try:
        cache_folder().mkdir(parents=True, exist_ok=True)
        (cache_folder() / "health.json").write_bytes(msgspec.json.encode(known))
    except OSError:
        pass
