"""Cases: the list that one may see, one of them, opening one, and everything that is done in it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Exists, F, OuterRef, Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from land_services.cases import acts
from land_services.cases.about import about_land
from land_services.cases.at_work import look_at
from land_services.cases.looks import note_look_at_case
from land_services.cases.may import may_file
from land_services.cases.models import Case, CaseStep, StageRun
from land_services.catalogue import load_catalogue, may_see
from land_services.register.selectors import find_parcel
from land_services.views.access import viewer_of, visible_case, visible_cases
from layers.locator.asking import read_moment
from layers.ogc.parameters import plain_query
from layers.problems import Problem, bad_parameter, shown
from layers.viewer import Viewer

from .answers import body_of, endpoint, json_answer
from .params import Param, read_members
from .query import bad_after, next_link, read_limit
from .shapes import case_json, row_json

__all__ = ["CASES_QUERY", "FILL", "OPEN", "case", "cases", "fill", "follow_code"]

CASES_QUERY = (
    "service", "state", "due_before", "parcel", "updated_since", "reference", "order", "limit", "after", "lang",
)  # fmt: skip
STATES = tuple(state for state, _ in Case.STATES)
ORDERS = ("due", "new")

OPEN = (
    Param("service", "text", "رمز الخدمة", "Code of the service", required=True, most=60),
    Param("parcels", "texts", "معرّفات القطع أو أرقامها مخطط/بلك/قطعة", "Parcels: identifiers or PLAN/BLOCK/PARCEL"),
    Param("form", "answers", "إجابات النموذج", "Answers to the form"),
    Param("party", "whole", "الجهة التي يقدَّم لها", "The office it is filed for"),
    Param("visitor_name", "text", "اسم المراجع عند الشباك", "Name of the visitor at the counter", most=120),
    Param("visitor_phone", "text", "جوال المراجع عند الشباك", "Phone of the visitor at the counter", most=20),
)
FILL = (Param("form", "answers", "إجابات النموذج", "Answers to the form", required=True),)


# The list -------------------------------------------------------------------------------------------------------------


def _cases(request: HttpRequest) -> HttpResponse:
    asked = plain_query(request.GET, CASES_QUERY)
    limit = read_limit(asked, 50, 500)
    order = _one_of(asked, "order", ORDERS) or "due"
    found = _ordered(_filtered(visible_cases(viewer_of(request)), asked), order, asked)
    rows = list(found.prefetch_related(_UNDER_WAY)[: limit + 1])
    page = rows[:limit]
    links = [next_link(request, _place(page[-1], order))] if len(rows) > limit else []
    return json_answer({"cases": [row_json(row) for row in page], "links": links})


_UNDER_WAY = Prefetch("stages", StageRun.objects.filter(state="active").order_by("position"), to_attr="under_way")


def _filtered(found: QuerySet[Case], asked: dict[str, str]) -> QuerySet[Case]:
    if asked.get("reference"):
        found = found.filter(reference=asked["reference"].strip().upper())
    if asked.get("service"):
        found = found.filter(service=asked["service"])
    if asked.get("state"):
        found = found.filter(state__in=_states(asked["state"]))
    if asked.get("parcel"):
        found = _about(found, asked["parcel"])
    due, since = read_moment(asked, "due_before"), read_moment(asked, "updated_since")
    if due is not None:
        found = found.filter(due_at__lt=due)
    if since is not None:
        found = found.filter(Exists(CaseStep.objects.filter(case=OuterRef("pk"), at__gte=since)))
    return found


def _states(text: str) -> list[str]:
    given = [state.strip() for state in text.split(",")]
    if not set(given) <= set(STATES):
        listed = ", ".join(STATES)
        raise bad_parameter("state", f"حالات بينها فواصل من: {listed}.", f"must be states with commas, of: {listed}.")
    return given


def _one_of(asked: dict[str, str], name: str, known: tuple[str, ...]) -> str:
    value = asked.get(name, "")
    if value and value not in known:
        listed = ", ".join(known)
        raise bad_parameter(name, f"واحد من: {listed}.", f"must be one of: {listed}.")
    return value


def _about(found: QuerySet[Case], text: str) -> QuerySet[Case]:
    try:
        return found.filter(about_land(text))
    except ValueError:
        raise _no_number("parcel", text) from None


def _no_number(name: str, text: str) -> Problem:
    return bad_parameter(
        name,
        f"«{shown(text)}» ليس معرّفًا ولا رقمًا مثل مخطط/بلك/قطعة.",
        f"“{shown(text)}” is neither an identifier nor PLAN/BLOCK/PARCEL, with - for what is absent.",
    )


def _ordered(found: QuerySet[Case], order: str, asked: dict[str, str]) -> QuerySet[Case]:
    """Order the list, and begin after where the last page ended: a new case moves nothing."""
    last = _read_place(asked["after"]) if "after" in asked else None
    if order == "new":
        if last is not None and last[0] is None:
            raise bad_after()
        if last is not None:
            found = found.filter(Q(filed_at__lt=last[0]) | Q(filed_at=last[0], pk__lt=last[1]))
        return found.order_by("-filed_at", "-pk")
    if last is not None and last[0] is None:
        found = found.filter(due_at=None, pk__gt=last[1])
    elif last is not None:
        found = found.filter(Q(due_at__gt=last[0]) | Q(due_at=last[0], pk__gt=last[1]) | Q(due_at=None))
    return found.order_by(F("due_at").asc(nulls_last=True), "pk")


def _place(row: Case, order: str) -> str:
    at = row.filed_at if order == "new" else row.due_at
    return f"{at.isoformat().replace('+00:00', 'Z') if at else ''}~{row.pk}"


def _read_place(text: str) -> tuple[datetime | None, int]:
    at, _, key = text.partition("~")
    if not (key.isascii() and key.isdecimal() and len(key) < 18):
        raise bad_after()
    return read_moment({"after": at}, "after") if at else None, int(key)


# Opening one ----------------------------------------------------------------------------------------------------------


def _open(request: HttpRequest) -> HttpResponse:
    given, viewer = read_members(OPEN, body_of(request)), viewer_of(request)
    card = load_catalogue().get(given["service"])
    if card is None or not (may_see(card, viewer) or may_file(card, viewer)):
        raise Problem(400, "هذه الخدمة غير موجودة.", "This service does not exist.", where="service")
    party = given.get("party", min(viewer.parties) if len(viewer.parties) == 1 else None)
    case = acts.open_case(
        card.code,
        [_parcel(text) for text in given.get("parcels", [])],
        viewer=viewer,
        form=given.get("form"),
        party_id=party,
        channel="api",
        visitor={name: given[f"visitor_{name}"] for name in ("name", "phone") if given.get(f"visitor_{name}")} or None,
    )
    return json_answer(
        case_of(case, viewer), 201, Location=request.build_absolute_uri(reverse("api-case", args=[case.reference]))
    )


def _parcel(text: str) -> str:
    try:
        found = find_parcel(text)
    except ValueError:
        raise _no_number("parcels", text) from None
    if len(found) != 1:
        raise Problem(
            400,
            f"لا تدل «{shown(text)}» على قطعة واحدة قائمة اليوم.",
            f"“{shown(text)}” names no single parcel of today.",
            where="parcels",
        )
    return found[0]


# One case -------------------------------------------------------------------------------------------------------------


def case_of(case: Case, viewer: Viewer) -> dict[str, Any]:
    """Return a case as it is now; a look of others than the filer is told in the audit."""
    work = look_at(Case.objects.get(pk=case.pk), viewer)
    note_look_at_case(work)
    return case_json(work)


def _case(request: HttpRequest, reference: str) -> HttpResponse:
    plain_query(request.GET, ("lang",))
    return json_answer(case_of(visible_case(request, reference), viewer_of(request)))


def _fill(request: HttpRequest, reference: str) -> HttpResponse:
    found, viewer = visible_case(request, reference), viewer_of(request)
    given = read_members(FILL, body_of(request))
    return json_answer(case_of(acts.fill(found, given["form"], viewer=viewer), viewer))


def _follow_code(request: HttpRequest, reference: str) -> HttpResponse:
    """Give a code with which the case is followed without signing in; the one before is void."""
    found, viewer = visible_case(request, reference), viewer_of(request)
    read_members((), body_of(request))
    code = acts.secret_of(found, viewer=viewer)
    return json_answer({"reference": found.reference, "code": code}, 201)


cases = endpoint(get=_cases, post=_open)
case = endpoint(get=_case)
fill = endpoint(post=_fill)
follow_code = endpoint(post=_follow_code)
