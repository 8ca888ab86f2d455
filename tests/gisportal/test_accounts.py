"""Roles become a viewer; demonstration accounts exist only with DEBUG."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction
from django.test import RequestFactory, override_settings
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from gisportal.accounts.demo import DemoRefused, create_demo_accounts
from gisportal.accounts.models import OfficeMembership, RoleGrant, User
from gisportal.accounts.roles import Role
from gisportal.accounts.viewer import viewer_from, viewer_of
from layers.viewer import ANONYMOUS

pytestmark = pytest.mark.django_db
MakeUser = Callable[..., User]


def test_roles_and_offices_become_a_viewer(make_user: MakeUser) -> None:
    user = make_user("sara", "surveyor", "reviewer", area="dammam")
    OfficeMembership.objects.create(user=user, party_id=17)
    viewer = viewer_of(user)
    assert viewer.user_id == user.pk
    assert viewer.roles == {"surveyor", "reviewer"}
    assert viewer.areas == {"dammam"}
    assert viewer.parties == {17}


def test_a_role_held_everywhere_lifts_the_limits_of_area(make_user: MakeUser) -> None:
    user = make_user("sara", "surveyor", area="dammam")
    RoleGrant.objects.create(user=user, role="planner")
    assert viewer_of(user).areas == frozenset()


def test_a_role_counts_from_its_first_moment_until_its_last(make_user: MakeUser) -> None:
    user, now = make_user(), timezone.now()
    RoleGrant.objects.create(user=user, role="mayor", valid_from=now, valid_until=now + timedelta(days=1))
    assert not viewer_of(user, now - timedelta(microseconds=1)).roles
    assert viewer_of(user, now).roles == {"mayor"}
    assert not viewer_of(user, now + timedelta(days=1)).roles


def test_nobody_and_a_closed_account_are_anonymous(make_user: MakeUser) -> None:
    request = RequestFactory().get("/")
    assert viewer_from(request) is ANONYMOUS
    request.user = AnonymousUser()
    assert viewer_from(request) is ANONYMOUS
    assert viewer_of(make_user(is_active=False)) is ANONYMOUS


def test_a_request_reads_its_viewer_once(
    make_user: MakeUser, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    request = RequestFactory().get("/")
    request.user = make_user("sara", "surveyor")
    with django_assert_num_queries(2):
        assert viewer_from(request) is viewer_from(request)


def test_an_unknown_role_and_an_end_before_the_beginning_are_refused_by_the_database(make_user: MakeUser) -> None:
    user, now = make_user(), timezone.now()
    for wrong in ({"role": "emperor"}, {"role": "mayor", "valid_from": now, "valid_until": now}):
        with pytest.raises(IntegrityError), transaction.atomic():
            RoleGrant.objects.create(user=user, **wrong)


@override_settings(DEBUG=True)
def test_demo_accounts_are_one_for_each_role_in_a_private_file(tmp_path: Path) -> None:
    path = tmp_path / "state" / "demo-accounts.json"
    rows = create_demo_accounts(path)
    assert json.loads(path.read_text(encoding="utf-8")) == rows
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [row["role"] for row in rows] == list(Role.values)
    assert len({row["password"] for row in rows}) == len(rows)
    for row in rows:
        user = authenticate(None, username=row["username"], password=row["password"])
        assert isinstance(user, User)
        assert viewer_of(user).roles == {row["role"]}


@override_settings(DEBUG=True)
def test_repeating_keeps_the_passwords_and_a_lost_file_makes_new_ones(tmp_path: Path) -> None:
    path = tmp_path / "demo.json"
    first = create_demo_accounts(path)
    assert create_demo_accounts(path) == first
    path.write_text("{broken", encoding="utf-8")
    second = create_demo_accounts(path)
    assert {row["password"] for row in first}.isdisjoint(row["password"] for row in second)
    assert authenticate(None, username="demo_mayor", password=first[4]["password"]) is None
    assert User.objects.filter(is_demo=True).count() == len(Role)


def test_demo_accounts_are_refused_without_debug_and_cannot_sign_in_there(tmp_path: Path) -> None:
    with override_settings(DEBUG=False), pytest.raises(DemoRefused):
        create_demo_accounts(tmp_path / "demo.json")
    assert not (tmp_path / "demo.json").exists() and not User.objects.exists()
    with override_settings(DEBUG=True):
        row = create_demo_accounts(tmp_path / "demo.json")[0]
    with override_settings(DEBUG=False):
        assert authenticate(None, username=row["username"], password=row["password"]) is None


@override_settings(DEBUG=True)
def test_a_real_account_is_never_taken_for_the_demonstration(tmp_path: Path, make_user: MakeUser) -> None:
    make_user("demo_mayor")
    with pytest.raises(DemoRefused, match="demo_mayor"):
        create_demo_accounts(tmp_path / "demo.json")
    assert not (tmp_path / "demo.json").exists()
    assert User.objects.count() == 1


def test_the_account_page_shows_roles_in_both_languages(client: object, make_user: MakeUser) -> None:
    client.force_login(make_user("sara", "surveyor"))  # type: ignore[attr-defined]
    assert "مساح" in client.get("/ar/accounts/").content.decode()  # type: ignore[attr-defined]
    assert "Surveyor" in client.get("/en/accounts/").content.decode()  # type: ignore[attr-defined]
