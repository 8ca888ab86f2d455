"""How hard a test tries: small fixed budgets in ``make test``, full ones in ``make soak``."""

from __future__ import annotations

import os

SOAK = os.environ.get("GISPORTAL_SOAK") == "1"


def budget(small: int, full: int) -> int:
    """Return the number of tries: ``small`` in the everyday run, ``full`` in the soak."""
    return full if SOAK else small
