"""Pages of erasing people: two of the house and nobody else; what is told in Arabic is told in English."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone, translation

from gisportal.accounts.models import OfficeMembership, RoleGrant, User
from gisportal.accounts.viewer import viewer_of
from land_services.cases import acts
from land_services.cases.erasure import ask, decide, erase_case, find_person
from land_services.cases.models import Case, Erasure
from land_services.register.models import Party
from land_services.register.personal import id_number_key, seal_id_number
from layers.models import AuditRow
from tests.sample import CRS, Sample

pytestmark = pytest.mark.django_db(databases=["default", "owner"])
NUMBER, PATH = "1098765432", "/en/erasures/"


@pytest.fixture
def sample(sample_land: Sample) -> Sample:
    return sample_land


@pytest.fixture
def person(sample: Sample) -> User:
    user = User.objects.create_user("zabarjad", name_ar="زبرجد", name_en="Zabarjad", email="z@example.org")
    RoleGrant.objects.create(user=user, role="resident")
    party = Party.objects.create(
        kind="person", name_ar="زبرجد", name_en="Zabarjad of the register", id_kind="national_id",
        id_number=seal_id_number(NUMBER), id_number_key=id_number_key(NUMBER),
    )  # fmt: skip
    OfficeMembership.objects.create(user=user, party_id=party.pk)
    return user


@pytest.fixture
def enter(sample: Sample) -> Callable[[str], Client]:
    def make(login: str) -> Client:
        client = Client()
        client.force_login(sample.user(login))
        return client

    return make


def request_of(person: User, sample: Sample, wanted: str = "erase") -> Case:
    me = viewer_of(person)
    case = acts.open_case("personal_data_access", viewer=me)
    acts.fill(case, {"wanted": wanted, "erase_reason": "x", "email": "z@example.org"}, viewer=me)
    acts.attach(case, sample.deed, viewer=me, document="national_id")
    return acts.submit(case, viewer=me)


def test_only_those_who_ask_or_decide_know_the_pages(
    sample: Sample, person: User, enter: Callable[[str], Client]
) -> None:
    row = ask(find_person(login="zabarjad", viewer=sample.viewer("it_support"))[0], viewer=sample.viewer("it_support"))
    for login in ("resident", "clerk", "surveyor", "registrar", "reviewer", "archive"):
        for path in (PATH, f"{PATH}{row.pk}/"):
            assert enter(login).get(path).status_code == 404, login
            assert enter(login).post(path, {"action": "approve"}).status_code == 404, login
    assert Client().get(PATH).status_code == 302
    for login in ("it_support", "administrator", "director", "mayor"):
        assert enter(login).get(PATH).status_code == 200
        assert enter(login).get(f"{PATH}{row.pk}/").status_code == 200
        assert "/erasures/" in enter(login).get("/en/work/").content.decode()
    assert "/erasures/" not in enter("clerk").get("/en/work/").content.decode()
    assert enter("director").get(f"{PATH}999999/").status_code == 404


def test_a_person_is_found_by_number_asked_for_and_decided_by_another(
    sample: Sample, person: User, enter: Callable[[str], Client]
) -> None:
    asker = enter("it_support")
    page = asker.post(PATH, {"action": "find", "by": "id_number", "value": "١٠٩٨٧٦٥٤٣٢"})
    text = page.content.decode()
    assert "Zabarjad of the register" in text and "Goes" in text and NUMBER not in page.request["PATH_INFO"]
    assert AuditRow.objects.filter(action="personal.read", subject="erasure").exists(), "the look is recorded"
    party = OfficeMembership.objects.get(user=person).party_id
    answer = asker.post(PATH, {"action": "ask", "party": party, "user": person.pk})
    row = Erasure.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"{PATH}{row.pk}/")
    own = asker.get(f"{PATH}{row.pk}/").content.decode()
    assert 'value="approve"' not in own
    assert asker.post(f"{PATH}{row.pk}/", {"action": "approve"}).status_code == 403
    decider = enter("director")
    assert 'value="approve"' in decider.get(f"{PATH}{row.pk}/").content.decode()
    assert decider.post(f"{PATH}{row.pk}/", {"action": "refuse", "reason": "nonsense"}).status_code == 400
    assert decider.post(f"{PATH}{row.pk}/", {"action": "approve"}).status_code == 302
    for language, words in (("en", ("Erased", "no right is in force", "The audit")), ("ar", ("مُحي", "سجل التدقيق"))):
        page = decider.get(f"/{language}/erasures/{row.pk}/").content.decode()
        for word in words:
            assert word in page, word
        assert "Zabarjad" not in page
    assert decider.post(f"{PATH}{row.pk}/", {"action": "approve"}).status_code == 409
    person.refresh_from_db()
    for language, words in (("ar", "شخص مُحيت بياناته رقم"), ("en", "Erased person no.")):
        with translation.override(language):
            assert str(person) == f"{words} {person.pk}"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"action": "find", "by": "case", "value": "XXX-1448-000001"}, 400),
        ({"action": "find", "by": "login", "value": "nobody at all"}, 400),
        ({"action": "find", "by": "id_number", "value": ""}, 400),
        ({"action": "find", "by": "magic", "value": "1"}, 400),
        ({"action": "ask"}, 400),
        ({"action": "ask", "user": "99999999"}, 400),
        ({"action": "ask", "party": "99999999"}, 409),
        ({"action": "ask", "party": "x", "user": "-1"}, 400),
        ({"action": "ask", "party": "9" * 40}, 400),
        ({}, 400),
    ],
)
def test_what_names_nobody_is_refused_on_the_page(
    enter: Callable[[str], Client], sent: dict[str, Any], status: int
) -> None:
    answer = enter("it_support").post(PATH, sent)
    assert answer.status_code == status and not Erasure.objects.exists()
    assert "alert" in answer.content.decode()


def test_the_page_of_the_request_leads_there_and_tells_the_person_what_came_of_it(
    sample: Sample, person: User, enter: Callable[[str], Client], settings: Any
) -> None:
    settings.API_PER_MINUTE = 0
    case = request_of(person, sample)
    path = f"/en/cases/{case.reference}/"
    assert "This request asks for an erasure" in enter("it_support").get(path).content.decode()
    assert "This request asks for an erasure" not in enter("clerk").get(path).content.decode()
    asker = enter("it_support")
    page = asker.post(PATH, {"action": "find", "by": "case", "value": case.reference}).content.decode()
    assert "this is the request to erase itself; then kept for 3 years after its end" in page
    # Whom a request is about is not for the page to say.
    asker.post(PATH, {"action": "ask", "case": case.reference, "user": sample.user("clerk").pk})
    row = Erasure.objects.get()
    assert (row.user, row.case) == (person, case)
    assert "This request asks for an erasure" not in asker.get(path).content.decode()
    decide(row, approve=True, viewer=sample.viewer("director"))
    mine = Client()
    mine.force_login(person)
    text = mine.get(path).content.decode()
    assert "What was erased and what is kept" in text and "so that the answer can be read" in text
    assert "ما مُحي وما يُحفظ" in mine.get(path.replace("/en/", "/ar/")).content.decode()
    told = mine.get(f"/api/v1/cases/{case.reference}").json()["erasures"][0]
    assert told["outcome"] == "approved" and {one["done"] for one in told["report"]} == {"erased", "kept"}
    assert all(one["ar"]["what"] and one["en"]["what"] for one in told["report"])


def test_a_refusal_says_why_to_the_person(sample: Sample, person: User) -> None:
    case = request_of(person, sample)
    asker = sample.viewer("it_support")
    row = ask(find_person(case=case, viewer=asker)[0], viewer=asker)
    decide(row, approve=False, viewer=sample.viewer("mayor"), reason="identity")
    client = Client()
    client.force_login(person)
    assert "identity of whoever asks is not proven" in client.get(f"/en/cases/{case.reference}/").content.decode()


def test_a_survey_that_was_never_handed_in_is_erased_and_its_page_still_opens(
    sample: Sample, enter: Callable[[str], Client], settings: Any
) -> None:
    settings.API_PER_MINUTE = 0
    case = sample.open()
    acts.hand_in(case, sample.first, viewer=sample.viewer("surveyor"), crs=CRS, file_name="of-zabarjad.dxf")
    assert not erase_case(case, timezone.now() + timedelta(days=100))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("land_services.cases.erasure.holding.DRAFT_DAYS", 0)
        with pytest.raises(IntegrityError), transaction.atomic():
            erase_case(case)
    user = sample.user("surveyor")
    row = ask(find_person(login="surveyor", viewer=sample.viewer("it_support"))[0], viewer=sample.viewer("it_support"))
    decide(row, approve=True, viewer=sample.viewer("director"))
    case.refresh_from_db()
    assert case.erased_at is not None
    watcher = enter("administrator")
    assert watcher.get(f"/en/cases/{case.reference}/").status_code == 404, "it was never submitted"
    user.refresh_from_db()
    assert user.login == f"erased-{user.pk}" and not user.is_active
