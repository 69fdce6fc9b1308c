"""Where labels stand: none over another, none over the line of today, none outside the picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from msgspec import Struct

from dozor.picture.tables import figure, width_of


class Box(Struct, frozen=True):
    """A rectangle: x grows to the right, y downwards, in pixels."""

    x: float
    y: float
    width: float
    height: float

    def meets(self, other: Box, gap: float = 0.0) -> bool:
        """Whether two boxes overlap, or stand closer than `gap` side by side."""
        return (
            self.x < other.x + other.width + gap
            and other.x < self.x + self.width + gap
            and self.y < other.y + other.height
            and other.y < self.y + self.height
        )


class Label(Struct, frozen=True):
    """Lines of text at an instant of a lane; `x` is where the instant stands."""

    x: float
    lines: tuple[str, ...]
    tone: str = "ink"
    bold: bool = False
    tied: bool = True  # a leader ties it to its instant; a stretch's label floats

    @property
    def width(self) -> float:
        """The width of its longest line."""
        return max(width_of(line, bold=self.bold) for line in self.lines)

    @property
    def height(self) -> float:
        """The height of its lines."""
        return figure("line") * len(self.lines)


class Placed(Struct, frozen=True):
    """A label with its box; `leader` is how far its instant's line reaches down to it (0: it stands beside)."""

    label: Label
    box: Box
    leader: float = 0.0


@dataclass
class Zone:
    """A strip of the picture that takes labels from above; `walls` are what they must not cross."""

    width: float
    walls: list[Box] = field(default_factory=list)
    placed: list[Placed] = field(default_factory=list)

    def put(self, label: Label, spare: Sequence[float] = ()) -> Placed:
        """The label in the highest free place at its instant. Always finds one: the zone grows downwards.

        `spare` are instants whose own labels are still to come: they are left uncovered where that is possible.
        """
        step, y, far = figure("line") / 2, 0.0, figure("far") * figure("line")
        width, height = label.width, label.height
        near, starts = True, self._starts(label, spare, near=True)
        while True:
            # Far down a leader may pass behind other labels, and at last a label may stand across a wall.
            if near and y >= 8 * far:
                near, starts = False, self._starts(label, spare, near=False)
            for x in starts:
                found = Box(x, y, width, height)
                leader = y if label.tied and y > 0 and x - 1 <= label.x <= x + width + 1 else 0.0
                line = self._line(label.x, leader) if y < far else None
                walls = self.walls if y < 10 * far else []
                if self._free(found, line, walls):
                    placed = Placed(label, found, leader)
                    self.placed.append(placed)
                    return placed
            y += step

    @property
    def height(self) -> float:
        """Down to the lowest label."""
        return max((each.box.y + each.box.height for each in self.placed), default=0.0)

    def _starts(self, label: Label, spare: Sequence[float], *, near: bool) -> list[float]:
        """Left edges to try, best first: centred, from, up to the instant, or beside a wall, and near the instant."""
        width = label.width
        rightmost = max(0.0, self.width - width)
        wanted = [label.x - width / 2, label.x - 4, label.x - width + 4]
        for wall in self.walls:
            wanted += [wall.x + wall.width + figure("gap"), wall.x - figure("gap") - width]
        if not (near and label.tied):
            wanted += [0.0, rightmost]
        reach = figure("gap") + 8
        starts = [min(max(0.0, each), rightmost) for each in wanted]
        if near and label.tied:
            starts = [x for x in starts if x - reach <= label.x <= x + width + reach]

        def cost(x: float) -> tuple[int, float]:
            covered = sum(x - 4 < each < x + width + 4 for each in spare)
            return covered, 0.0 if label.tied else abs(x + width / 2 - label.x)

        return sorted(dict.fromkeys(starts), key=cost)

    def _free(self, box: Box, line: Box | None, walls: list[Box]) -> bool:
        if any(box.meets(wall) for wall in walls):
            return False
        for other in self.placed:
            if box.meets(other.box, figure("gap")):
                return False
            theirs = self._line(other.label.x, other.leader)
            if theirs is not None and box.meets(theirs, 2):
                return False
            if line is not None and line.meets(other.box, 2):
                return False
        return True

    @staticmethod
    def _line(x: float, leader: float) -> Box | None:
        return Box(x - 0.5, 0, 1, leader) if leader else None


@lru_cache(maxsize=4096)  # many parcels have the same words
def wrapped(text: str, most: float, *, bold: bool = False) -> tuple[str, ...]:
    """The text in lines of at most so many pixels. A word may be longer, a figure keeps its unit beside it, and
    Chinese breaks anywhere.
    """
    pieces = _pieces(text)
    lines: list[str] = []
    for piece in pieces:
        if lines and width_of((lines[-1] + piece).rstrip(), bold=bold) <= most:
            lines[-1] += piece
        else:
            lines.append(piece)
    return tuple(line.strip() for line in lines if line.strip())


def _pieces(text: str) -> list[str]:
    found: list[str] = []
    word = ""
    for character in text:
        if "\u4e00" <= character <= "\u9fff":
            found += [word, character] if word else [character]
            word = ""
        elif character == " " and not word[-1:].isdigit():
            found.append(word + " ")
            word = ""
        else:
            word += character
    return [each for each in (*found, word) if each]
