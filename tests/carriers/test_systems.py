"""Each system over real HTTP against the local peer: an answer, an unknown number, a wrong key, broken answers."""

from __future__ import annotations

import asyncio
import datetime as dt
import random
from pathlib import Path

import pytest

from dozor.carriers import connector, plan, systems, use
from dozor.carriers.base import Ask, Request, Response, Shaped, Transport, read_safely
from dozor.carriers.base.asking import ask_all
from dozor.carriers.fakes.server import plays
from dozor.carriers.seventeentrack import SeventeenTrack
from dozor.model import OutcomeKind, Report
from dozor.numbers import identify
from tests.carriers.test_reading import mutated
from tests.peer import Peer

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
PLAYED = sorted(plays())
SEALED = {"china-post"}  # whose messages the peer cannot look into
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


@pytest.mark.parametrize(("id", "word"), [(id, word) for id in PLAYED for word in plays()[id].fault])
def test_what_a_system_says_in_its_own_words_is_understood(peer: Peer, id: str, word: str) -> None:
    play = plays()[id]
    kind = {"QUOTA": {OutcomeKind.QUOTA, OutcomeKind.REFUSED}, "NEEDS": {OutcomeKind.NEEDS}}
    outcome = ask(peer, id, f"RB{word}0193CN", play.keys).outcome
    assert outcome.kind in kind.get(word, {OutcomeKind.REFUSED}), outcome
    assert outcome.until is not None or outcome.kind is OutcomeKind.NEEDS


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("BROKEN", {OutcomeKind.CHANGED}),
        ("PAGE", {OutcomeKind.CHANGED, OutcomeKind.REFUSED}),
        ("LIMIT", {OutcomeKind.REFUSED}),
        ("DOWN", {OutcomeKind.UNREACHABLE, OutcomeKind.NEEDS}),
        ("HUGE", {OutcomeKind.CHANGED}),
        ("BOMB", {OutcomeKind.CHANGED}),
    ],
)
@pytest.mark.parametrize("id", [id for id in PLAYED if id not in SEALED])
def test_every_fault_of_every_system_has_its_outcome(peer: Peer, id: str, word: str, kind: set[OutcomeKind]) -> None:
    play = plays()[id]
    keys = {name: word if name == "ticket" else value for name, value in play.keys.items()}
    outcome = ask(peer, id, f"RB{word}524CN", keys).outcome
    if outcome.kind is OutcomeKind.NOT_THEIRS and outcome.detail.startswith("not sent"):
        return  # a number of another form is not even sent
    assert outcome.kind in kind, outcome


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


# --- what data can say ------------------------------------------------------------------------------------


def test_a_user_adds_a_carrier_without_code(tmp_path: Path, peer: Peer) -> None:
    own = tmp_path / "my_post"
    own.mkdir()
    (own / "system.toml").write_text(
        'id = "my-post"\nname = "My post"\nkind = "post"\nbase = "https://post.test"\nhosts = ["post.test"]\n'
        'terms = "mine"\nproved = "shape"\nsource = "me"\n',
        encoding="utf-8",
    )
    (own / "shape.toml").write_text(
        'format = "json"\nsource = "me"\nparcels = "data[]"\nnumber = ["number"]\nevents = ["steps[]"]\ntext = ["event"]\n'
        'time = ["created_at"]\nplace = ["place"]\n[send]\nmethod = "POST"\nurl = "${base}/api/v1/tracking"\n'
        'body = \'{"number":"$number"}\'\n',
        encoding="utf-8",
    )
    use(tmp_path)
    report = ask(peer, "my-post", "RB740193524CN", {})
    assert report.outcome.kind is OutcomeKind.FOUND
    assert [event.text for event in report.events] == ["Принято от отправителя", "Поступило в учреждение доставки"]


def test_a_token_is_had_for_the_keys() -> None:
    made = connector("fedex")
    assert isinstance(made, Shaped)
    request = made.token_request({"client": "a b", "secret": "s"})
    assert request is not None and request.url.endswith("/oauth/token")
    assert made.token_request({"token": "t"}) is None
    assert made.read_token(Response(200, b'{"access_token": "t", "expires_in": 3600}')) == {"token": "t"}
    with pytest.raises(ValueError, match="keys"):
        made.read_token(Response(401, b'{"errors": []}'))


def test_a_number_is_registered_only_where_that_may_be_spent() -> None:
    made = connector("seventeentrack")
    (request,) = made.register([Ask("RB740193524CN", postcode="420005")], {"key": "k"})  # type: ignore[attr-defined]
    assert request.url.endswith("/register") and b'"destination_postal_code":"420005"' in (request.body or b"")
    with pytest.raises(ValueError, match="no method"):
        made.call("drop", [], {"key": "k"})  # type: ignore[attr-defined]


def test_the_account_of_seventeentrack(peer: Peer) -> None:
    """Registered once, told by pages, stopped, tried again once, deleted; the quota is counted."""
    made, keys = connector("seventeentrack"), {"key": "test-key"}
    assert isinstance(made, SeventeenTrack)
    numbers = [f"RB{index:09d}CN" for index in range(50)]

    async def say(transport: Transport, request: Request) -> Response:
        return await transport.fetch(made.system, request)

    async def live() -> None:
        async with Transport({"seventeentrack": peer.url}) as transport:
            for start in (0, 40):
                rows = [{"number": number} for number in numbers[start : start + 40]]
                await say(transport, made.call("register", rows, keys))
            again = await say(transport, made.call("register", [{"number": numbers[0]}], keys))
            assert b"-18019901" in again.body
            assert made.quota(await say(transport, made.call("getquota", {}, keys))) == (50, 100)
            listing = made.listing(keys)
            request, pages = next(listing), 0
            try:
                while True:
                    pages += 1
                    request = listing.send(await say(transport, request))
            except StopIteration as done:
                assert set(done.value) >= set(numbers) and pages == 2
            await say(transport, made.call("stoptrack", [{"number": numbers[0]}], keys))
            once = await say(transport, made.call("retrack", [{"number": numbers[0]}], keys))
            assert b'"rejected": []' in once.body
            await say(transport, made.call("deletetrack", [{"number": numbers[1]}], keys))
            gone = await say(transport, made.call("gettrackinfo", [{"number": numbers[1]}], keys))
            (report,) = read_safely(made, gone, [Ask(numbers[1])], NOW)
            assert report.outcome.kind is OutcomeKind.NOT_ASKED

    asyncio.run(live())


def test_a_number_not_registered_is_asked_about_only_where_quota_may_be_spent(peer: Peer) -> None:
    def told(*, spend: bool) -> OutcomeKind:
        asked = ask_all(
            [(connector("seventeentrack"), [Ask("RB000000055CN")])],
            clock=lambda: NOW,
            seconds=5,
            keys={"seventeentrack": {"key": "test-key"}},
            base_urls={"seventeentrack": peer.url},
            spend=spend,
        )
        return asyncio.run(asked)[0].outcome.kind

    assert told(spend=False) is OutcomeKind.NOT_ASKED
    assert told(spend=True) is OutcomeKind.KNOWN_WITHOUT_EVENTS
    assert told(spend=False) is OutcomeKind.KNOWN_WITHOUT_EVENTS


def test_a_conversation_stops_where_a_step_is_not_understood(peer: Peer) -> None:
    made = connector("swiss-post")
    talk = made.talk(Ask("RA000000005CN"), {})  # type: ignore[attr-defined]
    next(talk)
    with pytest.raises(ValueError, match="visitor"):
        talk.send(Response(200, b"{}"))
    report = ask(peer, "gdeposylka", "RB740193524CN", {"token": "another"})
    assert report.outcome.kind is OutcomeKind.UNAUTHORISED


def test_a_postcode_is_sent_only_where_the_buyer_allows_it() -> None:
    made = connector("postnl")
    (plain,) = made.requests([Ask("3STEST0000000")], {})
    (told,) = made.requests([Ask("3STEST0000000", country="NL", postcode="1234 AB")], {})
    assert plain.url.endswith("/3STEST0000000") and told.url.endswith("/3STEST0000000-NL-1234%20AB")


def test_a_batch_wants_a_ticket_first() -> None:
    made, keys = connector("russian-post-batch"), {"login": "l", "password": "p"}
    (first,) = made.requests([Ask("RB740193524CN")], keys)
    (second,) = made.requests([Ask("RB740193524CN")], keys | {"ticket": "t1"})
    assert b"ticketRequest" in (first.body or b"") and b"answerByTicketRequest" in (second.body or b"")


@pytest.mark.parametrize("number", ['"},{"', "A B", "<a>", "../../x", "RB1&x=2", "a" * 200])
def test_what_is_no_number_is_sent_to_nobody(peer: Peer, number: str) -> None:
    report = ask(peer, "fedex", number, plays()["fedex"].keys)
    assert report.outcome.kind is OutcomeKind.NOT_THEIRS
    assert not peer.seen


def test_secrets_stand_in_no_address_and_no_snapshot(peer: Peer) -> None:
    for id in PLAYED:
        play = plays()[id]
        if not play.secret:
            continue
        report = ask(peer, id, play.number, play.keys)
        assert report.snapshot is not None
        assert "test-key" not in report.snapshot.address and b"test-key" not in report.snapshot.body


def test_the_chain_of_an_s10_number_on_its_way_to_a_country() -> None:
    def asked(number: str, to: str | None, *keys: str) -> list[str]:
        return [step.system for step in plan([identify(number)[0]], destination=to, with_keys=keys)]

    assert asked("RB740193524CN", "BY") == ["upu", "cainiao", "belpost"]
    assert asked("RB740193524CN", "RU", "russian-post", "seventeentrack") == [
        "upu",
        "cainiao",
        "russian-post",
        "seventeentrack",
    ]
    assert asked("EA307702148CN", "KZ") == ["upu", "cainiao", "ems", "kazpost"]
    assert asked("20450000000017", "UA") == ["nova-poshta"]
