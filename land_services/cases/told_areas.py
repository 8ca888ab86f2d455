"""Whoever watches an area is told, on the pages and by e-mail, that a request begins or ends there.

The message says of which service, and leads to the list of one's areas, where the request stands for those who may see
it: so it holds nothing that somebody may not see, also when it is read later.
"""

from __future__ import annotations

from collections.abc import Sequence

from land_services.notices.telling import Told, tell_each

from .areas import on_hits
from .models import AreaHit, Case

__all__ = ["tell_watchers"]


@on_hits
def tell_watchers(hits: Sequence[AreaHit]) -> None:
    """Tell of new hits of one case: once for each round and area, and not whoever filed it."""
    case = Case.objects.only("pk", "round", "filed_by_id").get(reference=hits[0].reference)
    messages = [
        Told(
            hit.area.user_id,
            {"service": hit.service, "area": str(hit.area_id)},
            f"area:{hit.area_id}:case:{case.pk}:round:{max(case.round, 1)}",
        )
        for hit in hits
        if hit.area.user_id != case.filed_by_id
    ]
    if messages:
        tell_each("area_changed", messages)
