"""La Poste Suivi v2."""

from dozor.carriers.base.shape import Shaped

CONNECTOR = Shaped("la_poste")
