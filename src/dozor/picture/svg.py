"""Writes SVG: few kinds of marks, colours by their meaning, text escaped.

Every colour is given twice: as an attribute, for programs that know no custom properties, and by a class, which
takes `--dozor-<meaning>` of the page where it is set and the palette where it is not.
"""

from __future__ import annotations

from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

from dozor.picture.layout import Placed, Zone
from dozor.picture.tables import figure, palette

FACES = "'PT Sans','Noto Sans','Noto Sans CJK SC',system-ui,-apple-system,'Segoe UI',sans-serif"


def stylesheet(theme: str = "auto") -> str:
    """The rules of the picture's classes, for a page's own style sheet or the document's style element.

    With `auto` the dark colours hold where the reader asks for them; `light` and `dark` hold always.
    """
    plain = _rules("dark" if theme == "dark" else "light")
    if theme != "auto":
        return plain
    return f"{plain}@media (prefers-color-scheme:dark){{{_rules('dark')}}}"


def _rules(scheme: str) -> str:
    parts = []
    for id, colour in palette().items():
        value = f"var(--dozor-{id},{getattr(colour, scheme)})"
        parts.append(f".dz-f-{id}{{fill:{value}}}.dz-s-{id}{{stroke:{value}}}")
    return "".join(parts)


class Canvas:
    """Collects the marks of one picture and writes the document."""

    def __init__(self, *, width: int, theme: str, id: str, standalone: bool) -> None:
        self.width = width
        self.theme = theme
        self.id = id
        self.standalone = standalone
        self._parts: list[str] = []

    def document(self, height: float, title: str, description: str, lang: str) -> str:
        """The whole document, titled and described for those who do not see it."""
        size = f'width="{self.width}" height="{height:.0f}" viewBox="0 0 {self.width} {height:.0f}"'
        ids = f"{self.id}-title", f"{self.id}-desc"
        labelled = quoteattr(" ".join(ids))
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby={labelled} lang="{lang}" '
            f'font-family="{FACES}" font-size="{figure("font"):g}">'
        )
        named = f"<title id={quoteattr(ids[0])}>{escape(title)}</title>"
        named += f"<desc id={quoteattr(ids[1])}>{escape(description)}</desc>"
        style = ground = ""
        if self.standalone:
            style = f"<style>{stylesheet(self.theme)}</style>"
            ground = f'<rect width="100%" height="100%" {self._fill("paper")}/>'
        return "\n".join([head, named, *filter(None, (style, ground)), *self._parts, "</svg>"]) + "\n"

    def line(self, since: float, until: float, y: float, colour: str, thick: float, *, dashes: str = "") -> None:
        """A level line."""
        dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
        look = f'{self._stroke(colour)} stroke-width="{thick:g}"{dashed} stroke-linecap="round"'
        self._add(f'<path d="M{since:.1f} {y:.1f}H{until:.1f}" {look}/>')

    def bar(self, since: float, until: float, middle: float, height: float, colour: str, *, round_: float = 2) -> None:
        """A filled stretch."""
        size = f'width="{max(until - since, 1):.1f}" height="{height:g}" rx="{round_:g}"'
        self._add(f'<rect x="{since:.1f}" y="{middle - height / 2:.1f}" {size} {self._fill(colour)}/>')

    def circle(self, x: float, y: float, radius: float, colour: str, *, filled: bool) -> None:
        """A dot, or a ring on paper."""
        inside = colour if filled else "paper"
        look = f'class="dz-f-{inside}" fill="{self._value(inside)}"'
        if not filled:
            ring = f'stroke="{self._value(colour)}" stroke-width="2.5"'
            look = f'class="dz-f-paper dz-s-{colour}" fill="{self._value(inside)}" {ring}'
        self._add(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" {look}/>')

    def polygon(self, points: Iterable[tuple[float, float]], colour: str) -> None:
        """A filled shape with straight sides."""
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self._add(f'<polygon points="{path}" {self._fill(colour)}/>')

    def tick(self, x: float, y: float, half: float, colour: str) -> None:
        """A short upright stroke."""
        self._add(f'<path d="M{x:.1f} {y - half:.1f}V{y + half:.1f}" {self._stroke(colour)} stroke-width="2"/>')

    def today(self, x: float, top: float, bottom: float) -> None:
        """The one line through both lanes."""
        self._add(f'<path d="M{x:.1f} {top:.1f}V{bottom:.1f}" {self._stroke("ink")} stroke-width="1.5"/>')

    def text(self, words: str, x: float, y: float, colour: str, *, bold: bool = False, anchor: str = "start") -> None:
        """One line of text on its base line."""
        weight = ' font-weight="700"' if bold else ""
        at = "" if anchor == "start" else f' text-anchor="{anchor}"'
        self._add(f'<text x="{x:.1f}" y="{y - 4:.1f}" {self._ink(colour)}{weight}{at}>{escape(words)}</text>')

    def labels(self, zone: Zone, top: float) -> None:
        """The labels of a zone that begins at `top`, each with its leader."""
        for placed in zone.placed:
            self._label(placed, top)

    def _label(self, placed: Placed, top: float) -> None:
        label, box = placed.label, placed.box
        if placed.leader:
            down = f"M{label.x:.1f} {top - 4:.1f}V{top + box.y + 2:.1f}"
            self._add(f'<path d="{down}" {self._stroke("rule")} stroke-width="1"/>')
        centre = box.x + box.width / 2
        anchor, x = ("middle", centre) if abs(centre - label.x) < 2 else ("start", box.x)
        if anchor == "start" and centre < label.x:
            anchor, x = "end", box.x + box.width
        for place, words in enumerate(label.lines, start=1):
            y = top + box.y + figure("line") * place
            self.text(words, x, y, label.tone, bold=label.bold, anchor=anchor)

    def _ink(self, colour: str) -> str:
        """Text with a rim of paper, so that a hair line behind it does not disturb reading."""
        rim = f'stroke="{self._value("paper")}" stroke-width="3" stroke-linejoin="round" paint-order="stroke"'
        return f'class="dz-f-{colour} dz-s-paper" fill="{self._value(colour)}" {rim}'

    def _fill(self, colour: str) -> str:
        return f'class="dz-f-{colour}" fill="{self._value(colour)}"'

    def _stroke(self, colour: str) -> str:
        return f'class="dz-s-{colour}" fill="none" stroke="{self._value(colour)}"'

    def _value(self, colour: str) -> str:
        row = palette()[colour]
        return row.dark if self.theme == "dark" else row.light

    def _add(self, part: str) -> None:
        self._parts.append(part)
