"""Asking for an erasure and deciding it: two people of the house, neither of them the person it is about."""

from __future__ import annotations

from typing import Any, Final

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.utils import timezone

from land_services.cases.errors import ActionRefused, Incomplete, NotYours
from land_services.cases.models import Case, Erasure
from land_services.cases.people import at_moment
from land_services.register.models import Party
from land_services.register.personal import id_number_key
from layers import audit
from layers.viewer import Viewer

from .carrying_out import carry_out
from .holding import OVER, Person
from .words import REFUSALS

__all__ = ["ASKERS", "DECIDERS", "ask", "decide", "find_person", "is_request"]

ASKERS: Final = frozenset({"it_support", "administrator"})
"""Who gathers what is held of a person and asks for its erasure."""
DECIDERS: Final = frozenset({"director", "mayor"})
SERVICE: Final = "personal_data_access"
"""The service by which people ask for their data, or to be erased."""


def find_person(
    *, case: Case | None = None, login: str = "", id_number: str = "", viewer: Viewer
) -> tuple[Person, Case | None]:
    """Return whom a request, a login or an id number stands for: account and party, as far as there are any.

    Raises
    ------
    Incomplete
        If there is nobody, or nothing was given to look for.
    """
    _require(viewer, ASKERS)
    if case is not None:
        _require_request(case)
        return Person(_own_party(case.filed_by), case.filed_by_id, case.pk), case
    if login:
        user = get_user_model().objects.filter(login=login.strip().casefold()).first()
        if user is not None:
            return Person(_own_party(user), user.pk), None
    elif id_number:
        key = id_number_key(id_number.strip())
        party = Party.objects.filter(id_number_key=key, kind="person", erased_at=None).order_by("pk").first()
        if party is not None:
            return Person(party.pk, _account_of(party.pk)), None
    raise Incomplete("لا يوجد شخص بهذه البيانات.", "There is nobody with these data.")


def is_request(case: Case) -> bool:
    """Return True if a case asks for its filer's erasure and is under way."""
    return _asks(case) and case.submitted_at is not None and case.state not in OVER


def _asks(case: Case) -> bool:
    return case.service == SERVICE and case.form.get("wanted") == "erase"


def _require_request(case: Case) -> None:
    if not _asks(case):
        raise ActionRefused("لا يطلب هذا الطلب محو بيانات.", "This request does not ask for an erasure.")
    if not is_request(case):
        raise ActionRefused("ليس هذا الطلب قيد النظر.", "This request is not under way.")


def _own_party(user: Any) -> int | None:
    """Return the person of the register that an account speaks for as itself."""
    spoken_for = [row.party_id for row in at_moment(user, "memberships", timezone.now())]
    found = Party.objects.filter(pk__in=spoken_for, kind="person", erased_at=None).order_by("pk").first()
    return found.pk if found else None


def _account_of(party_id: int) -> int | None:
    """Return the one account that speaks for a person; of several none: an agent's account is not the person's."""
    users = get_user_model().objects.filter(memberships__party_id=party_id, memberships__valid_until=None)
    keys = list(users.order_by("pk").values_list("pk", flat=True).distinct()[:2])
    return keys[0] if len(keys) == 1 else None


def ask(person: Person, *, viewer: Viewer) -> Erasure:
    """Ask for a person's erasure; somebody else decides."""
    asker = _require(viewer, ASKERS)
    if person.user_id == asker:
        raise NotYours("لا يطلب أحد محو بياناته بنفسه من هنا.", "Nobody asks for their own erasure here.")
    if person.party_id is not None and not Party.objects.filter(pk=person.party_id, kind="person").exists():
        raise ActionRefused("لا تُمحى إلا بيانات الأفراد.", "Only the data of persons are erased.")
    try:
        with transaction.atomic():
            row = Erasure.objects.create(
                case_id=person.request_id,
                party_id=person.party_id,
                user_id=person.user_id,
                asked_by_id=asker,
                asked_at=timezone.now(),
            )
            payload = {"erasure": row.pk, "party": person.party_id, "user": person.user_id}
            audit.record("erasure.ask", subject=str(row.pk), actor_id=asker, payload=payload)
    except IntegrityError as error:
        raise ActionRefused("سبق طلب محو هذا الشخص وهو ينتظر القرار.", "This erasure is asked for already.") from error
    return row


def decide(erasure: Erasure, *, approve: bool, viewer: Viewer, reason: str = "") -> Erasure:
    """Decide an erasure that another asked for; approved, it is carried out in the same transaction."""
    with transaction.atomic():
        row = Erasure.objects.select_for_update(of=("self",)).get(pk=erasure.pk)
        decider = _require(viewer, DECIDERS)
        if row.outcome:
            raise ActionRefused("بُتّ في هذا الطلب من قبل.", "This erasure is decided already.")
        if decider in (row.asked_by_id, row.user_id) or (row.case and row.case.filed_by_id == decider):
            raise NotYours(
                "المحو يحتاج شخصين: من طلبه لا يقرره.", "An erasure takes two people: who asked does not decide."
            )
        if not approve and reason not in REFUSALS:
            raise Incomplete("اختر سبب الرفض.", "Choose why it is refused.")
        row.outcome, row.reason = ("approved", "") if approve else ("refused", reason)
        row.decided_by_id, row.decided_at = decider, timezone.now()
        row.save(update_fields=["outcome", "reason", "decided_by", "decided_at"])
        payload = {"erasure": row.pk, "outcome": row.outcome, "reason": row.reason}
        audit.record("erasure.decide", subject=str(row.pk), actor_id=decider, payload=payload)
        if approve:
            carry_out(row)
    row.refresh_from_db()
    return row


def _require(viewer: Viewer, roles: frozenset[str]) -> int:
    # Whoever stands in for somebody does not: two people would be one.
    if viewer.user_id is None or not (viewer.has_role(*roles) and viewer.holds_itself(*roles)):
        raise NotYours("هذا الإجراء ليس من صلاحياتك.", "This action is not one of yours.")
    return viewer.user_id
