"""A server does not start with a rule pack that it does not have."""

from __future__ import annotations

from typing import Any

import pytest

from land_services.rulebook.checks import check_rule_pack
from land_services.rules import authorities


@pytest.mark.parametrize("authority", authorities())
def test_each_pack_that_comes_with_the_software_starts(settings: Any, authority: str) -> None:
    settings.AUTHORITY = authority
    assert check_rule_pack() == []


def test_an_unknown_authority_is_named_with_those_that_exist(settings: Any) -> None:
    settings.AUTHORITY = "atlantis"
    (error,) = check_rule_pack()
    assert error.id == "rulebook.E001"
    assert "atlantis" in error.msg and "riyadh" in error.msg
