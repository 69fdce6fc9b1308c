"""Backup and restore: every row and the key files in one archive, the same for SQLite and PostgreSQL.

The archive is a ZIP: `manifest.json`, `tables/<app>.<model>.jsonl` in order of primary keys, `keys/*.key`. Both ways
are verified: what was written is read again and compared by its sha256, what was restored is written out again and
compared with the archive, before anything is committed. The key files are compared, too, and every stored secret is
opened with the keys that it would have: what stays closed is counted in the report.
"""

from __future__ import annotations

import base64
import contextlib
import datetime as dt
import hashlib
import io
import json
import os
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core import serializers
from django.core.management.color import no_style
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models, transaction
from msgspec import Struct

from dozor.service.parcels import secrets

FORM = "dozor.backup/1"
# What a database makes by itself, or what ends with a restart.
LEFT_OUT = {"contenttypes.contenttype", "auth.permission", "sessions.session", "admin.logentry"}
SEALED = {"mfa.authenticator"}  # tables of others that hold sealed secrets; ours have a column `sealed`
BATCH = 1000


class BackupError(RuntimeError):
    """A backup that cannot be made, read or restored; says why and what to do."""


class Report(Struct, frozen=True):
    """What an archive holds, or what was restored: rows by table."""

    version: str
    made: str
    rows: dict[str, int]
    keys: bool = True  # whether the archive holds the key of stored secrets
    secrets: int = 0
    closed: dict[str, int] = {}  # secrets that do not open with its keys (without: with this machine's), by table

    @property
    def total(self) -> int:
        """All rows."""
        return sum(self.rows.values())


class _Encoder(DjangoJSONEncoder):
    """Django's, but times keep their microseconds."""

    def default(self, o: Any) -> Any:
        """A value that JSON has no form for."""
        return o.isoformat() if isinstance(o, dt.datetime) else super().default(o)


def tables() -> list[type[models.Model]]:
    """Every table that is ours to keep, of whichever room."""
    found = [model for model in apps.get_models() if model._meta.managed and not model._meta.proxy]
    kept = [model for model in found if model._meta.label_lower not in LEFT_OUT]
    return sorted(kept, key=lambda model: str(model._meta.label_lower))


def write(path: Path, now: dt.datetime, *, keys: bool = True) -> Report:
    """Makes an archive that only its owner can read, and reads it again. Raises BackupError."""
    part = path.with_name(path.name + ".part")
    manifest: dict[str, Any] = {"form": FORM, "version": settings.VERSION, "made": now.isoformat(), "tables": {}}
    manifest["migrations"] = sorted(f"{app}.{name}" for app, name in _migrations())
    try:
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            with _steady():
                for model in tables():
                    lines = 0
                    digest = hashlib.sha256()
                    with archive.open(f"tables/{model._meta.label_lower}.jsonl", "w", force_zip64=True) as table:
                        for line in _lines(model):
                            digest.update(line)
                            table.write(line)
                            lines += 1
                    manifest["tables"][model._meta.label_lower] = {"rows": lines, "sha256": digest.hexdigest()}
            manifest["keys"] = {}
            for key in sorted(settings.CONFIG.keys.glob("*.key")) if keys else ():
                raw = key.read_bytes()
                archive.writestr(f"keys/{key.name}", raw)
                manifest["keys"][key.name] = hashlib.sha256(raw).hexdigest()
            archive.writestr("manifest.json", json.dumps(manifest, indent=1))
        report = check(part)
        part.replace(path)
    except OSError as error:
        raise BackupError(f"{path}: {error.strerror or error}") from None
    finally:
        part.unlink(missing_ok=True)
    return report


def check(path: Path) -> Report:
    """Reads an archive through, compares tables and keys with their sha256 and opens every stored secret.

    Raises BackupError for a damaged one; secrets that stay closed are counted in the report.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = _manifest(archive)
            for name, wanted in manifest["tables"].items():
                digest, lines = hashlib.sha256(), 0
                with archive.open(f"tables/{name}.jsonl") as table:
                    for line in table:
                        digest.update(line)
                        lines += 1
                if (digest.hexdigest(), lines) != (wanted["sha256"], wanted["rows"]):
                    raise BackupError(f"{path}: {name} is damaged: it is not what was written")
            for name, wanted in manifest.get("keys", {}).items():  # archives of older versions name none
                if hashlib.sha256(archive.read(f"keys/{name}")).hexdigest() != wanted:
                    raise BackupError(f"{path}: {name} is damaged: it is not what was written")
            return _report(manifest, archive)
    except (OSError, zipfile.BadZipFile, KeyError, ValueError, EOFError) as error:
        raise BackupError(f"{path}: no backup of Dozor, or a damaged one ({error})") from None


def restore(path: Path, *, replace: bool = False, keys: bool = True) -> Report:
    """Puts an archive back into the database, all or nothing, and compares. Raises BackupError.

    A database that holds something is left alone unless `replace`; the schema must have every migration of the archive.
    """
    report = check(path)
    with zipfile.ZipFile(path) as archive:
        manifest = _manifest(archive)
        missing = set(manifest["migrations"]) - {f"{app}.{name}" for app, name in _migrations()}
        if missing:
            raise BackupError(f"{path} is of a newer version ({manifest['version']}): update Dozor, then restore")
        held = {model._meta.label_lower: model for model in tables() if model._base_manager.exists()}
        if held and not replace:
            raise BackupError(f"the database holds data ({', '.join(sorted(held)[:3])} …): add --replace to lose it")
        with transaction.atomic():
            for model in apps.get_models(include_auto_created=True):
                if model._meta.label_lower not in ("contenttypes.contenttype", "auth.permission"):
                    model._base_manager.all()._raw_delete(model._base_manager.db)
            for model in tables():
                if model._meta.label_lower in manifest["tables"]:
                    with archive.open(f"tables/{model._meta.label_lower}.jsonl") as table:
                        _load(model, table)
            _sequences()
            for model in tables():
                wanted = manifest["tables"].get(model._meta.label_lower)
                if wanted is not None and _digest(model) != wanted["sha256"]:
                    raise BackupError(f"{model._meta.label_lower} did not come back as it was: nothing was changed")
            if keys:
                _keys_back(archive)
                secrets.forget()
    return report


def _manifest(archive: zipfile.ZipFile) -> dict[str, Any]:
    manifest = json.loads(archive.read("manifest.json"))
    if manifest.get("form") != FORM:
        raise ValueError(f"its form is {manifest.get('form')!r}, not {FORM}")
    return dict(manifest)


def _report(manifest: dict[str, Any], archive: zipfile.ZipFile) -> Report:
    own = "keys/secrets.key" in archive.namelist()
    path = settings.CONFIG.keys / "secrets.key"
    raw = archive.read("keys/secrets.key") if own else path.read_bytes() if path.exists() else b""
    opens, count, closed = secrets.opener(raw), 0, dict[str, int]()
    for model in tables():
        name = str(model._meta.label_lower)
        if name not in manifest["tables"] or (name not in SEALED and not _has_sealed(model)):
            continue
        with archive.open(f"tables/{name}.jsonl") as table:
            for sealed in (each for line in table for each in _sealed(json.loads(line)["fields"])):
                count += 1
                if not opens(sealed):
                    closed[name] = closed.get(name, 0) + 1
    rows = {name: table["rows"] for name, table in manifest["tables"].items()}
    return Report(manifest["version"], manifest["made"], rows, own, count, closed)


def _has_sealed(model: type[models.Model]) -> bool:
    return any(field.name == "sealed" for field in model._meta.concrete_fields)


def _sealed(fields: dict[str, Any]) -> Iterator[bytes]:
    """The sealed values of a row: ours in `sealed`, those of the second factor in `data`."""
    if held := fields.get("sealed"):
        yield base64.b64decode(held)
    held = fields.get("data")
    data: dict[str, Any] = held if isinstance(held, dict) else {}
    for name in ("secret", "seed"):
        if data.get(name):
            yield str(data[name]).encode()


def _migrations() -> set[tuple[str, str]]:
    from django.db.migrations.recorder import MigrationRecorder

    return set(MigrationRecorder(connection).applied_migrations())


@contextlib.contextmanager
def _steady() -> Iterator[None]:
    """One instant of the database: what is written meanwhile is not seen, and nobody who writes has to wait."""
    nested = connection.in_atomic_block
    if connection.vendor == "sqlite" and not nested:
        mode, connection.transaction_mode = connection.transaction_mode, "DEFERRED"
        try:
            with transaction.atomic():
                yield
        finally:
            connection.transaction_mode = mode
        return
    with transaction.atomic():
        if connection.vendor == "postgresql" and not nested:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


def _lines(model: type[models.Model]) -> Iterator[bytes]:
    """A line of JSON a row, in order of primary keys."""
    rows = model._base_manager.order_by("pk").iterator(chunk_size=BATCH)
    for row in rows:
        held = io.StringIO()
        serializers.serialize("jsonl", [row], stream=held, cls=_Encoder, ensure_ascii=True, **_without(model))
        yield held.getvalue().encode("utf-8")


def _without(model: type[models.Model]) -> dict[str, Any]:
    """Permissions have ids that differ between databases: accounts are kept without them."""
    if model._meta.label_lower not in ("auth.user", "auth.group"):
        return {}
    return {"fields": [field.name for field in model._meta.concrete_fields]}


def _digest(model: type[models.Model]) -> str:
    digest = hashlib.sha256()
    for line in _lines(model):
        digest.update(line)
    return digest.hexdigest()


def _load(model: type[models.Model], table: Iterable[bytes]) -> None:
    batch = []
    for line in table:
        (found,) = serializers.deserialize("jsonl", line.decode("utf-8"))
        batch.append(found.object)
        if len(batch) == BATCH:
            model._base_manager.bulk_create(batch)
            batch = []
    model._base_manager.bulk_create(batch)


def _sequences() -> None:
    """Where a database counts by itself, it goes on after the highest."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), tables()):
            cursor.execute(statement)


def _keys_back(archive: zipfile.ZipFile) -> None:
    """The key files of the archive; those that are there are kept beside them as `….before`."""
    folder = settings.CONFIG.keys
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in archive.namelist():
        if not name.startswith("keys/") or "/" in name[5:] or not name.endswith(".key"):
            continue
        path, raw = folder / name[5:], archive.read(name)
        if path.exists() and path.read_bytes() != raw:
            path.replace(path.with_suffix(".key.before"))
        part = path.with_suffix(".part")
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(raw)
        part.replace(path)
