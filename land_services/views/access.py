"""Who may see what: a case is seen by those who have a part in it; for everybody else it does not exist."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.http import HttpRequest

from land_services.cases.models import Case
from layers.viewer import ANONYMOUS, Viewer

__all__ = ["STAFF", "viewer_of", "visible_cases"]

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
