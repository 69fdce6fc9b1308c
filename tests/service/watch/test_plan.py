"""The watch explains itself, in every language, and finds what it would forget."""

from __future__ import annotations

import datetime as dt

import pytest

from dozor.i18n import LANGUAGES, has, say
from dozor.model import Dossier
from dozor.service.parcels import actions
from dozor.service.parcels.models import Parcel, Person, Source
from dozor.service.watch import plan as plans
from tests.service.conftest import NOW


def test_every_reason_has_its_sentence() -> None:
    for lang in LANGUAGES:
        assert all(has(f"watch.why.{why}", lang) for why in plans.WHYS)


@pytest.mark.django_db
def test_it_says_when_and_why(anna: Person, boris: Person) -> None:
    parcel = actions.add_dossier(anna, Dossier(numbers=("LP00990011223344",)), NOW, title="Lamp")
    actions.add_dossier(boris, Dossier(numbers=("RB740193524CN",)), NOW)
    rows = plans.plan(NOW, anna)
    assert rows and {row.parcel for row in rows} == {parcel.ref}
    assert rows[0].at == NOW and say(rows[0].why, "en") == "not asked yet: at the next opportunity"
    until = NOW + dt.timedelta(hours=3)
    Source.objects.create(carrier=parcel.polls.all()[0].carrier, closed_until=until)
    (first, *_) = plans.plan(NOW, anna, parcel.ref)
    assert first.source is not None and "24 November, 15:00 UTC" in say(first.source, "en")
    assert len(plans.plan(NOW)) > len(rows)
    assert set(plans.prices()) and all(times >= 1 for times in plans.prices().values())


@pytest.mark.django_db
def test_a_forgotten_parcel_is_found_and_looked_at_again(anna: Person) -> None:
    parcel = actions.add_dossier(anna, Dossier(text="from Shenzhen"), NOW)
    assert plans.forgotten() == [] and plans.repair(NOW) == 0
    Parcel.objects.filter(pk=parcel.pk).update(review_at=None)
    assert plans.forgotten() == [parcel] and plans.repair(NOW) == 1
    parcel.refresh_from_db()
    assert parcel.review_at is not None and plans.forgotten() == []
