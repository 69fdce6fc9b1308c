"""Meest."""

from dozor.carriers.meest.client import Meest

CONNECTOR = Meest()
