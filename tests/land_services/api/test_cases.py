"""A case through the API alone: the same acts as on the pages, with the same refusals."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from land_services.cases import acts, differences
from land_services.cases.acts import RemarkMade, warn_due
from land_services.cases.models import Case, CaseStep
from land_services.catalogue import load_catalogue
from land_services.views.case_doing import DOING as PAGE
from layers.models import AuditRow
from tests.land_services.api.asking import Asker
from tests.land_services.cases.test_conflicts import an_inquiry
from tests.land_services.cases.test_documents_only import file_request
from tests.sample import CRS, Sample

pytestmark = pytest.mark.django_db(databases=["default", "owner"])


@pytest.fixture
def sample(sample_recommended: Sample) -> Sample:
    return sample_recommended


@pytest.fixture(autouse=True)
def no_limit(settings: Any) -> None:
    settings.API_PER_MINUTE = 0


def offers(body: dict[str, Any]) -> set[str]:
    return {offer["act"] for offer in body["offers"]}


def test_a_subdivision_goes_its_whole_way(sample: Sample) -> None:
    surveyor = Asker(sample, "outsider")
    answer = surveyor.post("cases/", {"service": "subdivision", "parcels": [sample.label]})
    body = surveyor.ok(answer, 201)
    path = f"cases/{body['reference']}"
    assert answer["Location"].endswith(f"/api/v1/{path}")
    assert body["parcels"] == [sample.uid] and body["channel"] == "api"
    assert {finding["rule"] for finding in body["lacking"]} == {"REQ-21", "REQ-23"}
    refused = surveyor.ok(surveyor.post(f"{path}/acts/submit"), 400)
    assert {finding["rule"] for finding in refused["findings"]} == {"REQ-21", "REQ-23"}

    checked = surveyor.ok(surveyor.send(f"{path}/check", sample.first, crs=CRS))
    assert set(checked) == {"fit", "plan", "findings"} and not checked["fit"]
    assert surveyor.ok(surveyor.get(path))["attempts"] == [], "a check keeps nothing"
    assert surveyor.ok(surveyor.send(f"{path}/attempts", sample.proper, crs=CRS), 201)["fit"]
    assert surveyor.ok(surveyor.get(f"{path}/attempts/1"))["plan"]["parts"] == 4
    file = surveyor.ok(surveyor.send(f"{path}/files", sample.deed, document="deed"), 201)
    assert (file["version"], file["type"]) == (1, "pdf")
    body = surveyor.ok(surveyor.post(f"{path}/acts/submit"))
    assert (body["state"], body["lacking"]) == ("submitted", [])

    reviewer = Asker(sample, "reviewer")
    body = reviewer.ok(reviewer.get(path))
    assert {"finish", "return", "reject", "take"} <= offers(body)
    remark = {"reason": "document_unreadable", "text": "The deed cannot be read", "file": file["id"], "page": 1}
    body = reviewer.ok(reviewer.post(f"{path}/acts/return", {"remarks": [remark]}))
    assert (body["state"], body["remarks"][0]["place"]) == ("returned", "document")

    surveyor.ok(surveyor.post(f"{path}/acts/answer", {"remark": 1, "text": "Sent again"}))
    surveyor.ok(surveyor.send(f"{path}/files", sample.deed, document="deed"), 201)
    surveyor.ok(surveyor.post(f"{path}/acts/submit"))
    reviewer.ok(reviewer.post(f"{path}/acts/finish", {"stage": "survey_review", "attempt": 1}))
    head = Asker(sample, "survey_head")
    head.ok(head.post(f"{path}/acts/finish"))
    mayor = Asker(sample, "mayor")
    assert mayor.ok(mayor.post(f"{path}/acts/approve", {"note": "agreed"}))["state"] == "approved"
    body = mayor.ok(mayor.post(f"{path}/acts/issue"))
    assert body["state"] == "issued" and len(body["documents"]) == 8

    paper = body["documents"][0]
    fetched: Any = surveyor.client.get(paper["href"])
    assert b"".join(fetched.streaming_content).startswith(b"%PDF-")
    assert fetched["Content-Disposition"].startswith("attachment")
    assert fetched["Content-Security-Policy"] == "sandbox"
    told = AuditRow.objects.filter(subject=body["reference"]).values_list("action", flat=True)
    assert {"case.open", "case.submit", "case.return", "case.approve", "case.issue"} <= set(told)


def test_every_act_of_the_pages_is_one_of_the_api() -> None:
    from land_services.api.doing import DOING

    assert set(DOING) == {*PAGE, "approve"}


# Refusals -------------------------------------------------------------------------------------------------------------


def test_refusals_say_why_in_the_language_asked_for(sample: Sample) -> None:
    case, reviewer = sample.case(), Asker(sample, "reviewer")
    path = f"cases/{case.reference}/acts"
    assert reviewer.post(f"{path}/approve").status_code == 403
    assert reviewer.post(f"{path}/finish", {"stage": "nothing"}).status_code == 409
    assert reviewer.post(f"{path}/dance").status_code == 404
    arabic = reviewer.client.post(f"/api/v1/{path}/approve?lang=ar", {}, content_type="application/json")
    assert arabic.json()["detail"] == "هذا الإجراء ليس من صلاحياتك."
    assert arabic["Content-Language"] == "ar" and arabic["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("word", "body", "where"),
    [
        ("finish", {"stages": "x"}, "stages"),
        ("finish", {"stage": 1}, "stage"),
        ("finish", {"attempt": -1}, "attempt"),
        ("finish", {"attempt": True}, "attempt"),
        ("finish", {"note": "x" * 4001}, "note"),
        ("return", {}, "remarks"),
        ("return", {"remarks": ["x"]}, "remarks"),
        ("return", {"remarks": [{"reason": "cats", "text": "x"}]}, "remarks[0].reason"),
        ("return", {"remarks": [{"reason": "other", "text": "x", "point": [1]}]}, "remarks[0].point"),
        ("confirm", {"number": "1", "confirmed_on": "31/12/2026"}, "confirmed_on"),
        ("propose_visit", {"at": "tomorrow"}, "at"),
        ("minute", {"number": "1"}, "held_on"),
        ("answer_referral", {"referral": 1, "answer": "perhaps"}, "answer"),
    ],
)
def test_a_body_of_another_shape_is_refused_by_its_member(sample: Sample, word: str, body: Any, where: str) -> None:
    reviewer = Asker(sample, "reviewer")
    answer = reviewer.post(f"cases/{sample.case().reference}/acts/{word}", body)
    assert (answer.status_code, answer.json()["parameter"]) == (400, where)


BODIES = [
    b"[]",
    b'{"note": NaN}',
    b'{"note": "\\ud800"}',
    b'{"a":1,"a":2}',
    b"\xff",
    b"[" * 5000,
    b'{"note": 1e999}',
]


@pytest.mark.parametrize("raw", BODIES)
def test_a_body_that_is_no_json_object_is_refused(sample: Sample, raw: bytes) -> None:
    reviewer = Asker(sample, "reviewer")
    path = f"/api/v1/cases/{sample.case().reference}/acts/finish"
    assert reviewer.client.post(path, raw, content_type="application/json").status_code == 400
    assert reviewer.client.post(path, {"note": "x"}).status_code == 415
    big = json.dumps({"note": "x" * 3_000_000})
    assert reviewer.client.post(path, big, content_type="application/json").status_code == 413


def test_files_are_limited_while_they_come_in_and_must_be_there(sample: Sample, settings: Any) -> None:
    surveyor = Asker(sample, "outsider")
    case = sample.open("outsider")
    path = f"cases/{case.reference}/files"
    settings.PAPER_MAX_MB = 1
    assert surveyor.send(path, b"x" * 1_200_000).status_code == 413
    assert surveyor.send(path, b"x" * 11_000_000).status_code == 413
    assert surveyor.send(path, b"").status_code == 400
    assert surveyor.send(path, b"\x00\x01\x02 no paper").status_code == 400
    assert surveyor.send(path, b"%PDF-1.4\n", document="no_such").status_code == 409
    assert surveyor.send(path, b"%PDF-1.4\n", colour="red").json()["parameter"] == "colour"
    assert surveyor.post(path, {"file": "x"}).status_code == 415
    assert case.files.count() == 1


def test_a_survey_that_cannot_be_read_is_answered_and_kept(sample: Sample) -> None:
    surveyor, case = Asker(sample, "outsider"), sample.open("outsider")
    body = surveyor.ok(surveyor.send(f"cases/{case.reference}/attempts", b"no survey", "plan.dxf"), 201)
    assert (body["fit"], body["plan"]) == (False, None) and body["findings"]
    assert surveyor.send(f"cases/{case.reference}/attempts/9", b"x").status_code == 405
    assert surveyor.get(f"cases/{case.reference}/attempts/9").status_code == 404


def test_a_browser_must_show_that_the_post_is_its_own(sample: Sample) -> None:
    browser = Asker(sample, "outsider", enforce_csrf_checks=True)
    assert browser.post("cases/", {"service": "subdivision", "parcels": [sample.uid]}).status_code == 403
    page = browser.client.get("/en/cases/")
    token = page.context["csrf_token"]
    body = {"service": "subdivision", "parcels": [sample.uid]}
    path = f"cases/{browser.ok(browser.post('cases/', body, **{'X-CSRFToken': str(token)}), 201)['reference']}"
    assert browser.send(f"{path}/files", sample.deed).status_code == 403
    assert browser.client.post(f"/api/v1/{path}/files", {"csrfmiddlewaretoken": str(token)}).status_code == 400


def test_nobody_is_asked_to_sign_in(sample: Sample) -> None:
    nobody = Asker(sample)
    reference = sample.case().reference
    for answer in (nobody.get("cases/"), nobody.get(f"cases/{reference}"), nobody.post(f"cases/{reference}/acts/take")):
        assert answer.status_code == 401 and answer["WWW-Authenticate"].startswith("Bearer")
    assert nobody.post("cases/", {"service": "subdivision"}).status_code == 401


def test_a_parcel_that_is_not_there_or_a_service_of_others_opens_nothing(sample: Sample) -> None:
    surveyor, before = Asker(sample, "outsider"), Case.objects.count()
    for body, where in (
        ({"service": "subdivision", "parcels": ["1/2"]}, "parcels"),
        ({"service": "subdivision", "parcels": ["9/9/9"]}, "parcels"),
        ({"service": "no_such"}, "service"),
        ({"service": "petty_cash"}, "service"),
        ({}, "service"),
    ):
        answer = surveyor.post("cases/", body)
        assert (answer.status_code, answer.json()["parameter"]) == (400, where), body
    assert surveyor.post("cases/", {"service": "subdivision", "party": 99}).status_code == 409
    assert Asker(sample, "reviewer").post("cases/", {"service": "subdivision"}).status_code == 403
    assert Case.objects.count() == before


# Lists ----------------------------------------------------------------------------------------------------------------


def references(asker: Asker, query: str = "") -> list[str]:
    """Return the references of all pages, following the links."""
    found: list[str] = []
    path = f"cases/?{query}"
    while path:
        answer = asker.ok(asker.get(path))
        found += [row["reference"] for row in answer["cases"]]
        path = answer["links"][0]["href"].split("/api/v1/")[1] if answer["links"] else ""
    return found


def test_the_list_goes_page_by_page_in_both_orders(sample: Sample) -> None:
    submitted = [sample.submitted("outsider"), sample.submitted("surveyor")]
    drafts = [sample.open("surveyor") for _ in range(3)]
    Case.objects.filter(pk=submitted[0].pk).update(due_at=timezone.now() + timedelta(days=1))
    surveyor, director = Asker(sample, "surveyor"), Asker(sample, "director")
    mine = [sample.case().reference, submitted[1].reference, *(draft.reference for draft in drafts)]
    for limit in (1, 2, 50):
        assert references(surveyor, f"order=new&limit={limit}") == list(reversed(mine))
        due = references(surveyor, f"limit={limit}")
        assert due == references(surveyor, f"order=due&limit={limit}"), "what is due comes first unless asked otherwise"
        assert sorted(due) == sorted(mine)
        assert due[-3:] == [draft.reference for draft in drafts], "what is not due comes last"
        assert references(director, f"order=due&limit={limit}")[0] == submitted[0].reference
    schema = director.ok(director.get("schema/"))["paths"]["/cases/"]["get"]["parameters"]
    order = next(one["schema"] for one in schema if one["name"] == "order")
    assert (order["enum"], order["default"]) == (["due", "new"], "due")
    assert references(director) and not {draft.reference for draft in drafts} & set(references(director))


def test_filters_narrow_the_list(sample: Sample) -> None:
    surveyor, first = Asker(sample, "surveyor"), sample.case()
    draft = sample.open("surveyor")
    moment = timezone.now().isoformat().replace("+00:00", "Z")
    assert references(surveyor, "state=draft") == [draft.reference]
    assert references(surveyor, "state=draft,submitted") == [first.reference, draft.reference]
    assert references(surveyor, "service=merge") == []
    assert references(surveyor, f"parcel={sample.uid}") == [first.reference, draft.reference]
    assert references(surveyor, f"parcel={sample.situation('seized')}") == []
    assert references(surveyor, f"reference={first.reference.lower()}") == [first.reference]
    assert references(surveyor, f"updated_since={moment}") == []
    acts.withdraw(draft, viewer=sample.viewer("surveyor"))
    assert references(surveyor, f"updated_since={moment}") == [draft.reference]
    Case.objects.filter(pk=first.pk).update(due_at=timezone.now() - timedelta(days=1))
    assert references(surveyor, f"due_before={moment}") == [first.reference]


@pytest.mark.parametrize(
    "query",
    "state=x parcel=x limit=501 after=x after=x~1 after=~1&order=new order=x due_before=x page=2 lang=x".split(),
)
def test_what_a_list_cannot_be_asked_is_refused_by_name(sample: Sample, query: str) -> None:
    answer = Asker(sample, "surveyor").get(f"cases/?{query}")
    assert (answer.status_code, answer.json()["parameter"]) == (400, query.partition("=")[0])


def test_a_longer_list_asks_the_database_no_more_often(sample: Sample) -> None:
    surveyor = Asker(sample, "surveyor")

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            surveyor.ok(surveyor.get("cases/"))
        return len(seen)

    before = queries()
    for _ in range(4):
        sample.open("surveyor")
    assert queries() == before


def test_how_near_the_target_is_is_for_staff(sample: Sample) -> None:
    case = sample.submitted("outsider")
    due = case.stages.get(code="survey_review").due_at
    assert due is not None
    warn_due(due - timedelta(hours=1))
    warn_due(due + timedelta(hours=1))
    for login, told in (("outsider", False), ("reviewer", True), ("director", True)):
        asker = Asker(sample, login)
        steps = {step["act"] for step in asker.ok(asker.get(f"cases/{case.reference}"))["steps"]}
        assert ({"due_soon", "late"} & steps == {"due_soon", "late"}) is told, login
        assert told or not {"due_soon", "late"} & steps


def test_other_cases_on_the_land_are_named_to_those_who_see_them(sample: Sample) -> None:
    first = sample.case()
    assert told_of(sample, "reviewer", first)["conflicts"] == {"seen": [], "unseen": 0}
    second, third = sample.submitted("outsider"), an_inquiry(sample, sample.uid)
    seen = told_of(sample, "director", first)["conflicts"]
    assert seen == {"seen": sorted([second.reference, third.reference]), "unseen": 0}
    assert told_of(sample, "reviewer", first)["conflicts"] == {"seen": [second.reference], "unseen": 1}
    assert told_of(sample, "surveyor", first)["conflicts"] == {"seen": [], "unseen": 2}


def told_of(sample: Sample, login: str, case: Case) -> dict[str, Any]:
    asker = Asker(sample, login)
    return asker.ok(asker.get(f"cases/{case.reference}"))  # type: ignore[no-any-return]


def test_what_a_resubmission_changed_is_told(sample: Sample) -> None:
    case, me = file_request(sample, "building_permit"), sample.viewer("resident")
    assert told_of(sample, "clerk", case)["differences"] is None
    acts.send_back(case, [RemarkMade("other", "x")], viewer=sample.viewer("clerk"))
    acts.answer(case, case.remarks.get().number, "done", viewer=me)
    field = next(f for f in load_catalogue()["building_permit"].form if f.kind in ("text", "long_text"))
    acts.fill(case, {field.code: "جديد"}, viewer=me)
    paper = acts.attach(case, sample.deed, viewer=me, document="deed")
    acts.submit(case, viewer=me)
    for login in ("clerk", "resident"):
        assert told_of(sample, login, case)["differences"] == {
            "round": 2,
            "fields": [{"code": field.code, "before": "نص", "after": "جديد"}],
            "parts": [],
            "files": [paper.pk],
            "attempts": {"before": None, "after": None},
        }


def test_the_parts_of_another_survey_are_told(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    case, me = sample.submitted("outsider"), sample.viewer("outsider")
    acts.send_back(case, [RemarkMade("other", "x")], viewer=sample.viewer("reviewer"))
    acts.answer(case, case.remarks.get().number, "done", viewer=me)
    acts.hand_in(case, sample.proper, viewer=me, crs=CRS)
    acts.submit(case, viewer=me)
    parts = differences._parts  # as if the first file had drawn none
    monkeypatch.setattr(differences, "_parts", lambda one: {} if one is None or one.number == 1 else parts(one))
    told = told_of(sample, "reviewer", case)["differences"]
    assert told["attempts"] == {"before": 1, "after": 2} and len(told["parts"]) == 4
    assert all(part["before_m2"] is None and float(part["after_m2"]) > 0 for part in told["parts"])


def test_a_follow_code_is_made_by_the_filer_and_follows_the_case(sample: Sample) -> None:
    case = sample.case()
    path, filer = f"cases/{case.reference}/follow-code", Asker(sample, "surveyor")
    made = filer.ok(filer.post(path), 201)
    assert made["reference"] == case.reference and len(made["code"]) == 10
    found = Client().post("/en/follow/", {"reference": case.reference, "code": made["code"]})
    assert found.status_code == 200 and "Under review" in found.content.decode()
    again = filer.ok(filer.post(path, {}, **{"Idempotency-Key": "f"}), 201)
    replayed = filer.post(path, {}, **{"Idempotency-Key": "f"})
    assert replayed.json() == again and replayed["Idempotency-Replayed"] == "true"
    assert Client().post("/en/follow/", {"reference": case.reference, "code": made["code"]}).status_code == 404
    assert Client().post("/en/follow/", {"reference": case.reference, "code": again["code"]}).status_code == 200
    assert case.steps.filter(act="share").count() == 2
    assert filer.post(path, {"code": "mine"}).json()["parameter"] == "code"
    assert Asker(sample, "reviewer").post(path).status_code == 403
    assert Asker(sample, "outsider").post(path).status_code == Asker(sample, "resident").post(path).status_code == 404
    assert Asker(sample).post(path).status_code == 401


def test_what_the_house_said_among_itself_is_for_staff(sample: Sample) -> None:
    case = sample.case()
    filer, reviewer = Asker(sample, "surveyor"), Asker(sample, "reviewer")
    inside = {step.pk for step in CaseStep.objects.filter(case=case).exclude(by=case.filed_by)}
    assert inside
    for asker, told in ((filer, False), (reviewer, True)):
        steps = asker.ok(asker.get(f"cases/{case.reference}"))["steps"]
        assert all(bool(step["by"]) is told for step in steps if step["id"] in inside)
