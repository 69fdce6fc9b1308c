"""Ukrposhta."""

from dozor.carriers.ukrposhta.client import Ukrposhta

CONNECTOR = Ukrposhta()
