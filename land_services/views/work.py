"""What waits for somebody: stages of their roles, questions to their agencies, and what came back to them."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from land_services.cases.erasure import ASKERS, DECIDERS
from land_services.cases.may import ACTS, STAFF
from land_services.cases.models import Case, Referral, StageRun
from land_services.cases.people import agencies_of
from land_services.cases.unanswered import unanswered
from layers.viewer import Viewer

from .access import is_staff, viewer_of
from .case_order import DUE, WAITING, open_questions, waiting_first
from .paging import page_of
from .reasons import may_count
from .services import agency_words, component_words, service_title, stage_title
from .steps import due_words, state_words

__all__ = ["work"]


@login_required
@require_safe
def work(request: HttpRequest) -> HttpResponse:
    """One page of three lists: each by what is due, each with pages of its own."""
    viewer = viewer_of(request)
    agencies = agencies_of(viewer, timezone.now())
    stages = page_of(request, my_stages(viewer), _stage_rows)
    questions = page_of(request, my_questions(agencies), _question_rows, "asked")
    mine = page_of(request, my_drafts(viewer), _mine_rows, "mine")
    context = {
        "stages": stages,
        "questions": questions,
        "mine": mine,
        "is_staff": is_staff(viewer),
        "is_asked": bool(agencies),
        "may_count": may_count(viewer),
        "may_erase": viewer.has_role(*ASKERS, *DECIDERS),
    }
    return render(request, "land_services/work.html", context)


def my_stages(viewer: Viewer) -> QuerySet[StageRun]:
    """Return the stages under way that this person may work on: not of cases they filed, not in a colleague's hands."""
    stages = StageRun.objects.filter(state="active", case__state__in=["submitted", "approved", "issued"])
    absent = {user for _role, _area, user in viewer.standing_in}
    free = Q(assignee=None) | Q(assignee_id__in=absent)
    mine = Q(assignee_id=viewer.user_id)
    for area, roles in viewer.roles_by_area(STAFF).items():
        mine |= free & Q(role__in=sorted(roles)) & (Q(area__in=["", area]) if area else Q())
    found = stages.filter(mine).exclude(case__filed_by_id=viewer.user_id).select_related("case", "assignee")
    return found.order_by(*DUE)


def my_questions(agencies: frozenset[str]) -> QuerySet[Referral]:
    """Return the open questions to these agencies, by when they are to be answered; whose period stands still last."""
    return open_questions(agencies).select_related("case").order_by(*DUE)


def my_drafts(viewer: Viewer) -> QuerySet[Case]:
    """Return what somebody filed and has in their own hands: what came back before drafts."""
    return waiting_first(Case.objects.filter(filed_by_id=viewer.user_id, state__in=WAITING))


def _stage_rows(runs: list[StageRun]) -> list[dict[str, Any]]:
    """Return stages with what they are called, and whether a message of the applicant waits in their cases."""
    written = unanswered(run.case_id for run in runs)
    return [
        {
            "run": run,
            "title": stage_title(run.case.service, run.code),
            "service": service_title(run.case.service),
            "due": due_words(run.due_at),
            "written": run.case_id in written,
        }
        for run in runs
    ]


def _question_rows(asked: list[Referral]) -> list[dict[str, Any]]:
    return [
        {
            "one": one,
            "agency": agency_words(one.case.service, one.agency),
            "component": component_words(one.component),
            "service": service_title(one.case.service),
            "due": due_words(one.due_at),
            "may_answer": one.case.state in ACTS["answer_referral"].states,
        }
        for one in asked
    ]


def _mine_rows(cases: list[Case]) -> list[dict[str, Any]]:
    return [{"case": case, "service": service_title(case.service), "state": state_words(case.state)} for case in cases]
