"""schemathesis over the OpenAPI document, on a running server: `python bench/api/fuzz.py [--cases 2000] [--seed 1]`.

Starts `dozor serve` on a fresh folder (DATABASE_URL is kept, if there is one), makes an account with a token that may
write, and lets schemathesis send requests by the document and against it: each boundary once, at random, and in
sequences along the document's links. All its checks are on: no 5xx, every answer as the document says, what is valid
accepted, the rest refused, no operation without its token. Exit code 0 means that it found nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
# A body beyond all measure is refused by its size, before anybody reads it: 413 refuses what is invalid, too.
SETTINGS = """
[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 428, 429]
"""
MAKE_TOKEN = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "dozor.service.settings"
import django
django.setup()
from django.contrib.auth import get_user_model
from django.utils import timezone
from dozor.service.api import tokens
from dozor.service.parcels.people import person_of
user, _ = get_user_model().objects.get_or_create(username="fuzz")
print(tokens.make(person_of(user), "fuzz", "write", timezone.now())[1])
"""


@contextmanager
def served() -> Iterator[tuple[str, str]]:
    """A server of its own: its address and a token that may write."""
    with tempfile.TemporaryDirectory(prefix="dozor-fuzz-") as folder:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("DOZOR_")}
        env = {**kept, "DOZOR_DATA": str(Path(folder) / "data"), "DOZOR_API_RATE": "10000000", "DOZOR_WATCH": "no"}
        if "DOZOR_CACHE" in os.environ:
            env["DOZOR_CACHE"] = os.environ["DOZOR_CACHE"]
        errors = (Path(folder) / "errors").open("w+")
        server = subprocess.Popen(
            [BIN / "dozor", "serve", "--port", "0"], env=env, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors, text=True
        )
        try:
            assert server.stdout is not None
            address = re.search(r"http://127\.0\.0\.1:\d+", server.stdout.readline())
            assert address, "dozor serve does not start"
            made = subprocess.run([sys.executable, "-c", MAKE_TOKEN], env=env, cwd=ROOT, capture_output=True, text=True)
            assert made.returncode == 0, made.stderr
            yield address[0], made.stdout.strip()
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(timeout=30)
            errors.seek(0)
            sys.stderr.write(errors.read()[-4000:])
            errors.close()


def fuzz(address: str, token: str, *, examples: int, seed: int, phases: str, only: str = "") -> tuple[int, str]:
    """Runs schemathesis on all operations, or those whose ids `only` matches; its exit code and what it says."""
    words = [
        *("run", f"{address}/api/v1/openapi.json", "--header", f"Authorization: Bearer {token}"),
        *("--max-examples", str(examples), "--seed", str(seed), "--phases", phases, "--continue-on-failure"),
        *(("--include-operation-id-regex", f"^({only})$") if only else ()),
        *("--suppress-health-check", "all", "--warnings", "off"),
    ]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "schemathesis.toml").write_text(SETTINGS)
        done = subprocess.run([BIN / "schemathesis", *words], cwd=folder, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def cases(said: str) -> int:
    """How many requests it made."""
    found = re.search(r"([\d,]+) generated", said)
    return int(found[1].replace(",", "")) if found else 0


def main() -> int:
    """Sends as many cases as wanted and prints a line of JSON."""
    words = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    words.add_argument("--cases", type=int, default=2000)
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--phases", default="coverage,fuzzing,stateful")
    given = words.parse_args()
    sent, worst, begun, round_ = 0, 0, time.monotonic(), 0
    with served() as (address, token):
        while sent < given.cases and not worst:
            code, said = fuzz(
                address, token, examples=max(4, given.cases // 100), seed=given.seed + round_, phases=given.phases
            )
            sent, worst, round_ = sent + cases(said), code, round_ + 1
            if code or not cases(said):
                print(*(line[:600] for line in said.splitlines()), sep="\n")
                worst = worst or 1
    row = {"cases": sent, "seconds": round(time.monotonic() - begun, 1), "rounds": round_, "exit": worst}
    print(json.dumps(row))
    return worst


if __name__ == "__main__":
    sys.exit(main())
