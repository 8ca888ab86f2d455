"""A change that was recommended and is decided when a neighbour has a later version: the same change is applied."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from land_services.cases import acts
from land_services.changesets import digest, from_json
from land_services.domain import AmendBoundary, FactsQuery
from land_services.register.selectors import load_facts
from layers.models import AuditRow, Parcel
from tests.land_services.cases.land_cases import draft, draw, issued, submitted
from tests.sample import Sample

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
Put = Callable[[str], Sample]


def test_a_neighbour_with_a_new_deed_is_no_reason_to_send_a_case_back(committed_sample: Put, tmp_path: Path) -> None:
    sample = committed_sample("recommended")
    case = sample.case()
    attempt = case.attempts.get(fit=True)
    recommended = from_json(attempt.change_set or {})
    neighbour = recommended.of(AmendBoundary)[0]
    facts = load_facts(FactsQuery((neighbour.uid,)))
    number = facts.titles[0].deeds[0].number
    form = {"deed_no": number, "deed_date": "2020-01-05", "consent_to_less": "yes"}
    update = draft(sample, "deed_update", [neighbour.uid], form)
    issued(sample, submitted(sample, update, draw(tmp_path, ("", facts.parcels[0].geometry))))
    now = Parcel.objects.get(uid=neighbour.uid, end_lifespan_version=None)
    assert now.pk != neighbour.version

    case, applied = acts.approve(case, viewer=sample.viewer("mayor"))
    assert applied is not None
    assert case.state == "approved"
    assert neighbour.uid in applied.amended
    kept = Parcel.objects.get(uid=neighbour.uid, end_lifespan_version=None)
    assert kept.official_area_m2 == now.official_area_m2, "the update of its deed stands"
    done = from_json(case.entry.change_set)
    assert digest(done) != attempt.change_set_digest
    told = AuditRow.objects.get(action="case.approve", subject=case.reference)
    assert told.payload["change_set"] == digest(done)
