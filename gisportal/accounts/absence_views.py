"""The page of absences: one's own, and for a head those of the roles they head."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from gisportal.accounts.absence_form import AbsenceForm
from gisportal.accounts.models import Absence, Delegation
from gisportal.accounts.roles import Role
from gisportal.accounts.standing_in import end, grants_under, recorded_for
from layers.viewer import Viewer

__all__ = ["absence", "end_absence"]

KINDS: dict[str, Any] = {"absence": Absence, "delegation": Delegation}


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def absence(request: HttpRequest) -> HttpResponse:
    """Record an absence and who stands in; 404 for those who hold no desk's role and head none."""
    viewer = request.viewer  # type: ignore[attr-defined]
    if not grants_under(viewer).exists():
        raise Http404
    if request.method != "POST":
        return _page(request, AbsenceForm(viewer=viewer))
    form = AbsenceForm(request.POST, viewer=viewer)
    if not form.is_valid():
        return _page(request, form, 400)
    with transaction.atomic():
        form.save()
    messages.success(request, _("Saved."))
    return redirect("accounts:absence")


def _page(request: HttpRequest, form: AbsenceForm, status: int = 200) -> HttpResponse:
    viewer = request.viewer  # type: ignore[attr-defined]
    given = recorded_for(Delegation, viewer).select_related("from_user", "to_user")
    context = {
        "form": form,
        "absences": recorded_for(Absence, viewer),
        "delegations": [(Role(row.role).label, row) for row in given],
        "received": [(Role(row.role).label, row) for row in _received(viewer)],
    }
    return render(request, "accounts/absence.html", context, status=status)


def _received(viewer: Viewer) -> QuerySet[Delegation]:
    """Return the delegations that this viewer stands in by now."""
    now = timezone.now()
    rows = Delegation.objects.filter(to_user_id=viewer.user_id, valid_from__lte=now, valid_until__gt=now)
    return rows.filter(from_user_id__in={user for _role, _area, user in viewer.standing_in}).select_related("from_user")


@login_required
@require_POST
def end_absence(request: HttpRequest, kind: str, key: int) -> HttpResponse:
    """End an absence or a delegation that one may see."""
    viewer = request.viewer  # type: ignore[attr-defined]
    if kind not in KINDS:
        raise Http404
    row = get_object_or_404(recorded_for(KINDS[kind], viewer), pk=key)
    end(row, actor_id=viewer.user_id)
    messages.success(request, _("Ended."))
    return redirect("accounts:absence")
