# ruff: noqa: E501 - a statement is read in one line
"""Erasing: what retention releases and two people decide goes everywhere; what law keeps, and others' data, stay."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO
from pathlib import Path
from threading import Event, Thread
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.gis.geos import Point
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, connection, connections, transaction
from django.test import Client
from django.utils import timezone

from gisportal.accounts.models import Delegation, OfficeMembership, RoleGrant, User
from gisportal.accounts.viewer import viewer_of
from land_services.api.models import ApiToken, IdempotentAnswer
from land_services.cases import acts, at_work
from land_services.cases.acts import RemarkMade
from land_services.cases.at_work import look_at
from land_services.cases.erasure import (
    Person,
    ask,
    carry_out,
    decide,
    erase_case,
    erase_due,
    find_person,
    held_of,
    store,
)
from land_services.cases.erasure.due import due_cases
from land_services.cases.errors import ActionRefused, Incomplete, NotYours
from land_services.cases.may import offers
from land_services.cases.models import AreaSubscription, Case, ErasedFile, Erasure
from land_services.cases.previews import preview_of
from land_services.cases.proof import case_faults
from land_services.catalogue import load_catalogue
from land_services.notices.models import Outbox, Preference
from land_services.register.models import Party, Right
from land_services.register.personal import id_number_key, seal_id_number
from land_services.register.proof import audit_register
from layers import audit
from layers.models import AuditRow
from layers.viewer import Viewer
from tests.land_services.cases.test_machine import an_answer
from tests.land_services.documents.pdfs import poppler_text
from tests.sample import Sample

pytestmark = pytest.mark.django_db(databases=["default", "owner"])

NAME_AR, NAME_EN = "زبرجد القحطانيّ", "Zabarjad Qahtani"
NUMBER, MAIL, PHONE, LOGIN = "1098765432", "zabarjad@example.org", "0559876543", "zabarjad"
MARKS = (NAME_AR, NAME_EN, NUMBER, MAIL, PHONE, LOGIN, "Qahtani-deed")
OTHER = ("مجاور ثابت", "Steady Neighbour", "0551112223")


@pytest.fixture
def sample(sample_land: Sample) -> Sample:
    return sample_land


@pytest.fixture
def person(sample: Sample) -> User:
    """Somebody with an account, a party of their own, and everything that leaves traces."""
    return somebody(LOGIN, NAME_AR, NAME_EN, NUMBER, MAIL)


def somebody(login: str, arabic: str, english: str, number: str, mail: str) -> User:
    user = User.objects.create_user(login, "a long password 1", name_ar=arabic, name_en=english, email=mail)
    RoleGrant.objects.create(user=user, role="resident")
    party = Party.objects.create(
        kind="person",
        name_ar=arabic,
        name_en=english,
        id_kind="national_id",
        id_number=seal_id_number(number),
        id_number_key=id_number_key(number),
    )
    OfficeMembership.objects.create(user=user, party_id=party.pk)
    return user


def party_of(user: User) -> Party:
    return Party.objects.get(pk=OfficeMembership.objects.filter(user=user).order_by("pk")[0].party_id)


def a_paper(folder: Path, words: str) -> Path:
    path = folder / "paper.pdf"
    path.write_bytes(f"%PDF-1.4\n% {words}\n%%EOF\n".encode())
    return path


SERVICE, YEARS = "archive_copy", 5
"""A service with uploads and a form, whose file is kept for some years."""


@contextmanager
def years_ago(years: float) -> Iterator[None]:
    """Let what is done to cases have been done so long ago."""
    then = timezone.now() - timedelta(days=365.25 * years)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(at_work, "_moment", lambda: then)
        patch.setattr(at_work, "timezone", SimpleNamespace(now=lambda: then))
        yield


def filed(user: User, folder: Path, *, submit: bool = True, paper: str = NAME_EN, phone: str = PHONE) -> Case:
    """File a case with the person's data in the form, the uploads and their names."""
    card, me = load_catalogue()[SERVICE], viewer_of(user)
    case = acts.open_case(SERVICE, viewer=me)
    values = {field.code: an_answer(field) for field in card.form}
    values |= {field.code: phone for field in card.form if field.kind == "phone"}
    values |= {field.code: user.email for field in card.form if field.kind == "email"}
    values |= {field.code: user.name_ar for field in card.form if field.kind in ("text", "long_text")}
    acts.fill(case, values, viewer=me)
    for code in ("national_id", "deed"):
        acts.attach(case, a_paper(folder, paper), viewer=me, document=code, file_name=f"{user.name_en}-deed.pdf")
    return acts.submit(case, viewer=me) if submit else case


def turned_down(case: Case, sample: Sample) -> Case:
    """Send a case back with remarks, talk about it, have it answered, and turn it down."""
    clerk, me = sample.viewer("clerk"), viewer_of(case.filed_by)
    name = case.filed_by.name_ar
    acts.say(case, f"{name}: {PHONE}", viewer=clerk)
    acts.send_back(case, [RemarkMade("document_unreadable", f"صك {name}")], "standing", viewer=clerk, note=name)
    acts.answer(case, 1, f"أنا {name}", viewer=me)
    acts.submit(case, viewer=me)
    acts.reject(case, f"ليس {name} مالكًا", "standing", viewer=clerk)
    case.refresh_from_db()
    return case


# Looking everywhere ---------------------------------------------------------------------------------------------------


def traces(*marks: str) -> list[str]:
    """Return every column and file in which one of these can be found."""
    found = []
    keys = [id_number_key(mark) for mark in marks]
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT c.table_name, c.column_name, c.data_type FROM information_schema.columns c
               JOIN information_schema.tables t USING (table_schema, table_name)
               WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE'
                 AND c.data_type IN ('text', 'character varying', 'json', 'jsonb', 'bytea', 'ARRAY', 'character')"""
        )
        columns = cursor.fetchall()
        assert len(columns) > 150
        for table, column, kind in columns:
            if kind == "bytea":
                sought = [mark.encode() for mark in marks] + keys
                where = " OR ".join([f'position(%s::bytea IN "{column}") > 0'] * len(sought))
                cursor.execute(f'SELECT count(*) FROM "{table}" WHERE {where}', sought)
            else:
                where = " OR ".join([f'"{column}"::text ILIKE %s'] * len(marks))
                cursor.execute(f'SELECT count(*) FROM "{table}" WHERE {where}', [f"%{mark}%" for mark in marks])
            if cursor.fetchone()[0]:
                found.append(f"{table}.{column}")
    for path in Path(settings.MEDIA_ROOT).rglob("*"):
        if path.is_file() and any(mark.encode() in readable(path) for mark in marks):
            found.append(str(path.relative_to(settings.MEDIA_ROOT)))
    return found


def readable(path: Path) -> bytes:
    content = path.read_bytes()
    if path.parts[-3] == "documents":  # papers of ours: their text is drawn, not written
        content += poppler_text(content).encode()
    return content


def at_commit() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


@pytest.fixture
def two(sample: Sample) -> tuple[Viewer, Viewer]:
    """Who asks and who decides."""
    return sample.viewer("it_support"), sample.viewer("director")


@pytest.fixture
def commits(django_capture_on_commit_callbacks: Any) -> Callable[[], Any]:
    return lambda: django_capture_on_commit_callbacks(execute=True)


def whole(user: User, request: Case | None = None) -> Person:
    return Person(party_of(user).pk, user.pk, request.pk if request else None)


# People ---------------------------------------------------------------------------------------------------------------


def test_nothing_of_a_person_is_found_afterwards_and_everything_of_others_is(
    sample: Sample, person: User, two: tuple[Viewer, Viewer], commits: Any, tmp_path: Path
) -> None:
    neighbour = somebody("steady", *OTHER[:2], "1000000001", "steady@example.org")
    with years_ago(YEARS + 1):
        mine = turned_down(filed(person, tmp_path), sample)
        shared = filed(person, tmp_path, paper="the same for both")
        turned_down(shared, sample)
    theirs = filed(neighbour, tmp_path, paper="the same for both", phone=OTHER[2])
    filed(person, tmp_path, submit=False)  # a draft of yesterday
    left_everywhere(sample, person)
    picture = preview_of(mine.files.order_by("pk")[0])
    before = traces(*MARKS)
    assert {"cases_case.form", "cases_casefile.name", "cases_casestep.note", "cases_remark.text"} <= set(before)
    assert {"accounts_user.login", "register_party.id_number_key", "django_admin_log.object_repr"} <= set(before)
    assert any(where.startswith("papers/") for where in before)
    others = traces(*OTHER)

    asker, decider = two
    with commits():
        done = decide(ask(whole(person), viewer=asker), approve=True, viewer=decider)
    at_commit()

    assert traces(*MARKS) == []
    assert traces(*OTHER) == others
    assert all(kept_in_store(theirs)), "a content that another case shares stays"
    assert picture is None or not picture.exists()
    assert {told["done"] for told in done.report if told["what"] != "audit"} == {"erased"}
    assert done.closed_at is not None
    assert not list(case_faults())
    assert not ErasedFile.objects.filter(settled_at=None).exists()


def left_everywhere(sample: Sample, user: User) -> None:
    """What a person leaves beside cases."""
    until = timezone.now() + timedelta(days=9)
    ApiToken.objects.create(user=user, name=f"of {NAME_EN}", prefix="x", hash="h", scope="read", expires_at=until)
    IdempotentAnswer.objects.create(
        user=sample.user("clerk"), key="k", fingerprint="f", status=200, content_type="j", body=NAME_EN
    )
    IdempotentAnswer.objects.filter(key="k").delete()
    Preference.objects.create(user=user, language="ar")
    AreaSubscription.objects.create(user=user, kind="circle", title=NAME_EN, geom=Point(400000, 2900000, srid=32639))
    Delegation.objects.create(
        from_user=sample.user("clerk"), to_user=user, role="clerk", reason=NAME_EN, valid_until=until
    )
    Outbox.objects.create(
        event="case_moved", recipient=user, language="ar", channel="email", key="k", last_error=f"550 <{MAIL}> unknown"
    )
    kind = ContentType.objects.get_for_model(User)
    LogEntry.objects.create(
        user=sample.user("administrator"),
        content_type=kind,
        object_id=str(user.pk),
        object_repr=str(user),
        action_flag=CHANGE,
    )


def kept_in_store(case: Case) -> Iterator[bool]:
    for file in case.files.all():
        yield Path(file.file.path).is_file()


def test_what_the_law_keeps_is_kept_said_and_goes_when_its_time_has_come(
    sample: Sample, person: User, two: tuple[Viewer, Viewer], commits: Any, tmp_path: Path
) -> None:
    asker, decider = two
    kept = turned_down(filed(person, tmp_path), sample)
    with commits():
        done = decide(ask(whole(person), viewer=asker), approve=True, viewer=decider)
    told = {(one["what"], one["of"]): one for one in done.report}
    one = told["case", kept.reference]
    until = timezone.now().year + YEARS
    assert (one["done"], one["why"]) == ("kept", "retention") and one["until"].startswith(str(until))
    person.refresh_from_db()
    assert (person.login, person.email, person.is_active) == (f"erased-{person.pk}", "", False)
    assert party_of(person).erased_at is not None
    assert set(traces(*MARKS)) >= {"cases_case.form"} and "accounts_user.name_ar" not in traces(*MARKS)
    assert done.closed_at is None
    later = timezone.now() + timedelta(days=366 * YEARS + 5)
    assert erase_due(timezone.now()).people == 0
    assert due_cases(later) == [kept.pk]
    with pytest.raises(IntegrityError), transaction.atomic():
        erase_case(kept, later)  # asked too early, whatever the engine believes
        at_commit()


def test_a_right_in_land_keeps_the_person_in_the_register(sample: Sample, two: tuple[Viewer, Viewer]) -> None:
    asker, decider = two
    owner = Party.objects.filter(kind="person", rights__end_entry=None).order_by("pk")[0]
    done = decide(ask(Person(party_id=owner.pk), viewer=asker), approve=True, viewer=decider)
    assert done.report[0] == {"what": "party", "of": str(owner.pk), "done": "kept", "why": "right", "until": ""}
    owner.refresh_from_db()
    assert owner.name_ar and owner.erased_at is None and done.closed_at is None
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(BLANK, [owner.pk])


BLANK = """UPDATE register_party SET name_ar = '', name_en = '', id_kind = '', representation = '', id_number = NULL,
    id_number_key = NULL, erased_at = now() WHERE id = %s"""


def test_all_rows_of_one_id_number_are_one_person(sample: Sample, person: User, two: tuple[Viewer, Viewer]) -> None:
    asker, decider = two
    others = {trace for trace in traces(*MARKS) if "/" in trace}  # files of tests before, whose rows were rolled back
    first = party_of(person)
    kept = {"kind": "person", "id_kind": "national_id", "id_number_key": id_number_key(NUMBER)}
    twin = Party.objects.create(name_en=NAME_EN, id_number=seal_id_number(NUMBER), **kept)
    with transaction.atomic():
        owner = Right.objects.filter(end_entry=None).order_by("pk")[0].party
        Party.objects.filter(pk=owner.pk).update(id_number_key=id_number_key(NUMBER))
        fates = {
            thing.of: (thing.may_go, thing.why)
            for thing in held_of(whole(person), timezone.now())
            if thing.what == "party"
        }
        assert fates == {str(first.pk): (False, "right")}
        transaction.set_rollback(True)
    done = decide(ask(whole(person), viewer=asker), approve=True, viewer=decider)
    assert {told["of"] for told in done.report if told["what"] == "party"} == {str(first.pk), str(twin.pk)}
    assert not Party.objects.filter(id_number_key=id_number_key(NUMBER)).exists()
    assert [trace for trace in traces(*MARKS) if trace not in others] == []


def test_a_file_that_could_not_be_removed_at_once_goes_later_and_one_that_comes_back_stays(
    sample: Sample, person: User, commits: Any, tmp_path: Path
) -> None:
    with years_ago(YEARS + 1):
        case = turned_down(filed(person, tmp_path), sample)
    path = Path(case.files.order_by("pk")[0].file.path)
    assert erase_case(case)  # whoever did it ended before the file went
    assert path.exists() and ErasedFile.objects.filter(settled_at=None).exists()
    back = filed(sample.user("resident"), tmp_path)  # the same content again
    assert erase_due().files == 0
    assert path.exists() and all(kept_in_store(back))
    assert not ErasedFile.objects.filter(settled_at=None).exists()


def test_the_command_says_before_it_does(sample: Sample, person: User, tmp_path: Path) -> None:
    with years_ago(YEARS + 1):
        case = turned_down(filed(person, tmp_path), sample)
    told = StringIO()
    call_command("erase_due", "--dry-run", stdout=told)
    assert told.getvalue().split() == [case.reference]
    case.refresh_from_db()
    assert case.erased_at is None
    told = StringIO()
    call_command("erase_due", stdout=told)
    assert told.getvalue().startswith("1 cases")
    case.refresh_from_db()
    assert case.erased_at is not None


def test_an_open_case_keeps_account_and_party_until_it_is_over(
    sample: Sample, person: User, two: tuple[Viewer, Viewer], tmp_path: Path
) -> None:
    filed(person, tmp_path)
    fates = {thing.what: (thing.may_go, thing.why) for thing in held_of(whole(person), timezone.now())}
    assert fates["account"] == fates["name"] == (False, "open") and fates["case"] == (False, "open")


def test_staff_in_office_are_kept_and_what_they_signed_keeps_their_name(
    sample: Sample, person: User, two: tuple[Viewer, Viewer], tmp_path: Path
) -> None:
    clerk = sample.user("clerk")
    turned_down(filed(person, tmp_path), sample)
    acts.finish(filed(person, tmp_path), "standing", viewer=sample.viewer("clerk"))
    fates = {thing.what: thing.why for thing in held_of(Person(user_id=clerk.pk), timezone.now())}
    assert fates["account"] == "role"
    RoleGrant.objects.filter(user=clerk).update(valid_until=timezone.now())
    fates = {thing.what: (thing.may_go, thing.why) for thing in held_of(Person(user_id=clerk.pk), timezone.now())}
    assert fates["account"] == (True, "not_needed") and fates["name"] == (False, "signed")
    asker, decider = two
    decide(ask(Person(user_id=clerk.pk), viewer=asker), approve=True, viewer=decider)
    clerk.refresh_from_db()
    assert clerk.login == f"erased-{clerk.pk}" and clerk.name_en == "Account clerk"


def test_it_takes_two_people_neither_of_them_the_person(
    sample: Sample, person: User, two: tuple[Viewer, Viewer]
) -> None:
    asker, decider = two
    for login in ("clerk", "director", "surveyor", "mayor"):
        with pytest.raises(NotYours):
            ask(whole(person), viewer=sample.viewer(login))
    with pytest.raises(NotYours):
        ask(Person(user_id=asker.user_id), viewer=asker)
    RoleGrant.objects.create(user=sample.user("it_support"), role="director")
    asker = sample.viewer("it_support")
    row = ask(whole(person), viewer=asker)
    with pytest.raises(NotYours, match="two people"):
        decide(row, approve=True, viewer=asker)
    for login in ("administrator", "clerk", "resident"):
        with pytest.raises(NotYours):
            decide(row, approve=True, viewer=sample.viewer(login))
    RoleGrant.objects.create(user=person, role="mayor")
    with pytest.raises(NotYours, match="two people"):
        decide(row, approve=True, viewer=viewer_of(person))
    Delegation.objects.create(
        from_user=sample.user("director"),
        to_user=sample.user("clerk"),
        role="director",
        valid_until=timezone.now() + timedelta(days=1),
    )
    with pytest.raises(NotYours):
        decide(row, approve=True, viewer=sample.viewer("clerk"))
    with pytest.raises(ActionRefused, match="asked for already"):
        ask(whole(person), viewer=sample.viewer("administrator"))
    with pytest.raises(Incomplete):
        decide(row, approve=False, viewer=decider)
    refused = decide(row, approve=False, viewer=decider, reason="identity")
    assert refused.outcome == "refused" and refused.report == []
    person.refresh_from_db()
    assert person.login == LOGIN
    with pytest.raises(ActionRefused, match="decided already"):
        decide(row, approve=True, viewer=decider)
    told = AuditRow.objects.filter(action__startswith="erasure.").order_by("pk")
    assert [one.action for one in told] == ["erasure.ask", "erasure.decide"]


def test_only_persons_are_erased_and_they_are_found_by_number(
    sample: Sample, person: User, two: tuple[Viewer, Viewer]
) -> None:
    asker, _ = two
    found, _none = find_person(id_number=f" {NUMBER} ", viewer=asker)
    assert found == Person(party_of(person).pk, person.pk)
    assert find_person(login=LOGIN.upper(), viewer=asker)[0] == found
    for nobody in ({"login": "no such"}, {"id_number": "1"}, {}):
        with pytest.raises(Incomplete):
            find_person(**nobody, viewer=asker)  # type: ignore[arg-type]
    company = Party.objects.create(kind="company", name_ar="شركة")
    with pytest.raises(ActionRefused, match="persons"):
        ask(Person(party_id=company.pk), viewer=asker)
    with pytest.raises(NotYours):
        find_person(id_number=NUMBER, viewer=sample.viewer("clerk"))


# A request of the person ----------------------------------------------------------------------------------------------


def request_of(person: User, sample: Sample) -> Case:
    me = viewer_of(person)
    case = acts.open_case("personal_data_access", viewer=me)
    acts.fill(case, {"wanted": "erase", "erase_reason": "x", "email": MAIL}, viewer=me)
    acts.attach(case, sample.deed, viewer=me, document="national_id")
    return acts.submit(case, viewer=me)


def test_a_person_asks_and_reads_the_answer_before_the_account_goes(
    sample: Sample, person: User, two: tuple[Viewer, Viewer], commits: Any, tmp_path: Path
) -> None:
    asker, decider = two
    with years_ago(YEARS + 1):
        old = turned_down(filed(person, tmp_path), sample)
    request = request_of(person, sample)
    acts.finish(request, "identity", viewer=sample.viewer("clerk"))
    found, _case = find_person(case=request, viewer=asker)
    row = ask(found, viewer=asker)
    acts.finish(request, "gather", viewer=asker)
    acts.approve(request, "law", viewer=decider)
    with pytest.raises(ActionRefused, match="not decided"):
        acts.issue(request, viewer=sample.viewer("administrator"))
    with commits():
        done = decide(row, approve=True, viewer=decider)
    fates = {one["what"] + one["of"]: (one["done"], one["why"]) for one in done.report}
    assert fates[f"case{old.reference}"] == ("erased", "retention_passed")
    assert fates[f"case{request.reference}"] == ("kept", "request")
    assert fates[f"account{person.pk}"] == ("kept", "answer")
    papers = acts.issue(request, viewer=sample.viewer("administrator"))
    text = " ".join(poppler_text(Path(papers[0].file.path).read_bytes()).split())
    for words in (
        "What was erased and what is kept",
        old.reference,
        "Erased: the time for which",
        "no right is in force",
    ):
        assert words in text, words
    request.refresh_from_db()
    person.refresh_from_db()
    assert request.state == "closed" and person.login == LOGIN
    assert erase_due().people == 0, "there is time to read the answer"
    carry_out(done, timezone.now() + timedelta(days=31))
    person.refresh_from_db()
    assert (person.login, person.name_ar) == (f"erased-{person.pk}", "")
    again = Erasure.objects.get(pk=done.pk)
    assert again.report == done.report, "the answer stands as it was given"


def test_another_request_is_no_request_to_erase(sample: Sample, person: User, two: tuple[Viewer, Viewer]) -> None:
    asker, _ = two
    me = viewer_of(person)
    case = acts.open_case("personal_data_access", viewer=me)
    acts.fill(case, {"wanted": "copy", "email": MAIL}, viewer=me)
    with pytest.raises(ActionRefused, match="does not ask"):
        find_person(case=case, viewer=asker)


# What time releases ---------------------------------------------------------------------------------------------------


def test_retention_releases_whole_cases_and_drafts_that_were_left(
    sample: Sample, person: User, commits: Any, tmp_path: Path
) -> None:
    with years_ago(YEARS + 0.1):
        old = turned_down(filed(person, tmp_path, paper="old"), sample)
    with years_ago(YEARS - 0.1):
        young = turned_down(filed(person, tmp_path, paper="young"), sample)
    with years_ago(1):
        left = filed(person, tmp_path, submit=False, paper="left")
    fresh = filed(person, tmp_path, submit=False, paper="fresh")
    assert set(due_cases()) == {old.pk, left.pk}
    with commits():
        assert erase_due().cases == 2
    at_commit()
    assert erase_due().cases == 0
    for case, gone in ((old, True), (left, True), (young, False), (fresh, False)):
        case.refresh_from_db()
        assert (case.erased_at is not None, case.form == {}) == (gone, gone), case.reference
        assert all(kept_in_store(case)) != gone if not gone else not any(f.file for f in case.files.all())
    assert (old.state, left.state) == ("rejected", "withdrawn")
    assert not list(case_faults())
    assert offers(look_at(old, sample.viewer("director"))) == {}
    with pytest.raises(ActionRefused, match="erased"):
        acts.reopen(old, "x", viewer=sample.viewer("director"))
    for call in (
        lambda: acts.say(old, "x", viewer=viewer_of(person)),
        lambda: acts.fill(left, {}, viewer=viewer_of(person)),
    ):
        with pytest.raises(ActionRefused):
            call()


def test_who_came_to_the_counter_goes_with_the_case(sample: Sample, commits: Any, tmp_path: Path) -> None:
    clerk, mark = sample.viewer("clerk"), ("Counterling", "0557654321")
    judge = somebody("judge", "حكم", "A judge", "1000000008", "judge@example.org")
    RoleGrant.objects.create(user=judge, role="clerk", valid_from=timezone.now() - timedelta(days=4000))
    with years_ago(YEARS + 0.1):
        case = acts.open_case(SERVICE, viewer=clerk, visitor={"name": mark[0], "phone": mark[1]})
        acts.fill(case, {field.code: an_answer(field) for field in load_catalogue()[SERVICE].form}, viewer=clerk)
        for code in ("national_id", "deed"):
            acts.attach(case, a_paper(tmp_path, mark[0]), viewer=clerk, document=code)
        acts.submit(case, viewer=clerk)
        acts.reject(case, "لا يملك", "standing", viewer=viewer_of(judge))
    assert "cases_case.visitor" in traces(*mark)
    with pytest.raises(DatabaseError, match="erased whole"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE cases_case SET erased_at = now(), form = '{}', reason = '', secret = '' WHERE id = %s", [case.pk]
        )
    with commits():
        assert erase_due().cases == 1
    at_commit()
    assert traces(*mark) == []
    case.refresh_from_db()
    assert (case.visitor, case.channel) == ({}, "counter") and not list(case_faults())


def test_an_erased_case_is_followed_by_no_new_code(sample: Sample, person: User, tmp_path: Path) -> None:
    with years_ago(YEARS + 1):
        case = turned_down(filed(person, tmp_path), sample)
    assert erase_case(case)
    with pytest.raises(ActionRefused, match="erased"):
        acts.secret_of(Case.objects.get(pk=case.pk), viewer=viewer_of(person))
    at_commit()


def test_an_issued_paper_stays_genuine_without_its_file(
    client: Client, sample: Sample, person: User, commits: Any
) -> None:
    with years_ago(3.1):
        case = acts.open_case("personal_data_access", viewer=viewer_of(person))
        acts.fill(case, {"wanted": "copy", "email": MAIL}, viewer=viewer_of(person))
        acts.attach(case, sample.deed, viewer=viewer_of(person), document="national_id")
        acts.submit(case, viewer=viewer_of(person))
        acts.finish(case, "identity", viewer=sample.viewer("clerk"))
        acts.finish(case, "gather", viewer=sample.viewer("it_support"))
        acts.approve(case, "law", viewer=sample.viewer("director"))
        paper = acts.issue(case, viewer=sample.viewer("administrator"))[0]
    path = Path(paper.file.path)
    assert NAME_EN in " ".join(poppler_text(path.read_bytes()).split())
    client.force_login(person)
    assert client.get(f"/en/cases/{case.reference}/documents/{paper.pk}/").status_code == 200
    with commits():
        assert erase_due().cases == 1
    at_commit()
    assert not path.exists()
    assert client.get(f"/en/cases/{case.reference}/documents/{paper.pk}/").status_code == 404
    assert client.get(f"/en/cases/{case.reference}/papers/{case.files.get().pk}/").status_code == 404
    assert client.get(f"/api/v1/cases/{case.reference}").json()["erased_at"] is not None
    page = client.get(f"/en/cases/{case.reference}/").content.decode()
    assert "erased" in page and MAIL not in page
    assert paper.number in client.get(f"/verify/{paper.code}", follow=True).content.decode()


# The database ---------------------------------------------------------------------------------------------------------

FORBIDDEN = [
    ("case_erased_when_over", "UPDATE cases_case SET erased_at = now(), form = '{}', reason = '', secret = '' WHERE id = {open}"),
    ("case_is_retained", "UPDATE cases_case SET erased_at = now(), form = '{}', reason = '', secret = '' WHERE id = {young}"),
    ("case_is_retained", "UPDATE cases_case SET erased_at = now(), form = '{}', reason = '', secret = '' WHERE id = {draft}"),
    ("case_erased_whole", "UPDATE cases_case SET erased_at = now(), form = '{}', reason = 'x' WHERE id = {old}"),
    ("case_erased_whole", "UPDATE cases_case SET erased_at = now(), form = '{}', reason = '', secret = '', area = 'x' WHERE id = {old}"),
    ("case_erased_whole", "UPDATE cases_case SET erased_at = now(), form = '{}', reason = '', secret = '' WHERE id = {old}"),
    ("erased_is_erased", "UPDATE cases_case SET erased_at = NULL WHERE id = {gone}"),
    ("erased_is_erased", "UPDATE cases_case SET form = '{\"name\": 1}' WHERE id = {gone}"),
    ("cases_casestep_is_kept", "UPDATE cases_casestep SET note = '' WHERE case_id = {old} AND note <> ''"),
    ("cases_casestep_is_kept", "UPDATE cases_casestep SET note = 'x' WHERE case_id = {gone}"),
    ("cases_casefile_is_kept", "UPDATE cases_casefile SET name = '', file = '' WHERE case_id = {old}"),
    ("cases_casefile_is_kept", "UPDATE cases_casefile SET name = 'x' WHERE case_id = {gone}"),
    ("cases_submission_is_kept", "UPDATE cases_submission SET form = '{}' WHERE case_id = {old}"),
    ("remark_stands", "UPDATE cases_remark SET text = '' WHERE case_id = {old}"),
    ("remark_stands", "UPDATE cases_remark SET text = '', answer = '—' WHERE case_id = {old}"),
    ("erased_is_erased", "INSERT INTO cases_casestep (case_id, act, stage, round, at, note, details) VALUES ({gone}, 'say', '', 1, now(), 'x', '{}')"),
    ("denied", "DELETE FROM cases_casestep WHERE case_id = {gone}"),
    ("denied", "DELETE FROM cases_casefile WHERE case_id = {gone}"),
    ("denied", "DELETE FROM cases_erasure"),
    ("erasure_takes_two_people", "UPDATE cases_erasure SET outcome = 'approved', decided_by_id = asked_by_id, decided_at = now() WHERE outcome = ''"),
    ("erasure_takes_two_people", "UPDATE cases_erasure SET outcome = 'approved', decided_by_id = user_id, decided_at = now() WHERE outcome = ''"),
    ("erasure_decided_by_somebody", "UPDATE cases_erasure SET outcome = 'approved' WHERE outcome = ''"),
    ("denied", "UPDATE cases_erasure SET user_id = asked_by_id WHERE outcome = 'approved'"),
    ("erasure_stands", "UPDATE cases_erasure SET outcome = 'refused' WHERE outcome = 'approved'"),
    ("erasure_stands", "UPDATE cases_erasure SET report = '[]' WHERE outcome = 'approved'"),
    ("party_erased_by_decision", "UPDATE register_party SET erased_at = now(), name_ar = '', name_en = '', id_kind = '', representation = '', id_number = NULL, id_number_key = NULL WHERE id = {party}"),
    ("erased_is_erased", "UPDATE accounts_user SET name_en = 'Back again' WHERE id = {account}"),
    ("erased_is_erased", "UPDATE accounts_user SET login = 'back' WHERE id = {account}"),
    ("erased_is_erased", "UPDATE register_party SET name_ar = 'س' WHERE id = {erased_party}"),
]  # fmt: skip


@pytest.fixture
def rows(sample: Sample, person: User, two: tuple[Viewer, Viewer], tmp_path: Path) -> dict[str, int]:
    """Cases in all situations, an erased person, and an erasure that waits."""
    asker, decider = two
    stranger = somebody("stranger", "غريب", "A stranger", "1000000009", "stranger@example.org")
    with years_ago(YEARS + 1):
        old = turned_down(filed(stranger, tmp_path, paper="old"), sample)
        gone = turned_down(filed(person, tmp_path, paper="gone"), sample)
    young = turned_down(filed(stranger, tmp_path, paper="young"), sample)
    draft = filed(stranger, tmp_path, submit=False, paper="draft")
    acts.withdraw(draft, viewer=viewer_of(stranger))
    party = party_of(person).pk
    decide(ask(whole(person), viewer=asker), approve=True, viewer=decider)
    open_case = filed(stranger, tmp_path, paper="open")
    ask(Person(user_id=stranger.pk), viewer=asker)
    at_commit()
    return {
        "old": old.pk, "gone": gone.pk, "young": young.pk, "draft": draft.pk, "open": open_case.pk,
        "party": party_of(stranger).pk, "account": person.pk, "erased_party": party,
    }  # fmt: skip


def test_the_database_allows_this_way_and_no_other(rows: dict[str, int]) -> None:
    for name, statement in FORBIDDEN:
        for key, value in rows.items():
            statement = statement.replace("{" + key + "}", str(value))
        with pytest.raises(DatabaseError) as refused, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        error: Any = refused.value.__cause__
        told = error.diag.constraint_name or ("denied" if "permission denied" in str(error) else "")
        assert told == name, (statement, told, refused.value)


def test_an_erased_party_is_given_no_right(sample: Sample, rows: dict[str, int]) -> None:
    right = Right.objects.filter(end_entry=None).order_by("pk")[0]
    with pytest.raises(DatabaseError) as refused, transaction.atomic():
        Right.objects.create(
            ba_unit_id=right.ba_unit_id,
            party_id=rows["erased_party"],
            share_numerator=1,
            share_denominator=2,
            begin_entry_id=right.begin_entry_id,
        )
    assert refused.value.__cause__.diag.constraint_name == "no_right_of_the_erased"  # type: ignore[union-attr]


BY_THE_OWNER = [
    "DELETE FROM cases_casestep",
    "DELETE FROM cases_casefile",
    "DELETE FROM cases_erasure",
    "DELETE FROM cases_erasedfile",
    "UPDATE cases_case SET erased_at = NULL",
    "UPDATE cases_casestep SET note = 'x'",
    "UPDATE register_party SET name_ar = 'س' WHERE erased_at IS NOT NULL",
    "UPDATE accounts_user SET login = 'back' WHERE login LIKE 'erased-%'",
]
"""None of it is open to the owner either."""


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_the_chain_and_the_register_prove_as_before(committed_sample: Callable[[str], Sample], tmp_path: Path) -> None:
    sample = committed_sample("land")
    person = somebody(LOGIN, NAME_AR, NAME_EN, NUMBER, MAIL)
    with years_ago(YEARS + 1):
        case = turned_down(filed(person, tmp_path), sample)
    filed(sample.user("resident"), tmp_path, paper="of another")
    audit.seal()
    paths = [Path(file.file.path) for file in case.files.all()]
    row = ask(whole(person), viewer=sample.viewer("it_support"))
    decide(row, approve=True, viewer=sample.viewer("director"))
    audit.seal()
    assert list(audit.verify_chain()) == []
    proof = audit_register()
    assert proof["ok"], proof
    assert not any(path.exists() for path in paths)
    for statement in BY_THE_OWNER:
        with (
            pytest.raises(DatabaseError),
            transaction.atomic(using="owner"),
            connections["owner"].cursor() as cursor,
        ):
            cursor.execute(statement)
    assert traces(*MARKS) == []
    assert not list(case_faults())


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_a_content_that_is_handed_in_while_it_goes_is_there(
    committed_sample: Callable[[str], Sample], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample = committed_sample("land")
    with years_ago(YEARS + 1):
        case = turned_down(filed(somebody(LOGIN, NAME_AR, NAME_EN, NUMBER, MAIL), tmp_path), sample)
    path = Path(case.files.order_by("pk")[0].file.path)
    with monkeypatch.context() as patch:
        patch.setattr(store, "remove_files", lambda: 0)
        assert erase_case(case)
    gone, waited = Event(), []

    def delete(name: str) -> None:
        """Remove the file, and hold the transaction until the other one waits for it."""
        path.unlink()
        gone.set()
        for _ in range(200):
            with connection.cursor() as cursor:
                cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
                if cursor.fetchone()[0]:
                    waited.append(name)
                    return
            time.sleep(0.05)

    def remove() -> None:
        try:
            store.remove_files()
        finally:
            connection.close()

    monkeypatch.setattr(store, "default_storage", SimpleNamespace(delete=delete))
    remover = Thread(target=remove)
    remover.start()
    assert gone.wait(30)
    back = filed(sample.user("resident"), tmp_path)
    remover.join(30)
    assert waited, "whoever keeps the content waits until it is gone, and keeps it anew"
    assert all(kept_in_store(back)) and path.exists()
