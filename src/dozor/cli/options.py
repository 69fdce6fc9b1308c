"""What people type after an option, read leniently; what cannot be read is one line that says what would be right."""

from __future__ import annotations

import datetime as dt
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dozor.i18n import LANGUAGES
from dozor.model import Money

if TYPE_CHECKING:
    from dozor.forecast import Model

AGO = re.compile(r"(\d{1,4})\s*d(?:ays?)?(?:\s+ago)?", re.IGNORECASE)
DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
AMOUNT = re.compile(r"\s*(\d{1,9}(?:[.,]\d{1,3})?)\s*([A-Za-z]{3})\s*|\s*([A-Za-z]{3})\s*(\d{1,9}(?:[.,]\d{1,3})?)\s*")


def language(chosen: str | None) -> str:
    """The chosen language, else that of the system (`DOZOR_LANG`, `LC_ALL`, `LC_MESSAGES`, `LANG`), else English."""
    if chosen:
        return chosen
    for name in ("DOZOR_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        prefix = os.environ.get(name, "")[:2].lower()
        if prefix in LANGUAGES:
            return prefix
        if os.environ.get(name):
            break
    return "en"


def day_option(value: str | None, option: str, today: dt.date) -> dt.date | None:
    """A day: 2026-11-01, 01.11.2026, or 24d for 24 days ago."""
    if value is None:
        return None
    if ago := AGO.fullmatch(value.strip()):
        return today - dt.timedelta(days=int(ago[1]))
    try:
        if dotted := DOTTED.fullmatch(value.strip()):
            return dt.date(int(dotted[3]), int(dotted[2]), int(dotted[1]))
        return dt.date.fromisoformat(value.strip()[:10])
    except ValueError:
        message = f"{value!r} is not a day; write it as 2026-11-01, 01.11.2026 or 24d (24 days ago)"
        raise click.BadParameter(message, param_hint=option) from None


def instant_option(value: str | None, option: str) -> dt.datetime | None:
    """A day or an instant; a day is taken at its start, UTC, an instant without zone as UTC."""
    if value is None:
        return None
    try:
        if dotted := DOTTED.fullmatch(value.strip()):
            return dt.datetime(int(dotted[3]), int(dotted[2]), int(dotted[1]), tzinfo=dt.UTC)
        instant = dt.datetime.fromisoformat(value.strip())
    except ValueError:
        message = f"{value!r} is not a day; write it as 2026-11-01 or 2026-11-01T18:00+03:00"
        raise click.BadParameter(message, param_hint=option) from None
    return instant.replace(tzinfo=dt.UTC) if instant.tzinfo is None else instant.astimezone(dt.UTC)


def price_option(value: str | None) -> Money | None:
    """An amount with its currency: "3.20 USD" is Money(320, "USD")."""
    if value is None:
        return None
    from babel.numbers import get_currency_precision, is_currency

    match = AMOUNT.fullmatch(value)
    currency = (match[2] or match[3]).upper() if match else ""
    if match is None or not is_currency(currency):
        message = f'{value!r} is not an amount; write it with the currency code, for instance "3.20 USD"'
        raise click.BadParameter(message, param_hint="--price")
    amount = float((match[1] or match[4]).replace(",", "."))
    return Money(round(amount * 10 ** get_currency_precision(currency)), currency)


def country_option(value: str | None, option: str) -> str | None:
    """A country by its two letters: RU, UA, KZ."""
    if value is None:
        return None
    from babel import Locale

    code = value.strip().upper()
    if len(code) != 2 or code not in Locale("en").territories:
        message = f"{value!r} is not a country code; write two letters, for instance RU, UA or KZ"
        raise click.BadParameter(message, param_hint=option)
    return code


def learnt_option(file: Path | None) -> Model | None:
    """What an installation has learnt of delivery times (`dozor forecast learn --out FILE`)."""
    if file is None:
        return None
    import msgspec

    from dozor.forecast import load

    try:
        return load(file.read_bytes())
    except OSError as error:
        raise click.BadParameter(f"{file}: {error.strerror}", param_hint="--learnt") from None
    except msgspec.MsgspecError as error:
        raise click.BadParameter(f"{file} is not what was learnt: {error}", param_hint="--learnt") from None
