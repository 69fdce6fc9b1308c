"""`dozor ask` and `dozor check` of every system that the founding guide names, against the local peer."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from dozor.carriers import systems
from dozor.carriers.fakes.server import plays
from dozor.cli.keys import PREFIX, spelled
from dozor.cli.main import group
from tests.peer import Peer

GUIDE = {
    "china-post": "EA307702148CN",
    "ems": "EA307702148CN",
    "upu": "RB740193524CN",
    "sf-express": "",
    "hongkong-post": "",
    "swiss-post": "",
    "singapore-post": "",
    "tnt": "",
    "tnt-web": "",
    "dhl": "",
    "seventeentrack": "",
    "gdeposylka": "",
    "aliexpress": "",
    "cainiao": "LP00990011223344",
    "russian-post": "",
    "russian-post-batch": "",
    "russian-post-site": "",
    "ukrposhta": "",
}


@pytest.fixture
def number(id: str, peer: Peer, monkeypatch: pytest.MonkeyPatch) -> str:
    """A number that the peer knows at this system, the system's keys set."""
    monkeypatch.setenv("DOZOR_PEER", peer.url)
    if id not in plays():
        return GUIDE[id]
    for name, value in plays()[id].keys.items():
        monkeypatch.setenv(f"{PREFIX}{spelled(id)}_{name.upper()}", value)
    return plays()[id].number


def run(*words: str) -> str:
    result = CliRunner().invoke(group, list(words), prog_name="dozor")
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize("id", GUIDE)
def test_ask_tells_what_the_system_says(id: str, number: str) -> None:
    told = run("ask", number, "--carrier", id, "--lang", "en")
    assert f"{systems()[id].name} · {number}  found" in told, told
    assert "\n  20" in told  # an event with its day


@pytest.mark.parametrize("id", GUIDE)
def test_check_uses_what_the_system_says(id: str, number: str) -> None:
    told = run("check", number, "--carrier", id, "--now", "2026-11-24", "--lang", "en", "--json")
    answer = json.loads(told)
    # Where a system retells what another scanned, its name stands among the sources of the scan.
    assert any(id in (event["system"], *event.get("sources", ())) for event in answer["journey"]["events"])


def test_a_second_ask_within_the_interval_costs_the_system_nothing(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOZOR_PEER", peer.url)
    first = run("ask", "LP00990011223344", "--carrier", "cainiao", "--lang", "en")
    seen = dict(peer.seen)
    assert run("ask", "LP00990011223344", "--carrier", "cainiao", "--lang", "en") == first
    assert dict(peer.seen) == seen


def test_a_forbidden_system_is_not_asked(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOZOR_PEER", peer.url)
    told = run("ask", "RB740193524CN", "--not", "cainiao", "--lang", "en")
    assert "UPU" in told and not peer.seen["cainiao"]


def test_a_dry_run_tells_reasons_and_costs_and_asks_nobody(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOZOR_PEER", peer.url)
    monkeypatch.setenv("DOZOR_KEY_DHL_KEY", "k")
    told = run("ask", "RB740193524CN", "--dry-run", "--lang", "en")
    assert "costs no quota" in told and "sends nothing about you" in told
    assert not peer.seen
