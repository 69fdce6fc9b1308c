"""Which place does a text name? Only what is told: two places of equal standing are none."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from dozor.journey.places.tables import CityRow, cities, codes, countries, indices, names, offices, states

# An office of exchange: country, place, letter (UPU code list 108): CNCANA, RUMOWD, USJFKA.
IMPC = re.compile(r"\b([A-Z]{2})([A-Z]{3})[A-Z]\b")
INDEX = re.compile(r"(?<!\d)(\d{5,6})(?!\d)")
# Codes at the end of a place: "Lyon, FR", "Mechelen (BE)", "Seattle, WA, 98101, US", "CHULLORA NSW", "WAYNE, NJ 07470".
ENDING = re.compile(
    r"(?:(?P<state>\b[A-Z]{2}),?\s+(?:[\d-]+,?\s+)?|(?P<comma>[(,]\s*)|\s|^)(?P<code>[A-Z]{2,3})\)?\s*$"
)
BRACKETED = re.compile(r"\(([A-Z]{2})\)\s*$")
ZIP = re.compile(r"\b(?P<state>[A-Z]{2})[ ,]+\d{5}(?:-\d{4})?\s*$|,\s*\d{5},\s*(?P<after>[A-Z]{2})\s*$")
END = re.compile(r"[】\])，,;。.]")
NEARBY = 24  # characters between a word of direction and the place it speaks of
TWO_LETTERS = 2
LONGEST_ENDING = 2  # letters of a case ending after a stem
IDEOGRAPHS = "\u3400"


class Found(NamedTuple):
    """A place as far as it is known; `zone` is an IANA name."""

    country: str | None = None
    city: str | None = None
    office: str | None = None
    postcode: str | None = None
    zone: str | None = None


NOWHERE = Found()


@lru_cache(maxsize=20_000)
def find_place(text: str, country: str | None = None) -> Found:
    """The place a text names; `country` is what is known of it already."""
    if not text:
        return _of_country(country)
    for office in IMPC.finditer(text):
        city = offices().get(office[1] + office[2])
        if city is not None:
            return _of_city(city)._replace(office=office[0])
        if office[1] == country:  # a word of six capitals is no office, unless its country is known
            return _of_country(country)._replace(office=office[0])
    coded = _coded(text)
    named = _named(text, country or coded)
    country = country or coded or named.country
    indexed = _indexed(text, country)
    if named.city is not None:
        return named._replace(postcode=indexed.postcode if indexed else None)
    return indexed or _of_country(country)


def region_of(country: str | None) -> str:
    """The region within which a country is near to others; empty where it is none's."""
    row = countries().get(country or "")
    return row.region if row else ""


def city_name(city: str, lang: str) -> str:
    """A city as a language writes it; one that the table lacks, as it is."""
    row = cities().get(city)
    return (getattr(row, lang, "") or row.city) if row else city


def _named(text: str, country: str | None) -> Found:
    """The one country that is named, and its one city; the longest name at a place counts, that of `country` alone."""
    folded = f" {text.lower()} "
    taken: list[tuple[int, int, str, str | None]] = []
    for end, (name, value) in names().iter(folded):
        start = end - len(name) + 1
        if name[0] < IDEOGRAPHS and not _stands_alone(folded, start, end, stem=value.stem):
            continue
        if _on_the_way_to(folded[:start]):
            continue
        taken = [each for each in taken if not (start <= each[0] and each[1] <= end)]
        if not any(each[0] <= start and end <= each[1] for each in taken):
            taken.append((start, end, value.country, value.city))
    lands = {each[2] for each in taken}
    if country in lands:
        lands = {country}
    if len(lands) != 1 or (country is not None and country not in lands):
        return NOWHERE
    land = lands.pop()
    towns = {each[3] for each in taken if each[3] and each[2] == land}
    return _of_city(cities()[towns.pop()]) if len(towns) == 1 else _of_country(land)


def _on_the_way_to(before: str) -> bool:
    """Whether the words in front say that the parcel goes there, not that it is there."""
    for word in codes().toward:
        at = before.rfind(word)
        if at < 0:
            continue
        said, between = before[: at + len(word)], before[at + len(word) :]
        if len(between) <= NEARBY and not END.search(between) and not said.endswith(codes().there):
            return True
    return False


def _stands_alone(text: str, start: int, end: int, *, stem: bool) -> bool:
    if text[start - 1].isalnum():
        return False
    after = 0
    while text[end + 1 + after].isalpha():
        after += 1
        if after > (LONGEST_ENDING if stem else 0):
            return False
    return not text[end + 1].isdigit()


def _coded(text: str) -> str | None:
    """The country of a code at the end: "Lyon, FR", "Mechelen (BE)"; a code of a state is its country's."""
    if bracketed := BRACKETED.search(text):
        return _known(bracketed[1])
    zipped = ZIP.search(text)
    if zipped is not None and states().get(zipped["state"] or zipped["after"]) == "US":
        return "US"
    ending = ENDING.search(text)
    if ending is None:
        return None
    code, country = ending["code"], _known(ending["code"])
    if ending["state"] is not None and country is not None:
        return country
    if code in states() and (ending["comma"] is not None or len(code) > TWO_LETTERS):
        # "Wilmington, DE" is no German place, and no proof of an American one.
        return states()[code] if country is None else None
    return country if ending["comma"] is not None or text.strip() == code else None


def _known(code: str) -> str | None:
    code = codes().others.get(code, code)
    return code if code in countries() else None


def _indexed(text: str, country: str | None) -> Found | None:
    """The region of a postal index, where the country is known to write such ones."""
    digits, told = codes().index_length.get(country or "", (0, 0))
    for match in INDEX.finditer(text):
        row = indices().get(f"{country}{match[1][:told]}") if len(match[1]) == digits else None
        if row is not None:
            return Found(row.country, row.city or None, None, match[1], row.zone or None)
    return None


def _of_city(row: CityRow) -> Found:
    return Found(row.country, row.city, None, None, row.zone or countries()[row.country].zone or None)


def _of_country(country: str | None) -> Found:
    row = countries().get(country or "")
    return Found(row.country, zone=row.zone or None) if row else Found(country)
