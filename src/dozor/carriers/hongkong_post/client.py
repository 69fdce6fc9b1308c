"""Hongkong Post's enquiry service: one sentence with the latest state. See README.md."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from dozor.carriers.base.protocol import Ask, Response
from dozor.carriers.base.reading import as_json
from dozor.carriers.base.shape import Shaped, said
from dozor.model import Outcome, OutcomeKind, Report

STATE = re.compile(r"(\d{2})-(\d{2})-(\d{4}) (\d{2}:\d{2}) is as follows: (.+?)\.?$")


class HongkongPost(Shaped):
    """One number at a time; off by default."""

    def __init__(self) -> None:
        super().__init__("hongkong_post")

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
