"""Why does it not track? Causes ranked, the weight of each piece of evidence, and what would change the verdict."""

from dozor.diagnosis.diagnose import diagnose
from dozor.diagnosis.headline import headline

__all__ = ["diagnose", "headline"]
