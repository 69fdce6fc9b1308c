"""What learning costs the service: seconds, memory, the size of what is kept, and what it adds to an answer.

`.venv/bin/python -m bench.forecast.service` from the root of the checkout; a database of its own, SQLite.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time

FOLDER = tempfile.TemporaryDirectory(prefix="dozor-bench-")
os.environ["DOZOR_DATA"] = FOLDER.name
os.environ["DJANGO_SETTINGS_MODULE"] = "dozor.service.settings"
for name in [name for name in os.environ if name.startswith("DATABASE_URL")]:
    del os.environ[name]

import django  # noqa: E402

django.setup()

import numpy as np  # noqa: E402
from bench.world import dossier, world  # noqa: E402
from django.contrib.auth import get_user_model  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import transaction  # noqa: E402

from dozor.service.parcels import actions, learning  # noqa: E402
from dozor.service.parcels.models import Learnt, Parcel  # noqa: E402
from dozor.service.parcels.people import person_of  # noqa: E402


def megabytes() -> float:
    """Of this process, at its largest."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def answers(parcels: list[Parcel], at: object) -> float:
    """Milliseconds of processor time for the answer to a kept parcel, median."""
    took = []
    for parcel in parcels:
        begun = time.process_time()
        actions.current_answer(parcel, at)  # type: ignore[arg-type]
        took.append(time.process_time() - begun)
    return float(np.median(took)) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parcels", type=int, default=1000)
    options = parser.parse_args()
    call_command("migrate", verbosity=0)
    person = person_of(get_user_model().objects.create_user("bench"))
    w, t = world(4 * options.parcels, seed=1), 300.0
    sent = np.flatnonzero((w.shipped < t - 1) & (w.shipped > t - 200))[: options.parcels]
    begun = time.perf_counter()
    with transaction.atomic():
        for i in sent.tolist():
            actions.add_dossier(person, dossier(w, i, t), w.instant(w.shipped[i]), watch=False)
    parcels = list(Parcel.objects.select_related("owner", "order")[:100])
    print(f"{Parcel.objects.count()} parcels put in, {1000 * (time.perf_counter() - begun) / len(sent):.1f} ms each")
    at = w.instant(t)
    before, plain = megabytes(), answers(parcels, at)
    begun, cpu = time.perf_counter(), time.process_time()
    row = learning.learn(at)
    wall, busy = time.perf_counter() - begun, time.process_time() - cpu
    print(f"learnt from {row.parcels} in {wall:.2f} s, {busy:.2f} s of a core; {megabytes() - before:.0f} MB more")
    print(f"kept: {len(bytes(Learnt.objects.get().body)) / 1000:.0f} kB")
    begun = time.process_time()
    learning.current()
    print(f"read once a process: {1000 * (time.process_time() - begun):.1f} ms; {megabytes():.0f} MB at the most")
    print(f"an answer: {plain:.2f} ms before, {answers(parcels, at):.2f} ms with what was learnt")


if __name__ == "__main__":
    main()
