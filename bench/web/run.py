"""The pages of a household of 10,000 parcels, by a real `dozor serve` on SQLite, over real HTTP, at 8 connections.

    .venv/bin/python -m bench.web.run [--parcels 10000] [--requests 400] [--connections 8] [--data FOLDER]

Somebody who is logged in leafs through the list (half the looks at its first page, the others at the next nine), opens
the parcels of the first page, which need attention, all of them seen before, and pastes texts into the one box, each
another one; then all three at once. The watch runs beside. `first` are parcels that nobody has looked at since the
start, with letters written ahead (those that need somebody come first); `not ahead` are the last of all, whose letters
are not there yet, as it is for some minutes after a start. Also: the memory of the process afterwards, and what a first
visit sends. `--data` keeps the household for another run. A known piece of work is timed before and after, since the
speed of shared machines varies.
"""

from __future__ import annotations

import argparse
import gzip
import http.client
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from bench.web.load import Told, loaded, request

ROOT = Path(__file__).resolve().parents[2]
DOZOR = Path(sys.executable).parent / "dozor"
BOUNDS = {"list": 100.0, "parcel": 100.0, "first": 100.0, "box": 150.0}  # p95, ms
LEAFED = 10  # pages of the list
MEMORY, FIRST_LOAD = 250.0, 80.0  # MB, kB


def filled(data: Path, parcels: int) -> dict[str, str]:
    """The account of the household in this folder, drawn where it is not there yet."""
    kept = data / "household.json"
    if not kept.exists():
        words = [sys.executable, "-m", "bench.web.household", str(parcels)]
        done = subprocess.run(words, cwd=ROOT, env=environment(data), capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(done.stderr[-3000:])
        kept.write_text(done.stdout.splitlines()[-1])
    found: dict[str, str] = json.loads(kept.read_text())
    return found


def environment(data: Path) -> dict[str, str]:
    """Ours without settings of a Dozor that is at home here."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("DOZOR_", "DATABASE_URL"))}
    return {**plain, "DOZOR_DATA": str(data), "DOZOR_CACHE": os.environ.get("DOZOR_CACHE", str(data / "cache"))}


@contextmanager
def serving(data: Path) -> Iterator[tuple[str, int]]:
    """`dozor serve`: host with port, and the id of the process."""
    server = subprocess.Popen(
        [DOZOR, "serve", "--port", "0"], env=environment(data), cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        address = re.search(r"127\.0\.0\.1:\d+", server.stdout.readline())
        assert address, "dozor serve does not start"
        yield address[0], server.pid
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)


class Visitor:
    """Somebody with a browser's cookies."""

    def __init__(self, host: str) -> None:
        self.host, self.cookies = host, dict[str, str]()

    def ask(self, method: str, path: str, **form: str) -> tuple[int, bytes, int]:
        """Status, body and how many bytes came over the wire."""
        line = http.client.HTTPConnection(self.host, timeout=60)
        head = {"Cookie": self.cookie, "Accept-Encoding": "gzip", "Accept-Language": "ru"}
        if method == "POST":
            head["Content-Type"] = "application/x-www-form-urlencoded"
        line.request(method, path, urlencode(form) if form else None, head)
        answer = line.getresponse()
        raw = answer.read()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                key, _, rest = value.partition("=")
                self.cookies[key] = rest.partition(";")[0]
        packed = answer.getheader("Content-Encoding") == "gzip"
        return answer.status, gzip.decompress(raw) if packed else raw, len(raw)

    @property
    def cookie(self) -> str:
        """The header."""
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def log_in(self, name: str, password: str) -> None:
        """By the form."""
        token = self.token("/accounts/login/")
        status, _, _ = self.ask(
            "POST", "/accounts/login/", login=name, password=password, csrfmiddlewaretoken=token, next="/parcels/"
        )
        assert status == 302, f"logging in: {status}"

    def token(self, path: str) -> str:
        """The token of a page's form."""
        _, page, _ = self.ask("GET", path)
        found = re.search(rb'name="csrfmiddlewaretoken" value="(\w+)"', page)
        assert found, path
        return found[1].decode()


def texts(many: int, luck: random.Random) -> list[str]:
    """What people paste: a number with its check digit, days, a price; each another one."""
    made = []
    for _ in range(many):
        serial = f"{luck.randrange(10**8):08}"
        check = (
            11 - sum(int(digit) * weight for digit, weight in zip(serial, (8, 6, 4, 2, 3, 5, 9, 7), strict=True)) % 11
        )
        number = f"R{luck.choice('ABDES')}{serial}{ {10: 0, 11: 5}.get(check, check) }CN"
        days, price, left = luck.randrange(3, 60), luck.randrange(2, 90), luck.randrange(2, 50)
        made.append(
            luck.choice(
                (
                    f"{number} не отслеживается, отправлено {days} дней назад, {price},40 $, осталось {left} дней",
                    f"{number}, shipped {days} days ago, {price}.40 USD, {left} days of protection left, AliExpress",
                    number,
                )
            )
        )
    return made


def first_load(host: str) -> float:
    """What a first visit sends, kB as compressed: the page and all that it names."""
    visitor = Visitor(host)
    _, page, sent = visitor.ask("GET", "/")
    total = len(gzip.compress(page)) if sent == len(page) else sent
    styles = set(re.findall(rb'(?:href|src)="(/static/[^"]+)"', page))
    for path in sorted(styles):
        _, body, sent = visitor.ask("GET", path.decode())
        total += sent
        if path.endswith(b".css"):
            for font in set(re.findall(rb'url\("?([^")]+\.woff2)"?\)', body)):
                total += visitor.ask("GET", path.decode().rpartition("/")[0] + "/" + font.decode())[2]
    return total / 1000


def memory(pid: int) -> tuple[float, float]:
    """The resident memory of the process now and at most, MB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    found = {name: line for line in lines for name in ("VmRSS", "VmHWM") if line.startswith(name)}
    return int(found["VmRSS"].split()[1]) / 1000, int(found["VmHWM"].split()[1]) / 1000


def speed() -> float:
    """How long a known piece of work takes here and now, ms of a core."""
    begun = time.process_time()
    sum(number * number for number in range(1_000_000))
    return 1000 * (time.process_time() - begun)


def cpu(pid: int) -> float:
    """Processor time of the process, s."""
    parts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")


def listed(visitor: Visitor) -> list[str]:
    """The parcels on the first page of the list."""
    return re.findall(r'<h2><a href="/parcels/([\w-]+)/"', visitor.ask("GET", "/parcels/")[1].decode())


def refs(data: Path) -> list[str]:
    """All parcels, by the names in their addresses, those that need somebody first."""
    import sqlite3

    with sqlite3.connect(data / "dozor.sqlite3") as database:
        ordered = "SELECT ref FROM parcels_parcel ORDER BY attention DESC, decide_by, id DESC"
        return [ref for (ref,) in database.execute(ordered)]


def written_ahead(visitor: Visitor, wanted: int) -> int:
    """Waits until so many letters lie ready; how many do."""
    begun = time.monotonic()
    while True:
        figures = visitor.ask("GET", "/metrics")[1].decode()
        found = re.search(r"^dozor_letters_written (\d+)", figures, re.MULTILINE)
        if found and int(found[1]) >= wanted:
            print(f"{found[1]} letters were written ahead, the last in {time.monotonic() - begun:.0f} s", flush=True)
            return int(found[1])
        time.sleep(5)


def measured(data: Path, parcels: int, requests: int, connections: int) -> bool:
    """One run, printed; whether all promises were kept."""
    account, luck = filled(data, parcels), random.Random(1)
    print(f"{account['parcels']} parcels, {account['open']} of them open; {connections} connections", flush=True)
    kept = True
    with serving(data) as (host, pid):
        first = first_load(host)
        visitor = Visitor(host)
        visitor.log_in(account["name"], account["password"])
        token = visitor.token("/")

        def post(text: str) -> bytes:
            body = urlencode({"text": text, "csrfmiddlewaretoken": token}).encode()
            return request("POST", "/", host, visitor.cookie, body)

        def get(path: str) -> bytes:
            return request("GET", path, host, visitor.cookie)

        shelf, everything = listed(visitor), refs(data)
        ready = everything[: written_ahead(visitor, requests + len(shelf))]
        unseen = {"first": [ref for ref in ready if ref not in shelf], "not ahead": everything[-requests // 2 :]}
        luck.shuffle(unseen["first"])

        def kinds(each: int) -> dict[str, list[bytes]]:
            pages = [1 if luck.random() < 0.5 else luck.randint(1, LEAFED) for _ in range(each)]
            return {
                "list": [get(f"/parcels/?page={page}") for page in pages],
                "parcel": [get(f"/parcels/{luck.choice(shelf)}/") for _ in range(each)],
                "box": [post(text) for text in texts(each, luck)],
            }

        # Everybody in the house has looked at these pages before; texts are new each time.
        known = [f"/parcels/?page={page}" for page in range(1, LEAFED + 1)] + [f"/parcels/{ref}/" for ref in shelf]
        loaded(host, [get(path) for path in known], connections)
        loaded(host, [post(text) for text in texts(connections * 2, luck)], connections)
        print(f"this machine now: {speed():.0f} ms for a million squares", flush=True)
        looks = {name: [get(f"/parcels/{ref}/") for ref in some[:requests]] for name, some in unseen.items()}
        first_looks, not_ahead = looks.values()
        for name, work in {**kinds(requests), "first": first_looks}.items():
            before = cpu(pid)
            told = loaded(host, work, connections)
            kept &= shown(name, told, cpu(pid) - before, BOUNDS[name])
        mixed = [each for three in zip(*kinds(requests // 3).values(), strict=True) for each in three]
        before = cpu(pid)
        told = loaded(host, mixed, connections)
        kept &= shown("all three", told, cpu(pid) - before, BOUNDS["box"])
        before = cpu(pid)
        shown("not ahead", loaded(host, not_ahead, connections), cpu(pid) - before, None)
        now, most = memory(pid)
    print(f"this machine now: {speed():.0f} ms for a million squares")
    print(f"memory of the process {now:.0f} MB, at most {most:.0f} MB; first load {first:.1f} kB compressed")
    return kept and most <= MEMORY and first <= FIRST_LOAD


def shown(name: str, told: Told, spent: float, bound: float | None) -> bool:
    """A line of figures; whether it is within the bound."""
    many = len(told.took)
    print(
        f"{name:11} p50 {told.share(0.5):6.1f} ms   p95 {told.share(0.95):6.1f} ms "
        f"{f'(≤ {bound:.0f})' if bound else '':7} "
        f"{many / told.seconds:5.0f} requests/s   {1000 * spent / many:5.1f} ms of a core each   "
        f"{told.size / 1000:.0f} kB   {told.failed} failed",
        flush=True,
    )
    return not told.failed and (bound is None or told.share(0.95) <= bound)


def main() -> int:
    words = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    words.add_argument("--parcels", type=int, default=10_000)
    words.add_argument("--requests", type=int, default=400)
    words.add_argument("--connections", type=int, default=8)
    words.add_argument("--data", type=Path)
    given = words.parse_args()
    if given.data:
        given.data.mkdir(parents=True, exist_ok=True)
        return 0 if measured(given.data, given.parcels, given.requests, given.connections) else 1
    with tempfile.TemporaryDirectory(prefix="dozor-bench-") as folder:
        return 0 if measured(Path(folder), given.parcels, given.requests, given.connections) else 1


if __name__ == "__main__":
    sys.exit(main())
