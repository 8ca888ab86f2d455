"""A survey decision from the request to its papers: the land as measured, the deed untouched."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from django.test import Client
from django.utils.translation import override
from shapely.geometry import shape

from land_services.cases import acts
from land_services.cases.errors import ActionRefused
from land_services.cases.land_papers import facts_at_decision
from land_services.cases.models import Case
from land_services.changesets import from_json
from land_services.documents.words import square_metres_in_words_en
from land_services.documents.words_ar import square_metres_in_words_ar
from land_services.domain import AmendBoundary, ChangeSet, FactsQuery, ShowLand
from land_services.register.apply import apply_change_set
from land_services.register.errors import StaleRegister
from land_services.register.selectors import titles_of
from land_services.views import drawing
from layers.models import Parcel
from tests.land_services.cases.land_cases import draft, draw
from tests.land_services.cases.survey_cases import FORM, GRF17, facts_of, on_reference
from tests.land_services.documents.pdfs import poppler_text
from tests.sample import CRS, Sample

pytestmark = pytest.mark.django_db(databases=["default", "owner"])


@pytest.fixture
def case(sample_measured: Sample) -> Case:
    return Case.objects.get(service="survey_decision")


def change_of(case: Case) -> ChangeSet:
    return from_json(case.attempts.get(fit=True).change_set or {})


def test_the_parcel_is_restated_and_its_deed_is_not_touched(case: Case) -> None:
    before = facts_at_decision(case).parcels[0]
    now = Parcel.objects.get(uid=before.uid, end_lifespan_version=None)
    outline, *shown = change_of(case).of(ShowLand)
    assert now.begin_entry_id == case.entry_id
    assert (now.official_area_m2, now.surveyed_area_m2) == (before.official_area_m2, outline.area_m2)
    assert now.official_area_m2 != now.surveyed_area_m2
    assert [deed.pending for deed in titles_of([before.uid])[0].deeds] == [False]
    assert {op.role for op in shown} == {"excluded", "room", "corner_cut"}
    decision, corners = case.documents.order_by("pk")
    assert (decision.kind, corners.kind) == ("survey_decision", "corners")
    assert str(decision.parcel_uid) == str(corners.parcel_uid) == before.uid
    assert decision.valid_until is None


def test_the_paper_says_what_was_measured_in_figures_and_in_words(case: Case) -> None:
    outline, *shown = change_of(case).of(ShowLand)
    net = outline.area_m2 - sum(op.area_m2 for op in shown)
    pdf = Path(case.documents.get(kind="survey_decision").file.path).read_bytes()
    text = " ".join(poppler_text(pdf).split())
    for said in (
        "Building permit", "رخصة بناء", f"{net:,.2f}", f"{outline.area_m2:,.2f}", f"({GRF17})", "KSA-GRF17",
        square_metres_in_words_en(net), square_metres_in_words_ar(net), "it proves no buildings",
        "creates no ownership", "No expiry", "لا تنتهي صلاحية القرار", "Satellite receiver (GNSS) and total",
        "ولا يثبت المباني", "غرفة كهرباء", "Corner cut", "Excluded", *(f"{op.area_m2:,.2f}" for op in shown),
    ):  # fmt: skip
        assert said in text, said
    assert "Parent’s deed" not in text


def test_the_corners_come_as_a_table_in_both_systems(case: Case) -> None:
    with Path(case.documents.get(kind="corners").file.path).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    (amended,) = change_of(case).of(AmendBoundary)
    assert [row["corner"] for row in rows] == [corner.number for corner in amended.corners]
    assert {row["surveyed_crs"] for row in rows} == {GRF17}
    assert all(0.1 < float(row["surveyed_easting_m"]) - float(row["easting_m"]) < 0.4 for row in rows)
    assert all(48 < float(row["longitude"]) < 52 and 24 < float(row["latitude"]) < 28 for row in rows)


def test_a_change_planned_on_an_earlier_version_is_refused(case: Case) -> None:
    with pytest.raises(StaleRegister):
        apply_change_set(
            change_of(case), reference=case.reference, acting_user_id=None, recheck=lambda *_: (),
            query=FactsQuery(tuple(case.parcel_uids)),
        )  # fmt: skip


def test_a_file_on_another_datum_is_not_fit_and_says_what_to_do(sample_measured: Sample, tmp_path: Path) -> None:

    parcel = facts_of(sample_measured).parcels[0]
    case = draft(sample_measured, "survey_decision", [parcel.uid], FORM)
    path = draw(tmp_path, (parcel.parcel_no, parcel.geometry))
    attempt, _ = acts.hand_in(case, path, viewer=sample_measured.viewer("surveyor"), crs=CRS)
    errors = [f["rule"] for f in attempt.report["findings"] if f["severity"] == "error"]
    assert errors == ["SVD-05"]
    with pytest.raises(ActionRefused):
        acts.submit(case, viewer=sample_measured.viewer("surveyor"))
    path = draw(tmp_path, (parcel.parcel_no, on_reference(parcel.geometry)), name="again.dxf")
    attempt, _ = acts.hand_in(case, path, viewer=sample_measured.viewer("surveyor"), crs=GRF17)
    assert attempt.fit
    acts.withdraw(case, viewer=sample_measured.viewer("surveyor"), reason="not needed any more")


def test_an_outsider_finds_no_case(case: Case, sample_measured: Sample) -> None:
    client = Client()
    client.force_login(sample_measured.user("outsider"))
    assert client.get(f"/en/cases/{case.reference}/").status_code == 404
    client.force_login(sample_measured.user("surveyor"))
    assert client.get(f"/en/cases/{case.reference}/").status_code == 200


def test_the_reviewer_sees_on_the_map_what_was_measured_and_what_is_left_out(case: Case) -> None:
    changes = change_of(case)
    facts = facts_at_decision(case)
    with override("ar"):
        made = drawing.resulting(changes, facts, "ar")
    shown = [row["properties"]["label"] for row in made]
    assert shown[:2] == ["", f"{facts.parcels[0].parcel_no}\n\u2067600.00 م²\u2069"]
    assert sorted(label.partition("\n")[2] for label in shown[2:]) == sorted(
        f"\u2067{op.area_m2} م²\u2069" for op in changes.of(ShowLand)[1:]
    )
    assert {"غرفة الكهرباء", "شطفة", "أرض مستبعدة"} >= {label.partition("\n")[0] for label in shown[2:]}
    label, outline = shape(made[1]["geometry"]), changes.of(ShowLand)[0].geometry
    assert outline.contains(label) and not any(op.geometry.contains(label) for op in changes.of(ShowLand)[1:])
    assert [row["properties"]["label"] for row in drawing.sides(changes.of(AmendBoundary))][:2] == ["20.00", "30.00"]
