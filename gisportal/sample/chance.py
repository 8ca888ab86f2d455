"""The one source of chance: a generator named by words, the same on every machine."""

from __future__ import annotations

from random import Random


def chance(*words: object) -> Random:
    """Return a generator seeded by words (hashed by ``random`` with SHA-512, so independent of PYTHONHASHSEED)."""
    return Random("/".join(map(str, words)))  # noqa: S311 - this chance draws cities, it keeps no secrets
