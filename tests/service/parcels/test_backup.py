"""A backup is what was there; a restore is what was backed up; a damaged one changes nothing."""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model

from dozor.model import Dossier, Milestone, Order, Outcome, OutcomeKind, Report, Snapshot
from dozor.service.parcels import actions, backup
from dozor.service.parcels.models import Parcel, Person
from tests.service.conftest import NOW, somebody
from tests.service.parcels.test_actions import BOUGHT, scan


@pytest.fixture
def household(anna: Person) -> Person:
    parcel = actions.add_dossier(anna, BOUGHT, NOW, title="Лампа \u2028 灯 'quoted' \"twice\"")
    shot = Snapshot("cd" * 32, "https://x.example", NOW, 300, "application/json", bytes(range(256)))
    told = Report(
        "upu", BOUGHT.numbers[0], Outcome(OutcomeKind.FOUND), NOW, (scan("收件", 5, Milestone.ACCEPTED),), snapshot=shot
    )
    actions.record_reports(parcel, [told], NOW.replace(microsecond=123456))
    actions.set_key(anna, "dhl", {"key": "hunter2"}, NOW)
    actions.add_dossier(anna, Dossier(text="a parcel from Shenzhen", order=Order(paid=NOW.date())), NOW)
    return anna


def everything() -> dict[str, list[dict[str, Any]]]:
    return {
        model._meta.label_lower: [
            {name: bytes(value) if isinstance(value, memoryview) else value for name, value in row.items()}
            for row in model._base_manager.order_by("pk").values()
        ]
        for model in backup.tables()
    }


@pytest.mark.django_db
def test_what_is_restored_is_what_was_backed_up(household: Person, tmp_path: Path) -> None:
    before, file = everything(), tmp_path / "all.zip"
    report = backup.write(file, NOW)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and not list(tmp_path.glob("*.part"))
    assert report.rows["parcels.parcel"] == 2 and report.total == sum(map(len, before.values()))
    assert b"hunter2" not in file.read_bytes()
    actions.delete_everything(household, account=True)
    somebody("somebody else")
    with pytest.raises(backup.BackupError, match="--replace"):
        backup.restore(file)
    backup.restore(file, replace=True)
    assert everything() == before
    person = Person.objects.get()
    assert actions.keys_of(person) == {"dhl": {"key": "hunter2"}}
    assert get_user_model().objects.get().check_password("anna")
    # What counts by itself goes on after what was restored.
    assert actions.add_dossier(person, Dossier(text="one more"), NOW).pk > max(
        row["id"] for row in before["parcels.parcel"]
    )


@pytest.mark.django_db
def test_a_damaged_archive_is_seen_and_changes_nothing(household: Person, tmp_path: Path) -> None:
    file, broken = tmp_path / "all.zip", tmp_path / "broken.zip"
    backup.write(file, NOW)
    before = everything()
    with zipfile.ZipFile(file) as archive, zipfile.ZipFile(broken, "w") as spoilt:
        for name in archive.namelist():
            raw = archive.read(name)
            spoilt.writestr(name, raw.replace(b"aliexpress", b"alibexpress"))
    with pytest.raises(backup.BackupError, match="damaged"):
        backup.restore(broken, replace=True)
    cut = tmp_path / "cut.zip"
    cut.write_bytes(file.read_bytes()[:-200])
    with pytest.raises(backup.BackupError, match="cut"):
        backup.check(cut)
    assert everything() == before


@pytest.mark.django_db
def test_keys_come_back_with_it(household: Person, tmp_path: Path) -> None:
    file = tmp_path / "all.zip"
    backup.write(file, NOW)
    path = settings.CONFIG.keys / "secrets.key"
    kept = path.read_bytes()
    path.write_bytes(b"bG9zdA==\n")
    backup.restore(file, replace=True)
    assert path.read_bytes() == kept and stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.with_suffix(".key.before").read_bytes() == b"bG9zdA==\n"
    path.with_suffix(".key.before").unlink()
    bare = tmp_path / "bare.zip"
    backup.write(bare, NOW, keys=False)
    assert not [name for name in zipfile.ZipFile(bare).namelist() if name.startswith("keys/")]


@pytest.mark.django_db
def test_a_backup_of_a_newer_version_is_refused(household: Person, tmp_path: Path) -> None:
    import json

    file, newer = tmp_path / "all.zip", tmp_path / "newer.zip"
    backup.write(file, NOW)
    with zipfile.ZipFile(file) as archive, zipfile.ZipFile(newer, "w") as other:
        for name in archive.namelist():
            raw = archive.read(name)
            if name == "manifest.json":
                manifest = json.loads(raw)
                manifest["migrations"].append("parcels.9999_tomorrow")
                raw = json.dumps(manifest).encode()
            other.writestr(name, raw)
    with pytest.raises(backup.BackupError, match="newer version"):
        backup.restore(newer, replace=True)
    assert Parcel.objects.count() == 2


@pytest.mark.django_db
def test_a_backup_says_whether_its_secrets_open(household: Person, tmp_path: Path) -> None:
    from allauth.mfa.models import Authenticator
    from cryptography.fernet import Fernet

    from dozor.service.accounts import SecondFactor
    from dozor.service.parcels import secrets

    Authenticator.objects.create(user=household.user, type="totp", data={"secret": SecondFactor().encrypt("JBSW")})
    file, bare, spoilt = tmp_path / "all.zip", tmp_path / "bare.zip", tmp_path / "spoilt.zip"
    report = backup.write(file, NOW)
    assert (report.keys, report.secrets, report.closed) == (True, 2, {})
    with zipfile.ZipFile(file) as archive, zipfile.ZipFile(spoilt, "w") as other:
        for name in archive.namelist():
            other.writestr(name, b"b3RoZXI=" if name == "keys/secrets.key" else archive.read(name))
    with pytest.raises(backup.BackupError, match=r"secrets\.key is damaged"):
        backup.check(spoilt)

    path = settings.CONFIG.keys / "secrets.key"
    kept = path.read_bytes()
    report = backup.write(bare, NOW, keys=False)
    assert (report.keys, report.closed) == (False, {})  # with the key of this machine
    try:
        path.write_bytes(Fernet.generate_key())
        secrets.forget()
        wanted = {"mfa.authenticator": 1, "parcels.credential": 1}
        assert backup.write(tmp_path / "foreign.zip", NOW).closed == wanted
        report = backup.restore(bare, replace=True)
        assert (report.keys, report.secrets, report.closed) == (False, 2, wanted)
        assert backup.restore(file, replace=True).closed == {}
        assert actions.keys_of(Person.objects.get()) == {"dhl": {"key": "hunter2"}}  # at once, with the key put back
    finally:
        path.write_bytes(kept)
        path.with_suffix(".key.before").unlink(missing_ok=True)
        secrets.forget()
