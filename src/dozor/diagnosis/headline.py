"""One sentence: the likeliest cause and how sure we are."""

from __future__ import annotations

from dozor.diagnosis.tables import figures
from dozor.model import CauseId, Diagnosis, Text

SURE_AT_MOST = 0.99  # a hundred per cent is never known


def headline(diagnosis: Diagnosis) -> Text:
    """The verdict as a sentence; two candidates where neither leads clearly, an unknown where nothing does."""
    lead = diagnosis.causes[0]
    if lead.id is CauseId.OTHER and lead.probability >= figures().headline_open and lead.evidence:
        return Text("headline.other", {"why": lead.evidence[0].why})
    named = [cause for cause in diagnosis.causes if cause.id is not CauseId.OTHER]
    first, second = named[0], named[1]
    args = {
        "cause": Text(f"cause.{first.id.value}"),
        "p": min(round(first.probability, 2), SURE_AT_MOST),
        "second": Text(f"cause.{second.id.value}"),
        "p2": round(second.probability, 2),
    }
    if first.probability >= figures().headline_sure:
        return Text("headline.sure", args)
    if first.probability < figures().headline_open:
        return Text("headline.open", args)
    return Text("headline.likely", args)
