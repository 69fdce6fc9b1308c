"""Each system over real HTTP against the local peer: an answer, an unknown number, a wrong key, broken answers."""

from __future__ import annotations

import asyncio
import datetime as dt
import random

import pytest

from dozor.carriers import connector, systems
from dozor.carriers.base import Ask, Response, read_safely
from dozor.carriers.base.asking import ask_all
from dozor.carriers.fakes.server import plays
from dozor.model import OutcomeKind, Report
from tests.carriers.test_reading import mutated
from tests.peer import Peer

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
PLAYED = sorted(plays())
NOTHING = {OutcomeKind.UNKNOWN_NUMBER, OutcomeKind.KNOWN_WITHOUT_EVENTS, OutcomeKind.NEEDS}


def ask(peer: Peer, id: str, number: str, keys: dict[str, str]) -> Report:
    found = ask_all(
        [(connector(id), [Ask(number)])], clock=lambda: NOW, seconds=10, keys={id: keys}, base_urls={id: peer.url}
    )
    (report,) = asyncio.run(found)
    return report


@pytest.mark.parametrize("id", PLAYED)
def test_the_answer_is_read(peer: Peer, id: str) -> None:
    play = plays()[id]
    report = ask(peer, id, play.number, play.keys)
    assert report.outcome.kind is OutcomeKind.FOUND, report.outcome
    assert report.events and not report.problems and not report.unknown_codes
    times = [event.when.local for event in report.events if event.when]
    assert times == sorted(times)
    assert all(dt.datetime(2026, 10, 1) < time < dt.datetime(2026, 12, 1) for time in times)
    assert report.snapshot is not None and b"Somebody" not in report.snapshot.body


@pytest.mark.parametrize("id", PLAYED)
def test_an_unknown_number_is_unknown(peer: Peer, id: str) -> None:
    play = plays()[id]
    keys = {name: value.replace(play.number, "other") for name, value in play.keys.items()}
    report = ask(peer, id, play.unknown_number, keys)
    assert report.outcome.kind in NOTHING, report.outcome
    assert not report.events


@pytest.mark.parametrize("id", [id for id in PLAYED if plays()[id].secret])
def test_a_wrong_key_is_said_to_be_one(peer: Peer, id: str) -> None:
    play = plays()[id]
    keys = {name: value.replace("test-key", "another") for name, value in play.keys.items()}
    assert ask(peer, id, play.number, keys).outcome.kind is OutcomeKind.UNAUTHORISED


@pytest.mark.parametrize("id", [id for id in PLAYED if systems()[id].needs_key])
def test_without_a_key_nobody_is_asked(peer: Peer, id: str) -> None:
    report = ask(peer, id, plays()[id].number, {})
    assert report.outcome.kind is OutcomeKind.UNAUTHORISED
    assert not peer.seen


@pytest.mark.parametrize("id", PLAYED)
def test_no_answer_raises(id: str) -> None:
    rng, play = random.Random(7), plays()[id]
    body = play.answer.encode()
    for _ in range(150):
        spoilt = mutated(body, rng) if body.lstrip()[:1] in (b"{", b"[") else _torn(body, rng)
        status = rng.choice([200, 200, 200, 400, 401, 404, 429, 500])
        (report,) = read_safely(connector(id), Response(status, spoilt, {}, "https://x.test/"), [Ask(play.number)], NOW)
        assert isinstance(report.outcome.kind, OutcomeKind)


def _torn(body: bytes, rng: random.Random) -> bytes:
    kind, place = rng.randrange(4), rng.randrange(len(body))
    if kind == 0:
        return body[:place]
    if kind == 1:
        return body[:place] + bytes(rng.randrange(256) for _ in range(8)) + body[place:]
    if kind == 2:
        return b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'
    return b"<a>" * 500 + b"</a>" * 500


def test_entities_of_an_answer_are_never_followed() -> None:
    body = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><TrackResponse><Error><Message>&b;</Message></Error></TrackResponse>'
    (report,) = read_safely(connector("tnt"), Response(200, body), [Ask("1")], NOW)
    assert "root:" not in report.outcome.detail
