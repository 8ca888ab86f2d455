"""What the page offers this person to do, stage by stage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from land_services.cases.acts.filing import missing
from land_services.cases.acts.referral import COMPONENTS
from land_services.cases.at_work import CaseAtWork
from land_services.cases.may import JUDGING, offers, refusal
from land_services.cases.models import Invoice, Referral, StageRun, Visit
from land_services.cases.people import Colleague, agencies_of, colleagues
from land_services.cases.readers import readable
from land_services.cases.reasons import REASONS
from land_services.catalogue import Referral as AskedAgency
from land_services.isolated import shown
from land_services.notices.kinds import print_value

from .case_remarks import ADD, MOST_REMARKS, RemarkRow, next_number, rows_of
from .services import component_words

__all__ = ["Offer", "offered"]


@dataclass(frozen=True)
class Choice:
    """Somebody a stage may be given to, in words; who is absent is shown, with those who stand in, and not chosen."""

    key: int
    words: str
    is_absent: bool


@dataclass
class Offer:
    """One stage with what may be done in it: words of acts, agencies to ask, people to give it to, an open visit.

    ``prices`` says that its minutes price a surplus; ``invoice`` is what is paid in it. ``remarks`` are the rows of the
    form that returns the case, ``returns`` whether it was just sent from here.
    """

    run: StageRun
    title: str
    acts: set[str] = field(default_factory=set)
    agencies: list[tuple[str, str]] = field(default_factory=list)
    people: list[Choice] = field(default_factory=list)
    visit: Visit | None = None
    visit_act: str = ""
    prices: bool = False
    invoice: Invoice | None = None
    goes_out: bool = False
    remarks: list[RemarkRow] = field(default_factory=list)
    returns: bool = False


def offered(work: CaseAtWork, posted: Mapping[str, Any] = MappingProxyType({})) -> dict[str, Any]:
    """Return what may be done now, and why not where somebody of the stage's role may not; with what they typed."""
    found = offers(work)
    stages = [offer for run in work.active if (offer := _stage(work, run, found, posted)).acts or offer.visit_act]
    may: dict[str, Any] = {code: True for code in found if not found[code]}
    may |= {
        "stages": stages,
        "referrals": _asked(work),
        "lacking": _lacking(work) if "submit" in found else [],
        "why_not": _why_not(work, stages),
        "reasons": [(r.code, _words(r.ar, r.en)) for r in REASONS.values()],
        "most_remarks": MOST_REMARKS,
        "places": _places(work) if stages else [],
        "components": [(code, component_words(code)) for code in COMPONENTS],
    }
    heads = "assign" in found and work.active
    may["any"] = bool(stages or may["referrals"] or heads or {"withdraw", "stop", "reopen"} & set(found))
    return may


def _words(arabic: str, english: str) -> str:
    return english if get_language() == "en" else arabic


def _stage(work: CaseAtWork, run: StageRun, found: dict[str, list[str]], posted: Mapping[str, Any]) -> Offer:
    stage = work.stage(run)
    offer = Offer(run, _words(stage.ar, stage.en))
    offer.acts = {code for code, stages in found.items() if run.code in stages}
    if run.kind not in JUDGING or not offer.acts:
        offer.acts -= {"finish_after"} if "finish" in offer.acts else set()
    if "refer" in offer.acts:
        offer.agencies = [_agency(agency) for agency in work.card.referrals if agency.stage == run.code]
    if "return" in offer.acts:
        offer.remarks = rows_of(posted, run.code, next_number(work.remarks))
        offer.returns = posted.get("stage") == run.code and posted.get("action") in (ADD, "return")
    if "assign" in found:
        offer.people = _people(work, run)
        offer.acts.add("assign")
    offer.prices = stage.prices
    if "pay" in offer.acts:
        offer.invoice = work.case.invoices.filter(kind=stage.charges, void_at=None).order_by("-pk").first()
    offer.visit = work.open_visit(run.code)
    offer.visit_act = _visit_act(work, offer)
    offer.goes_out = "visit" in offer.acts and offer.visit is not None and offer.visit.agreed_at is not None
    return offer


def _agency(agency: AskedAgency) -> tuple[str, str]:
    return agency.code, _words(agency.ar, agency.en)


def _visit_act(work: CaseAtWork, offer: Offer) -> str:
    """What this person may do about the date: agree to it, hold it, propose another."""
    visit, staff = offer.visit, "visit" in offer.acts
    if visit is None or not (staff or work.is_filer):
        return ""
    if visit.agreed_at is None:
        mine = visit.by_filer == work.is_filer
        return "wait" if mine else "agree"
    return "hold" if staff and visit.at <= timezone.now() else "wait"


def _people(work: CaseAtWork, run: StageRun) -> list[Choice]:
    """Return who may be given a stage, with what they have to do, and who is away; whoever filed the case is not."""
    listed = colleagues(run.role, run.area, work.now, but=work.case.filed_by_id)
    return [Choice(one.user_id, _in_words(one), one.absent_until is not None) for one in listed]


def _in_words(one: Colleague) -> str:
    parts = [one.name, _("open stages: %(n)s") % {"n": one.open_stages}]
    if one.stands_in_for:
        parts.append(_("stands in for %(names)s") % {"names": _listed(one.stands_in_for)})
    if one.absent_until is not None:
        day = print_value("date", timezone.localdate(one.absent_until).isoformat(), get_language() or "ar")
        parts.append(_("absent until %(day)s") % {"day": day})
    if one.absent_until is not None and one.stood_in_by:
        parts.append(_("in their place: %(names)s") % {"names": _listed(one.stood_in_by)})
    return " · ".join(parts)


def _listed(names: Iterable[str]) -> str:
    return (", " if get_language() == "en" else "، ").join(names)


def _asked(work: CaseAtWork) -> list[tuple[Referral, str, str]]:
    """Return the open questions that this person's agency may answer: each with its name and what it is about."""
    if refusal(work, "answer_referral") is not None:
        return []
    mine = agencies_of(work.viewer, work.now)
    names = {agency.code: _words(agency.ar, agency.en) for agency in work.card.referrals}
    asked = [one for one in work.open_referrals() if one.agency in mine]
    return [(one, names.get(one.agency, one.agency), component_words(one.component)) for one in asked]


def _lacking(work: CaseAtWork) -> list[str]:
    if get_language() == "en":
        return [shown(finding, "en") for finding in missing(work)]
    return [shown(finding, "ar") for finding in missing(work)]


def _why_not(work: CaseAtWork, stages: list[Offer]) -> str:
    """Return why nothing is offered to somebody who holds the role of a stage under way."""
    if stages:
        return ""
    for run in work.active:
        act = {"decision": "approve", "payment": "pay"}.get(run.kind, "finish")
        refused = refusal(work, act, run)
        if refused is not None and work.viewer.has_role(run.role):
            return refused.message(get_language() or "ar")
    return ""


def _places(work: CaseAtWork) -> list[tuple[str, str]]:
    """Return what a remark may be pinned to: parts of the survey, documents, fields of the form."""
    places: list[tuple[str, str]] = []
    if work.filed is not None and work.filed.change_set:
        numbers = [op["parcel_no"] for op in work.filed.change_set["operations"] if "parcel_no" in op]
        places += [(f"part:{number}", str(number)) for number in numbers]
    titles = {document.code: _words(document.ar, document.en) for document in work.card.documents}
    places += [(f"file:{file.pk}", titles.get(file.document) or file.name) for file in readable(work)]
    return places + [(f"field:{one.code}", _words(one.ar, one.en)) for one in work.card.form]
