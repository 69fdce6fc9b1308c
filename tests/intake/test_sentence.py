"""What people write, and the facts that must come out of it."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dozor.intake import read_dossier, read_facts, settle
from dozor.intake.hearing import hear
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
        ("я выиграл спор, но деньги не пришли", "won"),
        ("AliExpress rejected my dispute", "lost"),
        ("Platform closed the case in seller's favour", "lost"),
        ("Спор закрыли в пользу продавца", "lost"),
        ("Ich habe einen Streitfall eröffnet", "waiting_seller"),
        ("J'ai ouvert un litige", "waiting_seller"),
        ("puedo abrir una disputa?", None),
        ("Ho aperto una controversia ieri", "waiting_seller"),
        ("Przegrałam spór", "lost"),
        ("Já abri uma disputa", "waiting_seller"),
    ],
)
def test_a_dispute_that_is_only_thought_of_is_none(text: str, state: str | None) -> None:
    assert read_facts(text).dispute == state


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        (
            "60 days passed, buyer protection ended yesterday, package never arrived",
            {"paid_days_ago": 60.0, "protection_over_days": 1.0},
        ),
        ("прошло 60 дней, посылки нет", {"paid_days_ago": 60.0}),
        ("жду уже 60 дней", {"paid_days_ago": 60.0}),
        ("I've been waiting 50 days", {"paid_days_ago": 50.0}),
        ("Paket seit 70 Tagen nicht angekommen", {"paid_days_ago": 70.0}),
        ("защита закончилась 3 дня назад", {"protection_over_days": 3.0}),
        ("protection ends in 3 days", {"protection_days_left": 3.0}),
    ],
)
def test_a_wait_and_the_end_of_protection_are_heard(text: str, facts: dict[str, float]) -> None:
    heard = hear(text, dt.date(2026, 11, 25)).facts
    assert {name: getattr(heard, name) for name in facts} == facts
    assert heard.protection_days_left is None or heard.protection_over_days is None


def test_protection_that_is_over_without_a_day_ended_by_today() -> None:
    settled = settle(read_dossier({"text": "защита уже закончилась"}), dt.datetime(2026, 11, 25, 12, tzinfo=dt.UTC))
    assert settled.order.protection_end == dt.datetime(2026, 11, 25, tzinfo=dt.UTC)
    assert "not_shipped" not in settled.said
