"""A lot is divided, its papers go out, and one of its parts is divided again: which of the papers still hold."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import shapely
from django.test import Client
from django.utils import timezone
from shapely.geometry import Polygon

from land_services.cases import acts
from land_services.cases.acts import issue
from land_services.cases.issued import is_superseded
from land_services.cases.models import Case, IssuedDocument
from land_services.deeds import DeedGiven
from land_services.domain import SurveyPart
from land_services.register.proof import audit_register
from land_services.surveys.write_dxf import write_subdivision_dxf
from layers import audit
from layers.models import Parcel
from tests.sample import CRS, Sample

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


def carried_through(sample: Sample, uid: str, parts: dict[str, Polygon], folder: Path) -> Case:
    """File, review, approve and issue a subdivision of a parcel into the parts, by number."""
    path = folder / f"{uid}.dxf"
    outer = shapely.union_all(list(parts.values()))
    assert isinstance(outer, Polygon)
    write_subdivision_dxf(path, [SurveyPart(number, shape) for number, shape in parts.items()], outer)
    case = acts.open_case("subdivision", [uid], viewer=sample.viewer("surveyor"))
    acts.attach(case, sample.deed, viewer=sample.viewer("surveyor"), document="deed")
    attempt, _ = acts.hand_in(case, path, viewer=sample.viewer("surveyor"), crs=CRS)
    assert attempt.fit, attempt.report["findings"]
    sample.reviewed(acts.submit(case, viewer=sample.viewer("surveyor")))
    case, _ = acts.approve(case, viewer=sample.viewer("mayor"))
    issue(case, viewer=sample.viewer("mayor"))
    return case


def registry_confirms(sample: Sample, case: Case) -> None:
    """The registry issues a deed for each part."""
    parts = Parcel.objects.filter(begin_entry_id=case.entry_id or 0, official_area_m2__isnull=False)
    new = parts.filter(parcel_no__contains="/").order_by("parcel_no")
    today = timezone.localdate()
    deeds = [
        DeedGiven(f"44{n:05d}", today, "كتابة العدل", "paper", parcel.official_area_m2, "", (str(parcel.uid),))
        for n, parcel in enumerate(new, start=1)
    ]
    acts.confirm(case, "4401", today, viewer=sample.viewer("registrar"), deeds=deeds)


def verified(document: IssuedDocument) -> str:
    page = Client(headers={"accept-language": "en"}).get(f"/verify/{document.code}")
    assert page.status_code == 200
    return page.content.decode()


def test_the_papers_of_a_part_that_is_divided_again_are_superseded_and_its_siblings_hold(
    committed_sample: Callable[[str], Sample], tmp_path: Path
) -> None:
    sample = committed_sample("land")
    quarters = [Polygon([(x / 1000, y / 1000) for x, y in piece.ring]) for piece in sample.survey.proper.parts]
    halves = [shapely.union_all(quarters[:2]), shapely.union_all(quarters[2:])]
    first = carried_through(sample, sample.uid, {"1": halves[0], "2": halves[1]}, tmp_path)
    west, east = first.documents.filter(kind="survey_decision").order_by("number")
    sheet, letter = (first.documents.get(kind=kind) for kind in ("subdivision_drawing", "registry_letter"))
    for document in (west, east, sheet, letter):
        assert not is_superseded(document) and "Genuine and current" in verified(document)
    born = Parcel.objects.get(uid=west.parcel_uid, end_lifespan_version=None)
    assert born.parcel_no == "1/" + sample.survey.lot.parcel_no

    registry_confirms(sample, first)

    second = carried_through(sample, str(west.parcel_uid), {"1": quarters[0], "2": quarters[1]}, tmp_path)

    after = second.documents.get(kind="subdivision_drawing")
    west.refresh_from_db()
    east.refresh_from_db()
    assert west.superseded_by == after and is_superseded(west)
    assert "superseded" in verified(west) and "Genuine and current" not in verified(west)
    for document in (sheet, letter):  # they show a part that is no more
        assert "superseded" in verified(document)
    assert east.superseded_by is None and "Genuine and current" in verified(east)
    for document in second.documents.exclude(kind__startswith="result"):
        assert "Genuine and current" in verified(document)

    numbers = set(Parcel.objects.filter(begin_entry_id=second.entry_id).values_list("parcel_no", flat=True))
    assert {f"1/{born.parcel_no}", f"2/{born.parcel_no}"} <= numbers
    while audit.seal() > 0:
        pass
    assert audit_register()["ok"]
