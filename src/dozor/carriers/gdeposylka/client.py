"""GdePosylka: the carrier of a number is recognised first, then asked about. See README.md."""

from __future__ import annotations

import re
from collections.abc import Mapping

from dozor.carriers.base.protocol import Ask, Request, Talk
from dozor.carriers.base.reading import as_json
from dozor.carriers.base.shape import Shaped, said


class GdePosylka(Shaped):
    """Needs a token of one's own; one number at a time; off by default."""

    def __init__(self) -> None:
        super().__init__("gdeposylka")

    def talk(self, ask: Ask, keys: Mapping[str, str]) -> Talk:
        """Whose number it is, then what is known of it; `keys`: token, and `courier` to skip the first."""
        base, sent = f"{self.system.base}/api/v4/tracker", {"Content-Type": "application/json"}
        secret, courier = {"X-Authorization-Token": keys["token"]}, keys.get("courier", "")
        if not courier:
            recognised = yield Request(f"{base}/detect/{ask.number}", headers=sent, secret=secret, asks=(ask,))
            courier = said(as_json(recognised.body), ("data[].courier.slug", "data[].courier"))
            if not re.fullmatch(r"[\w-]+", courier):
                return recognised
        return (yield Request(f"{base}/{courier}/{ask.number}", headers=sent, secret=secret, asks=(ask,)))
