"""Goods are in hand only where the goods came, and to the buyer: on that alone is anybody told to confirm receipt."""

from __future__ import annotations

import datetime as dt

import pytest

from dozor.answer import answer
from dozor.intake import read_dossier
from dozor.intake.hearing import hear
from dozor.model import StepId

DAY = dt.date(2026, 11, 24)

HERE = (
    "Посылка пришла, всё в порядке",
    "Уже получил, всё целое, спасибо",
    "Посилка сьогодні прийшла, все чудово",
    "The parcel came today, everything perfect",
    "I picked it up from the locker this morning",
    "Paket heute angekommen, alles bestens",
    "J'ai reçu mon colis ce matin, tout est parfait",
    "Ya me llegó el paquete y todo perfecto",
    "O pacote chegou hoje, tudo certo",
    "Il pacco è arrivato oggi, tutto perfetto",
    "Paczka dotarła dzisiaj, wszystko super",
    "今天收到包裹了，一切都好",
)
NOT_HERE = (
    "Трек не обновляется 20 дней. Подскажите что делать, спасибо",
    "Жду посылку уже целый месяц",
    "Получил сообщение от продавца, что посылка на таможне",
    "Посылка пришла в отделение, ещё не забрала",
    "Дошла до Москвы и пропала",
    "товар не пришёл, кнопка спора ещё есть",
    "Цілий місяць чекаю на посилку",
    "Я отримав лист від митниці",
    "My package has arrived at the local depot 3 days ago",
    "Parcel came to Leipzig and is stuck",
    "I got my order confirmation but no tracking",
    "everything is fine says the seller, just wait",
    "All good until it left China, then nothing for 3 weeks",
    "Ware erhalten steht im Shop, ich habe aber nichts",
    "Das Paket ist angekommen in Frankfurt, seitdem nichts",
    "Mon colis est arrivé en France il y a 10 jours",
    "J'ai reçu un mail de la douane",
    "El pedido ha llegado a la oficina",
    "O pacote chegou ontem em Curitiba e foi para fiscalização",
    "Il pacco è arrivato a Milano ed è fermo",
    "Paczka przyszła do sortowni",
    "收到了短信让我交税",
    "今天到了广州",
    "thanks, it arrived in the country",
    "merci, le colis est arrivé à Roissy",
    "gracias, ya llegó a España",
    "Продавец пишет что я получил посылку",
    "According to tracking I received my parcel",
    "по треку я посылку получил, но это не так",
    "Спасибо за ответ! посылка пришла в сортировочный центр",
    "Kargo şubeye geldi, bugün alamadım",
    "Balík dorazil do Prahy a stojí",
    "荷物が東京に届きました、その後更新がない",
)


@pytest.mark.parametrize("text", HERE)
def test_goods_that_came_are_in_hand(text: str) -> None:
    assert hear(text, DAY).facts.received is True


@pytest.mark.parametrize("text", NOT_HERE)
def test_a_letter_a_depot_or_a_thank_you_is_no_parcel(text: str) -> None:
    assert hear(text, DAY).facts.received is not True


FAULTY = (
    "получил чужую посылку",
    "посылка пришла, но не мой товар",
    "получил пустую посылку",
    "посылка дошла мокрая, техника не работает",
    "received the broken parcel",
    "finally arrived, does not turn on",
    "came but screen cracked",
    "ich habe ein fremdes Paket bekommen",
    "j'ai reçu le colis de quelqu'un d'autre",
    "recibí el paquete vacío",
    "recebi o produto quebrado",
    "ho ricevuto il prodotto rotto",
    "odebrałem uszkodzoną paczkę",
    "收到空包裹",
)


@pytest.mark.parametrize("text", FAULTY)
def test_what_came_wrong_is_not_confirmed(text: str) -> None:
    asked = read_dossier({"text": text, "order": {"marketplace": "aliexpress"}})
    steps = [step.id for step in answer(asked, dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)).advice.steps]
    assert StepId.CONFIRM_RECEIPT not in steps
    assert StepId.DO_NOT_CONFIRM in steps
