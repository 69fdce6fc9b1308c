"""Nova Poshta."""

from dozor.carriers.nova_poshta.client import NovaPoshta

CONNECTOR = NovaPoshta()
