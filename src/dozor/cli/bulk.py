"""Bulk: one JSON object a line on standard input, one a line out, in the same order. No line stops the others."""

from __future__ import annotations

import sys
from collections.abc import Callable

import msgspec


def each_line(answer: Callable[[bytes], object], wanted: str) -> None:
    """Writes `answer(line)` for each line; a line that cannot be read gives {"error": …} that says what is wanted.

    `answer` may raise ValueError with a message for the writer of the line, or KeyError and TypeError for one that
    is no object with the fields it needs.
    """
    encoder = msgspec.json.Encoder()
    out = sys.stdout.buffer
    for line in sys.stdin.buffer:
        if not line.strip():
            continue
        try:
            said = answer(line)
        except msgspec.DecodeError as error:
            said = {"error": f"{wanted} ({error})"}
        except ValueError as error:
            said = {"error": str(error)}
        except (KeyError, TypeError, AttributeError):
            said = {"error": wanted}
        out.write(encoder.encode(said) + b"\n")
    out.flush()
