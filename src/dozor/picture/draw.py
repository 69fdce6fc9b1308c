"""From an answer to a picture: the scene is measured, its labels find their places, and SVG is written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Literal, get_args

from dozor.i18n import LANGUAGES, say
from dozor.model import Answer, Text
from dozor.picture.layout import Box, Label, Zone, wrapped
from dozor.picture.scene import Lane, Mark, Scene, Shape, Span, Tone, scene
from dozor.picture.svg import Canvas
from dozor.picture.tables import figure, width_of
from dozor.picture.zone import in_zone

Theme = Literal["auto", "light", "dark"]
THEMES: tuple[str, ...] = get_args(Theme)
Place = Callable[[dt.datetime], float]

LABELLED = {
    Tone.INK: "ink",
    Tone.QUIET: "quiet",
    Tone.BLUE: "ink",
    Tone.MOSS: "moss",
    Tone.RED: "red",
    Tone.AMBER: "amber",
}


def draw(
    answer: Answer,
    *,
    width: int = 720,
    theme: Theme = "auto",
    lang: str = "en",
    id: str = "dozor",
    standalone: bool = True,
    zone: dt.tzinfo = dt.UTC,
) -> str:
    """An answer as an SVG document, `width` pixels wide and as high as its labels need.

    `theme` auto follows the reader's colour scheme. With `standalone` false there is neither a style element nor
    a background, for a page that brings `stylesheet()` itself; `id` keeps the ids of several pictures on one page
    apart. Today and the days are those of `zone`, the reader's. Raises ValueError for a width, theme or language that
    is none.
    """
    if not figure("narrowest") <= width <= figure("widest"):
        raise ValueError(f"a width is {figure('narrowest'):.0f} to {figure('widest'):.0f} pixels, not {width}")
    if theme not in THEMES or lang not in LANGUAGES:
        raise ValueError(f"a theme is one of {', '.join(THEMES)}, a language one of {', '.join(LANGUAGES)}")
    shown = scene(in_zone(answer, zone), lang, events=_events(width))
    return _drawn(shown, width, theme, lang, id, standalone)


def draw_each(answer: Answer, widths: Mapping[str, int], *, lang: str, zone: dt.tzinfo = dt.UTC) -> tuple[str, ...]:
    """The same answer in several widths, by the id of each, for one page that brings the style: measured once."""
    here, scenes = in_zone(answer, zone), dict[int, Scene]()
    drawn = []
    for id, width in widths.items():
        events = min(_events(width), len(here.journey.events))
        if events not in scenes:
            scenes[events] = scene(here, lang, events=events)
        drawn.append(_drawn(scenes[events], width, "auto", lang, id, standalone=False))
    return tuple(drawn)


def _events(width: int) -> int:
    return round(figure("events_narrow" if width < figure("narrow") else "events_wide"))


def _drawn(shown: Scene, width: int, theme: Theme, lang: str, id: str, standalone: bool) -> str:
    most = figure("label_narrow" if width < figure("narrow") else "label_wide")
    canvas = Canvas(width=width, theme=theme, id=id, standalone=standalone)
    bottom = _lanes(canvas, shown, _scale(shown, width), float(width), most)
    title = say(Text("picture.title"), lang)
    return canvas.document(bottom + figure("gap"), title, _described(shown), lang)


def _scale(shown: Scene, width: int) -> Place:
    """Instants to pixels: linear, from the first to the last one shown."""
    instants = shown.instants()
    first, last = min(instants), max(instants)
    if last - first < dt.timedelta(days=1):
        around = dt.timedelta(days=figure("alone"))
        first, last = first - around, last + around
    seconds = max((last - first).total_seconds(), 1.0)
    edge = figure("edge")
    return lambda at: edge + (at - first).total_seconds() / seconds * (width - 2 * edge)


def _lanes(canvas: Canvas, shown: Scene, x: Place, width: float, most: float) -> float:
    now, gap, line = x(shown.now), figure("gap"), figure("line")
    bands = [span for span in shown.parcel.spans if span.kind == "band"]

    above = Zone(width)
    above.put(Label(0, (shown.parcel.name,), "quiet", tied=False))
    for span in bands:
        above.put(_span_label(span, x, width))
    canvas.labels(above, 0)
    half = figure("band") / 2 if bands else figure("bar") / 2
    axis = above.height + 4 + half
    _parcel_lane(canvas, shown, x, axis)

    below = Zone(width, walls=[Box(now - 1, 0, 2, 10_000)])
    top = axis + half + 5
    _put_all(below, _ordered(shown.parcel, x, most))
    row = top + below.height + (gap if below.placed else 0)

    # Today stands beside its line, in the row of the second lane's name if there is room.
    name, today = width_of(shown.clock.name), width_of(shown.today, bold=True)
    right = now + gap + today <= width
    start = now + gap if right else max(0.0, now - gap - today)
    if start < name + 2 * gap:
        canvas.text(
            shown.today, start if right else now - gap, row + line, "ink", bold=True, anchor="start" if right else "end"
        )
        row += line
        canvas.text(shown.clock.name, 0, row + line, "quiet")
    else:
        canvas.text(shown.clock.name, 0, row + line, "quiet")
        canvas.text(
            shown.today, start if right else now - gap, row + line, "ink", bold=True, anchor="start" if right else "end"
        )
    bar = row + line + gap + figure("bar") / 2
    _clock_lane(canvas, shown, x, bar)
    canvas.labels(below, top)
    canvas.today(now, axis - half - 2, bar + figure("bar") / 2 + 4)

    under = Zone(width)
    _put_all(under, _ordered(shown.clock, x, most))
    if shown.clock.beyond:
        under.put(Label(width, wrapped(f"{shown.clock.beyond} →", most), "quiet", tied=False))
    for note in shown.clock.note:
        under.put(Label(0, wrapped(note, width - 2 * gap), "amber", tied=False))
    canvas.labels(under, bar + figure("bar") / 2 + 6)
    return bar + figure("bar") / 2 + 6 + under.height


def _put_all(zone: Zone, labels: list[Label]) -> None:
    """Each label in turn, leaving the instants of the later ones free where it can."""
    for place, label in enumerate(labels):
        zone.put(label, [each.x for each in labels[place + 1 :] if each.tied])


def _ordered(lane: Lane, x: Place, most: float) -> list[Label]:
    """The labels of a lane in the order in which they choose their places.

    From the middle outwards: so those further out find their place lower, and no leader meets a label.
    """
    floating = [_span_label(span, x, most) for span in lane.spans if span.lines and span.kind != "band"]
    groups: list[list[Mark]] = []
    for mark in sorted(lane.marks, key=lambda each: each.at):
        near = groups and x(mark.at) - x(groups[-1][-1].at) < figure("close")
        if near and not mark.bold and not groups[-1][-1].bold:
            groups[-1].append(mark)
        else:
            groups.append([mark])
    tied = [_marks_label(group, x, most) for group in groups]
    middle = (x(_outermost(lane, last=True)) + x(_outermost(lane, last=False))) / 2 if tied else 0.0
    return [*floating, *sorted(tied, key=lambda label: abs(label.x - middle))]


def _outermost(lane: Lane, *, last: bool) -> dt.datetime:
    """The first or the last mark of a lane."""
    return (max if last else min)(mark.at for mark in lane.marks)


def _marks_label(group: list[Mark], x: Place, most: float) -> Label:
    """One label for a mark, or one for several that stand close together: a line each."""
    mark = group[0]
    at = sum(x(each.at) for each in group) / len(group)
    texts = mark.lines if len(group) == 1 else tuple(" ".join(each.lines) for each in group)
    lines = tuple(part for line in texts for part in wrapped(line, most, bold=mark.bold))
    tones = {LABELLED[each.tone] for each in group}
    return Label(at, lines, tones.pop() if len(tones) == 1 else "ink", mark.bold)


def _span_label(span: Span, x: Place, most: float) -> Label:
    lines = tuple(part for line in span.lines for part in wrapped(line, most * figure("span_share")))
    tone = "red" if span.kind == "alarm" else "quiet"
    return Label((x(span.since) + x(span.until)) / 2, lines, tone, tied=False)


def _parcel_lane(canvas: Canvas, shown: Scene, x: Place, axis: float) -> None:
    canvas.line(figure("edge"), canvas.width - figure("edge"), axis, "rule", 2)
    for span in shown.parcel.spans:
        since, until = x(span.since), x(span.until)
        match span.kind:
            case "band":
                canvas.bar(since, until, axis, figure("band"), "band", round_=4)
            case "storage":
                canvas.line(since, until, axis, "amber", 5)
            case "alarm":
                canvas.line(since, until, axis, "red", 3, dashes="3 6")
            case _:
                canvas.line(since, until, axis, "quiet", 2, dashes="2 6")
    moving = [x(mark.at) for mark in shown.parcel.marks if mark.at <= shown.now]
    if len(moving) > 1:
        canvas.line(min(moving), max(moving), axis, "blue", 2)
    for mark in shown.parcel.marks:
        _shape(canvas, mark, x(mark.at), axis)


def _clock_lane(canvas: Canvas, shown: Scene, x: Place, middle: float) -> None:
    height = figure("bar")
    fills = {"closed": "closed", "open": "open", "last": "last", "past": "closed", "payment": "open"}
    solid = [span for span in shown.clock.spans if span.until > span.since]
    if not solid:
        canvas.line(figure("edge"), canvas.width - figure("edge"), middle, "rule", 2, dashes="6 6")
    for span in solid:
        canvas.bar(x(span.since), x(span.until), middle, height, fills[span.kind])
    ends = [x(span.until) for span in solid]
    rings = [x(mark.at) for mark in shown.clock.marks if mark.shape is Shape.RING]
    if ends and rings and max(rings) > max(ends):
        canvas.line(max(ends), max(rings), middle, "quiet", 1.5, dashes="2 5")
    for mark in shown.clock.marks:
        _shape(canvas, mark, x(mark.at), middle)


def _shape(canvas: Canvas, mark: Mark, x: float, y: float) -> None:
    tone = str(mark.tone)
    match mark.shape:
        case Shape.DOT:
            canvas.circle(x, y, 6, tone, filled=True)
        case Shape.RING:
            canvas.circle(x, y, 5.5, tone, filled=False)
        case Shape.SQUARE:
            canvas.polygon([(x - 6, y - 6), (x + 6, y - 6), (x + 6, y + 6), (x - 6, y + 6)], tone)
        case Shape.DIAMOND:
            canvas.polygon([(x, y - 7.5), (x + 7.5, y), (x, y + 7.5), (x - 7.5, y)], tone)
        case Shape.TICK:
            canvas.tick(x, y, figure("bar") / 2 + 3, tone)


def _described(shown: Scene) -> str:
    """The picture in words, for those who do not see it: each lane with what stands on it, in order of time."""
    parts = [shown.today]
    for lane in (shown.parcel, shown.clock):
        told = [(mark.at, " ".join(mark.lines)) for mark in lane.marks]
        told += [(span.until, ", ".join(span.lines)) for span in lane.spans if span.lines]
        words = [text for _, text in sorted(told)] + list(lane.note) + ([lane.beyond] if lane.beyond else [])
        if words:
            parts.append(f"{lane.name}: {'; '.join(words)}")
    return ". ".join(parts) + "."
