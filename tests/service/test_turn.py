"""Pages take turns, and whoever waits for others keeps nobody waiting."""

from __future__ import annotations

import threading
import time

import pytest

from dozor.service.turn import Turn

pytestmark = pytest.mark.once  # no database is in it


def test_turns_come_in_the_order_in_which_they_were_asked_for() -> None:
    turn, order, inside = Turn(), list[int](), list[int]()

    def page(place: int) -> None:
        with turn:
            inside.append(place)
            time.sleep(0.002)
            assert inside.pop() == place and not inside  # nobody else meanwhile
            order.append(place)

    threads = []
    with turn:
        for place in range(8):
            threads.append(threading.Thread(target=page, args=(place,)))
            threads[-1].start()
            while len(turn._waiting) <= place:
                time.sleep(0.001)
    for thread in threads:
        thread.join(10)
    assert order == list(range(8))


def test_who_waits_for_others_steps_aside_and_comes_back() -> None:
    turn, said = Turn(), list[str]()
    away = threading.Event()

    def slow() -> None:
        with turn:
            said.append("asks")
            with turn.aside():
                away.set()
                assert answered.wait(10)
            said.append("has its answer")

    answered = threading.Event()
    thread = threading.Thread(target=slow)
    thread.start()
    assert away.wait(10)
    with turn:
        said.append("another page")
        answered.set()
        time.sleep(0.02)
        said.append("is whole")  # whoever comes back waits for its turn
    thread.join(10)
    assert said == ["asks", "another page", "is whole", "has its answer"]
    with turn.aside():  # whoever has no turn has none to give away
        assert not turn._taken


def test_a_page_that_fails_gives_its_turn_on() -> None:
    turn = Turn()
    with pytest.raises(ValueError, match="broken"), turn:
        raise ValueError("broken")
    with turn:
        assert turn._taken
