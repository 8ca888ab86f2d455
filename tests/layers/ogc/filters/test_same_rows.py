"""Random filters: written as text and as JSON, read, and asked of the database, against an evaluation in Python."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layers.ogc.filters import parse, read
from layers.ogc.filters.tree import Node
from tests.budget import budget

from . import trees
from .features import FIELDS, Features
from .oracle import Close, Truth, holds
from .writing import to_json, to_text

_quiet = settings(
    max_examples=budget(40, 2_000), deadline=None, suppress_health_check=list(HealthCheck), derandomize=False
)


def _expected(tree: Node, rows: list[dict[str, Any]]) -> dict[int, Truth] | None:
    try:
        return {row["id"]: holds(tree, row) for row in rows}
    except Close:
        return None


@pytest.mark.django_db
@_quiet
@given(asked=st.lists(trees.conditions, min_size=10, max_size=20), rows=trees.rows)
def test_a_filter_is_true_false_or_unknown_as_in_python(asked: list[Node], rows: list[dict[str, Any]]) -> None:
    known = [(tree, expected) for tree in asked if (expected := _expected(tree, rows)) is not None]
    if not known:
        return
    features = Features(rows)
    for lang, write in (("cql2-text", to_text), ("cql2-json", to_json)):
        filters = [parse(write(tree), lang, FIELDS, filter_srid=32639) for tree, _ in known]  # type: ignore[arg-type]
        for (tree, expected), found in zip(known, features.truths(filters), strict=True):
            assert found == expected, to_text(tree)


@_quiet
@given(asked=st.lists(trees.conditions, min_size=10, max_size=20))
def test_what_is_written_as_text_or_json_is_read_as_the_same_tree(asked: list[Node]) -> None:
    for tree in asked:
        assert read(to_text(tree), "cql2-text") == tree
        assert read(to_json(tree), "cql2-json") == tree
