"""China EMS's open platform: one encrypted message a number. See README.md."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

import msgspec
from msgspec.structs import replace

from dozor.carriers.base.protocol import Ask, Request, Response
from dozor.carriers.base.reading import as_json, mapping, words
from dozor.carriers.base.shape import Shaped, pick
from dozor.model import Outcome, OutcomeKind, Report

MARK = "|$4|"  # says: SM4
GOOD = "00000"
BLOCK = 128  # bits


def sealed(message: str, key: str) -> str:
    """A message as the platform wants it: message and key text, SM4-ECB with PKCS7, base64, behind its mark."""
    # Only contract customers need it: the extra `sm4` brings the library.
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.algorithms import SM4
    from cryptography.hazmat.primitives.ciphers.modes import ECB
    from cryptography.hazmat.primitives.padding import PKCS7

    padder = PKCS7(BLOCK).padder()
    plain = padder.update((message + key).encode()) + padder.finalize()
    cipher = Cipher(SM4(base64.b64decode(key)), ECB()).encryptor()
    return MARK + base64.b64encode(cipher.update(plain) + cipher.finalize()).decode()


class ChinaPost(Shaped):
    """Needs a contract's keys; one number a request. Also reads the older XML service's answers."""

    def __init__(self) -> None:
        super().__init__("china_post")

    def requests(self, asks: Sequence[Ask], keys: Mapping[str, str]) -> tuple[Request, ...]:
        """One form a number; `keys`: sender, authorization, signkey, and `time` (Beijing, YYYY-mm-dd HH:MM:SS)."""
        made = []
        for ask in asks:
            message = msgspec.json.encode([{"waybillNo": ask.number}]).decode()
            form = {
                "apiCode": "040001",
                "senderNo": keys["sender"],
                "authorization": keys["authorization"],
                "timeStamp": keys["time"],
                "logitcsInterface": sealed(message, keys["signkey"]),
            }
            made.append(
                Request(
                    f"{self.system.base}/amp-prod-api/f/amp/api/open",
                    method="POST",
                    headers={"Content-Type": "application/x-www-form-urlencoded"},
                    body=urlencode(form).encode(),
                    asks=(ask,),
                )
            )
        return tuple(made)

    def read(self, response: Response, asks: Sequence[Ask], now: dt.datetime) -> tuple[Report, ...]:
        """JSON of the open platform, or XML of the older service."""
        if response.body.lstrip()[:1] == b"<":
            return self.read(replace(response, body=_from_xml(response.body)), asks, now)
        answer = mapping(as_json(response.body))
        code = words(answer.get("retCode"))
        if code and code != GOOD:
            kind = OutcomeKind.UNAUTHORISED if code.startswith("V") else OutcomeKind.CHANGED
            outcome = Outcome(kind, f"{code} {words(answer.get('retMsg'))}".strip())
            return tuple(Report(self.system.id, ask.number, outcome) for ask in asks)
        return super().read(response, asks, now)


def _from_xml(body: bytes) -> bytes:
    """The older service's answer in the form of the newer one."""
    from dozor.carriers.base.shape import parsed, said

    tree = parsed(body, "xml")
    if "response" in tree:
        return msgspec.json.encode(
            {"retCode": said(tree, ("response.code",)), "retMsg": said(tree, ("response.description",))}
        )
    rows = [
        {
            "opTime": said(row, ("acceptTime",)),
            "opDesc": said(row, ("remark",)),
            "opOrgCity": said(row, ("acceptAddress",)),
        }
        for row in pick(tree, "traces.trace[]")
    ]
    return msgspec.json.encode({"retCode": GOOD, "retBody": rows})
