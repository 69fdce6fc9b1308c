"""A simulated world of cross-border orders whose truth is known. See README.md."""

from bench.world.draw import CATEGORIES, SLOTS, Mode, World, world
from bench.world.parameters import KNOBS, Parameters, parameters, perturbed
from bench.world.view import CAUSES, Seen, cause, causes, dossier, end_at, seen_at

__all__ = [
    "CATEGORIES",
    "CAUSES",
    "KNOBS",
    "SLOTS",
    "Mode",
    "Parameters",
    "Seen",
    "World",
    "cause",
    "causes",
    "dossier",
    "end_at",
    "parameters",
    "perturbed",
    "seen_at",
    "world",
]
