"""The operations of CQL2 that are understood, by their names in JSON."""

from __future__ import annotations

from typing import Final

__all__ = [
    "ARITHMETIC",
    "ARRAY",
    "BY_TEXT",
    "COMPARISONS",
    "INTERVALS_ONLY",
    "SPATIAL",
    "TEMPORAL",
    "TEXT_FUNCTIONS",
]

COMPARISONS: Final = ("=", "<>", "<", ">", "<=", ">=")
ARITHMETIC: Final = ("+", "-", "*", "/", "%", "div", "^")
TEXT_FUNCTIONS: Final = ("casei", "accenti")
SPATIAL: Final = (
    "s_intersects",
    "s_equals",
    "s_disjoint",
    "s_touches",
    "s_within",
    "s_overlaps",
    "s_crosses",
    "s_contains",
)
INTERVALS_ONLY: Final = (
    "t_contains",
    "t_during",
    "t_finishedBy",
    "t_finishes",
    "t_meets",
    "t_metBy",
    "t_overlappedBy",
    "t_overlaps",
    "t_startedBy",
    "t_starts",
)
"""Relations between two intervals; the standard makes their use with a moment an error of the client."""

TEMPORAL: Final = ("t_after", "t_before", "t_disjoint", "t_equals", "t_intersects", *INTERVALS_ONLY)
ARRAY: Final = ("a_equals", "a_contains", "a_containedBy", "a_overlaps")
"""Known by name only, to say that no property of ours is a list."""

BY_TEXT: Final = {name.lower(): name for name in (*TEXT_FUNCTIONS, *SPATIAL, *TEMPORAL, *ARRAY)}
"""Functions of the text encoding, whose names are in any case."""
