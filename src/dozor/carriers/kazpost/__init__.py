"""Kazpost."""

from dozor.carriers.kazpost.client import Kazpost

CONNECTOR = Kazpost()
