"""When somebody may be told: quiet hours and the hour of the digest, as their own clocks show them. Pure."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

DAY = dt.timedelta(days=1)


def quiet_until(now: dt.datetime, zone: ZoneInfo, begins: dt.time | None, ends: dt.time | None) -> dt.datetime | None:
    """When the quiet hours end that `now` lies in (UTC), or None. They may go over midnight; 22:00 to 22:00 is none."""
    if begins is None or ends is None or begins == ends:
        return None
    local = now.astimezone(zone)
    wall = local.time().replace(tzinfo=None, fold=0)
    if begins < ends:
        if not begins <= wall < ends:
            return None
        end = local.date()
    elif wall >= begins:
        end = local.date() + DAY
    elif wall < ends:
        end = local.date()
    else:
        return None
    # Where clocks are put back the end may come twice: the first that is still ahead counts.
    found = [dt.datetime.combine(end, ends.replace(fold=fold), zone).astimezone(dt.UTC) for fold in (0, 1)]
    return next((at for at in found if at > now), None)


def next_digest(now: dt.datetime, zone: ZoneInfo, at: dt.time) -> dt.datetime:
    """The next time the clock shows `at` (UTC), later than `now`."""
    local = now.astimezone(zone)
    for ahead in range(3):
        found = dt.datetime.combine(local.date() + DAY * ahead, at, zone).astimezone(dt.UTC)
        if found > now:
            return found
    raise ValueError(f"no {at} ahead of {now}")


def time_to_tell(
    now: dt.datetime,
    zone: ZoneInfo,
    *,
    quiet: tuple[dt.time | None, dt.time | None],
    digest: dt.time | None,
    loud: bool,
    before: dt.datetime | None,
) -> dt.datetime:
    """When to tell something. What is not loud waits for the digest; nothing is told in quiet hours, unless waiting
    for their end would pass `before`, the last safe instant to act.
    """
    at = now if digest is None or loud else next_digest(now, zone, digest)
    if before is not None and now < before <= at:
        at = now
    end = quiet_until(at, zone, *quiet)
    if end is not None and not (before is not None and now < before <= end):
        return end
    return at
