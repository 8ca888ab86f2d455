"""The page of a field visit over HTTP: whose it is, what a device is told, and what it may send."""

from __future__ import annotations

import json
import re
import uuid
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from land_services.cases import acts
from land_services.cases.models import FieldFile, FieldRecord, Visit
from land_services.views.field_keys import COOKIE, key_of
from layers.models import AuditRow
from tests.land_services.cases.test_field import body, complaint, photo_row, picture, registered, sent, table
from tests.sample import Sample

pytestmark = pytest.mark.django_db


def address(visit: Visit, what: str = "", language: str = "en") -> str:
    return f"/{language}/cases/{visit.case.reference}/field/{visit.pk}/{what}"


def client_of(sample: Sample, login: str) -> Client:
    client = Client()
    client.force_login(sample.user(login))
    return client


def send(client: Client, visit: Visit, content: bytes, **more: Any) -> Any:
    form = {"uid": str(uuid.uuid4()), "kind": "photo", "sha256": sha256(content).hexdigest(), "name": "a.jpg", **more}
    return client.post(address(visit, "items/"), {**form, "file": SimpleUploadedFile("field", content)})


def test_the_page_is_for_whoever_may_hold_the_visit_and_for_nobody_else(sample_land: Sample) -> None:
    visit = complaint(sample_land)
    for login in ("resident", "planner", "outsider", "survey_head", "director"):
        for what in ("", "data/"):
            assert client_of(sample_land, login).get(address(visit, what)).status_code == 404, (login, what)
    nobody = Client()
    assert nobody.get(address(visit)).status_code == 302
    assert nobody.get(address(visit, "data/")).status_code == 401
    me = client_of(sample_land, "reviewer")
    answer = me.get(address(visit))
    assert answer.status_code == 200 and answer["X-Field-Keep"] == "yes"
    assert me.get(address(visit).replace(f"/{visit.pk}/", f"/{visit.pk + 99}/")).status_code == 404
    for language in ("ar", "en"):
        text = me.get(address(visit, language=language)).content.decode()
        # The page is kept by the device: it holds nothing of the case but its number, and nobody's name.
        assert (
            visit.case.reference in text and "reviewer" not in text and sample_land.user("resident").name_ar not in text
        )


def test_a_device_is_told_the_date_the_land_and_whom_to_call(sample_land: Sample) -> None:
    visit = complaint(sample_land)
    client = client_of(sample_land, "reviewer")
    data = client.get(address(visit, "data/")).json()
    assert [(one["number"], one["x"], one["y"]) for one in data["corners"]] == [
        (one.number, one.x, one.y) for one in registered(visit.case)
    ]
    assert data["map"]["ar"]["neighbours"]["features"] and len(data["sides"]) == len(data["corners"])
    assert data["contacts"][0]["value"] == {"ar": "حساب resident", "en": "Account resident"}
    assert data["at"] == visit.at.isoformat() and data["csrf"]
    row = AuditRow.objects.get(action="case.read", subject=visit.case.reference)
    assert (row.actor_id, row.payload) == (sample_land.user("reviewer").pk, {"fields": [], "visit": visit.pk})
    assert client.cookies[COOKIE].value == key_of(sample_land.user("reviewer").pk)
    assert not client.cookies[COOKIE]["httponly"] and client.cookies[COOKIE]["samesite"] == "Strict"


def test_the_key_goes_when_somebody_signs_out_or_another_signs_in(sample_land: Sample) -> None:
    visit = complaint(sample_land)
    client = client_of(sample_land, "reviewer")
    client.get(address(visit))
    user = sample_land.user("planner")
    user.set_password("a long enough one")
    user.save()
    key = client.cookies[COOKIE].value
    client.post("/en/accounts/logout/")
    assert client.cookies[COOKIE].value == ""
    client.cookies[COOKIE] = key
    client.post("/en/accounts/login/", {"login": "planner", "password": "a long enough one"})
    assert client.cookies[COOKIE].value == ""


def test_a_visit_comes_in_by_files_and_a_record(sample_land: Sample) -> None:
    visit, client = complaint(sample_land), client_of(sample_land, "reviewer")
    content, uid = picture("teal"), str(uuid.uuid4())
    first = send(client, visit, content, uid=uid)
    assert first.status_code == 200, first.content
    assert first.json() == send(client, visit, content, uid=uid).json()
    assert first.json()["sha256"] == sha256(content).hexdigest() != first.json()["kept"]
    points = table(registered(visit.case), east_m=1.0)
    kept = send(client, visit, points, kind="points", crs="EPSG:32639", columns="header", name="gnss.csv").json()
    assert kept["points"] == len(registered(visit.case))
    row = {"uid": uid, "sha256": sha256(content).hexdigest(), "taken_at": visit.at.isoformat()}
    where = {
        "position": {"lon": 50.123456, "lat": 26.4, "accuracy_m": 3.0},
        "subject": f"corner {registered(visit.case)[0].key}",
    }
    files = [{"uid": kept["uid"], "sha256": kept["sha256"], "accuracy_m": 0.02}]
    offence = [{"uid": str(uuid.uuid4()), "text": "سور على الشارع"}]
    record = body(photos=[{**row, **where, "note": "من الشمال"}], files=files, offences=offence)
    answers = [client.post(address(visit, "record/"), record, content_type="application/json") for _ in range(2)]
    assert [one.status_code for one in answers] == [200, 200] and answers[0].json() == answers[1].json()
    assert answers[0].json()["sha256"] == sha256(record).hexdigest()
    assert set(answers[0].json()["files"]) == {uid, kept["uid"]}
    # The page of the case shows it to those who see the case, in both languages.
    for login, language, words in (("director", "en", "Beyond the tolerance"), ("resident", "ar", "يتجاوز المسموح")):
        text = client_of(sample_land, login).get(f"/{language}/cases/{visit.case.reference}/").content.decode()
        assert words in text and "سور على الشارع" in text and "FLD-01" in text and "50.123456" in text
        assert "gnss.csv" in text and "data-parcel-map" in text
    outsider = client_of(sample_land, "outsider")
    paper = FieldFile.objects.get(uid=uid).file_id
    for page in ("", f"papers/{paper}/", f"papers/{paper}/preview/1.png"):
        assert outsider.get(f"/en/cases/{visit.case.reference}/{page}").status_code == 404


def test_what_is_over_says_so_and_leaves_the_page_to_save_from(sample_land: Sample) -> None:
    visit, client = complaint(sample_land), client_of(sample_land, "reviewer")
    acts.withdraw(visit.case, viewer=sample_land.viewer("resident"), reason="not needed any more")
    assert client.get(address(visit)).status_code == 200
    for answer in (
        client.get(address(visit, "data/")),
        send(client, visit, picture("maroon")),
        client.post(address(visit, "record/"), body(), content_type="application/json"),
    ):
        assert answer.status_code == 409 and "withdrawn" in answer.json()["message"]["en"]
        assert "مسحوب" in answer.json()["message"]["ar"]
    assert not FieldRecord.objects.filter(visit=visit).exists()


def test_what_is_refused_leaves_nothing_and_says_why(sample_land: Sample, settings: Any, tmp_path: Path) -> None:
    visit, client = complaint(sample_land), client_of(sample_land, "reviewer")
    assert send(client, visit, picture("cyan"), sha256="0" * 64).status_code == 400
    assert send(client, visit, picture("cyan"), uid="x").status_code == 400
    bad = send(client, visit, b"no,e,n\n1,x,2\n2,y,3\n", kind="points", crs="EPSG:32639")
    assert bad.status_code == 409 and bad.json()["findings"]
    assert client.post(address(visit, "record/"), b"{}", content_type="application/json").status_code == 400
    settings.PAPER_MAX_MB = 0
    assert send(client, visit, picture("cyan")).status_code == 413
    other = sent(tmp_path, picture("cyan"))
    stranger = client_of(sample_land, "planner")
    record = body(photos=[photo_row(other)])
    assert stranger.post(address(visit, "record/"), record, content_type="application/json").status_code == 404
    assert not FieldFile.objects.filter(visit=visit).exists()


def test_nothing_comes_in_without_the_token_of_the_page(sample_land: Sample) -> None:
    visit = complaint(sample_land)
    client = Client(enforce_csrf_checks=True)
    client.force_login(sample_land.user("reviewer"))
    assert send(client, visit, picture("lime")).status_code == 403
    assert client.post(address(visit, "record/"), body(), content_type="application/json").status_code == 403
    token = client.get(address(visit, "data/")).json()["csrf"]
    headers = {"HTTP_X_CSRFTOKEN": token}
    held = client.post(address(visit, "record/"), body(), content_type="application/json", **headers)
    assert held.status_code == 200, held.content


def test_the_worker_names_all_parts_of_the_page_and_nothing_of_the_case(sample_land: Sample) -> None:
    visit = complaint(sample_land)
    answer = Client().get(address(visit, "worker.js"))
    shell = json.loads(re.match(r"const SHELL = (.*);\n", answer.content.decode())[1])  # type: ignore[index]
    assert answer["Content-Type"].startswith("text/javascript") and shell["page"] == address(visit)
    assert any("parcel" in one for one in shell["files"]) and any("scale" in one for one in shell["files"])
    assert Client().get("/en/cases/x/field/1/worker.js").status_code == 404
    assert settings.STATIC_URL in shell["files"][0]
