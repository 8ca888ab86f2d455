"""Who may see what: a case is seen by those who have a part in it; for everybody else it does not exist."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone

from land_services.cases.may import STAFF, WATCHERS
from land_services.cases.models import Case, Referral
from land_services.cases.people import agencies_of
from land_services.cases.references import is_reference
from land_services.catalogue.seeing import is_staff
from layers.viewer import ANONYMOUS, Viewer

__all__ = ["is_staff", "seen_among", "viewer_of", "visible_case", "visible_cases"]


def viewer_of(request: HttpRequest) -> Viewer:
    """Return who is looking; the middleware has put it on the request."""
    viewer: Viewer = getattr(request, "viewer", ANONYMOUS)
    return viewer


def visible_cases(viewer: Viewer) -> QuerySet[Case]:
    """Return the cases that this viewer may see.

    Their own and those of the offices they speak for; of what was submitted, those in whose stages they have a role,
    each role where it is held; all of it there for who watches over the whole; those that their agency was asked about.
    """
    if viewer.user_id is None:
        return Case.objects.none()
    seen = Q(filed_by_id=viewer.user_id)
    if viewer.parties:
        seen |= Q(party_id__in=viewer.parties)
    for area, roles in viewer.roles_by_area(STAFF).items():
        here = Q(submitted_at__isnull=False) & (Q(area__in=["", area]) if area else Q())
        seen |= here if roles & WATCHERS else here & Q(roles__overlap=sorted(roles))
    agencies = agencies_of(viewer, timezone.now())
    if agencies:
        asked = Referral.objects.filter(case=OuterRef("pk"), agency__in=agencies, cancelled_at=None)
        seen |= Q(Exists(asked))
    return Case.objects.filter(seen)


def seen_among(viewer: Viewer, references: Iterable[str]) -> list[str]:
    """Return those of the references that this viewer may see, in order."""
    found = visible_cases(viewer).filter(reference__in=list(references))
    return list(found.order_by("reference").values_list("reference", flat=True))


def visible_case(request: HttpRequest, reference: str) -> Case:
    """Return a case that this viewer may see; 404 otherwise, and for what cannot be a reference."""
    if not is_reference(reference):
        raise Http404
    cases = visible_cases(viewer_of(request)).select_related("filed_by", "recommended_by", "decided_by", "entry")
    return get_object_or_404(cases, reference=reference)
