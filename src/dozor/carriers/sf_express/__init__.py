"""SF Express."""

from dozor.carriers.sf_express.client import SfExpress

CONNECTOR = SfExpress()
