"""Absences and delegations: who may record them, what the database refuses, what a viewer becomes by them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from gisportal.accounts.models import Absence, Delegation, RoleGrant, User
from gisportal.accounts.viewer import viewer_of
from layers.models import AuditRow

pytestmark = pytest.mark.django_db
MakeUser = Callable[..., User]
PAGE = "/en/accounts/absence/"


def lend(absent: User, to: User, role: str, area: str = "", **fields: Any) -> Delegation:
    until = timezone.now() + timedelta(days=3)
    return Delegation.objects.create(
        from_user=absent, to_user=to, role=role, area=area, **{"valid_until": until, **fields}
    )


def form(person: User, *grants: RoleGrant, to: User | None = None, days: int = 3) -> dict[str, Any]:
    today = timezone.localdate()
    return {
        "person": person.pk,
        "first_day": today.isoformat(),
        "last_day": (today + timedelta(days=days)).isoformat(),
        "roles": [grant.pk for grant in grants],
        "stands_in": to.pk if to else "",
        "reason": "training",
    }


def test_a_lent_role_is_held_where_the_absent_person_holds_it(make_user: MakeUser) -> None:
    sara, omar = make_user("sara", "reviewer", area="west"), make_user("omar", "planner", area="east")
    lend(sara, omar, "reviewer")
    viewer = viewer_of(omar)
    assert viewer.roles == {"planner", "reviewer"}
    assert viewer.standing_in == {("reviewer", "west", sara.pk)}
    assert viewer.areas_of("reviewer") == {"west"} and viewer.areas_of("planner") == {"east"}
    assert viewer.holds_itself("planner", area="east") and not viewer.holds_itself("reviewer")
    assert viewer.stood_in_for("reviewer", area="west") == {sara.pk}
    assert not viewer.stood_in_for("reviewer", area="east")


def test_a_limit_of_area_narrows_and_never_widens(make_user: MakeUser) -> None:
    everywhere, west, omar = make_user("a", "reviewer"), make_user("b", "planner", area="west"), make_user("omar")
    lend(everywhere, omar, "reviewer", "south")
    lend(west, omar, "planner", "east")
    assert viewer_of(omar).standing_in == {("reviewer", "south", everywhere.pk)}


def test_nothing_is_lent_that_is_not_held_and_nothing_is_passed_on(make_user: MakeUser) -> None:
    sara, omar, huda = make_user("sara", "reviewer"), make_user("omar"), make_user("huda")
    lend(sara, omar, "mayor")
    lend(omar, huda, "reviewer")
    lend(sara, omar, "reviewer")
    assert viewer_of(omar).roles == {"reviewer"}
    assert not viewer_of(huda).roles
    sara.is_active = False
    sara.save()
    assert not viewer_of(omar).roles


def test_it_counts_from_its_first_moment_until_its_last(make_user: MakeUser) -> None:
    sara, omar, now = make_user("sara", "reviewer"), make_user("omar"), timezone.now() + timedelta(hours=1)
    lend(sara, omar, "reviewer", valid_from=now, valid_until=now + timedelta(days=1))
    assert not viewer_of(omar, now - timedelta(microseconds=1)).roles
    assert viewer_of(omar, now).roles == {"reviewer"}
    assert not viewer_of(omar, now + timedelta(days=1)).roles


def test_a_viewer_takes_two_queries_however_many_are_stood_in_for(
    make_user: MakeUser, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    omar = make_user("omar", "planner")
    for n in range(5):
        lend(make_user(f"absent{n}", "reviewer"), omar, "reviewer")
    with django_assert_num_queries(2):
        assert len(viewer_of(omar).standing_in) == 5


def test_the_database_refuses_what_makes_no_sense(make_user: MakeUser) -> None:
    sara, omar, now = make_user("sara", "reviewer"), make_user("omar"), timezone.now()
    wrong = (
        {"to": sara},
        {"to": omar, "valid_from": now, "valid_until": now},
        {"to": omar, "role": "administrator"},
    )
    for fields in wrong:
        with pytest.raises(IntegrityError), transaction.atomic():
            lend(sara, **{"role": "reviewer", **fields})  # type: ignore[arg-type]
    with pytest.raises(IntegrityError), transaction.atomic():
        Absence.objects.create(user=sara, valid_from=now, valid_until=now)


def test_a_person_records_an_absence_and_who_stands_in(client: Client, make_user: MakeUser) -> None:
    sara, omar = make_user("sara", "reviewer"), make_user("omar", "planner")
    client.force_login(sara)
    answer = client.post(PAGE, form(sara, sara.role_grants.get(), to=omar))
    assert answer.status_code == 302
    assert viewer_of(omar).standing_in == {("reviewer", "", sara.pk)}
    made = AuditRow.objects.filter(action__in=["absence.made", "delegation.made"]).order_by("pk")
    assert [row.actor_id for row in made] == [sara.pk, sara.pk]
    assert "training" not in str([row.payload for row in made])
    assert "Omar" not in client.get(PAGE).content.decode() and str(omar) in client.get(PAGE).content.decode()
    lent = Delegation.objects.get()
    client.post(f"/en/accounts/absence/delegation/{lent.pk}/end/")
    assert not viewer_of(omar).standing_in
    assert AuditRow.objects.filter(action="delegation.ended").exists()


def test_a_head_records_it_for_the_roles_below_in_the_own_area(client: Client, make_user: MakeUser) -> None:
    head = make_user("head", "survey_head", area="west")
    here, there = make_user("here", "reviewer", area="west"), make_user("there", "reviewer", area="east")
    planner = make_user("planner", "planner", area="west")
    client.force_login(head)
    assert client.post(PAGE, form(here, here.role_grants.get(), to=planner)).status_code == 302
    for other in (there, planner):
        answer = client.post(PAGE, form(other, other.role_grants.get(), to=head))
        assert answer.status_code == 400
    assert Delegation.objects.count() == 1


def test_who_stands_in_for_a_head_names_nobody_further(client: Client, make_user: MakeUser) -> None:
    head, omar = make_user("head", "survey_head"), make_user("omar", "planner")
    reviewer = make_user("reviewer", "reviewer")
    lend(head, omar, "survey_head")
    client.force_login(omar)
    assert client.post(PAGE, form(reviewer, reviewer.role_grants.get(), to=omar)).status_code == 400


@pytest.mark.parametrize(
    "wrong",
    [
        {"stands_in": ""},
        {"roles": []},
        {"last_day": "2020-01-01"},
        {"last_day": "2099-01-01"},
        {"first_day": "yesterday"},
        {"person": "999999"},
    ],
)
def test_what_cannot_stand_is_said_at_its_field(client: Client, make_user: MakeUser, wrong: dict[str, Any]) -> None:
    sara, omar = make_user("sara", "reviewer"), make_user("omar", "planner")
    client.force_login(sara)
    answer = client.post(PAGE, {**form(sara, sara.role_grants.get(), to=omar), **wrong})
    assert answer.status_code == 400
    assert "field-error" in answer.content.decode()
    assert not Absence.objects.exists() and not Delegation.objects.exists()


def test_nobody_stands_in_for_themselves(client: Client, make_user: MakeUser) -> None:
    sara = make_user("sara", "reviewer")
    client.force_login(sara)
    assert client.post(PAGE, form(sara, sara.role_grants.get(), to=sara)).status_code == 400


def test_the_page_does_not_exist_for_those_without_a_desk(client: Client, make_user: MakeUser) -> None:
    assert client.get(PAGE).status_code == 302
    for role in ("surveyor", "resident", "agency", "administrator"):
        client.force_login(make_user(f"user_{role}", role))
        assert client.get(PAGE).status_code == 404
        assert client.post(PAGE, {}).status_code == 404


def test_another_persons_rows_cannot_be_ended(client: Client, make_user: MakeUser) -> None:
    sara, omar, other = make_user("sara", "reviewer"), make_user("omar", "planner"), make_user("other", "reviewer")
    lent = lend(sara, omar, "reviewer")
    away = Absence.objects.create(user=sara, valid_until=timezone.now() + timedelta(days=1))
    for login in (omar, other):  # not even who stands in
        client.force_login(login)
        assert client.post(f"/en/accounts/absence/delegation/{lent.pk}/end/").status_code == 404
        assert client.post(f"/en/accounts/absence/absence/{away.pk}/end/").status_code == 404
    client.force_login(sara)
    assert client.post(f"/en/accounts/absence/nonsense/{lent.pk}/end/").status_code == 404
    assert client.post(f"/en/accounts/absence/absence/{away.pk}/end/").status_code == 302


def test_the_set_up_pages_make_them_with_an_audit_row(client: Client, make_user: MakeUser) -> None:
    admin = make_user("admin", "administrator", is_staff=True, is_superuser=True)
    sara, omar = make_user("sara", "reviewer"), make_user("omar", "planner")
    client.force_login(admin)
    until = timezone.now() + timedelta(days=2)
    sent = {
        "from_user": sara.pk,
        "to_user": omar.pk,
        "role": "reviewer",
        "area": "",
        "valid_from_0": "2026-01-01",
        "valid_from_1": "00:00",
        "valid_until_0": until.date().isoformat(),
        "valid_until_1": "00:00",
        "reason": "",
    }
    assert client.post("/en/admin/accounts/delegation/add/", sent).status_code == 302
    lent = Delegation.objects.get()
    assert lent.made_by == admin
    assert AuditRow.objects.filter(action="delegation.made", actor_id=admin.pk).count() == 1
    client.post(f"/en/admin/accounts/delegation/{lent.pk}/delete/", {"post": "yes"})
    assert AuditRow.objects.filter(action="delegation.cancelled").count() == 1
    same = client.post("/en/admin/accounts/delegation/add/", {**sent, "to_user": sara.pk})
    assert same.status_code == 200 and not Delegation.objects.exists()
