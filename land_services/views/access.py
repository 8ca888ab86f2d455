"""Who may see what: a case is seen by those who have a part in it; for everybody else it does not exist."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from land_services.cases.models import Case
from land_services.cases.references import is_reference
from layers.viewer import ANONYMOUS, Viewer

__all__ = ["STAFF", "viewer_of", "visible_case", "visible_cases"]

STAFF = ("reviewer", "planner", "survey_head", "mayor", "registrar", "archive", "administrator")


def viewer_of(request: HttpRequest) -> Viewer:
    """Return who is looking; the middleware has put it on the request."""
    viewer: Viewer = getattr(request, "viewer", ANONYMOUS)
    return viewer


def visible_cases(viewer: Viewer) -> QuerySet[Case]:
    """Return the cases that this viewer may see: all that were submitted for staff, their own for those who file."""
    if viewer.is_anonymous:
        return Case.objects.none()
    if viewer.has_role(*STAFF):
        return Case.objects.filter(~Q(state="draft") | Q(filed_by_id=viewer.user_id))
    return Case.objects.filter(filed_by_id=viewer.user_id)


def visible_case(request: HttpRequest, reference: str) -> Case:
    """Return a case that this viewer may see; 404 otherwise, and for what cannot be a reference."""
    if not is_reference(reference):
        raise Http404
    cases = visible_cases(viewer_of(request)).select_related("filed_by", "recommended_by", "decided_by", "entry")
    return get_object_or_404(cases, reference=reference)
