"""What an event says, for people of any language: the finest common meaning that has a sentence, else the milestone.

The carrier's own words always stand beside it; they are never replaced.
"""

from __future__ import annotations

from dozor.i18n import has
from dozor.model import Event, Text


def told(event: Event) -> Text:
    """The sentence for an event: of the rule that read its words ("the flight has departed"), else of its milestone."""
    if event.milestone is None:
        return Text("milestone.unknown")
    if event.decided_by == "phrase" and event.rule:
        id = f"event.{event.rule.partition(' ')[0]}"
        if has(id):
            return Text(id)
    return Text(f"milestone.{event.milestone.value}")
