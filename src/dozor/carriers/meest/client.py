"""Meest's interface: dates with stray spaces. See README.md."""

from __future__ import annotations

from typing import Any

from dozor.carriers.base.reading import wall_time
from dozor.carriers.base.shape import Shaped, said
from dozor.model import Moment


class Meest(Shaped):
    """Needs a contract; one number a request."""

    def __init__(self) -> None:
        super().__init__("meest")

    def _when(self, row: Any) -> Moment | None:
        return wall_time(said(row, ("DateTimeAction",)).replace(": ", ":"))
