"""The Universal Postal Union's Global Track & Trace: every S10 number, in the posts' own M40 codes."""

from dozor.carriers.upu.client import Upu

CONNECTOR = Upu()
