"""Countries as systems name them in English, as ISO 3166-1 codes."""

from __future__ import annotations

from functools import cache

from babel import Locale
from msgspec import Struct

from dozor import knowledge


class CountryRow(Struct, frozen=True, forbid_unknown_fields=True):
    """A name that CLDR does not give."""

    name: str
    country: str
    source: str


def country_code(name: str) -> str | None:
    """The ISO code of a country's English name, or of a code itself; None for anything else."""
    if len(name) == 2 and name.isalpha():
        return name.upper()
    return _names().get(name.casefold())


@cache
def _names() -> dict[str, str]:
    territories = Locale("en").territories
    names = {name.casefold(): code for code, name in territories.items() if len(code) == 2 and code.isalpha()}
    extra = knowledge.rows("carriers/base", "countries.toml", CountryRow)
    return names | {row.name: row.country for row in extra}
