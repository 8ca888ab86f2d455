"""A case is judged by the rules of its filing date, whatever is decided later: at each check, decision and paper."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from land_services.cases import acts
from land_services.cases.checking import check_plan, service_of
from land_services.cases.errors import Incomplete
from land_services.cases.land_papers import case_file
from land_services.cases.models import Case
from land_services.deeds import DeedGiven
from land_services.register.deeds import deed_facts
from land_services.rulebook.deciding import accept, propose
from land_services.rulebook.errors import RuleRefused
from land_services.rulebook.in_force import rules_on
from layers.viewer import Viewer
from tests.budget import budget
from tests.sample import CRS, Sample

from .test_deciding import frontage, today

pytestmark = pytest.mark.django_db(databases=["default", "owner"])


@pytest.fixture
def sample(sample_recommended: Sample) -> Sample:
    return sample_recommended


def decide(sample: Sample, number: float, after: int, **changes: Any) -> None:
    """Put a frontage in force ``after`` days from today."""
    change = propose(frontage(number, after, **changes), viewer=sample.viewer("planner"))
    accept(change, viewer=sample.viewer("planning_head"))


def report(sample: Sample, case: Case) -> dict[str, Any]:
    checked = check_plan(
        service_of("subdivision"), sample.plan(), case.parcel_uids, reference=case.reference, filed_on=case.filed_on
    )
    return checked.report()


def test_a_new_value_judges_what_is_filed_from_its_day_on_and_nothing_else(sample: Sample) -> None:
    viewer: Viewer = sample.viewer("outsider")
    earlier = acts.open_case("subdivision", [sample.uid], viewer=viewer)
    decide(sample, 90, after=1)
    later = acts.open_case("subdivision", [sample.uid], viewer=viewer, filed_on=today() + timedelta(1))
    attempt, _ = acts.hand_in(earlier, sample.proper, viewer=viewer, crs=CRS)
    assert attempt.fit
    attempt, _ = acts.hand_in(later, sample.proper, viewer=viewer, crs=CRS)
    found = [one for one in attempt.report["findings"] if one["rule"] == "SUB-03"]
    assert not attempt.fit and found
    for one in found:
        assert one["required"] == {"value": 90.0, "unit": "m"}
        assert one["source"] == {"title": "تعميم 17 | Circular 17", "date": "2026-11", "confidence": "official"}


def test_a_case_filed_before_is_decided_and_printed_by_its_own_rules(sample: Sample) -> None:
    """Every lot of the case would be too narrow under the new value: it is approved all the same."""
    case = sample.case()
    decide(sample, 90, after=1)
    case, applied = acts.approve(case, viewer=sample.viewer("mayor"))
    assert applied is not None and case.state == "approved"
    attempt = case.attempts.filter(fit=True).latest("number")
    file = case_file(case, attempt, sample.viewer("registrar"))
    assert file.rules is not None
    assert (file.rules.on, file.rules.value("min_frontage_m")) == (case.filed_on, 10.0)
    assert file.rules.source("min_frontage_m").confidence == "placeholder"


def test_the_registrys_deeds_are_compared_by_the_decided_tolerance(sample: Sample) -> None:
    """Half a square metre is within the tolerance of the pack: where the municipality decided on none, it is not."""
    for key in ("deed_tolerance_percent", "deed_tolerance_m2"):
        decide(sample, 0, after=1, key=key)
    viewer = sample.viewer("surveyor")
    case = acts.open_case("subdivision", [sample.uid], viewer=viewer, filed_on=today() + timedelta(1))
    acts.attach(case, sample.deed, viewer=viewer, document="deed", file_name="deed.pdf")
    acts.hand_in(case, sample.proper, viewer=viewer, crs=CRS)
    sample.reviewed(acts.submit(case, viewer=viewer))
    case, _ = acts.approve(case, viewer=sample.viewer("mayor"))
    acts.issue(case, viewer=sample.viewer("mayor"))
    (title,) = deed_facts(case.reference).titles
    area = sum(parcel.official_area_m2 or 0 for parcel in deed_facts(case.reference).parcels)
    given = DeedGiven("330100009", today(), "كتابة العدل", "electronic", area + Decimal("0.50"), "", title.parcel_uids)
    with pytest.raises(Incomplete) as refused:
        acts.confirm(case, "K-9", today(), viewer=sample.viewer("registrar"), deeds=[given])
    assert [(one.rule, one.variant) for one in refused.value.findings] == [("LND-35", "beyond")]


def test_a_value_that_would_reach_a_filed_case_is_refused_and_says_from_when_it_could_hold(sample: Sample) -> None:
    """The first case of the sample was filed today: a value that holds from today would change how it is judged."""
    assert sample.case().filed_on == today()
    change = propose(frontage(12, after=0), viewer=sample.viewer("planner"))
    with pytest.raises(RuleRefused, match="never reaches back to cases already filed") as refused:
        accept(change, viewer=sample.viewer("planning_head"))
    assert (today() + timedelta(1)).isoformat() in refused.value.message("ar")
    change.refresh_from_db()
    assert (change.state, rules_on(today()).value("min_frontage_m")) == ("proposed", 10.0)


@given(
    changes=st.lists(
        st.tuples(
            st.floats(5, 60).map(lambda n: round(n, 2)),
            st.integers(1, 40),
            st.sampled_from(["official", "press", "placeholder"]),
            st.sampled_from(["", "R1", "R2", "C1"]),
        ),
        min_size=1,
        max_size=3,
        unique_by=lambda change: (change[1], change[3]),
    ),
    filed=st.integers(0, 40),
)
@settings(max_examples=budget(6, 300), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_change_of_value_source_or_date_changes_findings_only_from_its_date(
    sample: Sample, changes: list[tuple[float, int, str, str]], filed: int
) -> None:
    case = sample.case()
    unfiled = Case(reference=case.reference, parcel_uids=case.parcel_uids, filed_on=today() + timedelta(filed))
    before = {one.filed_on: report(sample, one) for one in (case, unfiled)}
    decided = []
    for number, after, confidence, zone in changes:
        try:
            decide(sample, number, after, confidence=confidence, zone=zone, source_en=f"Circular {number}")
        except RuleRefused:  # an earlier example decided the very same
            continue
        decided.append(today() + timedelta(after))
    for one in (case, unfiled):
        if all(one.filed_on < day for day in decided):
            assert report(sample, one) == before[one.filed_on]
    assert report(sample, case) == before[case.filed_on], "a filed case keeps what was found"
