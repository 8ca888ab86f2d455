"""Finding cases by what staff know of them: reference, parcel, plan, deed, or the name of the service.

Names and id numbers of people find nothing: they are looked up where each look is told.
"""

from __future__ import annotations

from typing import Final

from django.db.models import Q
from django.db.models.expressions import RawSQL

from land_services.cases.about import about_land
from land_services.catalogue.finding import index
from layers.digits import digit_variants, to_latin_digits, without_marks
from layers.viewer import Viewer

from .access import is_staff

__all__ = ["about"]

_DEED: Final = "register_source s WHERE s.kind = 'deed' AND s.number = ANY(%s)"
_OURS: Final = "(%s OR c.filed_by_id = %s OR c.party_id = ANY(%s::bigint[]))"
# Each part goes by an index, and the whole is one statement: what may be seen is asked beside it. A plan has parcels
# that are gone, and a deed titles and parcels that it had; a deed that a case brought stands with its entry.
_FOUND: Final = f"""
SELECT c.id FROM cases_case c WHERE c.reference LIKE %s
UNION ALL SELECT c.id FROM cases_case c WHERE c.service = ANY(%s)
UNION ALL SELECT c.id FROM (
    SELECT uid FROM layers_parcel WHERE plan_no = ANY(%s) AND end_lifespan_version IS NULL
    UNION SELECT uid FROM layers_parcel WHERE plan_no = ANY(%s) AND end_lifespan_version IS NOT NULL
) p JOIN cases_case c ON c.parcel_uids @> jsonb_build_array(p.uid::text)
UNION ALL SELECT c.id FROM (
    SELECT DISTINCT j.parcel_uid AS uid FROM register_baunitparcel j JOIN register_baunitsource b USING (ba_unit_id)
    WHERE b.source_id IN (SELECT s.id FROM {_DEED})
) p JOIN cases_case c ON c.parcel_uids @> jsonb_build_array(p.uid::text) WHERE {_OURS}
UNION ALL SELECT c.id FROM cases_case c WHERE c.reference IN (
    SELECT e.reference FROM register_registerentry e WHERE e.id IN (SELECT s.entry_id FROM {_DEED})
) AND {_OURS}"""  # noqa: S608 - parts of ours, values apart


def about(text: str, viewer: Viewer) -> Q:
    """Return the condition of cases that a text is about.

    Numbers of deeds are shown to staff, and to others of their own cases: whoever else sees a case does not find it so.
    """
    numbers = digit_variants(without_marks(text).strip())
    ours = [is_staff(viewer), viewer.user_id, sorted(viewer.parties)]
    params = [
        f"%{_escaped(to_latin_digits(text).upper())}%",
        index().named(text),
        *(numbers, numbers),
        *(numbers, *ours),
        *(numbers, *ours),
    ]
    found = Q(pk__in=RawSQL(_FOUND, params))  # noqa: S611 - as above
    try:
        return found | about_land(text)
    except ValueError:
        return found


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
