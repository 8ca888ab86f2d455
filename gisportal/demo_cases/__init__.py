"""Cases for a newcomer to look at: each open land service in each interesting state, filed and worked on by the
demonstration's people through the acts of the engine.

Each case has land of its own, drawn from the rows of the sample, so that a second run finds the same case on the same
land and leaves it as it stands. A case is one transaction: an interrupted run leaves whole cases or none.
"""

from __future__ import annotations

from .run import Shown, file_cases
from .ways import STATES

__all__ = ["STATES", "Shown", "file_cases"]
