"""Dozor: what is this number, why is nothing moving, and what to do by when."""

__version__ = "0.1.0"
