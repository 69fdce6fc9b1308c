"""`dozor check`, `ask`, `carriers`, `demo` as a person uses them; the network is a peer on the loopback."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from dozor.cli.main import group
from dozor.forecast import Parcel
from dozor.forecast.learn import learn
from dozor.model import CauseId, StepId
from tests.peer import Peer

NOW = ("--now", "2026-11-24")


def run(*args: str, stdin: str | None = None, env: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(group, list(args), input=stdin, env=env)


def checked(*args: str, stdin: str | None = None) -> dict[str, object]:
    result = run("check", *args, "--offline", "--json", *NOW, stdin=stdin)
    assert result.exit_code == 0, result.output
    answer: dict[str, object] = json.loads(result.output)
    return answer


def causes(answer: dict[str, object]) -> list[str]:
    return [cause["id"] for cause in answer["diagnosis"]["causes"]]  # type: ignore[index]


@pytest.mark.parametrize(
    ("args", "cause", "step"),
    [
        (["RS123456789CN"], "impossible_number", "check_typing"),
        (["8001234567891234"], "order_number_entered", "find_tracking_number"),
        (["UA740193524CN", "--shipped", "24d", "--price", "3.20 USD"], "untracked_by_design", "wait"),
        (["RB740193524CN", "--shipped", "3d"], "too_early", "wait"),
        (["посылка отправлена 3 дня назад, RB740193524CN"], "too_early", "wait"),
    ],
)
def test_the_telling_cases(args: list[str], cause: str, step: str) -> None:
    answer = checked(*args)
    assert causes(answer)[0] == cause
    assert answer["advice"]["steps"][0]["id"] == step  # type: ignore[index]


def test_the_words_are_there_in_each_language() -> None:
    said = {
        lang: run("check", "8001234567891234", "--offline", "--lang", lang, *NOW).output
        for lang in ("en", "ru", "uk", "zh")
    }
    assert "the number of the order" in said["en"]
    assert "номер заказа" in said["ru"]
    assert "номер замовлення" in said["uk"]
    assert "订单号" in said["zh"]


def test_the_date_read_on_the_page_is_kept_to() -> None:
    result = run(
        "check",
        "RB740193524CN",
        "--shipped",
        "40d",
        "--protection-ends",
        "2026-12-01",
        "--offline",
        "--lang",
        "en",
        *NOW,
    )
    assert "1 December" in result.output and "29 November" in result.output


def test_standard_input_and_files(tmp_path: Path) -> None:
    assert causes(checked("-", stdin="мой заказ 8001234567891234 не отслеживается"))[0] == "order_number_entered"
    dossier = tmp_path / "dossier.json"
    dossier.write_text('{"numbers": ["RS123456789CN"]}', encoding="utf-8")
    assert causes(checked("--file", str(dossier)))[0] == "impossible_number"
    page = tmp_path / "page.txt"
    page.write_text("RS123456789CN", encoding="utf-8")
    assert causes(checked("--file", str(page)))[0] == "impossible_number"


def test_a_recorded_answer_is_read(tmp_path: Path) -> None:
    from dozor.carriers.fakes.server import FIXTURES

    rows = json.loads((FIXTURES / "upu.json").read_text(encoding="utf-8"))
    path = tmp_path / "upu.json"
    path.write_text(json.dumps([row for row in rows if row["ID"] == "RR612004575CN"]), encoding="utf-8")
    answer = checked("RR612004575CN", "--events", str(path), "--paid", "2026-10-08", "--to", "UA")
    assert answer["journey"]["stage"] == "left_origin_country"  # type: ignore[index]
    assert "unchecked.carriers" not in json.dumps(answer["diagnosis"]["not_checked"])  # type: ignore[index]


def test_carriers_are_asked_by_default(peer: Peer) -> None:
    env = {"DOZOR_CAINIAO_URL": peer.url, "DOZOR_UPU_URL": peer.url}
    result = run("check", "LP00990011223344", "--to", "RU", "--paid", "2026-10-26", "--json", *NOW, env=env)
    assert result.exit_code == 0
    answer = json.loads(result.output)
    assert answer["journey"]["outcomes"]["cainiao"]["kind"] == "found"
    assert [link["number"] for link in answer["journey"]["numbers"]] == ["LP00990011223344", "RB740193524CN"]
    assert peer.seen["upu"] == 1  # the second number was followed


def test_network_trouble_still_gives_the_offline_answer() -> None:
    env = {"DOZOR_CAINIAO_URL": "http://127.0.0.1:9", "DOZOR_UPU_URL": "http://127.0.0.1:9"}
    result = run("check", "RB740193524CN", "--shipped", "3d", "--lang", "en", *NOW, env=env)
    assert result.exit_code == 0
    assert "could not be" in result.output or "not answer" in result.output


@pytest.mark.parametrize(
    "args",
    [
        ["check"],
        ["check", "X", "--shipped", "someday"],
        ["check", "X", "--price", "three"],
        ["check", "X", "--to", "Narnia"],
        ["check", "X", "--file", "/no/such/file"],
        ["check", "X", "--events", "/no/such/file"],
        ["ask", "hello"],
        ["ask", "RB740193524CN", "--carrier", "nobody"],
        ["demo", "9"],
        ["policy", "show", "nosuch"],
    ],
)
def test_bad_input_is_one_line_and_exit_2(args: list[str]) -> None:
    result = run(*args)
    assert result.exit_code == 2
    assert "Traceback" not in result.output
    assert len(result.output.strip().splitlines()[-1]) < 300


def test_bulk_in_and_out() -> None:
    lines = [
        {"id": "a", "numbers": ["RS123456789CN"]},
        {
            "id": "b",
            "text": "80 дней жду, трек UA740193524CN",
            "order": {"shipped_days_ago": 80},
            "today": "2026-01-10",
        },
        {"id": "c", "last_event": "Вручение адресату", "last_event_days_ago": 3, "order": {"received": False}},
        {"id": "d", "order": {"paid": "not a day"}},
    ]
    result = run("check", "--jsonl", *NOW, stdin="\n".join(json.dumps(line) for line in lines))
    answers = [json.loads(line) for line in result.output.splitlines()]
    assert [answer.get("id") for answer in answers[:3]] == ["a", "b", "c"]
    assert "error" in answers[3]
    for answer in answers[:3]:
        assert {cause["id"] for cause in answer["diagnosis"]["causes"]} == {cause.value for cause in CauseId}
        assert {step["id"] for step in answer["advice"]["steps"]} <= {step.value for step in StepId}
    assert answers[1]["now"].startswith("2026-01-10")
    assert answers[2]["diagnosis"]["causes"][0]["id"] == "delivered_not_received"


def test_ask_shows_each_voice(peer: Peer) -> None:
    env = {"DOZOR_CAINIAO_URL": peer.url, "DOZOR_UPU_URL": peer.url}
    result = run("ask", "RB740193524CN", "--lang", "en", env=env)
    assert "UPU Global Track & Trace · RB740193524CN  found" in result.output
    assert "handed to the local carrier" in result.output
    only = run("ask", "RB740193524CN", "--carrier", "upu", "--json", env=env)
    assert {report["carrier"] for report in json.loads(only.output)} == {"upu"}


def test_a_dry_run_asks_nobody(peer: Peer) -> None:
    result = run("ask", "RB740193524CN", "--dry-run", "--lang", "en", env={"DOZOR_UPU_URL": peer.url})
    assert "every post reports" in result.output
    assert not peer.seen


def test_carriers_are_listed_with_their_terms() -> None:
    result = run("carriers", "--lang", "en")
    assert "cainiao" in result.output and "needs no key" in result.output and "4 times a minute" in result.output
    assert {row["id"] for row in json.loads(run("carriers", "--json").output)} >= {"cainiao", "upu"}


def test_the_demo_solves_six_cases() -> None:
    out = run("demo", "--lang", "ru").output
    assert [line[0] for line in out.splitlines() if line[:2] in {f"{n}." for n in range(1, 7)}] == list("123456")
    assert "Открыть спор сейчас" in out and "Забрать посылку" in out
    assert "RS123456789CN" in run("demo", "1", "--lang", "en").output


def test_hostile_text_reaches_no_terminal(tmp_path: Path) -> None:
    row = {
        "mailNo": "RB740193524CN",
        "detailList": [
            {"timeStr": "2026-11-01 10:00:00", "timeZone": "GMT+8", "standerdDesc": "\u001b[31mred\u202e evil"}
        ],
    }
    path = tmp_path / "evil.json"
    path.write_text(json.dumps({"module": [row], "success": True}), encoding="utf-8")
    out = run("check", "RB740193524CN", "--events", str(path), "--offline", *NOW).output
    assert "\u001b[31m" not in out and "\u202e" not in out


def test_a_system_and_its_key_are_proved_with_one_question(peer: Peer) -> None:
    right = {"DOZOR_PEER": peer.url, "DOZOR_KEY_SEVENTEENTRACK_KEY": "test-key"}
    assert "17TRACK works" in run("carriers", "--lang", "en", "test", "seventeentrack", env=right).output
    wrong = run(
        "carriers", "--lang", "en", "test", "seventeentrack", env=right | {"DOZOR_KEY_SEVENTEENTRACK_KEY": "other"}
    )
    assert wrong.exit_code == 1
    assert "api.17track.net" in wrong.output and "DOZOR_KEY_SEVENTEENTRACK_KEY" in wrong.output
    away = run("carriers", "--lang", "en", "test", "upu", env={"DOZOR_PEER": "http://127.0.0.1:9"})
    assert away.exit_code == 1 and "could not be reached" in away.output


def test_a_key_makes_its_system_part_of_the_answer(peer: Peer) -> None:
    env = {"DOZOR_PEER": peer.url, "DOZOR_KEY_SEVENTEENTRACK_KEY": "test-key"}
    answer = json.loads(run("check", "RB740193524CN", "--to", "RU", "--json", *NOW, env=env).output)
    assert answer["journey"]["outcomes"]["seventeentrack"]["kind"] == "found"
    released = [event for event in answer["journey"]["events"] if event["milestone"] == "customs_released"]
    assert len(released) == 1 and set(released[0]["sources"]) == {"cainiao", "seventeentrack", "upu"}


def test_a_number_of_no_known_form_is_asked_where_the_user_says_whom(peer: Peer) -> None:
    env = {"DOZOR_PEER": peer.url, "DOZOR_KEY_TNT_BASIC": "test-key"}
    result = run("ask", "123456782", "--carrier", "tnt", "--lang", "en", env=env)
    assert "TNT · 123456782  found" in result.output


def test_what_an_installation_has_learnt_moves_the_days(tmp_path: Path) -> None:
    now = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
    came = [
        Parcel("ship_to_delivered", now - dt.timedelta(days=20 + n % 50), 9.0 + n % 5, True, "CN", "KZ")
        for n in range(80)
    ]
    file = tmp_path / "learnt.json"
    file.write_bytes(msgspec.json.encode(learn(came, now)))
    words = ("RB740193524CN", "--shipped", "5d", "--to", "KZ")
    before, after = checked(*words), checked(*words, "--learnt", str(file))
    assert after["outlook"]["arrival_p90"] < before["outlook"]["arrival_p50"]  # type: ignore[index]
    spoken = run("check", *words, "--offline", "--lang", "en", "--learnt", str(file), *NOW).output
    assert "When it may come" in spoken and "by what was measured here" in spoken
    line = json.dumps({"text": "RB740193524CN", "order": {"destination": "KZ", "shipped": "2026-11-19"}})
    bulk = run("check", "--jsonl", "--learnt", str(file), *NOW, stdin=line)
    assert json.loads(bulk.output)["outlook"]["arrival_p90"] == after["outlook"]["arrival_p90"]  # type: ignore[index]
    file.write_text('{"as_of": "2026-11-24T00:00:00Z", "stages": {}, "version": 1}', encoding="utf-8")
    refused = run("check", *words, "--offline", "--learnt", str(file))
    assert refused.exit_code == 2 and "learn anew" in refused.output
