"""Kuaidi100: a signed form a number. See README.md."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

import msgspec

from dozor.carriers.base.protocol import Ask, Request
from dozor.carriers.base.shape import Shaped


def signature(param: str, key: str, customer: str) -> str:
    """Upper-case MD5 of the parameters, the key and the customer."""
    return hashlib.md5(f"{param}{key}{customer}".encode(), usedforsecurity=False).hexdigest().upper()


class Kuaidi100(Shaped):
    """Needs a customer's key; one number a request."""

    def __init__(self) -> None:
        super().__init__("kuaidi100")

    def requests(self, asks: Sequence[Ask], keys: Mapping[str, str]) -> tuple[Request, ...]:
        """One form a number; `keys`: customer, key, and `carrier` (their code, as their recognition gives it)."""
        made = []
        for ask in asks:
            said = {"com": keys["carrier"], "num": ask.number, "resultv2": "4"}
            if ask.phone_last:
                said["phone"] = ask.phone_last
            param = msgspec.json.encode(said).decode()
            form = {
                "customer": keys["customer"],
                "sign": signature(param, keys["key"], keys["customer"]),
                "param": param,
            }
            made.append(
                Request(
                    f"{self.system.base}/poll/query.do",
                    method="POST",
                    headers={"Content-Type": "application/x-www-form-urlencoded"},
                    body=urlencode(form).encode(),
                    asks=(ask,),
                )
            )
        return tuple(made)
