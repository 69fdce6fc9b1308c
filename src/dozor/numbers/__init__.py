"""What number is it, can it be real, and how far can it ever be followed?

`identify` reads one token, `find` looks for numbers in any text, `anatomy` takes one apart, `buyer_suffix` learns what
a buyer's order numbers share. All facts are rows of `formats/*.toml` and the `s10_*` tables.
"""

from dozor.numbers.anatomy import Part, anatomy
from dozor.numbers.find import find
from dozor.numbers.identify import MISCOUNTED, buyer_suffix, identify
from dozor.numbers.repair import normal_form
from dozor.numbers.tables import formats

__all__ = ["MISCOUNTED", "Part", "anatomy", "buyer_suffix", "find", "formats", "identify", "normal_form"]
