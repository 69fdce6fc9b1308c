"""Settings: what they may hold, and what is said where they hold something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from dozor.service import config

pytestmark = pytest.mark.once  # no database is in it

HOME = Path("/home/anna")


def test_nothing_need_be_set() -> None:
    found = config.read({}, HOME)
    assert found.data == HOME / ".local/share/dozor"
    assert found.database["NAME"] == str(found.data / "dozor.sqlite3")
    assert found.database["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert (found.host, found.port, found.https, found.signup) == ("127.0.0.1", 8000, False, False)


def test_a_database_by_its_url() -> None:
    found = config.database("postgresql://anna:p%40ss@db.example:5433/parcels?sslmode=require")
    assert (found["USER"], found["PASSWORD"], found["HOST"], found["PORT"]) == ("anna", "p@ss", "db.example", "5433")
    assert (found["NAME"], found["OPTIONS"]["sslmode"]) == ("parcels", "require")
    assert config.database("postgresql://dozor@/x?host=/run/pg")["HOST"] == "/run/pg"
    for url in ("sqlite:///srv/d.sqlite3", "sqlite:////srv/d.sqlite3"):
        assert config.database(url)["NAME"] == "/srv/d.sqlite3"


def test_every_problem_is_said_at_once_and_none_betrays_a_secret() -> None:
    env = {"DOZOR_PORT": "http", "DOZOR_HOST": "my house", "DATABASE_URL": "mysql://u:hunter2@h/x", "DOZOR_LOG": "loud"}
    with pytest.raises(config.ConfigError) as caught:
        config.read(env, HOME)
    lines = str(caught.value).splitlines()
    assert [line.split(":")[0].split("=")[0] for line in lines] == [
        "DATABASE_URL",
        "DOZOR_HOST",
        "DOZOR_PORT",
        "DOZOR_LOG",
    ]
    assert "hunter2" not in str(caught.value) and "127.0.0.1" in lines[1]


@pytest.mark.parametrize(
    "env",
    [
        {"DOZOR_DATA": "relative/path"},
        {"DOZOR_PUBLIC_URL": "parcels.example.org"},
        {"DOZOR_TRUST_PROXY": "perhaps"},
        {"DOZOR_SMTP_URL": "mail.example.org"},
        {"DOZOR_SMTP_URL": "smtp://mail.example.org:twentyfive"},
        {"DATABASE_URL": "postgresql://anna@db/"},
        {"DATABASE_URL": "postgresql://anna@db:port/x"},
    ],
)
def test_what_cannot_be_used_is_refused(env: dict[str, str]) -> None:
    with pytest.raises(config.ConfigError, match=next(iter(env))):
        config.read(env, HOME)


def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "smtp").write_text("smtps://u:p@mail.example:465\n")
    found = config.read(config.with_files({"DOZOR_SMTP_URL_FILE": str(tmp_path / "smtp")}), HOME)
    assert found.smtp_url == "smtps://u:p@mail.example:465"
    with pytest.raises(config.ConfigError, match="DOZOR_SMTP_URL_FILE"):
        config.with_files({"DOZOR_SMTP_URL_FILE": str(tmp_path / "none")})


def test_a_misspelt_setting_is_seen_and_others_are_left_alone() -> None:
    env = {"DOZOR_PROT": "1", "DOZOR_KEY_DHL_KEY": "x", "DOZOR_CAINIAO_URL": "http://127.0.0.1:1", "DOZOR_PORT": "1"}
    assert config.misspelt(env, ["cainiao"]) == {"DOZOR_PROT": "DOZOR_PORT"}
    # A mail server that nobody reads the address of is not taken for a system's.
    assert config.misspelt({"DOZOR_SMPT_URL": "smtp://x"}, ["cainiao"]) == {"DOZOR_SMPT_URL": "DOZOR_SMTP_URL"}
    assert config.misspelt({"DOZOR_STATE": "/x"}) == {}


def test_pages_live_at_the_root_of_a_host() -> None:
    assert config.read({"DOZOR_PUBLIC_URL": "https://p.example/"}, HOME).public_url == "https://p.example"
    with pytest.raises(config.ConfigError, match=r"DOZOR_PUBLIC_URL.*without a path"):
        config.read({"DOZOR_PUBLIC_URL": "https://p.example/dozor/"}, HOME)
