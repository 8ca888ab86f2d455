"""A deed update from the request to its papers: a deed that states less than the ground."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from land_services.cases import acts
from land_services.cases.acts import RemarkMade
from land_services.cases.errors import ActionRefused, Incomplete
from land_services.cases.models import Case
from land_services.checks.land import parcel_area
from land_services.domain import FactsQuery, ParcelFact
from land_services.register.selectors import load_facts, titles_of
from layers.models import Parcel
from tests.land_services.cases.land_cases import PRICE, draft, draw, issued, page_of, papers, sat, submitted
from tests.sample import CRS, Sample

pytestmark = pytest.mark.django_db(databases=["default", "owner"])
FORM = {"deed_date": "2020-01-05", "consent_to_less": "no"}


@pytest.fixture
def sample(sample_land: Sample) -> Sample:
    return sample_land


def lot(sample: Sample, situation: str) -> tuple[ParcelFact, str]:
    """Return the lot of a situation and the number of its deed."""
    facts = load_facts(FactsQuery((sample.situation(situation),)))
    return facts.parcels[0], facts.titles[0].deeds[0].number


def updated(sample: Sample, folder: Path) -> tuple[Case, ParcelFact]:
    parcel, number = lot(sample, "deed_3_percent")
    case = draft(sample, "deed_update", [parcel.uid], {**FORM, "deed_no": number})
    return issued(sample, submitted(sample, case, draw(folder, (parcel.parcel_no, parcel.geometry)))), parcel


def test_the_parcel_lives_on_with_its_areas_sides_and_corners_restated(sample: Sample, tmp_path: Path) -> None:
    case, before = updated(sample, tmp_path)
    now = Parcel.objects.get(uid=before.uid, end_lifespan_version=None)
    assert now.begin_entry_id == case.entry_id
    assert now.official_area_m2 == now.surveyed_area_m2 == parcel_area(before.geometry)
    assert before.official_area_m2 is not None
    assert now.official_area_m2 > before.official_area_m2
    assert [deed.pending for deed in titles_of([before.uid])[0].deeds] == [True]
    kinds = [document.kind for document in case.documents.order_by("pk")]
    assert kinds == ["update_letter", "sketch", "result_gpkg", "result_geojson"]


def test_its_page_shows_the_parcel_before_and_after_with_its_areas(sample: Sample, tmp_path: Path) -> None:
    case, before = updated(sample, tmp_path)
    page = page_of(sample, case, "reviewer")
    (part,) = page.context["parts"]
    assert (part["uid"], part["before"].official_area_m2) == (before.uid, before.official_area_m2)
    assert part["official_area_m2"] == part["surveyed_area_m2"] == parcel_area(before.geometry)
    assert [one["id"] for one in page.context["map"]["after"]] == [f"part-{before.uid}"]


def test_the_papers_say_how_the_areas_came_together(sample: Sample, tmp_path: Path) -> None:
    case, before = updated(sample, tmp_path)
    texts = papers(case)
    assert "Survey Sketch" in texts["sketch"]
    for text in texts.values():
        assert f"{before.official_area_m2:,.2f}" in text
        assert f"{parcel_area(before.geometry):,.2f}" in text
    assert "surplus" in texts["update_letter"]
    paid = case.invoices.get(kind="surplus")
    for text in texts.values():
        assert f"Paid for the surplus: {paid.amount:.2f} SAR" in " ".join(text.split())
        assert f"{PRICE:.2f}" in text
        assert paid.receipt in text


def active(case: Case) -> str:
    return str(case.stages.get(state="active").code)


def to_the_committee(sample: Sample, folder: Path) -> tuple[Case, Decimal]:
    """Return a case whose surplus waits for its price, and the surplus in square metres."""
    parcel, number = lot(sample, "deed_3_percent")
    case = draft(sample, "deed_update", [parcel.uid], {**FORM, "deed_no": number})
    submitted(sample, case, draw(folder, (parcel.parcel_no, parcel.geometry)))
    for stage, role in (("survey_audit", "reviewer"), ("admin_audit", "clerk"), ("head_review", "survey_head")):
        acts.finish(case, stage, viewer=sample.viewer(role))
    assert active(case) == "valuation"
    assert parcel.official_area_m2 is not None
    return case, parcel_area(parcel.geometry) - parcel.official_area_m2


def test_a_surplus_is_priced_and_paid_before_anybody_decides(sample: Sample, tmp_path: Path) -> None:
    case, surplus = to_the_committee(sample, tmp_path)
    committee, cashier, mayor = sample.viewer("committee"), sample.viewer("cashier"), sample.viewer("mayor")
    for price in (None, Decimal(0), Decimal("-3"), Decimal("NaN"), Decimal(10) ** 9):
        with pytest.raises(Incomplete, match="price of a square metre"):
            sat(case, "valuation", committee, price=price)
    with pytest.raises(ActionRefused, match="no minutes"):
        acts.finish(case, "valuation", viewer=committee)
    sat(case, "valuation", committee, price=PRICE)
    acts.finish(case, "valuation", viewer=committee)

    assert active(case) == "surplus_payment"
    invoice = case.invoices.get()
    assert (invoice.kind, invoice.amount) == ("surplus", (surplus * PRICE).quantize(Decimal("0.01")))
    with pytest.raises(ActionRefused):
        acts.approve(case, viewer=mayor)
    acts.pay(case, "R-77", viewer=cashier)
    assert active(case) == "decision"
    assert acts.approve(case, viewer=mayor)[1] is not None


def test_what_was_paid_is_not_asked_for_again_when_the_price_is_set_anew(sample: Sample, tmp_path: Path) -> None:
    case, surplus = to_the_committee(sample, tmp_path)
    committee, cashier, mayor = sample.viewer("committee"), sample.viewer("cashier"), sample.viewer("mayor")

    def priced(number: str, price: Decimal) -> None:
        sat(case, "valuation", committee, price=price, number=number)
        acts.finish(case, "valuation", viewer=committee)

    def looked_at_again() -> None:
        """The mayor returns it, another paper is handed in: whoever judged judges again."""
        acts.send_back(case, [RemarkMade("document_differs", "يرجى الإيضاح")], "decision", viewer=mayor)
        acts.answer(case, case.remarks.count(), "أُوضح", viewer=sample.viewer("surveyor"))
        acts.attach(case, sample.deed, viewer=sample.viewer("surveyor"), document="deed", file_name="more.pdf")
        acts.submit(case, viewer=sample.viewer("surveyor"))
        for stage, role in (("survey_audit", "reviewer"), ("admin_audit", "clerk"), ("head_review", "survey_head")):
            acts.finish(case, stage, viewer=sample.viewer(role))

    priced("M-1", PRICE)
    acts.pay(case, "R-78", viewer=cashier)
    looked_at_again()
    priced("M-2", PRICE + 100)
    assert active(case) == "surplus_payment"
    more = case.invoices.get(paid_at=None)
    assert more.amount == (surplus * 100).quantize(Decimal("0.01"))
    acts.pay(case, "R-79", viewer=cashier)
    looked_at_again()
    priced("M-3", PRICE - 50)
    assert active(case) == "decision"  # more was paid than is owed
    assert acts.approve(case, viewer=mayor)[1] is not None


def test_a_deed_within_the_tolerance_passes_no_committee(sample: Sample, tmp_path: Path) -> None:
    parcel, number = lot(sample, "clean_wide")
    case = draft(sample, "deed_update", [parcel.uid], {**FORM, "deed_no": number})
    case = issued(sample, submitted(sample, case, draw(tmp_path, (parcel.parcel_no, parcel.geometry))))
    passed_over = case.stages.filter(outcome="not_needed").values_list("code", flat=True)
    assert list(passed_over.order_by("position")) == ["valuation", "surplus_payment"]
    assert not case.invoices.exists()
    assert not case.minutes.exists()


def test_a_deed_far_from_the_ground_or_another_deed_is_refused(sample: Sample, tmp_path: Path) -> None:
    surveyor = sample.viewer("surveyor")
    parcel, number = lot(sample, "deed_30_percent")
    for stated, rules in ((number, ["DED-04"]), ("123", ["DED-03", "DED-04"])):
        case = draft(sample, "deed_update", [parcel.uid], {**FORM, "deed_no": stated})
        path = draw(tmp_path, (parcel.parcel_no, parcel.geometry))
        attempt, _ = acts.hand_in(case, path, viewer=surveyor, crs=CRS)
        assert not attempt.fit
        assert [f["rule"] for f in attempt.report["findings"] if f["severity"] == "error"] == rules
        acts.withdraw(case, viewer=surveyor)
