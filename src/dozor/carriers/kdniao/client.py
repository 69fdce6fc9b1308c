"""KdNiao: a signed form a number. See README.md."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from urllib.parse import quote, urlencode

import msgspec

from dozor.carriers.base.protocol import Ask, Request
from dozor.carriers.base.shape import Shaped


def signature(data: str, key: str) -> str:
    """base64 of the MD5 (as hex) of the request and the key; URL-encoded by whoever sends it."""
    return base64.b64encode(hashlib.md5((data + key).encode(), usedforsecurity=False).hexdigest().encode()).decode()


class KdNiao(Shaped):
    """Needs a customer's key; one number a request."""

    def __init__(self) -> None:
        super().__init__("kdniao")

    def requests(self, asks: Sequence[Ask], keys: Mapping[str, str]) -> tuple[Request, ...]:
        """One form a number; `keys`: business, key, and `carrier` (their code)."""
        made = []
        for ask in asks:
            said = {"ShipperCode": keys["carrier"], "LogisticCode": ask.number}
            if ask.phone_last:
                said["CustomerName"] = ask.phone_last
            data = msgspec.json.encode(said).decode()
            form = {
                "RequestData": quote(data),
                "EBusinessID": keys["business"],
                "RequestType": "1002",
                "DataSign": signature(data, keys["key"]),
                "DataType": "2",
            }
            made.append(
                Request(
                    f"{self.system.base}/Ebusiness/EbusinessOrderHandle.aspx",
                    method="POST",
                    headers={"Content-Type": "application/x-www-form-urlencoded"},
                    body=urlencode(form).encode(),
                    asks=(ask,),
                )
            )
        return tuple(made)
