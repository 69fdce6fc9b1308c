"""From what a person has to a Dossier: a JSON form, a sentence, a pasted message.

`read_dossier` decodes the documented JSON form, `settle` reads the free text and turns relative facts
("shipped 24 days ago") into dates, so that no later room need know on which day a thing was said.
"""

from dozor.intake.dossier import DossierError, read_dossier, settle
from dozor.intake.sentence import Facts, read_facts

__all__ = ["DossierError", "Facts", "read_dossier", "read_facts", "settle"]
