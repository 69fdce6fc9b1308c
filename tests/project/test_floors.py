"""The walls hold: a module that imports upwards, sideways or where it must not makes the check fail."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT


def lint(house: Path) -> subprocess.CompletedProcess[str]:
    """import-linter over a copy of the package that stands before the installed one."""
    code = "import sys; sys.path.insert(0, 'src'); from importlinter.cli import lint_imports_command as main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, "--no-cache"], cwd=house, capture_output=True, text=True, timeout=120
    )


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The modules and the contracts, without tables: the walls are about imports."""
    copy = tmp_path_factory.mktemp("house")
    shutil.copy(ROOT / "pyproject.toml", copy)
    shutil.copytree(
        ROOT / "src/dozor",
        copy / "src/dozor",
        ignore=lambda folder, names: [
            name for name in names if not (Path(folder, name).is_dir() or name.endswith(".py"))
        ],
    )
    return copy


def test_the_walls_stand(house: Path) -> None:
    result = lint(house)
    assert result.returncode == 0, result.stdout
    assert " 0 broken" in result.stdout


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("numbers/planted.py", "import dozor.advice.advise"),  # upwards
        ("numbers/planted.py", "import dozor.cli.main"),  # upwards, over a floor
        ("intake/planted.py", "import dozor.disputes.reply"),  # sideways
        ("model_planted.py", "import dozor.numbers"),  # a module of no floor
        ("advice/planted.py", "import django.db"),
        ("numbers/planted.py", "import aiohttp"),
        ("disputes/planted.py", "import socket"),
    ],
)
def test_a_hole_in_a_wall_is_seen(house: Path, module: str, line: str) -> None:
    planted = house / "src/dozor" / module
    planted.write_text(f'"""Planted."""\n\n{line}\n')
    try:
        result = lint(house)
    finally:
        planted.unlink()
    assert result.returncode == 1, result.stdout


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("carriers/upu/client.py", "import aiohttp"),
        ("service/web/views.py", "import django.http"),
        ("answer.py", "import dozor.advice.advise\nimport dozor.numbers"),
    ],
)
def test_a_door_stays_open(tmp_path: Path, house: Path, module: str, line: str) -> None:
    copy = shutil.copytree(house, tmp_path / "house")
    door = copy / "src/dozor" / module
    for folder in [door.parent, door.parent.parent]:
        folder.mkdir(parents=True, exist_ok=True)
    for folder in [door.parent, door.parent.parent]:
        if folder.is_relative_to(copy / "src/dozor"):
            (folder / "__init__.py").touch()
    door.write_text(f'"""Planted."""\n\n{line}\n')
    result = lint(copy)
    assert result.returncode == 0, result.stdout
