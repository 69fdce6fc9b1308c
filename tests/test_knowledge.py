"""Tables are read strictly, and an edited table is read anew."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import Struct

from dozor import knowledge


class Row(Struct):
    """A row for the tests."""

    id: str
    figure: int
    source: str


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(knowledge, "PACKAGE", tmp_path)
    (tmp_path / "room").mkdir()
    return tmp_path / "room" / "facts.toml"


def test_an_error_names_file_row_and_field(room: Path) -> None:
    room.write_text('source = "a book"\n[[row]]\nid = "one"\nfigure = 1\n[[row]]\nid = "two"\nfigure = "many"\n')
    with pytest.raises(knowledge.KnowledgeError, match=r"room/facts.toml: row 2 \(two\).*figure"):
        knowledge.rows("room", "*.toml", Row)


def test_an_edited_table_is_read_anew(room: Path) -> None:
    room.write_text('source = "a book"\n[[row]]\nid = "one"\nfigure = 1\n')
    assert [row.figure for row in knowledge.rows("room", "*.toml", Row)] == [1]
    assert [row.figure for row in knowledge.rows("room", "*.toml", Row)] == [1]
    room.write_text('source = "a book"\n[[row]]\nid = "one"\nfigure = 1234\n')
    assert [row.figure for row in knowledge.rows("room", "*.toml", Row)] == [1234]


def test_a_home_that_cannot_be_written_costs_time_only(room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOZOR_CACHE", "/proc/nowhere")
    room.write_text('source = "a book"\n[[row]]\nid = "one"\nfigure = 7\n')
    assert knowledge.rows("room", "*.toml", Row)[0].figure == 7


def test_a_table_that_is_missing_is_said_to_be(room: Path) -> None:
    with pytest.raises(knowledge.KnowledgeError, match="no such table"):
        knowledge.rows("room", "*.toml", Row)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("saver", True),
        ("aliexpress saver shipping", True),
        ("super_economy", True),
        ("экономичная доставка", True),
        ("中国邮政平邮", True),
        ("lifesavers", False),
        ("extraordinary delivery", False),
        ("aliexpress standard shipping", False),
        ("express_air", True),
    ],
)
def test_words_of_a_row_are_whole_ones(text: str, found: bool) -> None:
    words = knowledge.whole_words(("economy", "saver", "эконом*", "*平邮*", "ordinary", "express"))
    assert bool(words.search(text)) is found
