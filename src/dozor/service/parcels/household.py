"""A household to look at: the demo cases, moved to today, as parcels marked `demo`."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from dozor import knowledge
from dozor.i18n import say
from dozor.intake import read_dossier
from dozor.model import Dossier, Text
from dozor.service.parcels import actions
from dozor.service.parcels.models import Parcel, Person

DAY = re.compile(r"(\d{4}-\d{2}-\d{2})(T.*)?")


def cases() -> list[Path]:
    """The files of the cases."""
    return knowledge.files("cli/demo_cases", "*.json")


def load(person: Person, now: dt.datetime, lang: str) -> list[Parcel]:
    """Puts the household in, as if its story happened now. Loaded again, nothing is doubled."""
    remove(person)
    made = []
    for path in cases():
        title = say(Text(f"cli.demo.{path.stem.partition('_')[2]}"), lang)
        dossier = replace(_today(path.read_bytes(), now), lang=lang)
        made.append(actions.add_dossier(person, dossier, now, title=title, demo=True, watch=False))
    return made


def remove(person: Person) -> int:
    """Takes the household away; how many parcels it had."""
    mine = list(Parcel.objects.of(person).filter(demo=True).select_related("order"))
    for parcel in mine:
        actions.delete_parcel(parcel)
    return len(mine)


def _today(raw: bytes, now: dt.datetime) -> Dossier:
    """The dossier with every date of it as far from today as it was from its own day."""
    told = msgspec.json.decode(raw)
    moved = now.date() - dt.date.fromisoformat(told["today"])
    return read_dossier(msgspec.json.encode(_moved(told, moved)))


def _moved(value: Any, days: dt.timedelta) -> Any:
    if isinstance(value, dict):
        return {name: _moved(each, days) for name, each in value.items()}
    if isinstance(value, list):
        return [_moved(each, days) for each in value]
    found = DAY.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return value
    return (dt.date.fromisoformat(found[1]) + days).isoformat() + (found[2] or "")
