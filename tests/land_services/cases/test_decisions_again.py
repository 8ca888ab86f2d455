"""A survey decision printed again: for another purpose, or in place of a lost one; nothing is measured anew."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from land_services.cases import acts, decisions
from land_services.cases.errors import ActionRefused, Incomplete
from land_services.cases.issued import origin_of, standing_of
from land_services.cases.models import Case, IssuedDocument
from land_services.domain import AmendBoundary, AttachSource, ChangeSet, FactsQuery
from land_services.messages import message
from land_services.register.apply import apply_change_set
from land_services.register.selectors import load_facts
from land_services.views import verify
from tests.land_services.cases.land_cases import issued
from tests.land_services.documents.pdfs import poppler_text
from tests.sample import Sample

pytestmark = pytest.mark.django_db(databases=["default", "owner"])
EASTERN = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


@pytest.fixture
def sample(sample_measured: Sample) -> Sample:
    return sample_measured


@pytest.fixture
def first(sample: Sample) -> IssuedDocument:
    return IssuedDocument.objects.get(kind="survey_decision")


def asked(sample: Sample, first: IssuedDocument, service: str = "purpose", **form: Any) -> Case:
    values = {"purpose": "sale", "why": "بيع الأرض"} if service == "purpose" else {"reason": "lost"}
    form = {"decision_no": first.number.translate(EASTERN), **values, **form}
    return acts.open_case(f"survey_decision_{service}", viewer=sample.viewer("surveyor"), form=form)


def again(sample: Sample, first: IssuedDocument, service: str = "purpose") -> IssuedDocument:
    case = acts.submit(asked(sample, first, service), viewer=sample.viewer("surveyor"))
    return issued(sample, case).documents.get()


def text_of(document: IssuedDocument) -> str:
    return " ".join(poppler_text(Path(document.file.path).read_bytes()).split())


def refused(case: Case, viewer: Any) -> str:
    """Return which variant of the refusal a submission gets; its texts are whole in both languages."""
    with pytest.raises(Incomplete) as raised:
        acts.submit(case, viewer=viewer)
    (finding,) = raised.value.findings
    assert finding.rule == "REQ-32"
    assert "?" not in message(finding, "ar") + message(finding, "en")
    return finding.variant


def test_a_new_purpose_supersedes_the_decision_and_then_the_last_is_reissued(
    sample: Sample, first: IssuedDocument
) -> None:
    newer = again(sample, first)
    first.refresh_from_db()
    assert first.superseded_by == newer
    assert newer.parcel_uid == first.parcel_uid
    assert (standing_of(first).kind, standing_of(newer).kind) == ("superseded", "valid")
    before, text = text_of(first), text_of(newer)
    assert "Building permit" in before and "Transfer or sale" in text
    assert f"Replaces decision no. {first.number}" in text and "measured anew" in text
    for said in ("Net area", "KSA-GRF17", "Satellite receiver"):
        assert said in text and said in before
    page = Client(headers={"accept-language": "en"}).get(f"/verify/{first.code}").content.decode()
    assert "superseded" in page and newer.number in page

    last = again(sample, newer, "reissue")
    newer.refresh_from_db()
    assert newer.superseded_by == last
    assert origin_of(last) == first
    assert "Transfer or sale" in text_of(last), "the purpose stays"
    assert refused(asked(sample, newer), sample.viewer("surveyor")) == "superseded"


def test_what_cannot_be_printed_again_is_refused_by_name(
    sample: Sample, first: IssuedDocument, monkeypatch: pytest.MonkeyPatch
) -> None:
    surveyor = sample.viewer("surveyor")
    assert refused(asked(sample, first, decision_no="SVD-1448-999999-D1"), surveyor) == "unknown"
    stranger = acts.open_case(
        "survey_decision_reissue", viewer=sample.viewer("resident"),
        form={"decision_no": first.number, "reason": "lost"},
    )  # fmt: skip
    assert refused(stranger, sample.viewer("resident")) == "not_yours"
    case = asked(sample, first)
    first.valid_until = timezone.localdate() - timedelta(days=1)
    monkeypatch.setattr(decisions, "decision_by_number", lambda _: first)
    assert refused(case, surveyor) == "expired"
    assert standing_of(first).kind == "expired"
    monkeypatch.setattr(verify, "find_document", lambda _: first)
    page = Client(headers={"accept-language": "en"}).get(f"/verify/{first.code}").content.decode()
    assert "expired" in page


def test_a_permit_that_names_the_decision_keeps_it_as_it_is(sample: Sample, first: IssuedDocument) -> None:
    case = acts.submit(asked(sample, first), viewer=sample.viewer("surveyor"))
    for stage, who in (("review", "reviewer"), ("decision", "survey_head")):
        if stage == "decision":
            case, _ = acts.approve(case, viewer=sample.viewer(who))
        else:
            acts.finish(case, stage, viewer=sample.viewer(who))
    permit = acts.open_case(
        "building_permit", [str(first.parcel_uid)], viewer=sample.viewer("resident"),
        form={"survey_decision_no": f" {first.number.translate(EASTERN)} "},
    )  # fmt: skip
    assert asked(sample, first).state == "draft"
    Case.objects.filter(pk=permit.pk).update(state="submitted")
    assert refused(asked(sample, first), sample.viewer("surveyor")) == "permit"
    with pytest.raises(ActionRefused) as raised:
        acts.issue(case, viewer=sample.viewer("mayor"))
    assert [finding.variant for finding in raised.value.findings] == ["permit"]
    assert not case.documents.exists()


def corrected(document: IssuedDocument, **values: Any) -> None:
    """Give the parcel of a decision another version through the register's one writer, without a case."""
    query = FactsQuery((str(document.parcel_uid),))
    parcel = load_facts(query).parcels[0]
    amended = AmendBoundary(parcel.uid, parcel.version, parcel.geometry, **values)
    source = AttachSource("decision", "correction 7", uids=(parcel.uid,))
    apply_change_set(
        ChangeSet("register_correction", (amended, source)), reference="correction 7", acting_user_id=None,
        recheck=lambda *_: (), query=query,
    )  # fmt: skip


def test_the_same_land_in_a_new_version_says_the_same(sample: Sample, first: IssuedDocument) -> None:
    corrected(first)
    assert standing_of(first).kind == "valid"


def test_land_that_changed_without_a_case_makes_the_decision_no_longer_current(
    sample: Sample, first: IssuedDocument
) -> None:
    corrected(first, parcel_no="25 أ")
    assert standing_of(first).kind == "outdated"
    assert refused(asked(sample, first), sample.viewer("surveyor")) == "outdated"
    page = Client(headers={"accept-language": "en"}).get(f"/verify/{first.code}").content.decode()
    assert "The land has changed since" in page
