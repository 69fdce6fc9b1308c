"""Kuaidi100."""

from dozor.carriers.kuaidi100.client import Kuaidi100, signature

CONNECTOR = Kuaidi100()

__all__ = ["CONNECTOR", "Kuaidi100", "signature"]
