"""`dozor policy` as a person uses it."""

from __future__ import annotations

import json

from click.testing import CliRunner

from dozor.cli.main import group


def run(*args: str) -> tuple[int, str]:
    result = CliRunner().invoke(group, ["policy", *args])
    return result.exit_code, result.output


def test_the_list_names_every_policy() -> None:
    code, out = run("list", "--lang", "ru")
    assert code == 0
    assert "aliexpress-2018" in out and "shein" in out and "сейчас" in out


def test_a_marketplace_and_a_day_of_payment_show_the_rules_of_that_day() -> None:
    code, out = run("show", "aliexpress", "--paid", "2019-03-01", "--lang", "en")
    assert code == 0
    assert "1 August 2018" in out
    assert "60 / 90 days after shipping" in out and "[A24]" in out
    assert "evidence_time_limit" in out


def test_json_is_the_policy() -> None:
    code, out = run("show", "ebay-mbg", "--json")
    assert code == 0 and json.loads(out)["marketplace"] == "ebay"


def test_an_unknown_shop_is_told_what_is_known() -> None:
    code, out = run("show", "nosuchshop")
    assert code == 2 and "Known marketplaces: aliexpress" in out
