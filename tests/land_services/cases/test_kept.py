"""What a case holds is kept: nobody rewrites what was handed in, and the approval notices where somebody could."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from django.db import DatabaseError, IntegrityError, connections, transaction

from land_services.cases import acts
from land_services.cases.errors import ActionRefused
from land_services.cases.models import Attempt, IssuedDocument
from tests.sample import Sample

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
Put = Callable[[str], Sample]
TAMPERING = "UPDATE cases_attempt SET change_set = %s WHERE number = 2"


def another_use() -> list[str]:
    """Return the change set of the fit attempt with its parts given another use."""
    kept = json.dumps(Attempt.objects.get(number=2).change_set)
    changed = kept.replace("residential", "commercial")
    assert changed != kept
    return [changed]


def run(alias: str, *statements: str, values: list[str] | None = None) -> None:
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        for statement in statements:
            cursor.execute(statement, values if "%s" in statement else None)


def test_a_change_set_that_was_tampered_with_is_not_applied(committed_sample: Put) -> None:
    sample = committed_sample("recommended")
    off = "ALTER TABLE cases_attempt DISABLE TRIGGER attempt_is_kept"
    on = "ALTER TABLE cases_attempt ENABLE TRIGGER attempt_is_kept"
    run("owner", off, TAMPERING, on, values=another_use())
    with pytest.raises(ActionRefused, match="fingerprint"):
        acts.approve(sample.case(), viewer=sample.viewer("mayor"))
    assert sample.case().state == "submitted"


def test_the_application_cannot_rewrite_what_was_handed_in_or_issued(committed_sample: Put) -> None:
    committed_sample("issued")
    code = IssuedDocument.objects.order_by("pk").values_list("code", flat=True)[0]
    with pytest.raises(DatabaseError, match="permission denied"):
        run("default", TAMPERING, values=another_use())
    for statement in (
        "UPDATE cases_issueddocument SET code = 'x' WHERE code = %s",
        "UPDATE cases_issueddocument SET sha256 = 'x' WHERE code = %s",
        "DELETE FROM cases_issueddocument WHERE code = %s",
    ):
        with pytest.raises(DatabaseError, match="permission denied"):
            run("default", statement, values=[code])


def test_not_even_the_owner_rewrites_an_attempt_by_mistake(committed_sample: Put) -> None:
    committed_sample("recommended")
    before = Attempt.objects.get(number=2).change_set
    for statement in (TAMPERING, "DELETE FROM cases_attempt WHERE change_set::text <> %s"):
        with pytest.raises(IntegrityError, match="kept for good"):
            run("owner", statement, values=another_use())
    assert Attempt.objects.get(number=2).change_set == before
