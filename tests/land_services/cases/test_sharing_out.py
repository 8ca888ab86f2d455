"""The list from which a head gives a stage to somebody: who is there, who is away, who stands in, who has how much."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gisportal.accounts.models import Absence, Delegation, RoleGrant, User
from land_services.cases import acts
from land_services.cases.errors import ActionRefused
from land_services.cases.models import Case
from land_services.cases.people import colleagues
from tests.sample import Sample

pytestmark = pytest.mark.django_db(databases=["default", "owner"])
STAGE, WEEK = "survey_review", timedelta(days=7)


@pytest.fixture
def sample(sample_land: Sample) -> Sample:
    return sample_land


def reviewer(login: str, area: str = "") -> User:
    user = User.objects.create_user(login, name_ar=f"حساب {login}", name_en=f"Account {login}")
    RoleGrant.objects.create(user=user, role="reviewer", area=area)
    return user


def away(user: User, *stand_ins: User) -> None:
    until = timezone.now() + WEEK
    Absence.objects.create(user=user, valid_until=until)
    for other in stand_ins:
        Delegation.objects.create(from_user=user, to_user=other, role="reviewer", valid_until=until)


def choices(case: Case, login: str, language: str = "en") -> dict[str, str]:
    """Return the options of the page: the words of each, with how it is offered."""
    client = Client()
    client.force_login(User.objects.get(login=login))
    page = client.get(f"/{language}/cases/{case.reference}/").content.decode()
    (listed,) = re.findall(r'<select class="input" id="to-\d+" name="to">(.*?)</select>', page, re.DOTALL)
    return {
        unescape(words): how.strip() for how, words in re.findall(r'<option value="\d+"(.*?)>(.*?)</option>', listed)
    }


def test_the_list_says_who_is_away_who_stands_in_and_how_much_each_has(sample: Sample) -> None:
    case, busy = sample.submitted(), sample.submitted("outsider")
    sara, lina = reviewer("sara"), sample.user("planner")
    away(sara, lina)
    acts.take(busy, STAGE, viewer=sample.viewer("reviewer"))
    listed = choices(case, "survey_head")
    assert listed["Account reviewer · open stages: 1"] == ""
    assert listed["Account planner · open stages: 0 · stands in for Account sara"] == ""
    (absent,) = [words for words in listed if words.startswith("Account sara")]
    assert listed[absent] == "disabled"
    day = timezone.localdate(timezone.now() + WEEK)
    assert f"absent until {day:%Y/%m/%d}" in absent and absent.endswith("in their place: Account planner")
    names = list(listed)
    assert names.index(absent) == len(names) - 1, "who is away stands last"
    assert names.index("Account reviewer · open stages: 1") > names.index("Account reviewing_head · open stages: 0")
    arabic = choices(case, "survey_head", "ar")
    assert "حساب planner · مراحل مفتوحة: 0 · ينوب عن حساب sara" in arabic
    assert not [words for words in listed if "surveyor" in words], "not whoever filed it"


def test_what_the_list_offers_may_be_chosen_and_what_it_shows_as_absent_may_not(sample: Sample) -> None:
    case, head = sample.submitted(), sample.viewer("survey_head")
    away(reviewer("sara"), sample.user("planner"))
    for one in colleagues("reviewer", "", timezone.now(), but=case.filed_by_id):
        if one.absent_until is None:
            acts.assign(case, STAGE, one.user_id, viewer=head)
        else:
            with pytest.raises(ActionRefused, match="absent"):
                acts.assign(case, STAGE, one.user_id, viewer=head)


def test_a_stage_that_waits_for_an_applicant_is_no_load(sample: Sample) -> None:
    case, me = sample.submitted(), sample.user("reviewer")
    acts.take(case, STAGE, viewer=sample.viewer("reviewer"))

    def load() -> int:
        return next(c.open_stages for c in colleagues("reviewer", "", timezone.now()) if c.user_id == me.pk)

    assert load() == 1
    acts.stop(case, "a dispute", viewer=sample.viewer("mayor"))
    assert load() == 0


def test_what_is_over_or_elsewhere_or_lent_by_who_holds_nothing_is_not_listed(sample: Sample) -> None:
    now, planner, clerk = timezone.now(), sample.user("planner"), sample.user("clerk")
    sara = reviewer("sara", "north")
    Absence.objects.create(user=sara, valid_from=now - 2 * WEEK, valid_until=now - WEEK)
    Delegation.objects.create(
        from_user=sara, to_user=planner, role="reviewer", valid_from=now - 2 * WEEK, valid_until=now - WEEK
    )
    Delegation.objects.create(from_user=sara, to_user=clerk, role="reviewer", area="north", valid_until=now + WEEK)
    Delegation.objects.create(
        from_user=planner, to_user=sample.user("archive"), role="reviewer", valid_until=now + WEEK
    )
    now = timezone.now()
    north = {one.user_id: one for one in colleagues("reviewer", "north", now)}
    assert north[sara.pk].absent_until is None and north[clerk.pk].stands_in_for == (str(sara),)
    assert planner.pk not in north and sample.user("archive").pk not in north
    south = {one.user_id for one in colleagues("reviewer", "south", now)}
    assert not south & {sara.pk, clerk.pk, planner.pk}


def test_many_people_cost_no_more_queries(sample: Sample) -> None:
    case = sample.submitted()
    client = Client()
    client.force_login(sample.user("survey_head"))
    counts = []
    for many in (1, 15):
        for n in range(many):
            one = reviewer(f"r{many}_{n}")
            other = User.objects.create_user(f"s{many}_{n}")
            away(one, other)
        client.get(f"/en/cases/{case.reference}/")
        with CaptureQueriesContext(connection) as asked:
            page = client.get(f"/en/cases/{case.reference}/").content.decode()
        counts.append(len(asked))
        assert page.count("in their place") >= many
    assert counts[0] == counts[1]
