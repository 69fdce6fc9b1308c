"""The public marketplace deliveries (Olist, CC BY-NC-SA: measured on, never kept here) as parcels of the product."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dozor.forecast.columns import Columns, columns
from dozor.forecast.learnt import Parcel

SNAPSHOT = dt.datetime(2018, 10, 17, tzinfo=dt.UTC)  # when the source was taken: who had not come by then never came
DELIVERED_SHARE = 6.71  # the sample holds one in so many of the delivered, and all others


@dataclass(frozen=True)
class Sample:
    """The parcels as the product takes them, and beside them, in the same order, what peers and scores need."""

    parcels: Columns
    days: np.ndarray  # until delivered; infinite where it never came
    weight: np.ndarray
    promised: np.ndarray  # days from purchase to the end of the promised day
    customer: np.ndarray
    seller: np.ndarray
    price: np.ndarray
    freight: np.ndarray
    bought: np.ndarray  # days since 1970

    def take(self, which: np.ndarray) -> Sample:
        """Some of the rows."""
        return Sample(self.parcels.take(which), *(getattr(self, name)[which] for name in list(self.__dict__)[1:]))


def read(path: Path) -> Sample:
    """Delivered orders, and shipped ones that never came; durations of under 0.1 or over 300 days are slips."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        kept = [row for row in csv.DictReader(file) if row["status"] in ("delivered", "shipped")]
    rows = []
    for row in kept:
        bought = _instant(row["purchase"])
        if row["status"] == "delivered":
            if not row["delivered"]:
                continue
            days = (_instant(row["delivered"]) - bought) / dt.timedelta(days=1)
            if not 0.1 < days < 300:
                continue
        else:
            days = np.inf
        end = _instant(row["promised"]).replace(hour=0, minute=0) + dt.timedelta(hours=23.99)
        promised = min(max((end - bought) / dt.timedelta(days=1), 1.0), 120.0)
        rows.append((bought, days, promised, row))
    rows.sort(key=lambda each: each[0])
    parcels = [_parcel(*each) for each in rows]
    epoch = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    return Sample(
        parcels=columns(parcels),
        days=np.array([days for _, days, _, _ in rows]),
        weight=np.array([DELIVERED_SHARE if np.isfinite(days) else 1.0 for _, days, _, _ in rows]),
        promised=np.array([promised for _, _, promised, _ in rows]),
        customer=np.array([row["cust_state"] or "NA" for *_, row in rows]),
        seller=np.array([row["sell_state"] or "NA" for *_, row in rows]),
        price=np.array([_number(row["price"]) for *_, row in rows]),
        freight=np.array([_number(row["freight"]) for *_, row in rows]),
        bought=np.array([(bought - epoch) / dt.timedelta(days=1) for bought, *_ in rows]),
    )


def _parcel(bought: dt.datetime, days: float, promised: float, row: dict[str, str]) -> Parcel:
    came = bool(np.isfinite(days))
    return Parcel(
        stage="ship_to_delivered",
        started=bought,
        days=days if came else (SNAPSHOT - bought) / dt.timedelta(days=1),
        reached=came,
        origin=_place(row["sell_state"]),
        destination=_place(row["cust_state"]),
        promised_days=promised,
        postage=_told(row["freight"]),
        price=_told(row["price"]),
        weight=1.0 if came else 1 / DELIVERED_SHARE,
    )


def _place(state: str) -> str:
    return f"BR-{state or 'ZZ'}"  # never BR alone: a row of the product's tables was made of these deliveries


def _instant(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def _number(text: str) -> float:
    return float(text) if text else np.nan


def _told(text: str) -> float | None:
    return float(text) if text else None
