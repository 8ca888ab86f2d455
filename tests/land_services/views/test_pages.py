"""The pages of cases and parcels by role: what one may not see is not there, and nothing typed breaks them."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from gisportal.sample.office import join_office
from land_services.cases import acts
from land_services.cases.models import Attempt, Case, IssuedDocument
from land_services.register.models import Party
from land_services.register.personal import open_id_number
from land_services.register.selectors import titles_of
from land_services.views.case_doing import DOING
from layers.models import AuditRow, Parcel
from tests.sample import CRS, Sample

pytestmark = pytest.mark.django_db(databases=["default", "owner"])


@pytest.fixture
def sample(sample_issued: Sample) -> Sample:
    return sample_issued


def signed_in(sample: Sample, login: str, **options: Any) -> Client:
    client = Client(**options)
    if login:
        client.force_login(sample.user(login))
    return client


def text(response: Any) -> str:
    return str(response.content.decode())


def addresses(sample: Sample) -> list[str]:
    case = sample.case()
    document = IssuedDocument.objects.order_by("pk").first()
    assert document is not None
    base = f"/en/cases/{case.reference}/"
    paper = case.files.get()
    return [base, f"{base}files/1/", f"{base}documents/{document.pk}/", f"{base}papers/{paper.pk}/"]


@pytest.mark.parametrize("login", ["outsider", "resident", "planner", "agency", "personnel", "gis_engineer"])
def test_for_those_without_a_part_in_it_a_case_does_not_exist(sample: Sample, login: str) -> None:
    client = signed_in(sample, login)
    for address in addresses(sample):
        assert client.get(address).status_code == 404, address
    base = addresses(sample)[0]
    for action in DOING:
        assert client.post(f"{base}act/", {"action": action, "reason": "x"}).status_code == 404
    assert client.post(f"{base}file/", {"file": SimpleUploadedFile("a.dxf", b"x")}).status_code == 404
    assert sample.case().reference not in text(client.get("/en/cases/"))


def test_nobody_in_particular_is_led_to_the_sign_in(sample: Sample) -> None:
    client = Client()
    base = addresses(sample)[0]
    for address in [*addresses(sample), "/en/cases/"]:
        answer = client.get(address)
        assert answer.status_code == 302 and "/accounts/login/?next=" in answer["Location"], address
    for address in (f"{base}act/", f"{base}file/", "/en/cases/open/"):
        answer = client.post(address, {"action": "approve"})
        assert answer.status_code == 302 and "/accounts/login/" in answer["Location"], address


@pytest.mark.parametrize(
    "login",
    ["surveyor", "reviewer", "cashier", "survey_head", "mayor", "registrar", "archive", "administrator", "director"],
)
def test_those_with_a_part_in_it_see_page_files_and_documents(sample: Sample, login: str) -> None:
    client = signed_in(sample, login)
    page, *files = (client.get(address) for address in addresses(sample))
    assert page.status_code == 200 and sample.case().reference in text(page)
    for answer in files:
        assert answer.status_code == 200
        assert answer["Content-Disposition"].startswith("attachment; filename=")
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Type"] == "application/octet-stream"
        assert answer["Content-Security-Policy"] == "sandbox"
        assert "no-store" in answer["Cache-Control"]
        assert b"".join(answer.streaming_content)  # type: ignore[attr-defined]


def test_a_document_of_another_case_is_not_reached_through_ones_own(sample: Sample) -> None:
    own = sample.open("outsider")
    client = signed_in(sample, "outsider")
    document = IssuedDocument.objects.first()
    assert document is not None
    assert client.get(f"/en/cases/{own.reference}/documents/{document.pk}/").status_code == 404
    assert client.get(f"/en/cases/{own.reference}/").status_code == 200


def test_a_draft_is_seen_by_its_office_alone(sample: Sample) -> None:
    draft = sample.open("outsider")
    for login, status in (("outsider", 200), ("reviewer", 404), ("mayor", 404), ("surveyor", 404)):
        answer = signed_in(sample, login).get(f"/en/cases/{draft.reference}/")
        assert answer.status_code == status, login
        assert login != "outsider" or ("Opened" in text(answer) and "Filed on" not in text(answer))


@pytest.mark.parametrize(("language", "words"), [("en", "Parent’s deed"), ("ar", "مساحة صك الأصل")])
def test_who_asks_for_the_decision_of_a_part_is_told_of_its_parents_deed(
    sample: Sample, language: str, words: str
) -> None:
    decision = IssuedDocument.objects.filter(kind="survey_decision").order_by("pk").first()
    assert decision is not None
    owner = Party.objects.get(pk=titles_of([str(decision.parcel_uid)])[0].rights[0].party_id)
    asked = {"number": decision.number, "id_kind": owner.id_kind, "id_number": open_id_number(owner.id_number)}
    page = text(Client().post(f"/{language}/decisions/", asked))
    assert words in page and "Deed area" not in page and "مساحة الصك" not in page


def test_owners_are_shown_on_request_to_those_who_need_them_and_each_look_is_recorded(sample: Sample) -> None:
    part = Parcel.objects.filter(end_lifespan_version=None, parcel_no__contains="/").latest("id")
    owners = {right.party_id for title in titles_of([str(part.uid)]) for right in title.rights}
    names = list(Party.objects.filter(pk__in=owners).exclude(name_ar="").values_list("name_ar", flat=True))
    address = f"/ar/parcels/{part.uid}/"
    looks = AuditRow.objects.filter(action="personal.read")
    for login in ("", "surveyor", "outsider", "resident", "archive", "cashier", "director"):
        before = looks.count()
        for answer in (signed_in(sample, login).get(address), signed_in(sample, login).post(address)):
            assert answer.status_code == 200
            assert not [name for name in names if name in text(answer)], login
        assert looks.count() == before
    assert names
    for login in ("reviewer", "survey_head", "planner", "mayor", "registrar"):
        before = looks.count()
        client = signed_in(sample, login)
        assert not [name for name in names if name in text(client.get(address))], "not before they ask"
        assert looks.count() == before
        assert [name for name in names if name in text(client.post(address))], login
        assert looks.count() == before + 1
        assert looks.latest("id").actor_id == sample.user(login).pk


def test_every_form_needs_its_token(sample: Sample) -> None:
    case = sample.open("surveyor")
    client = signed_in(sample, "surveyor", enforce_csrf_checks=True)
    base = f"/en/cases/{case.reference}/"
    for address, data in (
        ("/en/cases/open/", {"service": "subdivision", "parcel": sample.label}),
        (f"{base}act/", {"action": "withdraw"}),
        (f"{base}file/", {"file": SimpleUploadedFile("a.dxf", b"x")}),
    ):
        assert client.post(address, data).status_code == 403, address
    assert signed_in(sample, "reviewer", enforce_csrf_checks=True).post(f"/en/parcels/{sample.uid}/").status_code == 403
    case.refresh_from_db()
    assert case.state == "draft" and not case.attempts.exists()


def test_a_token_makes_the_upload_pass(sample: Sample) -> None:
    case = sample.open("surveyor")
    client = signed_in(sample, "surveyor", enforce_csrf_checks=True)
    base = f"/en/cases/{case.reference}/"
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', text(client.get(base)))
    assert token
    data = {"csrfmiddlewaretoken": token[1], "file": SimpleUploadedFile("a.dxf", b"junk")}
    assert client.post(f"{base}file/", data).status_code == 302
    assert case.attempts.count() == 1


@pytest.mark.parametrize("language", ["ar", "en"])
def test_a_file_that_cannot_be_taken_is_answered_clearly(sample: Sample, language: str, settings: Any) -> None:
    settings.SURVEY_MAX_MB = 1
    case = sample.open("surveyor")
    client = signed_in(sample, "surveyor")
    base = f"/{language}/cases/{case.reference}/"
    words = {"ar": ("اختر", "فارغ", "أكبر من"), "en": ("Choose", "empty", "larger than")}[language]
    nothing = client.post(f"{base}file/", {})
    empty = client.post(f"{base}file/", {"file": SimpleUploadedFile("a.dxf", b"")})
    large = client.post(f"{base}file/", {"file": SimpleUploadedFile("a.dxf", b"x" * (1024 * 1024 + 1))})
    huge = client.post(f"{base}file/", {"file": SimpleUploadedFile("a.dxf", b"x" * (10 * 1024 * 1024))})
    assert [a.status_code for a in (nothing, empty, large, huge)] == [400, 400, 413, 413]
    for answer, word in zip((nothing, empty, large, huge), (*words, words[2]), strict=True):
        assert word in text(answer)
    assert not case.attempts.exists()


def test_a_file_of_the_wrong_kind_is_kept_with_what_is_wrong(sample: Sample) -> None:
    case = sample.open("surveyor")
    client = signed_in(sample, "surveyor")
    name = '"><img src=x onerror=alert(1)>.pdf'
    answer = client.post(
        f"/en/cases/{case.reference}/file/", {"file": SimpleUploadedFile(name, b"%PDF-1.7 x"), "crs": "\x00'; DROP"}
    )
    assert answer.status_code == 302 and answer["Location"].endswith("?attempt=1")
    page = text(client.get(answer["Location"]))
    assert "<img src=x" not in page
    attempt = Attempt.objects.get(case=case)
    assert not attempt.fit and attempt.report["findings"] and "\x00" not in attempt.crs
    download = client.get(f"/en/cases/{case.reference}/files/1/")
    assert download["Content-Disposition"] == f'attachment; filename="{case.reference}-1.pdf"'


def test_a_parcel_number_is_never_markup(sample: Sample) -> None:
    attempt = sample.case().attempts.get(number=1)
    evil = "</script><script>alert(1)</script>"
    drawn = [{**part, "number": evil} for part in attempt.drawn]
    report = json.loads(json.dumps(attempt.report))
    report["findings"][0]["message"]["en"] = evil
    # What was handed in is never changed, so the attack is one more attempt of the same unfit file.
    attempt.pk, attempt.number = None, sample.case().attempts.count() + 1
    attempt.drawn, attempt.report, attempt.file_name = drawn, report, evil
    attempt.save(force_insert=True)
    page = text(signed_in(sample, "reviewer").get(f"{addresses(sample)[0]}?attempt={attempt.number}"))
    assert "<script>alert" not in page
    assert page.count("alert(1)") >= len(drawn) + 2, "each part's number, the finding and the file's name are shown"


@pytest.mark.parametrize(
    "path",
    [
        "cases/%00/",
        "cases/SUB-1448-000001%00/",
        "cases/SUB-1448-999999/",
        "cases/sub/",
        "cases/SUB-1448-000001/files/99999999999999999999/",
        "cases/SUB-1448-000001/documents/99999999999999999999/",
        "parcels/00000000-0000-0000-0000-000000000000/",
    ],
)
def test_what_does_not_exist_is_not_found(sample: Sample, path: str) -> None:
    assert signed_in(sample, "reviewer").get(f"/en/{path}").status_code == 404


@pytest.mark.parametrize(
    "query", ["attempt=9999999999999999999999", "attempt=²", "attempt=%00", "attempt=-1", "attempt=٢"]
)
def test_an_odd_query_shows_the_case_as_it_is(sample: Sample, query: str) -> None:
    assert signed_in(sample, "reviewer").get(f"{addresses(sample)[0]}?{query}").status_code == 200
    assert Client().get(f"/en/parcels/{sample.uid}/?{query.replace('attempt', 'version')}").status_code == 200
    assert signed_in(sample, "reviewer").get(f"/en/cases/?{query.replace('attempt', 'page')}").status_code == 200


def test_a_case_is_opened_by_its_number_in_either_digits_and_mistakes_are_told(sample: Sample) -> None:
    client = signed_in(sample, "surveyor")
    live = sample.situation("corner_lot")
    row = Parcel.objects.get(uid=live, end_lifespan_version=None)
    arabic = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
    number = f"{row.plan_no or '-'}/{row.block_no or '-'}/{row.parcel_no}".translate(arabic)
    answer = client.post("/ar/cases/open/", {"service": "subdivision", "parcel": number})
    assert answer.status_code == 302
    assert Case.objects.latest("pk").parcel_uids == [live]
    for asked, status in (("9/9/9", 400), ("nonsense", 400), ("", 400), ("\x00/1/1", 400), ("<b>/1/1", 400)):
        refused = client.post("/en/cases/open/", {"service": "subdivision", "parcel": asked})
        assert refused.status_code == status and 'role="alert"' in text(refused), asked
        assert "<b>/1" not in text(refused)
    assert client.post("/en/cases/open/", {"service": "conquest", "parcel": live}).status_code == 400
    refused = signed_in(sample, "resident").post("/en/cases/open/", {"service": "subdivision", "parcel": live})
    assert refused.status_code == 403
    assert client.get("/en/cases/open/").status_code == 302


@pytest.mark.parametrize("between", [", ", "، ", "\n", ";"])
def test_several_parcels_are_asked_for_at_once(sample: Sample, between: str) -> None:
    join_office(sample.user("surveyor"), "5900000009", "مكتب الاختبار", "Test Surveyors")
    client = signed_in(sample, "surveyor")
    rows = list(Parcel.objects.filter(end_lifespan_version=None).exclude(parcel_no__contains="/").order_by("id")[:2])
    uids = [str(row.uid) for row in rows]
    numbers = [f"{row.plan_no or '-'}/{row.block_no or '-'}/{row.parcel_no}" for row in rows]
    asked = between.join([*numbers, uids[0]])
    answer = client.post("/ar/cases/open/", {"service": "merge", "parcel": asked})
    assert answer.status_code == 302
    assert Case.objects.latest("pk").parcel_uids == uids, "each once, in their order"
    refused = client.post("/en/cases/open/", {"service": "merge", "parcel": f"{numbers[0]}{between}9/9/99999"})
    assert refused.status_code == 400
    assert "9/9/99999: There is no parcel with this number today." in text(refused)


def test_refusals_are_told_on_the_page_with_their_status(sample: Sample) -> None:
    base = addresses(sample)[0]
    for login, data, status in (
        ("archive", {"action": "approve"}, 403),
        ("registrar", {"action": "approve"}, 409),
        ("registrar", {"action": "confirm", "number": " ", "confirmed_on": "2026-01-01"}, 400),
        ("registrar", {"action": "confirm", "number": "7", "confirmed_on": "yesterday"}, 400),
        ("mayor", {"action": "stop", "note": "late"}, 409),
        ("mayor", {"action": "finish", "stage": "no_such"}, 409),
        ("surveyor", {"action": "withdraw"}, 409),
        ("mayor", {"action": "burn"}, 404),
    ):
        answer = signed_in(sample, login).post(f"{base}act/", data)
        assert answer.status_code == status, (login, data)
        if status != 404:
            assert 'role="alert"' in text(answer)
    assert signed_in(sample, "mayor").get(f"{base}act/").status_code == 302
    assert sample.case().state == "issued"


def test_the_register_page_tells_history_and_lineage(sample: Sample) -> None:
    parent = text(Client().get(f"/en/parcels/{sample.uid}/"))
    assert "Retired" in parent and sample.case().reference in parent
    parts = Parcel.objects.filter(begin_entry_id=sample.case().entry_id or 0, parcel_no__contains="/")
    for part in parts:
        assert f"/en/parcels/{part.uid}/" in parent
        page = text(Client().get(f"/en/parcels/{part.uid}/"))
        assert "Current" in page and f"/en/parcels/{sample.uid}/" in page


def test_the_list_costs_the_same_for_one_case_and_for_many(sample: Sample) -> None:
    client = signed_in(sample, "surveyor")
    client.get("/en/cases/")
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get("/en/cases/")
    for _ in range(60):
        acts.open_case("subdivision", [sample.uid], viewer=sample.viewer("surveyor"))
    with CaptureQueriesContext(connection) as many:
        page = text(client.get("/en/cases/"))
    for _ in range(10):
        acts.open_case("subdivision", [sample.uid], viewer=sample.viewer("surveyor"))
    with CaptureQueriesContext(connection) as more:
        client.get("/en/cases/")
    assert len(more) == len(many) <= len(few) <= len(many) + 2, "one turn more where the first does not fill the page"
    assert page.count('class="file-row"') == 50 and "page=2" in page


@pytest.mark.parametrize("path", ["cases/", "parcels/{uid}/", "cases/{reference}/"])
def test_bare_addresses_lead_to_a_language(sample: Sample, path: str) -> None:
    address = path.format(uid=sample.uid, reference=sample.case().reference)
    answer = signed_in(sample, "reviewer").get(f"/{address}")
    assert answer.status_code == 302 and answer["Location"] == f"/ar/{address}"
    english = signed_in(sample, "reviewer").get(f"/{address}", headers={"accept-language": "en"})
    assert english["Location"] == f"/en/{address}"


def test_a_finding_names_its_source_in_the_language_of_the_page(sample: Sample) -> None:
    address = f"/cases/{sample.case().reference}/"
    arabic, english = (text(signed_in(sample, "reviewer").get(f"/{tongue}{address}")) for tongue in ("ar", "en"))
    sources = [re.findall(r'class="finding-source">([^<]*)<', page) for page in (arabic, english)]
    assert sources[0] and all("|" not in found for page in sources for found in page)


def test_the_filer_hands_in_and_the_page_shows_what_was_drawn(sample: Sample) -> None:
    page = text(signed_in(sample, "surveyor").get(f"{addresses(sample)[0]}?attempt=1"))
    data = re.search(r'<script id="case-map-data"[^>]*>(.*?)</script>', page, re.S)
    assert data
    drawn = json.loads(data[1])
    layers = drawn["layers"]
    assert len(json.dumps(layers["after"])) > 100 and json.dumps(layers["findings"]).count("Feature") > 2
    assert CRS in page
