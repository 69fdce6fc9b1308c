"""Ten thousand parcels of one household, drawn from the simulated world as it stands today, in a database of their own.

    DOZOR_DATA=folder .venv/bin/python -m bench.web.household 10000 [--different 500] [--seed 5]

`different` parcels are put in as a person would put them in, by the actions, each with the history that its carriers
tell today; the rest are copies of these rows under their own names and dates of review. Prints the account as JSON.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import random
from collections.abc import Iterator
from typing import Any

os.environ["DJANGO_SETTINGS_MODULE"] = "dozor.service.settings"

NAME, PASSWORD = "household", "long and odd 7"
OLDEST = 110.0  # days since shipping of the oldest parcel that is looked at
OVER = 0.2  # of the parcels have come and are marked so
NEXT_ASK = dt.timedelta(days=30)  # nobody is asked while it is measured: no carrier is there


def drawn(many: int, seed: int, now: dt.datetime) -> Iterator[tuple[Any, bool]]:
    """Dossiers as the carriers tell them now, and whether the goods are in hand."""
    from bench.world import dossier, parameters, world
    from msgspec.structs import replace

    first = parameters()
    today = 300.5  # orders were paid before and after it, in all states
    start = (now - dt.timedelta(days=today)).date()
    made = world(many * 12, seed, replace(first, start=start))
    today = (now - made.instant(0)) / dt.timedelta(days=1)
    age = today - made.shipped
    found, over = 0, 0
    for order in range(made.n):
        here = bool(made.arrives[order] <= today)
        if found == many or not 0 < age[order] < OLDEST or (here and over >= OVER * many):
            continue
        found, over = found + 1, over + here
        yield dossier(made, order, today), here


def fill(many: int, different: int, seed: int) -> dict[str, Any]:
    """Fills the database of the settings; what is in it."""
    import django

    django.setup()
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from django.utils import timezone

    from dozor.service.parcels import actions, learning, people
    from dozor.service.parcels.models import Parcel, Poll

    call_command("migrate", interactive=False, verbosity=0)
    now, luck = timezone.now(), random.Random(seed)
    person = people.person_of(get_user_model().objects.create_user(NAME, password=PASSWORD))
    people.set_profile(person, lang="ru", zone="Asia/Almaty", country="KZ")
    for n, (told, here) in enumerate(drawn(different, seed, now)):
        parcel = actions.add_dossier(person, told, now, title=THINGS[n % len(THINGS)] if n % 3 else "")
        if here:
            actions.mark_received(parcel, now)
    copied(many - different, luck)
    Poll.objects.filter(next_at__isnull=False).update(next_at=now + NEXT_ASK)
    _spread_reviews(now, luck)
    learning.learn_if_due(now)  # once a day, and not while it is measured
    return {
        "name": NAME,
        "password": PASSWORD,
        "parcels": Parcel.objects.count(),
        "open": Parcel.objects.filter(fate="open").count(),
    }


def copied(many: int, luck: random.Random) -> None:
    """Copies of what is there, row by row, each parcel under a name and of an order of its own."""
    from django.db import transaction

    from dozor.service.parcels import models as rows

    firsts = list(rows.Parcel.objects.select_related("order").order_by("id"))
    belongings = (rows.Number, rows.Report, rows.Event, rows.Message, rows.Answer, rows.Poll, rows.Reminder)
    of = {model: _by_parcel(model) for model in belongings}
    with transaction.atomic():
        for begun in range(0, many, 500):
            picked = [firsts[luck.randrange(len(firsts))] for _ in range(min(500, many - begun))]
            orders = [_again(each.order, ref=rows.new_ref()) for each in picked]
            rows.Order.objects.bulk_create(orders)
            made = [_again(p, ref=rows.new_ref(), order=order) for p, order in zip(picked, orders, strict=True)]
            rows.Parcel.objects.bulk_create(made)
            for model in belongings:
                model.objects.bulk_create(
                    [
                        _again(row, parcel=copy)
                        for first, copy in zip(picked, made, strict=True)
                        for row in of[model].get(first.pk, ())
                    ],
                    batch_size=2000,
                )


def _by_parcel(model: Any) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in model.objects.order_by("pk"):
        found.setdefault(row.parcel_id, []).append(row)
    return found


def _again(row: Any, **changed: Any) -> Any:
    told = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields if not field.primary_key}
    copy = type(row)(**told)
    for name, value in changed.items():
        setattr(copy, name, value)
    return copy


def _spread_reviews(now: dt.datetime, luck: random.Random) -> None:
    """Each is thought over once in the coming day, as it goes in a household that has been watched for long."""
    from dozor.service.parcels.models import Parcel

    mine = list(Parcel.objects.filter(review_at__isnull=False).only("pk", "review_at"))
    for parcel in mine:
        parcel.review_at = now + dt.timedelta(seconds=luck.uniform(0, 86400))
    Parcel.objects.bulk_update(mine, ["review_at"], batch_size=500)


THINGS = (
    "Объектив",
    "Чехол",
    "Phone case",
    "Кофемолка",
    "Лампа",
    "LED strip, 5 m",
    "Куртка",
    "Часы",
    "Дрель",
    "Watch band",
)


def main() -> None:
    words = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    words.add_argument("parcels", type=int, nargs="?", default=10_000)
    words.add_argument("--different", type=int, default=500)
    words.add_argument("--seed", type=int, default=5)
    given = words.parse_args()
    print(json.dumps(fill(given.parcels, min(given.different, given.parcels), given.seed)))


if __name__ == "__main__":
    main()
