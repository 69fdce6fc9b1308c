"""Seed rules that asking answers for."""

from __future__ import annotations

import pytest

from dozor.carriers import plan, systems
from dozor.numbers import identify


@pytest.mark.rule("S009")
def test_one_site_is_never_asked_alone_where_another_knows_such_numbers() -> None:
    assert len({step.system for step in plan([identify("RB740193524CN")[0]])}) >= 2


@pytest.mark.rule("S078")
def test_what_the_marketplace_shows_is_not_all_there_is() -> None:
    asked = [systems()[step.system] for step in plan([identify("LP00990011223344")[0]])]
    assert asked and all(system.kind != "marketplace" for system in asked)


@pytest.mark.rule("S137")
def test_an_aggregator_gives_the_second_opinion() -> None:
    steps = plan([identify("RB740193524CN")[0]])
    assert systems()[steps[1].system].kind == "aggregator"
