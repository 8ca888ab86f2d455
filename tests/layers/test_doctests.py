"""The examples in the docstrings of the pure modules are true."""

from __future__ import annotations

import doctest
import importlib

import pytest


@pytest.mark.parametrize(
    "name",
    ["crs", "srs", "files.cleaning", "files.curves", "files.mapping", "locator.categories", "locator.network.paths"],
)
def test_the_examples_of_a_module_run(name: str) -> None:
    result = doctest.testmod(importlib.import_module(f"layers.{name}"))

    assert result.attempted > 0
    assert result.failed == 0
