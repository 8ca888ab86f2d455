"""Who stands behind a decision: office with its licence, surveyor, reviewer, who decided, and the mayor's line.

An office is a party of the register whose id is its licence; accounts say for whom they speak, and when. Where nobody
is on record the line is printed all the same, with a dash, as on a form.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.utils import timezone

from land_services.documents.model import NO_TEXT, SignOff, Text
from land_services.offices.standing import OFFICE_LICENCE, offices_among
from land_services.register.personal import PersonView, read_parties
from layers.viewer import Viewer

from .models import Case, StageRun
from .people import at_moment, holds_role

__all__ = ["OFFICE_LICENCE", "account_name", "person_name", "sign_offs", "signed"]

OFFICE: Final = Text("المكتب الهندسي", "Engineering office")
SURVEYOR: Final = Text("المساح", "Surveyor")
REVIEWER: Final = Text("مراجع المساحة", "Survey reviewer")
HEAD: Final = Text("رئيس المساحة", "Head of survey")
MAYOR: Final = Text("رئيس البلدية أو نائبه", "Mayor or deputy")
TITLES: Final = {
    "reviewer": REVIEWER,
    "planner": Text("المخطط العمراني", "Planner"),
    "survey_head": HEAD,
    "planning_head": Text("رئيس التخطيط", "Head of planning"),
    "building_head": Text("رئيس رخص البناء", "Head of building permits"),
}
"""The title of the role in which somebody reviewed or decided; a line that nobody signed has the survey's."""


def sign_offs(case: Case, viewer: Viewer) -> tuple[SignOff, ...]:
    """Return the lines of the sign-off in the order of the form; the look at the office's licence is recorded."""
    office = _office(case, viewer)
    by_mayor = case.decided_by is not None and holds_role(case.decided_by, "mayor", "", case.decided_at)
    run = _decision(case)
    title = MAYOR if by_mayor else _title(run, HEAD)
    decided = signed(title, case.decided_by, case.decided_at, run.done_for if run else None)
    reviewed = _done(case, ("reviewer", "planner"))
    headed = _done(case, ("survey_head", "planning_head", "building_head"))
    return (
        SignOff(OFFICE, person_name(office), office.id_number) if office else SignOff(OFFICE, NO_TEXT),
        signed(SURVEYOR, case.filed_by, case.filed_at),
        _stage_line(REVIEWER, reviewed),
        *((_stage_line(HEAD, headed), decided) if by_mayor else (decided, SignOff(MAYOR, NO_TEXT))),
    )


def _done(case: Case, roles: tuple[str, ...]) -> StageRun | None:
    """Return the last stage of a role that judged the case and passed it on."""
    runs = case.stages.filter(role__in=roles, kind="review", state="done").select_related("done_by", "done_for")
    return runs.order_by("-position").first()


def _decision(case: Case) -> StageRun | None:
    """Return the stage in which whoever decided the case approved it."""
    runs = case.stages.filter(kind="decision", state="done", outcome="approve", done_by=case.decided_by)
    return runs.select_related("done_for").order_by("-position").first()


def _title(run: StageRun | None, otherwise: Text) -> Text:
    return otherwise if run is None else TITLES.get(run.role, otherwise)


def _stage_line(otherwise: Text, run: StageRun | None) -> SignOff:
    role = _title(run, otherwise)
    return SignOff(role, NO_TEXT) if run is None else signed(role, run.done_by, run.done_at, run.done_for)


def person_name(person: PersonView) -> Text:
    """Return a party's name; the one there is stands for both languages."""
    return Text(person.name_ar or person.name_en, person.name_en)


def account_name(user: Any) -> Text:
    """Return the name of an account; the one there is stands for both languages."""
    arabic = getattr(user, "name_ar", "") or str(user)
    return Text(arabic, getattr(user, "name_en", "") or arabic)


def signed(role: Text, user: Any, at: datetime | None, absent: Any = None) -> SignOff:
    """Return the line of somebody who signed, perhaps in an absent person's place; with a dash where nobody did."""
    if user is None:
        return SignOff(role, NO_TEXT)
    behalf = NO_TEXT if absent is None else account_name(absent)
    return SignOff(role, account_name(user), signed_at=timezone.localtime(at) if at else None, on_behalf_of=behalf)


def _office(case: Case, viewer: Viewer) -> PersonView | None:
    """Return the licensed office that the case was filed for, or that the filer spoke for then."""
    spoken_for = [m.party_id for m in at_moment(case.filed_by, "memberships", case.filed_at)]
    wanted = (offices_among([case.party_id] if case.party_id else []) or offices_among(spoken_for))[:1]
    return read_parties(wanted, viewer=viewer, purpose=case.reference)[0] if wanted else None
