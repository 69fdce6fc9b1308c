"""What does an event mean? The (system, code) table first, then the phrases of its text; else an honest unknown."""

from __future__ import annotations

from functools import lru_cache

from msgspec import Struct

from dozor.journey.phrases import phrases_in, plain
from dozor.model import Milestone


class Meaning(Struct, frozen=True):
    """The canonical meaning of an event and who decided it. `milestone` None: unknown."""

    milestone: Milestone | None = None
    decided_by: str | None = None  # code, phrase or model
    rule: str = ""
    certainty: float = 0.0
    forecast: bool = False
    reversed: bool = False


UNKNOWN = Meaning()


def normalise(text: str, *, lang: str | None = None, code: str | None = None, system: str = "") -> Meaning:
    """The meaning of an event told by `system` with `code` and `text` in `lang` (each may be unknown)."""
    return _of_text(plain(text), lang)


@lru_cache(maxsize=20_000)
def _of_text(text: str, lang: str | None) -> Meaning:
    found = phrases_in(text, lang)
    if not found:
        return UNKNOWN
    best = found[0]
    return Meaning(
        milestone=best.row.milestone,
        decided_by="phrase",
        rule=f"{best.row.lang}: {best.phrase}",
        certainty=min(0.99, 0.5 + best.weight / 40),
        forecast=best.row.forecast,
        reversed=best.row.reversed,
    )
