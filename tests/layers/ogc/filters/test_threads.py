"""Filters of many requests at once: the grammar and the caches are shared by threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from layers.ogc.filters import parse, text

from .features import FIELDS
from .test_expressions import CASES


def test_threads_read_what_one_reads_alone() -> None:
    expressions = [one for cases in CASES.values() for one, _ in cases]
    alone = [parse(one, "cql2-text", FIELDS, filter_srid=32639) for one in expressions]
    text._parser.cache_clear()
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda one: text.read_text(one), expressions * 3))
    assert together == [one.tree for one in alone] * 3
