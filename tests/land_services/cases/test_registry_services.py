"""The registry's answer to a merger and to a boundary adjustment: one deed, or one for each owner."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from land_services.cases import acts
from land_services.cases.errors import Incomplete
from land_services.cases.models import Case
from land_services.checks.land import measured_area_m2
from land_services.deeds import DeedGiven
from land_services.domain import ParcelFact
from land_services.register.deed_state import deed_states
from land_services.register.deeds import deed_facts, parcels_of
from land_services.register.selectors import titles_of
from tests.land_services.cases.test_adjustments import adjusted
from tests.land_services.cases.test_mergers import merged
from tests.sample import Sample

pytestmark = pytest.mark.django_db(databases=["default", "owner"])


@pytest.fixture
def sample(sample_land: Sample) -> Sample:
    return sample_land


def deed(n: int, *parcels: ParcelFact) -> DeedGiven:
    area = sum((p.official_area_m2 or measured_area_m2(p) for p in parcels), Decimal(0))
    return DeedGiven(f"77{n}", timezone.localdate(), "السجل", "electronic", area, "", tuple(p.uid for p in parcels))


def confirm(sample: Sample, case: Case, deeds: list[DeedGiven]) -> None:
    acts.confirm(case, "K", timezone.localdate(), viewer=sample.viewer("registrar"), deeds=deeds)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


def test_a_merged_parcel_gets_one_deed_and_its_title_stays(sample: Sample, tmp_path: Path) -> None:
    case = merged(sample, tmp_path)
    facts = deed_facts(case.reference)
    (title,) = facts.titles
    confirm(sample, case, [deed(1, *facts.parcels)])
    (after,) = titles_of(title.parcel_uids)
    assert after.id == title.id and [d.number for d in after.deeds] == ["771"]
    assert {state.kind for state in deed_states(title.parcel_uids).values()} == {"confirmed"}


def test_both_neighbours_get_a_deed_of_their_own(sample: Sample, tmp_path: Path) -> None:
    case, _, _ = adjusted(sample, tmp_path)
    facts = deed_facts(case.reference)
    assert len(facts.titles) == 2
    uids = parcels_of(case.reference)
    assert {state.kind for state in deed_states(uids).values()} == {"pending"}
    with pytest.raises(Incomplete) as refused:
        confirm(sample, case, [deed(1, *facts.parcels)])
    assert "LND-32" in {finding.rule for finding in refused.value.findings}
    known = {parcel.uid: parcel for parcel in facts.parcels}
    confirm(sample, case, [deed(n, *(known[u] for u in title.parcel_uids)) for n, title in enumerate(facts.titles)])
    assert {state.kind for state in deed_states(uids).values()} == {"confirmed"}
    assert {t.id for t in titles_of(uids)} == {t.id for t in facts.titles}
