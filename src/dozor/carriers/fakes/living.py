"""Parcels that move while one looks: what a system would say of a number now. Pure; see living.toml."""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import Any

from msgspec import Struct

from dozor import knowledge

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
ORIGIN, DESTINATION = 8, 3  # hours east of UTC of the two ends


class Scan(Struct, frozen=True, forbid_unknown_fields=True):
    """One scan: `days` or `minutes` after the start."""

    system: str
    code: str
    text: str
    days: float = 0.0
    minutes: float = 0.0
    place: str = ""

    def at(self, began: dt.datetime) -> dt.datetime:
        """When it is published."""
        return began + dt.timedelta(days=self.days, minutes=self.minutes)


class LivingParcel(Struct, frozen=True, forbid_unknown_fields=True):
    """A parcel, its number at each system, its scans."""

    id: str
    service: str
    scan: tuple[Scan, ...]
    cainiao: str = ""
    upu: str = ""


class Living(Struct, frozen=True, forbid_unknown_fields=True):
    """The table."""

    source: str
    parcel: tuple[LivingParcel, ...]


@cache
def parcels() -> tuple[LivingParcel, ...]:
    """All parcels that move."""
    return knowledge.document("carriers/fakes", "living.toml", Living).parcel


def told(system: str, number: str, began: dt.datetime, now: dt.datetime) -> dict[str, Any] | None:
    """The row of a system's answer about a number; None where the number is not one of these."""
    for parcel in parcels():
        if number and number == {"cainiao": parcel.cainiao, "upu": parcel.upu}.get(system):
            scans = [scan for scan in parcel.scan if scan.system == system and scan.at(began) <= now]
            scans.sort(key=lambda scan: scan.at(began))
            return (_cainiao if system == "cainiao" else _upu)(parcel, scans, began)
    return None


def _cainiao(parcel: LivingParcel, scans: list[Scan], began: dt.datetime) -> dict[str, Any]:
    rows = []
    for scan in reversed(scans):
        local = scan.at(began).astimezone(dt.timezone(dt.timedelta(hours=ORIGIN)))
        rows.append(
            {
                "timeStr": f"{local:%Y-%m-%d %H:%M:%S}",
                "timeZone": f"GMT+{ORIGIN}",
                "standerdDesc": scan.text,
                "desc": "",
                "actionCode": scan.code,
            }
        )
    return {
        "mailNo": parcel.cainiao,
        "originCountry": "Mainland China",
        "destCountry": "Russian Federation",
        "status": "DELIVERING",
        "mailNoSource": "AE",
        "copyRealMailNo": parcel.upu,
        "detailList": rows,
    }


def _upu(parcel: LivingParcel, scans: list[Scan], began: dt.datetime) -> dict[str, Any]:
    events = []
    for scan in scans:
        hours = ORIGIN if scan.place.startswith("CN") else DESTINATION
        milliseconds = int((scan.at(began) - EPOCH).total_seconds() * 1000)
        events.append(
            {
                "EventCd": scan.code,
                "EventNm": scan.text,
                "EventDT": f"/Date({milliseconds}+{hours:02}00)/",
                "EventLocation": scan.place,
                "Signature": None,
            }
        )
    return {
        "ID": parcel.upu,
        "OriginCountryCd": "CN",
        "DestinationCountryCd": "RU",
        "MailClassCd": parcel.service,
        "State": 2,
        "Events": events,
    }
