"""A reliability diagram as SVG: what was said against what came, a line a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

COLOURS = ("#0b6e4f", "#c8553d", "#3d5a98", "#b08900")
SIZE, LEFT, TOP = 420, 70, 40


def reliability_svg(rows: Mapping[str, Sequence[tuple[float, float, float]]], title: str) -> str:
    """`rows`: by model, triples (said, came, share of all); the dots are as large as their share."""

    def x(value: float) -> float:
        return LEFT + value * SIZE

    def y(value: float) -> float:
        return TOP + (1 - value) * SIZE

    width, height = LEFT + SIZE + 230, TOP + SIZE + 60
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'font-family="sans-serif" font-size="13"><title>{escape(title)}</title>',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        f'<text x="{LEFT}" y="24" font-size="15">{escape(title)}</text>',
    ]
    for tick in range(0, 11, 2):
        value = tick / 10
        parts.append(f'<path d="M{x(value)} {y(0)}V{y(1)}M{x(0)} {y(value)}H{x(1)}" stroke="#e3e3e3"/>')
        parts.append(f'<text x="{x(value)}" y="{y(0) + 20}" text-anchor="middle">{tick * 10} %</text>')
        parts.append(f'<text x="{x(0) - 8}" y="{y(value) + 4}" text-anchor="end">{tick * 10} %</text>')
    parts.append(f'<path d="M{x(0)} {y(0)}L{x(1)} {y(1)}" stroke="#888" stroke-dasharray="5 4"/>')
    parts.append(
        f'<text x="{x(0.5)}" y="{y(0) + 44}" text-anchor="middle">said: it comes in the next seven days</text>'
    )
    parts.append(
        f'<text transform="translate({LEFT - 52} {y(0.5)}) rotate(-90)" text-anchor="middle">of those, came</text>'
    )
    for place, (name, points) in enumerate(rows.items()):
        colour = COLOURS[place % len(COLOURS)]
        line = " ".join(f"{x(said):.1f},{y(came):.1f}" for said, came, _ in points)
        parts.append(
            f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="{2.5 if not place else 1.5}"/>'
        )
        parts += [
            f'<circle cx="{x(said):.1f}" cy="{y(came):.1f}" r="{2 + 14 * share**0.5:.1f}" '
            f'fill="{colour}" fill-opacity="0.35"/>'
            for said, came, share in points
        ]
        at = TOP + 20 + place * 22
        parts.append(f'<path d="M{x(1) + 20} {at - 4}h24" stroke="{colour}" stroke-width="3"/>')
        parts.append(f'<text x="{x(1) + 52}" y="{at}">{escape(name)}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"
