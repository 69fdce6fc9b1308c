"""How long the commands take to start: `.venv/bin/python bench/startup.py`. Median of 20, the installed command."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
LAUNCHER = str(HERE / "dozor")
INSTALLED = str(Path(sys.executable).parent / "dozor")
COMMANDS = (
    [INSTALLED, "--help"],
    [LAUNCHER, "--help"],
    [INSTALLED, "identify", "RB740193524CN"],
    [INSTALLED, "check", "RB740193524CN", "--offline"],
    [INSTALLED, "check", "RB740193524CN", "--shipped", "20d", "--price", "3.20 USD", "--to", "RU", "--offline"],
    [INSTALLED, "demo"],
)
ROUNDS = 20


def main() -> None:
    for command in COMMANDS:
        subprocess.run(command, capture_output=True, check=True)  # compiles the tables
        times = []
        for _ in range(ROUNDS):
            start = time.perf_counter()
            subprocess.run(command, capture_output=True, check=True)
            times.append(time.perf_counter() - start)
        name = "./dozor" if command[0] == LAUNCHER else "dozor"
        print(f"{statistics.median(times) * 1000:6.0f} ms  {name} {' '.join(command[1:])}")


if __name__ == "__main__":
    main()
