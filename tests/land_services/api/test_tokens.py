"""Access tokens: shown once, kept as a hash, for reading or writing, gone when revoked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from gisportal.accounts.models import User
from land_services.api.models import ApiToken
from land_services.api.tokens import find_token, make_token, revoke_token
from layers.models import AuditRow
from tests.sample import Sample

pytestmark = pytest.mark.django_db(databases=["default", "owner"])


@pytest.fixture
def sample(sample_recommended: Sample) -> Sample:
    return sample_recommended


@pytest.fixture(autouse=True)
def no_limit(settings: Any) -> None:
    settings.API_PER_MINUTE = 0


def made(sample: Sample, login: str, scope: str = "write", days: int = 1) -> str:
    return make_token(sample.user(login), "system", scope, timezone.now() + timedelta(days=days))


def ask(word: str, path: str = "cases/", method: str = "get") -> int:
    client = Client(enforce_csrf_checks=True)
    headers = {"Authorization": f"Bearer {word}"}
    if method == "get":
        return client.get(f"/api/v1/{path}", headers=headers).status_code
    return client.post(
        f"/api/v1/{path}", {"stage": "survey_review"}, content_type="application/json", headers=headers
    ).status_code


def test_a_token_stands_for_its_person_within_its_scope(sample: Sample) -> None:
    reference = sample.case().reference
    writing, reading = made(sample, "reviewer"), made(sample, "reviewer", "read")
    assert ask(writing, f"cases/{reference}") == ask(reading, f"cases/{reference}") == 200
    assert ask(made(sample, "outsider"), f"cases/{reference}") == 404
    assert ask(reading, f"cases/{reference}/acts/finish", "post") == 403
    assert ask(writing, f"cases/{reference}/acts/finish", "post") == 409, "no token of a form is needed"
    assert ApiToken.objects.get(prefix=writing[:8], scope="write").last_used_at is not None


def test_what_does_not_hold_is_nobodys(sample: Sample) -> None:
    over, ended, good = made(sample, "reviewer", days=-1), made(sample, "reviewer"), made(sample, "reviewer")
    token = find_token(ended)
    assert token is not None
    revoke_token(token, by=token.user_id)
    for word in (over, ended, "", good[:-1] + "!", good + "x", good.upper(), "gp_" + "x" * 43):
        assert ask(word) == 401, word
    assert ask(good) == 200
    client = Client()
    client.force_login(sample.user("reviewer"))
    assert client.get("/api/v1/cases/", headers={"Authorization": "Bearer x"}).status_code == 401, "no falling back"
    assert client.get("/api/v1/cases/", headers={"Authorization": "Basic eDp5"}).status_code == 401
    User.objects.filter(login="reviewer").update(is_active=False)
    assert ask(good) == 401


def test_pages_take_no_tokens(sample: Sample) -> None:
    word = made(sample, "reviewer")
    assert Client().get("/en/cases/", headers={"Authorization": f"Bearer {word}"}).status_code == 302


def test_making_and_revoking_are_told_and_the_secret_is_kept_nowhere(sample: Sample) -> None:
    word = made(sample, "reviewer")
    token = find_token(word)
    assert token is not None
    revoke_token(token, by=token.user_id)
    revoke_token(token, by=token.user_id)
    told = AuditRow.objects.filter(subject=f"token {token.pk}").order_by("pk")
    assert [row.action for row in told] == ["token.make", "token.revoke"]
    assert word not in str(list(told.values())) + str(ApiToken.objects.filter(pk=token.pk).values())


def test_the_page_makes_shows_once_and_revokes(sample: Sample) -> None:
    client = Client()
    client.force_login(sample.user("reviewer"))
    page = "/en/accounts/tokens/"
    assert client.post(page, {"name": "", "scope": "read", "days": "30"}).status_code == 400
    assert client.post(page, {"name": "x", "scope": "all", "days": "30"}).status_code == 400
    assert client.post(page, {"name": "x", "scope": "read", "days": "9999"}).status_code == 400
    shown = client.post(page, {"name": "Archive system", "scope": "read", "days": "30"})
    word = shown.context["word"]
    assert shown.status_code == 200 and word in shown.content.decode() and "no-store" in shown["Cache-Control"]
    again = client.get(page).content.decode()
    assert word not in again and "Archive system" in again
    assert ask(word) == 200
    token = ApiToken.objects.get(name="Archive system")

    other = Client()
    other.force_login(sample.user("outsider"))
    assert "Archive system" not in other.get(page).content.decode()
    assert other.post(f"{page}{token.pk}/revoke/").status_code == 404
    assert client.post(f"{page}{token.pk}/revoke/").status_code == 302
    assert ask(word) == 401
    assert Client().get(page).status_code == 302
