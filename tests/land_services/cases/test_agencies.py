"""Accounts of agencies: their codes come from the cards, and they see the cases they were asked about alone."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.translation import override

from gisportal.accounts.grant_form import agencies
from gisportal.accounts.models import RoleGrant, User
from gisportal.accounts.viewer import viewer_of
from land_services.cases import acts
from land_services.cases.errors import NotYours
from land_services.cases.models import Case, Referral
from land_services.offices.models import WorkArea
from tests.sample import Sample

pytestmark = pytest.mark.django_db(databases=["default", "owner"])


@pytest.fixture
def sample(sample_recommended: Sample) -> Sample:
    return sample_recommended


@pytest.fixture
def case(sample: Sample) -> Case:
    return sample.submitted("outsider")


def account(login: str, area: str) -> User:
    user = User.objects.create_user(login)
    RoleGrant.objects.create(user=user, role="agency", area=area)
    return user


def asked(case: Case) -> Referral:
    now = timezone.now()
    return Referral.objects.create(
        case=case, stage="survey_review", agency="aviation", asked_at=now, due_at=now + timedelta(days=9)
    )


def sent(user: User, **grant: str) -> dict[str, Any]:
    return {
        "login": user.login,
        "joined_at": "",
        "name_ar": "",
        "name_en": "",
        "email": "",
        "is_active": "on",
        "role_grants-TOTAL_FORMS": "1",
        "role_grants-INITIAL_FORMS": "0",
        "role_grants-0-valid_from_0": "2026-01-01",
        "role_grants-0-valid_from_1": "00:00",
        **{f"role_grants-0-{name}": value for name, value in grant.items()},
        "memberships-TOTAL_FORMS": "0",
        "memberships-INITIAL_FORMS": "0",
    }


def test_the_form_offers_the_agencies_of_the_cards_in_words(client: Client) -> None:
    admin = User.objects.create_superuser("the_admin")
    client.force_login(admin)
    for language, words in (("en", "Civil aviation"), ("ar", "الطيران المدني")):
        page = client.get(f"/{language}/admin/accounts/user/{admin.pk}/change/").content.decode()
        assert f'<option value="aviation" label="{words}">' in page


def test_an_agency_must_be_one_that_a_card_names(client: Client) -> None:
    client.force_login(User.objects.create_superuser("the_admin"))
    user = User.objects.create_user("agent")
    address = f"/en/admin/accounts/user/{user.pk}/change/"
    for wrong in ("", "nobody"):
        answer = client.post(address, sent(user, role="agency", area=wrong))
        assert answer.status_code == 200
        assert "Choose the agency" in answer.content.decode()
    assert not user.role_grants.exists()
    assert client.post(address, sent(user, role="agency", area="aviation")).status_code == 302
    assert [(grant.role, grant.area) for grant in user.role_grants.all()] == [("agency", "aviation")]
    other = User.objects.create_user("planner_west")
    address = f"/en/admin/accounts/user/{other.pk}/change/"
    assert "no area of work" in client.post(address, sent(other, role="planner", area="west")).content.decode()
    WorkArea.objects.create(code="west", name_ar="الغرب", name_en="West", districts=[])
    assert client.post(address, sent(other, role="planner", area="west")).status_code == 302


def test_every_agency_has_words_in_both_languages() -> None:
    for language in ("ar", "en"):
        with override(language):
            assert agencies() and all(agencies().values())
    with override("ar"):
        assert all(re.search("[\u0600-\u06ff]", words) for words in agencies().values())


def test_an_agency_sees_the_case_it_was_asked_about_and_no_other(client: Client, sample: Sample, case: Case) -> None:
    referral = asked(case)
    mine, others = account("mine", referral.agency), account("others", "nobody_asked")
    everyone = account("everywhere", "")  # the role of no agency answers for none
    address = f"/en/cases/{case.reference}/"
    untouched = sample.case()
    client.force_login(mine)
    assert client.get(address).status_code == 200
    assert client.get(f"/en/cases/{untouched.reference}/").status_code == 404
    listed = client.get("/en/cases/").content.decode()
    assert case.reference in listed and untouched.reference not in listed
    for user in (others, everyone):
        client.force_login(user)
        assert client.get(address).status_code == 404
        assert client.post(f"{address}act/", {"action": "answer_referral"}).status_code == 404
        assert f"/cases/{case.reference}/" not in client.get("/en/cases/?q=" + case.reference).content.decode()


def test_only_the_agency_asked_answers_and_a_cancelled_question_shows_nothing(
    client: Client, sample: Sample, case: Case
) -> None:
    referral = asked(case)
    mine, others = account("mine", referral.agency), account("others", "nobody_asked")
    with pytest.raises(NotYours):
        acts.answer_referral(referral, "consent", viewer=viewer_of(others))
    acts.withdraw(case, viewer=sample.viewer("outsider"), reason="not needed any more")
    client.force_login(mine)
    assert client.get(f"/en/cases/{case.reference}/").status_code == 404
