"""Making everything that is missing, and running pages and watcher in one process until asked to stop."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import gc
import importlib
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

log = logging.getLogger("dozor.run")
PREPARING = 0x646F7A6F72  # of our advisory locks of a PostgreSQL the only one: "dozor"
COLLECT = 50_000, 20, 100  # objects made, and how many rounds of the younger before one of the older
Background = Callable[[asyncio.Event], Coroutine[Any, Any, None]]


class PortTakenError(OSError):
    """The address cannot be listened on; says what to do."""


def set_up() -> Any:
    """Django, ready for use; its settings module. Raises ConfigError or KeyFileError."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dozor.service.settings")
    django.setup()
    from django.conf import settings

    return settings


class NotReadyError(RuntimeError):
    """The database could not be brought up to date; its own error says why."""


def prepare(say: Callable[[str], None]) -> None:
    """Data folder and keys are there once the settings are read; here come schema and static files.

    Of several processes that start at once one makes them, and the others wait for it. Raises NotReadyError for a
    database that fails, OSError for a folder that cannot be written.
    """
    from django.db import DatabaseError

    from dozor.service.parcels.secrets import seal

    seal(b"")  # the key file of stored secrets is made before there is a secret to lose
    try:
        with alone():
            _made(say)
    except DatabaseError as error:
        raise NotReadyError(str(error)) from error


def _made(say: Callable[[str], None]) -> None:
    from importlib import import_module

    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        say(f"making the schema in {where()}")
        call_command("migrate", interactive=False, verbosity=0)
    _lock_down(settings.CONFIG)
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()  # a visitor's paste lies in one
    stamp = Path(settings.STATIC_ROOT) / ".collected"
    mark = _static_mark(settings.VERSION)
    if not stamp.exists() or stamp.read_text(encoding="ascii") != mark:
        call_command("collectstatic", interactive=False, verbosity=0, clear=True)
        stamp.write_text(mark, encoding="ascii")


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Nobody else prepares this database or this data folder meanwhile; a process that dies lets go by itself."""
    import fcntl

    from django.conf import settings
    from django.db import connection

    sqlite = connection.vendor == "sqlite"
    folder = Path(settings.DATABASES["default"]["NAME"]).parent if sqlite else settings.CONFIG.data
    with (folder / ".preparing").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if sqlite:
            yield
            return
        with connection.cursor() as cursor:  # the others may be on other machines
            cursor.execute("SELECT pg_advisory_lock(%s)", [PREPARING])
            try:
                yield
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [PREPARING])


def where() -> str:
    """The database in words, without its password."""
    from django.conf import settings

    found = settings.DATABASES["default"]
    if found["ENGINE"].endswith("sqlite3"):
        return str(found["NAME"])
    return f"PostgreSQL {found['NAME']} at {found['HOST'] or 'the local socket'}"


def _lock_down(config: Any) -> None:
    """What was said about people's parcels is nobody else's to read."""
    path = config.database["NAME"]
    if config.database["ENGINE"].endswith("sqlite3"):
        for name in (path, f"{path}-wal", f"{path}-shm"):
            with contextlib.suppress(FileNotFoundError):
                Path(name).chmod(0o600)


def _static_mark(version: str) -> str:
    """Changes when a static file does."""
    from django.contrib.staticfiles.finders import get_finders

    newest, count = 0, 0
    for finder in get_finders():
        for name, storage in finder.list([]):
            newest, count = max(newest, Path(storage.path(name)).stat().st_mtime_ns), count + 1
    return f"{version} {count} {newest}"


def free_port(host: str, port: int) -> int:
    """The port, or a free one for 0. Raises PortTakenError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortTakenError(
                f"cannot listen on {host}:{port} ({error.strerror}): choose another with --port, or 0 for any free one"
            ) from None
        return int(probe.getsockname()[1])


def serve(host: str, port: int, ready: Callable[[], None]) -> None:
    """Pages and background work until SIGINT or SIGTERM; `ready` is called once pages answer."""
    asyncio.run(_serve(host, port, ready))


def leave() -> None:
    """Ends the process once all is closed and written.

    The server keeps threads of its own, which abort the process where they still find work while Python takes itself
    apart; there is nothing left to take apart then, so it is not begun.
    """
    from django.db import connections

    connections.close_all()
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


async def _serve(host: str, port: int, ready: Callable[[], None]) -> None:
    from granian.constants import Interfaces
    from granian.server.embed import Server

    from dozor.service.asgi import application

    collect_seldom()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(signum, stop.set)
    server = Server(
        application,
        address=host,
        port=port,
        interface=Interfaces.ASGINL,
        websockets=False,
        backlog=512,
        log_enabled=False,
    )
    pages = asyncio.create_task(server.serve())
    work = [asyncio.create_task(_kept_going(each, stop)) for each in background()]
    announce = asyncio.create_task(_announce(host, port, ready))
    asked = asyncio.create_task(stop.wait())
    await asyncio.wait([pages, asked], return_when=asyncio.FIRST_COMPLETED)
    announce.cancel()
    if pages.done() and not stop.is_set():
        stop.set()
        pages.result()  # the reason why the pages ended
    else:
        server.stop()  # type: ignore[no-untyped-call]
    done, late = await asyncio.wait([pages, *work], timeout=15)
    for task in late:
        task.cancel()
    await asyncio.gather(*done, *late, return_exceptions=True)


def collect_seldom() -> None:
    """What stands when the service starts stays for good, and a page drops what it made without help: Python's search
    for circles of forgotten objects, which goes through all there is, is left to every so many pages.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT)


async def _announce(host: str, port: int, ready: Callable[[], None]) -> None:
    """Waits until somebody answers at the door."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # compared, not listened on
    while True:
        try:
            _, writer = await asyncio.open_connection(host, port)
        except OSError:
            await asyncio.sleep(0.05)
            continue
        writer.close()
        ready()
        return


def background() -> list[Background]:
    """What runs beside the pages, by the settings."""
    from django.conf import settings

    found = []
    for name in settings.BACKGROUND:
        module, _, attribute = name.partition(":")
        found.append(getattr(importlib.import_module(module), attribute))
    return found


async def _kept_going(work: Background, stop: asyncio.Event) -> None:
    """Background work that fails is said so and begun again, later each time."""
    pause = 1.0
    while not stop.is_set():
        try:
            await work(stop)
            return
        except Exception:
            log.exception("%s failed and begins again in %.0f s", work.__module__, pause)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), pause)
        pause = min(pause * 2, 60.0)


def no_service(error: ImportError) -> str:
    """What to say where the libraries of the service are not installed."""
    return (
        f"the service is not installed here ({error.name} is missing): start ./dozor from a checkout, "
        f'or {Path(sys.executable).name} -m pip install "dozor[service]"'
    )


def manage(words: tuple[str, ...]) -> None:
    """Runs a command of Django's."""
    from django.core.management import execute_from_command_line

    execute_from_command_line(["dozor manage", *words])


def now() -> dt.datetime:
    """The clock of the commands."""
    from django.utils import timezone

    found: dt.datetime = timezone.now()
    return found
