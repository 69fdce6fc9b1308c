"""What is typed into the facts of a purchase is kept as it was meant, or said to be wrong."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dozor.model import Money, Order
from dozor.service.web.forms import Facts


def typed(amount: str, currency: str, before: Money) -> Facts:
    return Facts({"amount": amount, "currency": currency}, initial=Facts.of("", (), Order(price=before), "UTC"))


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("1500", "JPY", 1500),
        ("1500.00", "JPY", 1500),
        ("12.345", "KWD", 12345),
        ("0.5", "BHD", 500),
        ("7.05", "USD", 705),
    ],
)
def test_an_amount_has_the_decimals_of_its_currency(amount: str, currency: str, minor: int) -> None:
    form = typed(amount, currency, Money(1, currency))
    assert form.is_valid(), form.errors
    assert form.order("UTC")["price"] == Money(minor, currency)
    again = Facts.of("", (), Order(price=Money(minor, currency)), "UTC")
    assert again["amount"] == Decimal(amount)


@pytest.mark.parametrize(
    ("amount", "currency"), [("1500.5", "JPY"), ("99.9", "KRW"), ("7.055", "USD"), ("1.2345", "KWD")]
)
def test_decimals_that_a_currency_has_not_are_said_and_not_cut_off(amount: str, currency: str) -> None:
    form = typed(amount, currency, Money(1, currency))
    assert not form.is_valid() and list(form.errors) == ["amount"]
