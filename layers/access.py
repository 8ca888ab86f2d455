"""Who may see which layers and fields: one closed list of scopes, asked by tiles, features, exports and counts alike.

A scope is what a person may see, not who the person is: caches are keyed by it. ``public`` sees what everyone sees;
``staff`` sees staff's layers and fields everywhere; ``staff-<area>`` sees them inside its municipalities only, and what
everyone sees elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from layers.viewer import Viewer

if TYPE_CHECKING:
    from layers.catalog.base import Layer
    from layers.files.mapping import LayerField

__all__ = ["PUBLIC", "STAFF", "STAFF_ROLES", "Scope", "can_read", "readable_fields", "scope_of"]

STAFF_ROLES: Final = frozenset(
    {
        "reviewer",
        "survey_head",
        "planner",
        "mayor",
        "registrar",
        "archive",
        "director",
        "gis_engineer",
        "administrator",
    }
)
"""Roles of the municipality's own people. A surveyor, an agency, a cashier and a resident see what everyone sees."""


@dataclass(frozen=True)
class Scope:
    """What may be seen. ``areas`` are codes of municipalities, sorted; empty means everywhere."""

    is_staff: bool = False
    areas: tuple[str, ...] = ()

    @property
    def code(self) -> str:
        """The scope as part of a cache key: ``public``, ``staff`` or ``staff-a+b``, other signs as %XX.

        >>> Scope(True, ("a+b",)).code == Scope(True, ("a", "b")).code
        False
        """
        if not self.is_staff:
            return "public"
        return f"staff-{'+'.join(quote(area, safe='') for area in self.areas)}" if self.areas else "staff"


PUBLIC: Final = Scope()
STAFF: Final = Scope(is_staff=True)


def scope_of(viewer: Viewer) -> Scope:
    """Return what a viewer may see.

    >>> scope_of(Viewer()).code, scope_of(Viewer(1, frozenset({"surveyor"}))).code
    ('public', 'public')
    >>> scope_of(Viewer(1, frozenset({"planner"}), frozenset({"west", "east"}))).code
    'staff-east+west'
    >>> held = frozenset({("planner", "west"), ("resident", "")})
    >>> scope_of(Viewer(1, frozenset({"planner", "resident"}), grants=held)).code
    'staff-west'
    """
    if not viewer.has_role(*STAFF_ROLES):
        return PUBLIC
    return Scope(is_staff=True, areas=tuple(sorted(viewer.areas_of(*STAFF_ROLES))))


def can_read(layer: Layer, scope: Scope) -> bool:
    """Return whether a layer exists for a scope at all; where it does not, every path answers 404."""
    return layer.readers == "everyone" or scope.is_staff


def readable_fields(layer: Layer, scope: Scope) -> tuple[LayerField, ...]:
    """Return the fields that a scope may see, ask for, filter by and sort by, in the layer's order."""
    return tuple(f for f in layer.fields if f.readers == "everyone" or scope.is_staff)
