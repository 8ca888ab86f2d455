"""Our reading against another implementation's: the ``cql2`` package (Rust, Development Seed), which tests only use.

It reads numbers as binary fractions, knows no backslash in texts, and gives a leading minus another place than annex B
of the standard; expressions with those are left to the other tests. Its time doubles with every bracket, so what it is
given has few.
"""

from __future__ import annotations

import json
from typing import Any

import cql2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layers.ogc.filters import read
from layers.ogc.filters.tree import Node
from tests.budget import budget

from . import trees
from .writing import to_object, to_text

EXPRESSIONS = (
    "a = 'x'",
    "a = 'O''Neil'",
    "a='١٢٣ قطعة'",
    "\"اسم\" = 'x'",
    "a NOT IN ('x','y')",
    "a NOT LIKE 'x%'",
    "a NOT BETWEEN 1 AND 2",
    "a IS NULL",
    "a IS NOT NULL",
    "ACCENTI(CASEI(a)) LIKE ACCENTI(CASEI('x%'))",
    "S_INTERSECTS(geom, BBOX(1,2,3,4))",
    "S_WITHIN(geom, POLYGON((0 0,4 0,4 4,0 0),(2 1,3 1,3 2,2 1)))",
    "S_INTERSECTS(geom, MULTIPOINT((1 2),(3 4)))",
    "S_CROSSES(geom, MULTILINESTRING((0 0,1 1),(2 2,3 3)))",
    "S_DISJOINT(geom, MULTIPOLYGON(((0 0,1 0,1 1,0 0)),((5 5,6 5,6 6,5 5))))",
    "S_INTERSECTS(geom, GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(0 0,1 1)))",
    "T_AFTER(b, DATE('2020-01-01'))",
    "T_DURING(INTERVAL(a,b), INTERVAL('2020-01-01','..'))",
    "T_INTERSECTS(INTERVAL('..','2020-01-01T00:00:00Z'), b)",
    "b = TIMESTAMP('2020-01-01T00:00:00Z')",
    "a+b*2 > 3-1",
    "a ^ 2 = 4",
    "a div 2 = 1 % 5",
    "a = true",
    "NOT a = 1",
    "a = 1 OR b = 2 AND NOT c = 3 OR d = 4",
    "(a = 1 OR b = 2) AND (c = 3 OR d = 4)",
    "a > 1.5e3",
    "a - 1 - 1 = 0",
    "a / 2 / 2 * 3 = 1",
    "a.b = 1",
    "a:b = 1",
    "TRUE",
)


def alike(found: Any) -> Any:
    """Return CQL2 JSON with numbers as floats, the lists of nested ANDs and ORs joined, and names in lower case."""
    if isinstance(found, dict):
        made = {k: alike(v) for k, v in found.items()}
        if made.get("op") in ("and", "or"):
            parts = [p["args"] if isinstance(p, dict) and p.get("op") == made["op"] else [p] for p in made["args"]]
            made["args"] = [part for some in parts for part in some]
        if "op" in made:
            made["op"] = made["op"].lower()
        return made
    return [alike(v) for v in found] if isinstance(found, (list, tuple)) else _floats(found)


def _floats(found: Any) -> Any:
    if isinstance(found, dict):
        return {k: _floats(v) for k, v in found.items()}
    if isinstance(found, (list, tuple)):
        return [_floats(v) for v in found]
    return float(found) if isinstance(found, (int, float)) and not isinstance(found, bool) else found


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_both_read_the_same(text: str) -> None:
    assert alike(to_object(read(text, "cql2-text"))) == alike(cql2.parse_text(text).to_json())


@settings(max_examples=budget(30, 1_000), deadline=None, suppress_health_check=list(HealthCheck))
@given(asked=st.lists(trees.predicates, min_size=5, max_size=10))
def test_both_read_the_same_of_what_is_made_at_random(asked: list[Node]) -> None:
    for tree in asked:
        text = to_text(tree)
        if "\\" in text or "(-" in text:
            continue
        theirs = cql2.parse_text(text).to_json()
        assert alike(theirs) == alike(to_object(tree)), text
        assert read(json.dumps(theirs), "cql2-json") == read(json.dumps(_floats(to_object(tree))), "cql2-json")
