"""EMS Cooperative."""

from dozor.carriers.ems.client import Ems

CONNECTOR = Ems()
