"""Reads the tables: facts live in TOML and CSV beside the code that uses them, each row with its source.

The files are the source and are validated strictly; what was read is kept compiled (msgpack) in a cache
folder, so that a command need not parse hundreds of kilobytes of TOML at each start. The key of a compiled
table is made of the names, sizes and times of its files: an edited file is read anew.
"""

from __future__ import annotations

import csv
import hashlib
import os
import re
import tempfile
import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from dozor import __version__

T = TypeVar("T")

PACKAGE = Path(__file__).parent


class KnowledgeError(ValueError):
    """A table does not say what it must: names the file, the row and the field."""


def files(room: str, pattern: str) -> list[Path]:
    """The table files of a room (`"numbers/formats"`, `"*.toml"`), in order of name."""
    return sorted((PACKAGE / room).glob(pattern))


def rows(room: str, pattern: str, row: type[T], *, key: str = "row") -> tuple[T, ...]:
    """All `[[key]]` rows of the TOML files of a room, as `row` structs.

    Keys of a file that stand above its first row are defaults for every row of the file, so that an issuer,
    a language or a source shared by all need be written once. Raises KnowledgeError.
    """
    return compiled(room, pattern, tuple[row, ...], lambda paths: _toml_rows(paths, row, key))  # type: ignore[valid-type]


def document(room: str, name: str, shape: type[T]) -> T:
    """One TOML file as one struct. Raises KnowledgeError."""
    return compiled(room, name, shape, lambda paths: _convert(paths[0], "", _toml(paths[0]), shape))


def table(room: str, name: str, row: type[T]) -> tuple[T, ...]:
    """The rows of one CSV file; numbers are read from their text, empty cells are left to the defaults."""
    return compiled(room, name, tuple[row, ...], lambda paths: _csv_rows(paths, row))  # type: ignore[valid-type]


@cache
def sides(conditions: tuple[str, ...]) -> tuple[frozenset[str], frozenset[str]]:
    """Of conditions as tables write them (`fact`, `!fact`): what must hold and what must not."""
    return (
        frozenset(each for each in conditions if not each.startswith("!")),
        frozenset(each[1:] for each in conditions if each.startswith("!")),
    )


@cache
def whole_words(words: tuple[str, ...]) -> re.Pattern[str]:
    """Any of a row's words as a whole one, to be searched for in lower case: neither "AliExpress" nor "plush" is a
    service of that name. "*" in a word stands for any letters; "_" parts words as a space does.
    """
    any_word = "|".join(re.escape(word).replace(r"\*", r"\w*") for word in words)
    return re.compile(rf"(?<![^\W_])(?:{any_word})(?![^\W_])")


def compiled(room: str, pattern: str, shape: type[T], build: Callable[[list[Path]], T]) -> T:
    """`build(files)`, or what it gave for the very same files before."""
    paths = files(room, pattern)
    if not paths:
        raise KnowledgeError(f"{room}/{pattern}: no such table in the package")
    stamp = hashlib.sha256(f"{__version__} {room} {pattern} {_shape_stamp(shape)}".encode())
    for path in paths:
        stat = path.stat()
        stamp.update(f"{path} {stat.st_size} {stat.st_mtime_ns}".encode())
    kept = cache_folder() / f"{room.replace('/', '-')}-{stamp.hexdigest()[:20]}.msgpack"
    try:
        return msgspec.msgpack.decode(kept.read_bytes(), type=shape)
    except (OSError, msgspec.MsgspecError):
        pass
    value = build(paths)
    _keep(kept, msgspec.msgpack.encode(value))
    return value


def cache_folder() -> Path:
    """Where compiled tables are kept: `DOZOR_CACHE`, else the user's cache folder."""
    home = os.environ.get("DOZOR_CACHE") or os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(home) / "dozor"


def _keep(path: Path, data: bytes) -> None:
    """Best effort and atomic: a read-only home costs time, never an answer."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(data)
        Path(file.name).replace(path)
    except OSError:
        return


def _shape_stamp(shape: Any) -> str:
    """Changes when the fields of the row struct change, so that an upgrade never decodes an old cache."""
    return hashlib.sha256(repr(msgspec.inspect.type_info(shape)).encode()).hexdigest()[:12]


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise KnowledgeError(f"{_name(path)}: not TOML: {error}") from None


def _toml_rows(paths: list[Path], row: type[T], key: str) -> tuple[T, ...]:
    read: list[T] = []
    for path in paths:
        data = _toml(path)
        entries = data.pop(key, None)
        if not isinstance(entries, list):
            raise KnowledgeError(f"{_name(path)}: no [[{key}]] rows")
        for place, entry in enumerate(entries, start=1):
            read.append(_convert(path, f"row {place} ({entry.get('id', '?')})", {**data, **entry}, row))
    return tuple(read)


def _csv_rows(paths: list[Path], row: type[T]) -> tuple[T, ...]:
    read: list[T] = []
    for path in paths:
        with path.open(encoding="utf-8", newline="") as file:
            lines = (line for line in file if line.strip() and not line.startswith("#"))
            for place, entry in enumerate(csv.DictReader(lines), start=1):
                filled = {name: cell for name, cell in entry.items() if cell not in ("", None)}
                read.append(_convert(path, f"row {place}", filled, row, strict=False))
    return tuple(read)


def _convert(path: Path, where: str, data: dict[str, Any], shape: type[T], *, strict: bool = True) -> T:
    try:
        return msgspec.convert(data, shape, strict=strict)
    except msgspec.ValidationError as error:
        place = f" {where}" if where else ""
        raise KnowledgeError(f"{_name(path)}:{place}: {error}") from None


def _name(path: Path) -> str:
    return str(path.relative_to(PACKAGE)) if path.is_relative_to(PACKAGE) else str(path)
