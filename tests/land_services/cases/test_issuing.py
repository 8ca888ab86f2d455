"""The papers of an approved case: complete, true to the register, each with its own code."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pyogrio
import pytest
import shapely
from django.db import connection

from land_services.cases.acts import issue
from land_services.cases.errors import ActionRefused, NotYours
from land_services.cases.issued import is_superseded
from land_services.cases.models import IssuedDocument
from land_services.changesets import from_json
from land_services.documents.qr import normalise_code
from land_services.domain import CreateSpatialUnit
from land_services.register.models import Party
from layers.models import AuditRow, Parcel
from layers.viewer import ANONYMOUS
from tests.land_services.documents.pdfs import poppler_text
from tests.sample import Sample

pytestmark = pytest.mark.django_db(databases=["default", "owner"])


@pytest.fixture
def sample(sample_issued: Sample) -> Sample:
    return sample_issued


def test_a_subdivision_into_four_gives_eight_documents(sample: Sample) -> None:
    kinds = list(IssuedDocument.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds == ["survey_decision"] * 4 + [
        "subdivision_drawing",
        "registry_letter",
        "result_gpkg",
        "result_geojson",
    ]
    codes = set(IssuedDocument.objects.values_list("code", flat=True))
    assert len(codes) == 8 and all(normalise_code(code) == code for code in codes)
    for document in IssuedDocument.objects.all():
        content = Path(document.file.path).read_bytes()
        assert hashlib.sha256(content).hexdigest() == document.sha256
        assert content.startswith({".pdf": b"%PDF-", ".gpkg": b"SQLite"}.get(Path(document.file.path).suffix, b"{"))


def test_the_papers_name_the_case_the_parcels_and_their_own_code(sample: Sample) -> None:
    case = sample.case()
    for document in IssuedDocument.objects.filter(file__endswith=".pdf"):
        content = Path(document.file.path).read_bytes()
        text = poppler_text(content, "-layout")
        assert case.reference in text, document
        # Under the symbol the code stands in two lines; read line by line, the columns beside would come between.
        assert document.code[:14] + document.code[15:] in "".join(poppler_text(content, "-raw").split()), document
        if document.parcel_uid:
            number = Parcel.objects.get(uid=document.parcel_uid).parcel_no
            slices = re.split("/", number)
            assert number in text or "/".join(reversed(slices)) in text, (document, number)


def test_every_part_has_its_own_decision(sample: Sample) -> None:
    attempt = sample.case().attempts.get(fit=True)
    created = {op.uid for op in from_json(attempt.change_set or {}).of(CreateSpatialUnit)}
    decided = {str(d.parcel_uid) for d in IssuedDocument.objects.filter(kind="survey_decision")}
    assert decided == created and len(created) == 4


@pytest.mark.parametrize("kind", ["result_gpkg", "result_geojson"])
def test_the_result_reads_back_as_the_register_holds_it(sample: Sample, kind: str) -> None:
    path = IssuedDocument.objects.get(kind=kind).file.path
    frame = pyogrio.read_dataframe(path)
    assert len(frame) == 4
    if kind == "result_geojson" and frame.crs.to_epsg() == 4326:
        frame = frame.to_crs(32639)
    assert frame.crs.to_epsg() == 32639
    with connection.cursor() as cursor:
        for uid, geometry in zip(frame["uid"], frame.geometry, strict=True):
            cursor.execute(
                """SELECT parcel_no, ST_AsBinary(geom) FROM layers_parcel
                   WHERE uid = %s AND end_lifespan_version IS NULL""",
                [uid],
            )
            number, wkb = cursor.fetchone()
            kept = shapely.from_wkb(bytes(wkb))
            assert number == frame.loc[frame["uid"] == uid, "parcel_no"].item()
            assert shapely.hausdorff_distance(geometry, kept) <= 0.001
            assert len(shapely.get_coordinates(geometry)) == len(shapely.get_coordinates(kept))


def test_reading_the_owners_is_recorded_without_what_was_read(sample: Sample) -> None:
    case = sample.case()
    look = AuditRow.objects.get(action="personal.read", subject=case.reference)
    assert look.actor_id == sample.user("mayor").pk
    assert set(look.payload) == {"parties"} and look.payload["parties"]
    issued = AuditRow.objects.get(action="case.issue")
    assert set(issued.payload["documents"].values()) == set(IssuedDocument.objects.values_list("sha256", flat=True))
    rows = "\n".join(json.dumps(r.payload, ensure_ascii=False) for r in AuditRow.objects.all())
    assert not [n for n in Party.objects.exclude(name_ar="").values_list("name_ar", flat=True) if n in rows]


def test_asked_again_the_same_documents_come_back(sample: Sample) -> None:
    before = [(d.pk, d.sha256) for d in IssuedDocument.objects.order_by("pk")]
    again = issue(sample.case(), viewer=sample.viewer("registrar"))
    assert [(d.pk, d.sha256) for d in again] == before


def test_only_those_who_may_issue(sample: Sample) -> None:
    for viewer in (ANONYMOUS, *(sample.viewer(n) for n in ("surveyor", "reviewer", "planner", "cashier", "resident"))):
        with pytest.raises(NotYours):
            issue(sample.case(), viewer=viewer)


def test_nothing_is_issued_for_a_case_that_is_not_approved(sample: Sample) -> None:
    with pytest.raises(ActionRefused, match="not approved"):
        issue(sample.open("outsider"), viewer=sample.viewer("mayor"))


def test_papers_are_superseded_when_their_parcel_ends(sample: Sample) -> None:
    decision = IssuedDocument.objects.filter(kind="survey_decision").first()
    drawing = IssuedDocument.objects.get(kind="subdivision_drawing")
    assert decision is not None and not is_superseded(decision) and not is_superseded(drawing)
    IssuedDocument.objects.filter(pk=decision.pk).update(superseded_by=drawing)
    decision.refresh_from_db()
    assert is_superseded(decision)
    gone = IssuedDocument.objects.filter(kind="survey_decision").last()
    assert gone is not None
    gone.parcel_uid = sample.uid  # a parcel that the case ended
    assert is_superseded(gone)
