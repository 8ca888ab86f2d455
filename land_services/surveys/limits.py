"""How much a survey file may cost: sizes, memory, time."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

MB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """Limits of one reading. Sizes in bytes, times in seconds; counts are of what the file holds.

    ``zip_ratio`` is unpacked to packed size of one member; ``output_bytes`` bounds what the child may send back.
    """

    file_bytes: int = 50 * MB
    unzipped_bytes: int = 100 * MB
    zip_ratio: int = 200
    zip_members: int = 200
    memory_bytes: int = 2048 * MB
    cpu_s: int = 60
    wall_s: float = 75.0
    output_bytes: int = 96 * MB
    open_files: int = 64
    entities: int = 250_000
    parts: int = 20_000
    vertices: int = 1_000_000

    def to_json(self) -> dict[str, Any]:
        """Return the limits as plain values, for the child."""
        return asdict(self)


DEFAULT_LIMITS = Limits()
