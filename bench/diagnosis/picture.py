"""The reliability diagram: how often the first cause is right, by how sure it was said to be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

SIDE, LEFT, TOP, FOOT = 420, 64, 28, 52
COLOURS = ("#1b6ca8", "#c8553d", "#3d8361", "#8a5fbf", "#b8860b")
Curve = Sequence[tuple[float, float, int]]


def reliability_svg(curves: Mapping[str, Curve]) -> str:
    """One line a world: (mean probability said, share right, number) by tenths; the diagonal is perfect."""
    width, height = LEFT + SIDE + 250, TOP + SIDE + FOOT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        'font-family="sans-serif" font-size="13">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
        f'<rect x="{LEFT}" y="{TOP}" width="{SIDE}" height="{SIDE}" fill="none" stroke="#999"/>',
    ]
    for tick in range(0, 11, 2):
        at = tick / 10
        parts.append(f'<text x="{_x(at):.1f}" y="{TOP + SIDE + 18}" text-anchor="middle">{tick * 10} %</text>')
        parts.append(f'<text x="{LEFT - 8}" y="{_y(at) + 4:.1f}" text-anchor="end">{tick * 10} %</text>')
        parts.append(f'<line x1="{LEFT}" y1="{_y(at):.1f}" x2="{LEFT + SIDE}" y2="{_y(at):.1f}" stroke="#eee"/>')
    parts.append(
        f'<line x1="{_x(0)}" y1="{_y(0)}" x2="{_x(1)}" y2="{_y(1)}" stroke="#666" stroke-dasharray="5 4"/>'
        f'<text x="{LEFT + SIDE / 2}" y="{height - 12}" text-anchor="middle">said of the first cause</text>'
        f'<text x="18" y="{TOP + SIDE / 2}" text-anchor="middle" transform="rotate(-90 18 {TOP + SIDE / 2})">'
        "true: share of order-days</text>"
    )
    for colour, rows in zip(COLOURS, curves.values(), strict=False):
        points = " ".join(f"{_x(said):.1f},{_y(right):.1f}" for said, right, _ in rows)
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        most = max((n for *_, n in rows), default=1)
        for said, right, n in rows:
            parts.append(
                f'<circle cx="{_x(said):.1f}" cy="{_y(right):.1f}" r="{2.5 + 4.5 * (n / most) ** 0.5:.1f}" '
                f'fill="{colour}" fill-opacity="0.75"/>'
            )
    for place, (colour, name) in enumerate(zip(COLOURS, curves, strict=False)):
        y = TOP + 18 + 24 * place
        parts.append(f'<circle cx="{LEFT + SIDE + 24}" cy="{y - 4}" r="6" fill="{colour}"/>')
        parts.append(f'<text x="{LEFT + SIDE + 38}" y="{y}">{escape(name)}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _x(share: float) -> float:
    return LEFT + SIDE * share


def _y(share: float) -> float:
    return TOP + SIDE * (1 - share)
