"""Cainiao Global, the consolidator of AliExpress and others."""

from dozor.carriers.cainiao.client import Cainiao

CONNECTOR = Cainiao()
