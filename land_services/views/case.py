"""The page of a case: what is asked for, before and after on a map, what was found, who decided, what came out."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from land_services.cases import actions
from land_services.cases.errors import ActionRefused
from land_services.cases.issuing import facts_at_decision, issue
from land_services.cases.models import Attempt, Case, IssuedDocument
from land_services.changesets import from_json
from land_services.domain import ChangeSet, CreateSpatialUnit
from land_services.messages import message
from land_services.register.errors import ChangeRefused
from layers.viewer import Viewer

from . import drawing
from .access import viewer_of, visible_cases
from .services import service_title
from .steps import case_steps, state_words

__all__ = ["act", "attempt_file", "case", "document", "hand_in"]


def _visible(request: HttpRequest, reference: str) -> Case:
    cases = visible_cases(viewer_of(request)).select_related("filed_by", "recommended_by", "decided_by", "entry")
    return get_object_or_404(cases, reference=reference)


@login_required
@require_safe
def case(request: HttpRequest, reference: str) -> HttpResponse:
    found = _visible(request, reference)
    attempts = list(found.attempts.order_by("-number"))
    shown = _shown(attempts, request.GET.get("attempt", ""))
    change_set = from_json(shown.change_set) if shown and shown.change_set else None
    places, rows = drawing.findings(shown.report) if shown else ([], [])
    context = {
        "case": found,
        "service": service_title(found.service),
        "srid": settings.STORAGE_SRID,
        "state": state_words(found.state),
        "steps": case_steps(found),
        "attempts": attempts,
        "attempt": shown,
        "rows": rows,
        "map": _map(found, shown, change_set, places),
        "parts": _parts(change_set),
        "documents": found.documents.order_by("pk"),
        "may": _may(viewer_of(request), found),
    }
    return render(request, "land_services/case.html", context)


def _shown(attempts: list[Attempt], wanted: str) -> Attempt | None:
    """The attempt asked for, else the last one."""
    chosen = [a for a in attempts if wanted.isdecimal() and a.number == int(wanted)]
    return (chosen or attempts or [None])[0]


def _map(found: Case, shown: Attempt | None, change_set: ChangeSet | None, places: list[Any]) -> dict[str, Any]:
    """Before and after, with what lies around. What is decided is shown as it was on the day of the decision."""
    facts = facts_at_decision(found)
    after = (
        drawing.created(change_set)
        if change_set
        else [drawing.feature(part["geometry"], part["number"]) for part in (shown.drawn if shown else [])]
    )
    return {
        "before": drawing.parcels(facts.parcels),
        "after": after,
        "neighbours": drawing.parcels(facts.neighbours),
        "streets": drawing.streets(facts.streets, get_language() or "ar"),
        "sides": drawing.sides(change_set.of(CreateSpatialUnit)) if change_set else [],
        "findings": places,
    }


def _parts(change_set: ChangeSet | None) -> list[dict[str, Any]]:
    if change_set is None:
        return []
    return [
        {
            "uid": op.uid,
            "number": op.parcel_no,
            "surveyed_area_m2": op.surveyed_area_m2,
            "official_area_m2": op.official_area_m2,
            "feature": f"part-{op.uid}",
        }
        for op in change_set.of(CreateSpatialUnit)
    ]


def _may(viewer: Viewer, found: Case) -> dict[str, Any]:
    """What this viewer may do now, with the reason where a decision is not theirs."""
    mine = found.filed_by_id == viewer.user_id
    decider = viewer.has_role(*actions.DECIDERS)
    return {
        "hand_in": mine and found.state in ("draft", "submitted"),
        "withdraw": mine and found.state in actions.OPEN_STATES,
        "recommend": viewer.has_role(*actions.RECOMMENDERS) and found.state == "submitted" and not mine,
        "approve": decider and found.state == "recommended" and not mine and found.recommended_by_id != viewer.user_id,
        "reject": (decider or viewer.has_role(*actions.RECOMMENDERS))
        and found.state in ("submitted", "recommended")
        and not mine,
        "issue": decider and found.state == "approved",
        "why_not": _(
            "A decision that changes the register needs two people: whoever recommended it does not approve it."
        )
        if decider and found.state == "recommended" and found.recommended_by_id == viewer.user_id
        else "",
    }


@login_required
@require_POST
def act(request: HttpRequest, reference: str) -> HttpResponse:
    """One button of the case page: recommend, approve (and issue), issue, reject, withdraw."""
    found, viewer = _visible(request, reference), viewer_of(request)
    reason = request.POST.get("reason", "")
    doing: dict[str, Callable[[], Any]] = {
        "recommend": lambda: actions.recommend(found, viewer=viewer),
        "approve": lambda: issue(actions.approve(found, viewer=viewer)[0], viewer=viewer),
        "issue": lambda: issue(found, viewer=viewer),
        "reject": lambda: actions.reject(found, reason, viewer=viewer),
        "withdraw": lambda: actions.withdraw(found, viewer=viewer),
    }
    do = doing.get(request.POST.get("action", ""))
    if do is None:
        raise Http404
    language = get_language() or "ar"
    try:
        do()
    except ActionRefused as refused:
        messages.error(request, refused.message_en if language == "en" else refused.message_ar)
    except ChangeRefused as refused:
        messages.error(request, _("The register was not changed: what was decided no longer fits it."))
        for found_now in refused.findings[:10]:
            messages.error(request, f"{found_now.rule}: {message(found_now, language)}")
    return redirect("case", reference=reference)


@login_required
@require_POST
def hand_in(request: HttpRequest, reference: str) -> HttpResponse:
    """Take a survey file for a case: it is checked at once, and kept whatever the checks say."""
    found = _visible(request, reference)
    upload = request.FILES.get("file")
    if not isinstance(upload, UploadedFile) or not upload.size:
        messages.error(request, _("Choose a survey file first."))
        return redirect("case", reference=reference)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ("upload" + Path(upload.name or "").suffix.lower()[:12])
        with path.open("wb") as target:
            for chunk in upload.chunks():
                target.write(chunk)
        try:
            attempt, _checked = actions.hand_in(
                found,
                path,
                viewer=viewer_of(request),
                file_name=upload.name or "survey",
                crs=request.POST.get("crs", "").strip()[:32],
                unit=request.POST.get("unit", "").strip()[:8],
            )
        except ActionRefused as refused:
            messages.error(request, refused.message_en if get_language() == "en" else refused.message_ar)
            return redirect("case", reference=reference)
    if attempt.fit:
        messages.success(request, _("The file is fit: the case was submitted for review."))
    else:
        messages.warning(request, _("The file was not accepted yet: the findings below say what to mend."))
    return redirect("case", reference=reference)


@login_required
@require_safe
def document(request: HttpRequest, reference: str, key: int) -> FileResponse:
    """A document of the case, as an attachment."""
    found = get_object_or_404(IssuedDocument, pk=key, case=_visible(request, reference))
    return _attachment(found.file, f"{found.number.replace('/', '-')}{Path(found.file.name).suffix}")


@login_required
@require_safe
def attempt_file(request: HttpRequest, reference: str, number: int) -> FileResponse:
    """A survey file as it was handed in, as an attachment."""
    found = get_object_or_404(Attempt, number=number, case=_visible(request, reference))
    return _attachment(found.file, f"{reference}-{number}{Path(found.file.name).suffix}")


def _attachment(file: Any, name: str) -> FileResponse:
    response = FileResponse(file.open("rb"), as_attachment=True, filename=name, content_type="application/octet-stream")
    response["Content-Security-Policy"] = "sandbox"
    response["Cache-Control"] = "private, no-store"
    return response
