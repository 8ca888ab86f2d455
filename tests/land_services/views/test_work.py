"""Lists of what waits for somebody: an agency's questions, what staff owe, what came back to whoever filed."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gisportal.accounts.models import RoleGrant, User
from gisportal.accounts.viewer import viewer_of
from land_services.cases import acts
from land_services.cases.acts import RemarkMade
from land_services.cases.models import Case, Referral
from land_services.catalogue import load_catalogue
from land_services.views import paging
from land_services.views.access import visible_cases
from land_services.views.case_order import by_due
from tests.sample import Sample

pytestmark = pytest.mark.django_db(databases=["default", "owner"])
QUESTION = "هل يعارض البناء ارتفاع المسار؟"


@pytest.fixture
def sample(sample_land: Sample) -> Sample:
    return sample_land


def agent(area: str = "aviation", *more: str) -> User:
    user = User.objects.create_user(f"of_{area}")
    for role, held in (("agency", area), *((role, "") for role in more)):
        RoleGrant.objects.create(user=user, role=role, area=held)
    return user


def ask(case: Case, days: float | None, agency: str = "aviation", component: str = "case", **more: Any) -> Referral:
    now = timezone.now()
    due = None if days is None else now + timedelta(days=days)
    return Referral.objects.create(
        case=case, stage="survey_review", agency=agency, component=component, asked_at=now, due_at=due, **more
    )


def drafts(sample: Sample, many: int, login: str = "outsider") -> list[Case]:
    return [acts.open_case("subdivision", [sample.uid], viewer=sample.viewer(login)) for _ in range(many)]


def going_on(sample: Sample, many: int) -> list[Case]:
    """Return cases under way, as far as lists look at them."""
    cases = drafts(sample, many)
    now = timezone.now()
    Case.objects.filter(pk__in=[one.pk for one in cases]).update(
        state="submitted", submitted_at=now, roles=["reviewer"]
    )
    return cases


def page(user: User, address: str) -> str:
    client = Client()
    client.force_login(user)
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


def listed(text: str, section: str = "") -> list[str]:
    """Return the references of a list in their order, of the section with this heading where one is named."""
    if section:
        text = text.split(f'aria-labelledby="{section}"')[1].split("</section>")[0]
    return re.findall(r'/cases/([A-Z]+-\d+-\d+)/[^"]*"><bdi class="code"', text)


def queries(user: User, address: str) -> int:
    page(user, address)
    client = Client()
    client.force_login(user)
    with CaptureQueriesContext(connection) as asked:  # type: ignore[arg-type]
        client.get(address)
    return len(asked)


# An agency ------------------------------------------------------------------------------------------------------------


def test_an_agency_finds_its_open_questions_by_when_they_are_due(sample: Sample) -> None:
    user = agent()
    assert not listed(page(user, "/en/work/"), "asked-title")
    late, soon, still, other, answered, over = going_on(sample, 6)
    ask(soon, 4, question=QUESTION, component="safety")
    ask(late, -2)
    Case.objects.filter(pk=still.pk).update(state="returned")
    ask(still, None)
    ask(other, 1, "heritage")
    ask(answered, 1, answer="consent", answered_at=timezone.now(), by_clock=True)
    Case.objects.filter(pk=over.pk).update(state="withdrawn")
    ask(over, 1)
    card = load_catalogue()["subdivision"]
    for language, words in (
        ("en", (card.name_en, "Waits for your agency", "safety", "The period stands still", "Late", "Answer by")),
        ("ar", (card.name_ar, "بانتظار رد جهتك", "السلامة", "المهلة متوقفة", "متأخر", "الرد قبل نهاية")),
    ):
        text = page(user, f"/{language}/work/")
        assert listed(text, "asked-title") == [late.reference, soon.reference, still.reference]
        assert QUESTION in text and not [word for word in words if word not in text]
        assert iso(soon.referrals.get().due_at) in text


def test_a_row_leads_to_the_place_where_the_question_is_answered(sample: Sample) -> None:
    case, user = sample.submitted("outsider"), agent()
    referral, second = ask(case, 3, component="location"), ask(case, 4, component="utilities")
    text = page(user, "/en/work/")
    links = re.findall(r'href="(/en/cases/[^"]+#[^"]+)"', text)
    assert links == [f"/en/cases/{case.reference}/#referral-{one.pk}" for one in (referral, second)]
    shown = page(user, links[0])
    for one, component in ((referral, "the location"), (second, "utilities")):
        form = shown.split(f'id="referral-{one.pk}"')[1].split("</form>")[0]
        assert "answer_referral" in form and component in form
    acts.answer_referral(referral, "consent", viewer=viewer_of(user))
    assert re.findall(r"#referral-\d+", page(user, "/en/work/")) == [f"#referral-{second.pk}"]


def test_what_cannot_be_answered_now_is_not_offered(sample: Sample) -> None:
    case, user = sample.submitted("outsider"), agent()
    referral = ask(case, 3)
    acts.send_back(case, [RemarkMade("other", "x")], "survey_review", viewer=sample.viewer("reviewer"))
    assert f"#referral-{referral.pk}" not in page(user, "/en/work/")
    assert "answer_referral" not in page(user, f"/en/cases/{case.reference}/")


def test_only_who_answers_for_an_agency_has_such_a_list(sample: Sample) -> None:
    ask(going_on(sample, 1)[0], 1)
    nobody = User.objects.create_user("of_none")
    RoleGrant.objects.create(user=nobody, role="agency", area="")
    for user in (nobody, sample.user("surveyor"), sample.user("reviewer")):
        assert 'id="asked"' not in page(user, "/en/work/"), user.login
    both = agent("aviation", "reviewer")
    text = page(both, "/en/work/")
    assert 'id="asked"' in text and "stages-title" in text


def test_pages_of_one_list_keep_the_place_in_the_others(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "PER_PAGE", 2)
    user, cases = agent("aviation", "resident"), going_on(sample, 5)
    for n, case in enumerate(cases):
        ask(case, n + 1)
    mine = [acts.open_case("building_permit", [sample.uid], viewer=viewer_of(user)) for _ in range(3)]
    text = page(user, "/en/work/?mine=2&asked=2")
    assert listed(text, "asked-title") == [case.reference for case in cases[2:4]]
    assert listed(text, "mine-title") == [mine[2].reference]
    assert 'href="?mine=2&amp;asked=3" rel="next"' in text
    assert listed(page(user, "/en/work/?asked=x&mine=999"), "mine-title") == [mine[2].reference]
    names = re.findall(r'<nav class="card-body[^>]*aria-label="([^"]+)"', text)
    assert len(names) == len(set(names)) == 2


@pytest.mark.parametrize("address", ["/en/work/", "/en/cases/", "/en/cases/?order=new"])
def test_the_lists_of_an_agency_cost_the_same_for_one_question_and_for_many(sample: Sample, address: str) -> None:
    user = agent()
    ask(going_on(sample, 1)[0], 1)
    before = queries(user, address)
    for n, case in enumerate(going_on(sample, 9)):
        ask(case, n)
        ask(case, n, component="access")
    assert queries(user, address) == before


def test_the_list_of_cases_shows_an_agency_until_when_it_answers(sample: Sample) -> None:
    user, (first, second, answered) = agent(), going_on(sample, 3)
    due = timezone.now() + timedelta(days=40)
    Case.objects.filter(pk__in=(first.pk, second.pk, answered.pk)).update(due_at=due)
    asked = [ask(first, 9), ask(first, 7, component="safety"), ask(second, 2)]
    ask(answered, 1, answer="consent", answered_at=timezone.now(), by_clock=True)
    ask(second, -5, "heritage")
    for order, wanted in (("due", [second, first, answered]), ("new", [answered, second, first])):
        text = page(user, f"/en/cases/?order={order}")
        assert listed(text) == [case.reference for case in wanted]
        assert iso(asked[1].due_at) in text and iso(asked[2].due_at) in text
        assert iso(due) not in text and iso(asked[0].due_at) not in text
    assert listed(page(user, "/en/cases/"))[0] == second.reference, "what is due comes first unless asked otherwise"
    assert iso(due) in page(sample.user("director"), "/en/cases/")


# Staff and whoever files ----------------------------------------------------------------------------------------------


def test_staff_see_what_is_due_first_and_the_newest_where_they_ask_for_it(sample: Sample) -> None:
    cases, now = going_on(sample, 4), timezone.now()
    for case, days in zip(cases, (5, 1, None, -3), strict=True):
        Case.objects.filter(pk=case.pk).update(due_at=None if days is None else now + timedelta(days=days))
    for login in ("reviewer", "director"):
        user = sample.user(login)
        due = [cases[n].reference for n in (3, 1, 0, 2)]
        assert listed(page(user, "/en/cases/")) == listed(page(user, "/en/cases/?order=x")) == due
        assert listed(page(user, "/en/cases/?order=new")) == [case.reference for case in reversed(cases)]
        assert '<option value="new" selected>' in page(user, "/ar/cases/?order=new")
        assert "selected" not in page(user, "/ar/cases/").split('id="order"')[1].split("</select>")[0]


def test_whoever_files_sees_what_came_back_before_drafts_and_both_by_date(sample: Sample) -> None:
    user, reviewer = sample.user("outsider"), sample.viewer("reviewer")
    draft, later_draft = drafts(sample, 2)
    returned = [sample.submitted("outsider"), sample.submitted("outsider")]
    running = [sample.submitted("outsider"), sample.submitted("outsider")]
    Case.objects.filter(pk=running[0].pk).update(due_at=timezone.now() + timedelta(days=90))
    over = [sample.submitted("outsider"), sample.submitted("outsider")]
    for case in over:
        acts.withdraw(case, viewer=sample.viewer("outsider"), reason="not needed")
    for case in reversed(returned):
        acts.send_back(case, [RemarkMade("other", "x")], "survey_review", viewer=reviewer)
    hands = [returned[1], returned[0], draft, later_draft]
    assert listed(page(user, "/en/work/"), "mine-title") == [case.reference for case in hands]
    wanted = [*hands, running[1], running[0], over[1], over[0]]
    assert listed(page(user, "/en/cases/")) == [case.reference for case in wanted]
    found = by_due(visible_cases(sample.viewer("outsider")), sample.viewer("outsider"))
    assert len(found) == len(wanted)
    for size in range(1, 10):
        pages = [found[start : start + size] for start in range(0, len(wanted) + size, size)]
        assert [case for rows in pages for case in rows] == wanted, size
    assert found[5] == running[0]


def test_the_list_of_cases_is_read_from_the_index_of_what_is_due(sample: Sample) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off")
    found = by_due(visible_cases(sample.viewer("reviewer")), sample.viewer("reviewer"))
    assert "case_by_due" in found[:50].explain()  # type: ignore[union-attr]


def iso(moment: datetime | None) -> str:
    return moment.isoformat() if moment else "-"
