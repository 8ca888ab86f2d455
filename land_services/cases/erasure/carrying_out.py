"""Doing it: what may go is overwritten, whole cases at once, and the report says what went and what stays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from django.apps import apps
from django.db import transaction
from django.db.models import Case as Chosen
from django.db.models import Value, When
from django.utils import timezone

from land_services.cases.at_work import CaseAtWork, take_up
from land_services.cases.models import AreaSubscription, Case, Erasure
from land_services.register.models import Party
from layers import audit
from layers.viewer import ANONYMOUS

from .holding import OVER, WAITING, Held, Person, case_held, held_of, rows_of
from .store import release

__all__ = ["ACCOUNT_ERASERS", "carry_out", "erase_case"]

ACCOUNT_ERASERS: Final[list[Callable[[int, bool], None]]] = []
"""What the site, which stands above, does to erase an account: called with its key and whether its names go too."""


def carry_out(erasure: Erasure, now: datetime | None = None) -> list[dict[str, Any]]:
    """Erase what may go of a person now, in one transaction; return and keep what was erased and what is kept.

    Asked again later, what was kept for a reason that has ended meanwhile goes too; the report stays as it was given.
    """
    with transaction.atomic():
        row = Erasure.objects.select_for_update(of=("self",)).get(pk=erasure.pk)
        person = Person(row.party_id, row.user_id, row.case_id)
        # Whoever gives the person a right waits, and is refused then.
        list(Party.objects.select_for_update().filter(pk__in=rows_of(person)).order_by("pk"))
        held = [_carried_out(thing, person) for thing in held_of(person, now or timezone.now())]
        report = [thing.told() for thing in held]
        _close(row, held, report)
    erasure.refresh_from_db()
    return report


def _carried_out(thing: Held, person: Person) -> Held:
    """Erase one thing if it may go; return what became of it, where somebody was faster."""
    if not thing.may_go:
        return thing
    if thing.what == "case":
        case = Case.objects.get(reference=thing.of)
        return thing if erase_case(case, person=person) else case_held(case, timezone.now(), person)
    _ERASE[thing.what](thing)
    return thing


def _close(row: Erasure, held: list[Held], report: list[dict[str, Any]]) -> None:
    at = timezone.now()
    first = row.done_at is None
    if first:
        row.done_at, row.report = at, report
    if not any(thing.why in WAITING for thing in held if not thing.may_go):
        row.closed_at = at
    gone = [[thing.what, thing.of] for thing in held if thing.may_go]
    if first or gone:
        payload = {"erasure": row.pk, "party": row.party_id, "user": row.user_id, "erased": gone}
        audit.record("erasure.carry_out", subject=str(row.pk), payload=payload)
    row.save(update_fields=["done_at", "report", "closed_at"])


# Cases ----------------------------------------------------------------------------------------------------------------


def erase_case(case: Case, now: datetime | None = None, person: Person | None = None) -> bool:
    """Erase what people wrote and handed in for a case, if it may go; what is left says that there was one."""
    with take_up(case, ANONYMOUS) as work:
        held = case_held(work.case, now or work.now, person)
        if work.case.erased_at is not None or not held.may_go:
            return False
        if work.case.state not in OVER:
            _lapse(work)
        work.say("erase", why=held.why)
        _overwrite(work.case, work.now)
    return True


def _lapse(work: CaseAtWork) -> None:
    """End a draft that is never handed in."""
    work.case.withdraw()
    work.case.decided_at = work.now
    work.case.save()
    work.say("lapse")


def _overwrite(case: Case, now: datetime) -> None:
    files = [*case.files.values_list("file", "sha256"), *case.attempts.values_list("file", "sha256")]
    files += case.documents.values_list("file", "sha256")
    Case.objects.filter(pk=case.pk).update(form={}, visitor={}, reason="", secret="", erased_at=now)
    case.steps.exclude(note="").update(note="")
    case.files.update(name="", file="")
    case.attempts.update(file_name="", file="", report={}, drawn=[])
    case.submissions.update(form={})
    answered = Chosen(When(answer="", then=Value("")), default=Value("—"))
    case.remarks.update(text="", answer=answered)
    case.referrals.update(question="", text="")
    case.minutes.update(present="", text="")
    case.visits.update(report="")
    case.field_files.update(read={})
    case.field_records.update(data={}, compared={})
    case.documents.update(file="")
    release(files)
    # Answers to systems are kept for a day and repeat what the case said.
    apps.get_model("case_api", "IdempotentAnswer").objects.filter(body__contains=case.reference).delete()


# People ---------------------------------------------------------------------------------------------------------------


def _erase_party(thing: Held) -> None:
    party = Party.objects.get(pk=int(thing.of))
    party.name_ar = party.name_en = party.id_kind = party.representation = ""
    party.id_number = party.id_number_key = None
    party.erased_at = timezone.now()
    party.save(
        update_fields=["name_ar", "name_en", "id_kind", "representation", "id_number", "id_number_key", "erased_at"]
    )
    papers = apps.get_model("offices", "Authorisation").objects
    today = timezone.localdate()
    for side in ("principal", "agent"):
        mine = papers.filter(**{side: party})
        mine.filter(revoked_on=None, valid_until__gte=today).update(revoked_on=today)
        for paper in mine.exclude(number__startswith="erased-"):
            papers.filter(pk=paper.pk).update(number=f"erased-{paper.pk}")


def _erase_account(thing: Held) -> None:
    """Erase the account but for its names, which may be needed on papers that others rely on."""
    user, now = int(thing.of), timezone.now()
    tokens = apps.get_model("case_api", "ApiToken").objects.filter(user_id=user)
    tokens.filter(revoked_at=None).update(revoked_at=now)
    tokens.update(name="")
    apps.get_model("case_api", "IdempotentAnswer").objects.filter(user_id=user).delete()
    targets = apps.get_model("case_api", "WebhookTarget").objects.filter(owner_id=user)
    targets.update(active=False, url="https://erased.invalid/", secret=b"")
    AreaSubscription.objects.filter(user_id=user).delete()
    apps.get_model("notices", "Preference").objects.filter(user_id=user).delete()
    outbox = apps.get_model("notices", "Outbox").objects.filter(recipient_id=user, sent_at=None)
    outbox.exclude(last_error="").update(last_error="")
    outbox.filter(failed_at=None).update(failed_at=now)
    for erase in ACCOUNT_ERASERS:
        erase(user, False)


def _erase_name(thing: Held) -> None:
    for erase in ACCOUNT_ERASERS:
        erase(int(thing.of), True)


_ERASE: Final[dict[str, Callable[[Held], None]]] = {
    "party": _erase_party,
    "account": _erase_account,
    "name": _erase_name,
}
