"""What a resubmission changed, told against the round before."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from land_services.cases import acts
from land_services.cases.acts import RemarkMade
from land_services.cases.at_work import look_at
from land_services.cases.differences import difference
from land_services.cases.models import Case
from land_services.catalogue import load_catalogue
from layers.viewer import ANONYMOUS
from tests.land_services.cases.test_documents_only import file
from tests.sample import CRS, Sample

__all__ = ["file"]

pytestmark = pytest.mark.django_db(databases=["default", "owner"])


@pytest.fixture
def sample(sample_land: Sample) -> Sample:
    return sample_land


def returned(case: Case, sample: Sample, role: str, login: str) -> None:
    acts.send_back(case, [RemarkMade("other", "x")], viewer=sample.viewer(role))
    number = case.remarks.latest("number").number
    acts.answer(case, number, "done", viewer=sample.viewer(login))


def test_a_first_round_has_no_difference_and_answers_alone_change_nothing(
    sample: Sample, file: Callable[..., Case]
) -> None:
    case = file("building_permit")
    assert difference(look_at(case, ANONYMOUS)) is None
    returned(case, sample, "clerk", "resident")
    case = acts.submit(case, viewer=sample.viewer("resident"))
    found = difference(look_at(case, ANONYMOUS))
    assert found is not None and found.is_empty and found.round == 2


def test_fields_and_documents_are_told_before_and_now(sample: Sample, file: Callable[..., Case]) -> None:
    case, me = file("building_permit"), sample.viewer("resident")
    field = next(f for f in load_catalogue()["building_permit"].form if f.kind in ("text", "long_text"))
    returned(case, sample, "clerk", "resident")
    acts.fill(case, {field.code: "جديد"}, viewer=me)
    acts.attach(case, sample.deed, viewer=me, document="deed")
    case = acts.submit(case, viewer=me)
    found = difference(look_at(case, ANONYMOUS))
    assert found is not None and not found.is_empty
    assert [(one.code, one.before, one.after) for one in found.fields] == [(field.code, "نص", "جديد")]
    assert [(one.document, one.version) for one in found.files] == [("deed", 2)]
    client = Client()
    client.force_login(sample.user("clerk"))
    page = client.get(f"/en/cases/{case.reference}/").content.decode()
    shown = re.search(r'id="changed".*?</section>', page, re.S)
    assert shown and "جديد" in shown[0] and "version 2" in shown[0]


def test_another_survey_is_told_by_its_parts(sample: Sample) -> None:
    case, me = sample.submitted("outsider"), sample.viewer("outsider")
    returned(case, sample, "reviewer", "outsider")
    acts.hand_in(case, sample.proper, viewer=me, crs=CRS)
    case = acts.submit(case, viewer=me)
    found = difference(look_at(case, ANONYMOUS))
    assert found is not None and [a and a.number for a in found.attempts] == [1, 2]
    assert found.parts == () and not found.is_empty, "the same parts in another file"


def test_what_a_round_was_handed_in_with_stands(sample: Sample, file: Callable[..., Case]) -> None:
    case = file("building_permit")
    for statement in ("UPDATE cases_submission SET form = '{}'", "DELETE FROM cases_submission"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert case.submissions.count() == 1
