"""What is said of a card that cannot be used."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["CatalogueError"]


class CatalogueError(ValueError):
    """Which file, which line, which key, and why; ``faults`` holds this and every other fault that was found."""

    def __init__(self, file: str, line: int, key: str, reason: str) -> None:
        super().__init__(f"{file}:{line}: {key}: {reason}")
        self.file, self.line, self.key, self.reason = file, line, key, reason
        self.faults: tuple[CatalogueError, ...] = (self,)

    @classmethod
    def of(cls, faults: Sequence[CatalogueError]) -> CatalogueError:
        """Return one error for all faults of a file or of the catalogue: the first one, which knows the others."""
        first = faults[0]
        error = cls(first.file, first.line, first.key, first.reason)
        error.faults = tuple(faults)
        return error

    def __str__(self) -> str:
        return "\n".join(fault.args[0] for fault in self.faults)
