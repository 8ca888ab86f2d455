"""Who is looking: the frozen answer that every permission question is asked of.

``layers`` may not know users or roles of the application; ``gisportal.accounts`` makes a ``Viewer`` from a request.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

__all__ = ["ANONYMOUS", "Viewer"]


@dataclass(frozen=True)
class Viewer:
    """A person, or nobody, as far as permissions need to know.

    Parameters
    ----------
    user_id : int or None
        Key of the account, None for someone who is not signed in.
    roles : frozenset of str
        Codes such as ``surveyor``, ``reviewer``, ``head``, ``registrar``, ``administrator``.
    areas : frozenset of str
        Codes of the municipalities or departments the roles are held in; empty means all of them.
    parties : frozenset of int
        Keys of the parties (persons, companies, offices) that this account speaks for.
    grants : frozenset of (str, str)
        Each role with the area it is held in, "" for everywhere. Empty where nobody asked: then every role is held in
        all of ``areas``.
    standing_in : frozenset of (str, str, int)
        Each role that is held for somebody absent, where, and the key of that account. ``roles`` holds these too,
        ``grants`` does not.
    """

    user_id: int | None = None
    roles: frozenset[str] = field(default_factory=frozenset)
    areas: frozenset[str] = field(default_factory=frozenset)
    parties: frozenset[int] = field(default_factory=frozenset)
    grants: frozenset[tuple[str, str]] = field(default_factory=frozenset)
    standing_in: frozenset[tuple[str, str, int]] = field(default_factory=frozenset)

    @property
    def is_anonymous(self) -> bool:
        return self.user_id is None

    def has_role(self, *codes: str) -> bool:
        """Return True if any of the codes is among the roles."""
        return not self.roles.isdisjoint(codes)

    def areas_of(self, *codes: str) -> frozenset[str]:
        """Return where any of these roles is held, one of which must be; empty means everywhere.

        A role held everywhere does not carry another one there: who is a planner in the west and a resident everywhere
        plans in the west.
        """
        held = self.grants | {(role, area) for role, area, _user in self.standing_in}
        if not held:
            return self.areas
        areas = frozenset(area for role, area in held if role in codes)
        return frozenset() if "" in areas else areas

    def roles_by_area(self, codes: Collection[str]) -> dict[str, frozenset[str]]:
        """Return which of these roles are held in each area, "" being everywhere."""
        held = self.grants | {(role, area) for role, area, _user in self.standing_in}
        if not held:
            held = frozenset((role, area) for role in self.roles for area in self.areas or {""})
        found: dict[str, set[str]] = {}
        for role, area in held:
            if role in codes:
                found.setdefault(area, set()).add(role)
        return {area: frozenset(roles) for area, roles in sorted(found.items())}

    def holds_in(self, area: str, *codes: str) -> bool:
        """Return True if one of these roles is held in an area or everywhere; what lies in no area, by any holder."""
        if not self.has_role(*codes):
            return False
        areas = self.areas_of(*codes)
        return not areas or not area or area in areas

    def holds_itself(self, *codes: str, area: str = "") -> bool:
        """Return True if one of these roles is the viewer's own in an area, not only held for somebody absent."""
        if not self.grants:
            stood_in = {role for role, _area, _user in self.standing_in}
            return not (self.roles - stood_in).isdisjoint(codes)
        return any(role in codes and (not area or held in ("", area)) for role, held in self.grants)

    def stood_in_for(self, *codes: str, area: str = "") -> frozenset[int]:
        """Return the accounts for whom the viewer holds one of these roles in an area."""
        return frozenset(
            user for role, held, user in self.standing_in if role in codes and (not area or held in ("", area))
        )


ANONYMOUS = Viewer()
