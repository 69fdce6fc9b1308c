"""Hongkong Post's enquiry service: one sentence with the latest state. See README.md."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Mapping, Sequence

import msgspec
from msgspec.structs import replace

from dozor.carriers.base.protocol import Ask, Request, Response, Talk
from dozor.carriers.base.reading import as_json
from dozor.carriers.base.shape import Shaped, said
from dozor.model import Outcome, OutcomeKind, Report

MENU = ("init", "2", "3", "1")  # English, mail items, enquiry: as a public client walks it
STATE = re.compile(r"(\d{2})-(\d{2})-(\d{4}) (\d{2}:\d{2}) is as follows: (.+?)\.?$")


class HongkongPost(Shaped):
    """One number at a time; off by default."""

    def __init__(self) -> None:
        super().__init__("hongkong_post")

    def talk(self, ask: Ask, keys: Mapping[str, str]) -> Talk:
        """The way through the service's menu to the enquiry, and the number."""
        session = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{ask.number} {keys['timestamp']}"))
        base, sent = f"{self.system.base}/mw/web", {"Content-Type": "application/json"}
        answer = Response(0)
        for words in (*MENU, ask.number):
            said_so = {
                "session_id": session,
                "channel": "Talk2Elain",
                "input": {"type": "text", "content": words},
                "timestamp": keys["timestamp"],
                "remarks": None,
            }
            yield Request(base, "POST", headers=sent, body=msgspec.json.encode(said_so), asks=(ask,))
            wait = msgspec.json.encode({"session_id": session})
            answer = yield Request(f"{base}/longPoll", "POST", headers=sent, body=wait, asks=(ask,))
        return answer

    def read(self, response: Response, asks: Sequence[Ask], now: dt.datetime) -> tuple[Report, ...]:
        """The sentence, or one of its two ways to say no."""
        text, id = said(as_json(response.body), ("message.text",)), self.system.id
        found = STATE.search(text)
        if found:
            day, month, year, clock, state = found.groups()
            body = msgspec.json.encode({"states": [{"time": f"{year}-{month}-{day} {clock}", "text": state}]})
            return super().read(replace(response, body=body), asks, now)
        if "no record" in text:
            return tuple(Report(id, ask.number, Outcome(OutcomeKind.UNKNOWN_NUMBER, text)) for ask in asks)
        if "Invalid" in text:
            return tuple(Report(id, ask.number, Outcome(OutcomeKind.NOT_THEIRS, text)) for ask in asks)
        raise ValueError("no state in the answer")
