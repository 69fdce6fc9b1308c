"""What people write, and the facts that must come out of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dozor.intake import read_facts
from dozor.model import Money

SENTENCES = [
    (
        "RB123456785CN sent 24 days ago, not tracked, cost $3.20, 12 days of protection left, to Russia",
        {
            "shipped_days_ago": 24,
            "protection_days_left": 12,
            "price": Money(320, "USD"),
            "destination": "RU",
            "events_seen": False,
        },
    ),
    (
        "Мой трек уже 20 дней не отслеживается, что делать? Али, 250 руб",
        {"untracked_days": 20, "price": Money(25000, "RUB"), "marketplace": "aliexpress", "events_seen": False},
    ),
    (
        "Заказал на алиэкспресс месяц назад, отправлено три недели назад, статус «Покинуло страну отправления», "
        "нет движения уже 14 дней",
        {"shipped_days_ago": 21, "last_event_days_ago": 14, "last_event": "Покинуло страну отправления"},
    ),
    (
        "Показывает доставлено, но я посылку не получал. Открыл спор",
        {"received": False, "last_event": "Вручено", "dispute": "waiting_seller"},
    ),
    (
        'Last update "Departed from Guangzhou" 12 days ago, ordered 30 days ago with PayPal',
        {"paid_days_ago": 30, "last_event_days_ago": 12, "payment": "paypal", "last_event": "Departed from Guangzhou"},
    ),
    (
        "Замовив на Алі 25 днів тому, відправлено 20 днів тому, не відстежується, залишилось 15 днів захисту, 300 грн",
        {
            "shipped_days_ago": 20,
            "paid_days_ago": 25,
            "protection_days_left": 15,
            "price": Money(30000, "UAH"),
            "events_seen": False,
        },
    ),
    (
        "速卖通 20天前发货，查不到物流信息，还没收到",
        {"shipped_days_ago": 20, "marketplace": "aliexpress", "received": False, "events_seen": False},
    ),
    ("USPS says delivered, but nothing arrived", {"received": False, "last_event": "Delivered"}),
    ("I received the parcel", {"received": True}),
    ("получил посылку, всё хорошо", {"received": True}),
    ("Продавец отклонил мой спор", {"dispute": "waiting_buyer"}),
]


@pytest.mark.parametrize(("text", "facts"), SENTENCES, ids=[text[:40] for text, _ in SENTENCES])
def test_a_sentence_gives_its_facts(text: str, facts: dict[str, object]) -> None:
    read = read_facts(text)
    assert {name: getattr(read, name) for name in facts} == facts


@pytest.mark.parametrize(
    "text",
    ["", "hello", "RB123456785CN", "What a day! 24 hours in a day.", "I paid the fee", "подскажите, где посылка?"],
)
def test_what_is_not_said_stays_unknown(text: str) -> None:
    read = read_facts(text)
    assert read.shipped_days_ago is None
    assert read.received is None
    assert read.protection_days_left is None


@given(st.text(max_size=300))
def test_no_text_breaks_the_reader(text: str) -> None:
    read_facts(text)


@given(st.integers(1, 120))
def test_counts_are_read_as_written(n: int) -> None:
    assert read_facts(f"посылка отправлена {n} дней назад").shipped_days_ago == n
    assert read_facts(f"it was shipped {n} days ago").shipped_days_ago == n


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("I opened an AliExpress dispute 3 days ago", "waiting_seller"),
        ("my dispute has been opened", "waiting_seller"),
        ("can I open a dispute already?", None),
        ("I have not opened a dispute yet", None),
        ("спор открыт", "waiting_seller"),
        ("можно открыть спор?", None),
        ("я ещё не открыл спор", None),
        ("я відкрила спір", "waiting_seller"),
        ("чи можна відкрити спір", None),
        ("已经开纠纷了", "waiting_seller"),
        ("可以开纠纷吗", None),
    ],
)
def test_a_dispute_that_is_only_thought_of_is_none(text: str, state: str | None) -> None:
    assert read_facts(text).dispute == state
