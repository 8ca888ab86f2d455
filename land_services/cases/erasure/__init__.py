"""Erasing people where law allows: what is held, what may go when, who decides, and carrying it out.

Decided in ``docs/adr/0038-erasing-people.md``; the database holds it (``sql/erasure.sql``).
"""

from __future__ import annotations

from .asking import ASKERS, DECIDERS, ask, decide, find_person
from .carrying_out import ACCOUNT_ERASERS, carry_out, erase_case
from .due import erase_due
from .holding import Held, Person, held_of

__all__ = [
    "ACCOUNT_ERASERS",
    "ASKERS",
    "DECIDERS",
    "Held",
    "Person",
    "ask",
    "carry_out",
    "decide",
    "erase_case",
    "erase_due",
    "find_person",
    "held_of",
]
