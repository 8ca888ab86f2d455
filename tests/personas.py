"""The people that tests speak of, as frozen viewers: owner, office, reviewers, and one who has no part in it."""

from __future__ import annotations

from typing import Final

from layers.viewer import ANONYMOUS, Viewer

__all__ = ["EVERYONE", "HEAD", "MAYOR", "NOBODY", "OUTSIDER", "OWNER", "REGISTRAR", "REVIEWER", "SURVEYOR"]

OWNER_PARTY: Final = 1
OFFICE_PARTY: Final = 10
OTHER_OFFICE_PARTY: Final = 99

OWNER: Final = Viewer(user_id=1, roles=frozenset({"resident"}), parties=frozenset({OWNER_PARTY}))
SURVEYOR: Final = Viewer(user_id=2, roles=frozenset({"surveyor"}), parties=frozenset({OFFICE_PARTY}))
REVIEWER: Final = Viewer(user_id=3, roles=frozenset({"reviewer"}))
HEAD: Final = Viewer(user_id=4, roles=frozenset({"survey_head"}))
MAYOR: Final = Viewer(user_id=5, roles=frozenset({"mayor"}))
REGISTRAR: Final = Viewer(user_id=6, roles=frozenset({"registrar"}))
OUTSIDER: Final = Viewer(user_id=7, roles=frozenset({"surveyor"}), parties=frozenset({OTHER_OFFICE_PARTY}))
NOBODY: Final = ANONYMOUS
EVERYONE: Final = (OWNER, SURVEYOR, REVIEWER, HEAD, MAYOR, REGISTRAR, OUTSIDER, NOBODY)
