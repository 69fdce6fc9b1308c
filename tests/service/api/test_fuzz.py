"""The document and the running server are one: what schemathesis finds in a hundred requests (bench/api sends more)."""

from __future__ import annotations

import pytest
from bench.api.fuzz import cases, fuzz, served

SMALL = "read_parcel|list_orders|read_order|identify|set_fate|add_message"  # those that read a dossier or many filters take minutes


@pytest.mark.once
def test_the_server_does_what_its_document_says() -> None:
    with served() as (address, token):
        code, said = fuzz(address, token, examples=2, seed=7, phases="coverage,fuzzing", only=SMALL)
    assert code == 0, said[:4000]
    assert cases(said) >= 100, said[:4000]
