"""17TRACK's account, as the peer plays it: numbers registered, a quota spent, pages of forty."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

ALREADY, NOT_REGISTERED, QUOTA, UNDETECTED, POSTCODE = -18019901, -18019902, -18019908, -18019903, -18010019
TOO_MANY, STOPPED_ONLY, ONCE = -18010014, -18019904, -18019905
PAGE, MOST = 40, 40


@dataclass
class Account:
    """Numbers by name, each with its state; `left` is what remains of the quota."""

    left: int = 100
    numbers: dict[str, str] = field(default_factory=dict)  # number: Tracking or Stopped
    tried_again: set[str] = field(default_factory=set)

    def answer(self, method: str, sent: Any, parcel: dict[str, Any], known: str) -> dict[str, Any]:
        """The answer to a call. `parcel` is what is told of the number `known`, which is registered from the start."""
        self.numbers.setdefault(known, "Tracking")
        if method == "getquota":
            return _of({"quota_total": 100, "quota_used": 100 - self.left, "quota_remain": self.left})
        if method == "gettracklist":
            return self._page(sent if isinstance(sent, dict) else {})
        rows = [row for row in sent if isinstance(row, dict)] if isinstance(sent, list) else []
        if len(rows) > MOST:
            return {"code": TOO_MANY, "data": {"errors": [{"code": TOO_MANY, "message": "more than 40 numbers"}]}}
        accepted, rejected = [], []
        for row in rows:
            number = str(row.get("number", ""))
            code = self._refusal(method, number, row)
            if code:
                rejected.append({"number": number, "carrier": 0, "error": {"code": code, "message": str(code)}})
            else:
                accepted.append(self._done(method, number, parcel, known))
        return {"code": 0, "data": {"accepted": accepted, "rejected": rejected}}

    def _refusal(self, method: str, number: str, row: dict[str, Any]) -> int:
        """The error of one number; 0: none."""
        if method == "register":
            if number in self.numbers:
                return ALREADY
            if number.endswith("99CN"):
                return UNDETECTED
            if "NEEDS" in number and not row.get("destination_postal_code"):
                return POSTCODE
            return QUOTA if self.left <= 0 or "QUOTA" in number else 0
        if number.endswith("99CN"):
            return UNDETECTED
        if number not in self.numbers:
            return POSTCODE if "NEEDS" in number else QUOTA if "QUOTA" in number else NOT_REGISTERED
        if method == "retrack":
            return STOPPED_ONLY if self.numbers[number] == "Tracking" else ONCE if number in self.tried_again else 0
        return 0

    def _done(self, method: str, number: str, parcel: dict[str, Any], known: str) -> dict[str, Any]:
        if method == "register":
            self.left -= 1
            self.numbers[number] = "Tracking"
        elif method == "stoptrack":
            self.numbers[number] = "Stopped"
        elif method == "retrack":
            self.tried_again.add(number)
            self.numbers[number] = "Tracking"
        elif method == "deletetrack":
            del self.numbers[number]
        elif method in ("gettrackinfo", "getRealTimeTrackInfo"):
            told = parcel if number == known else {"track_info": {"tracking": {"providers": []}}}
            return {**told, "number": number}
        return {"number": number, "carrier": 3011}

    def _page(self, sent: dict[str, Any]) -> dict[str, Any]:
        page, names = max(1, int(sent.get("page_no", 1))), sorted(self.numbers)
        shown = names[(page - 1) * PAGE : page * PAGE]
        rows = [{"number": name, "carrier": 3011, "tracking_status": self.numbers[name]} for name in shown]
        pages = {"data_total": len(names), "page_total": -(-len(names) // PAGE), "page_no": page, "page_size": PAGE}
        return {"code": 0, "page": pages, "data": {"accepted": rows, "rejected": []}}


def _of(data: dict[str, Any]) -> dict[str, Any]:
    return {"code": 0, "data": data}
