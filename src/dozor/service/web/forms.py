"""The forms. Labels and hints are sentences of the catalogues; what is wrong, Django says in the reader's language."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from babel import Locale
from babel.numbers import get_currency_precision
from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

from dozor.i18n import LANGUAGES
from dozor.model import DisputeState, Money, Order
from dozor.protection import policies
from dozor.service.language import current
from dozor.service.parcels.mapping import YEARS
from dozor.service.parcels.models import STYLES
from dozor.service.parcels.people import zone_named
from dozor.service.web.context import NAMES
from dozor.service.web.spoken import later, told

CURRENCIES = ("USD", "EUR", "RUB", "UAH", "KZT", "BYN", "CNY", "GBP", "PLN", "TRY")
PAYMENTS = ("card", "paypal", "balance", "invoice", "other")
AREAS = ("Europe", "Asia", "America", "Africa", "Australia", "Pacific", "Atlantic", "Indian")


@cache
def countries(lang: str) -> tuple[tuple[str, str], ...]:
    """Every country by its name in a language."""
    named = Locale.parse(lang).territories
    found = [(code, name) for code, name in named.items() if len(code) == 2 and code.isalpha() and code not in NO_LAND]
    return (("", "—"), *sorted(found, key=lambda pair: pair[1].casefold()))


NO_LAND = frozenset({"ZZ", "EU", "EZ", "UN", "XA", "XB", "QO"})  # CLDR's regions that no parcel is sent to


@cache
def zones() -> tuple[tuple[str, str], ...]:
    """The time zones by place."""
    named = sorted(zone for zone in available_timezones() if zone.partition("/")[0] in AREAS)
    return (("UTC", "UTC"), *((zone, zone.replace("_", " ")) for zone in named))


class Profile(forms.Form):
    """How a person wants to be spoken to."""

    lang = forms.ChoiceField(label=later("web.field.lang"), choices=[(lang, NAMES[lang]) for lang in LANGUAGES])
    country = forms.ChoiceField(
        label=later("web.field.country"),
        help_text=later("web.field.country.hint"),
        choices=lambda: countries(current()),
        required=False,
    )
    zone = forms.ChoiceField(label=later("web.field.zone"), choices=zones)
    style = forms.ChoiceField(
        label=later("web.field.style"),
        help_text=later("web.field.style.hint"),
        choices=[(style, later(f"web.style.{style}")) for style in STYLES],
    )
    theme = forms.ChoiceField(
        label=later("web.field.theme"),
        choices=[("", later("web.theme.auto")), ("light", later("web.theme.light")), ("dark", later("web.theme.dark"))],
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["zone"].widget.attrs["data-zone"] = ""


class Said(forms.Form):
    """Something that was said about the order."""

    text = forms.CharField(label=later("web.field.said"), widget=forms.Textarea(attrs={"rows": 3}), max_length=20_000)
    by = forms.ChoiceField(
        label=later("web.field.by"),
        choices=[(who, later(f"web.by.{who}")) for who in ("seller", "platform", "carrier", "buyer")],
    )


def _date(id: str) -> forms.DateField:
    """A day; a year that was typed in half is none."""
    first, last = dt.date(YEARS[0], 1, 1), dt.date(YEARS[1], 12, 31)
    return forms.DateField(
        label=later(id),
        required=False,
        widget=forms.DateInput(attrs={"type": "date", "min": f"{first}", "max": f"{last}"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d", "%d.%m.%Y"],
        validators=[MinValueValidator(first), MaxValueValidator(last)],
    )


class DisputeForm(forms.Form):
    """Where the dispute stands."""

    state = forms.ChoiceField(
        label=later("web.field.dispute_state"),
        choices=[(state.value, later(f"web.dispute.{state.value}")) for state in DisputeState],
    )
    opened = _date("web.field.dispute_opened")

    def dispute(self) -> dict[str, Any] | None:
        """What was said of it, by the names of `dozor.model.Dispute`; None where there is none."""
        state = DisputeState(self.cleaned_data["state"])
        return None if state is DisputeState.NONE else {"state": state, "opened": self.cleaned_data["opened"]}


class Facts(forms.Form):
    """The purchase as it really is."""

    title = forms.CharField(label=later("web.field.title"), required=False, max_length=256)
    numbers = forms.CharField(
        label=later("web.field.numbers"),
        help_text=later("web.field.numbers.hint"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false", "autocapitalize": "off"}),
    )
    marketplace = forms.ChoiceField(label=later("web.field.marketplace"), required=False, choices=lambda: shops())
    number = forms.CharField(label=later("web.field.order_number"), required=False, max_length=128)
    amount = forms.DecimalField(
        label=later("web.field.price"), required=False, min_value=Decimal(0), max_digits=13, decimal_places=3
    )
    currency = forms.ChoiceField(
        label=later("web.field.currency"), required=False, choices=[("", "—"), *((each, each) for each in CURRENCIES)]
    )
    paid = _date("web.field.paid")
    shipped = _date("web.field.shipped")
    protection_end = _date("web.field.protection_end")
    promised = _date("web.field.promised")
    destination = forms.ChoiceField(
        label=later("web.field.destination"), required=False, choices=lambda: countries(current())
    )
    service = forms.CharField(label=later("web.field.service"), required=False, max_length=200)
    seller = forms.CharField(label=later("web.field.seller"), required=False, max_length=200)
    payment = forms.ChoiceField(
        label=later("web.field.payment"),
        required=False,
        choices=[("", "—"), *((each, later(f"web.payment.{each}")) for each in PAYMENTS)],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("marketplace", "currency", "destination", "payment"):
            self._also(name)

    def _also(self, name: str) -> None:
        """What is known already can be kept, also where it is none of the choices."""
        value, field = self.initial.get(name), self.fields[name]
        if value and value not in dict(field.choices):
            field.choices = [*field.choices, (value, value)]

    def clean(self) -> dict[str, Any]:
        """An amount wants its currency, and a currency its amount."""
        found: dict[str, Any] = super().clean() or {}
        if found.get("amount") is not None and not found.get("currency"):
            self.add_error("currency", told("web.wrong.currency"))
        elif found.get("amount") is not None and _minor(found["amount"], found["currency"]) % 1:
            # Cut off without a word it would be another price.
            self.add_error("amount", told("web.wrong.decimals"))
        return found

    @staticmethod
    def of(title: str, numbers: tuple[str, ...], order: Order, zone: str) -> dict[str, Any]:
        """The form's first values."""
        price, end = order.price, order.protection_end
        return {
            **{name: getattr(order, name) or "" for name in ("marketplace", "number", "destination", "service")},
            **{name: getattr(order, name) or "" for name in ("seller", "payment")},
            **{name: getattr(order, name) for name in ("paid", "shipped", "promised")},
            "title": title,
            "numbers": "\n".join(numbers),
            "amount": Decimal(price.minor).scaleb(-get_currency_precision(price.currency)) if price else None,
            "currency": price.currency if price else "",
            "protection_end": end.astimezone(zone_named(zone)).date() if end else None,
        }

    def order(self, zone: str) -> dict[str, Any]:
        """The facts of the order that were changed, by the names of `dozor.model.Order`."""
        told, facts = self.cleaned_data, dict[str, Any]()
        for name in ("marketplace", "number", "destination", "service", "seller", "payment"):
            if name in self.changed_data:
                facts[name] = told[name] or None
        for name in ("paid", "shipped", "promised"):
            if name in self.changed_data:
                facts[name] = told[name]
        if {"amount", "currency"} & set(self.changed_data):
            facts["price"] = self._price()
        if "protection_end" in self.changed_data:
            end = told["protection_end"]
            # Read as a day: it may end with the day's first minute, and that is the safe reading.
            facts["protection_end"] = (
                dt.datetime.combine(end, dt.time(), zone_named(zone)).astimezone(dt.UTC) if end else None
            )
        return facts

    def _price(self) -> Money | None:
        amount, currency = self.cleaned_data["amount"], self.cleaned_data["currency"]
        if amount is None:
            return None
        return Money(int(_minor(amount, currency)), currency)

    def numbers_given(self) -> tuple[str, ...]:
        """One a line, or parted by commas."""
        written = self.cleaned_data["numbers"].replace(",", "\n").splitlines()
        return tuple(dict.fromkeys(number.strip() for number in written if number.strip()))


def _minor(amount: Decimal, currency: str) -> Decimal:
    """In the smallest units of the currency: none below the yen, a thousandth of the dinar."""
    return amount.scaleb(get_currency_precision(currency))


@cache
def _shops() -> tuple[str, ...]:
    return tuple(sorted({policy.marketplace for policy in policies()}))


def shops() -> list[tuple[str, str]]:
    """The marketplaces whose rules are known, by their names."""
    return [("", "—"), *((id, told("web.name", name=id)) for id in _shops())]


def key_form(parts: tuple[str, ...]) -> type[forms.Form]:
    """A form for a key of these parts; what is kept is never put into it."""
    fields: dict[str, Any] = {
        part: forms.CharField(
            label=part,
            max_length=4000,
            widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        )
        for part in parts
    }
    return type("KeyForm", (forms.Form,), fields)
