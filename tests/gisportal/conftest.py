"""Fixtures of the site's tests: people of each role."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher

from gisportal.accounts.models import RoleGrant, User
from tests.sample import committed_sample, sample_land

__all__ = ["PASSWORD", "committed_sample", "make_user", "sample_land"]

PASSWORD = "correct-horse-battery-9"


@pytest.fixture
def make_user() -> Callable[..., User]:
    """Return a function that makes an account with roles: ``make_user("sara", "surveyor", is_staff=True)``."""

    def make(login: str = "sara", *roles: str, area: str = "", password: str = PASSWORD, **fields: object) -> User:
        user = User.objects.create_user(login, password, name_ar="سارة", name_en="Sara", **fields)
        for role in roles:
            RoleGrant.objects.create(user=user, role=role, area=area)
        return user

    return make


@pytest.fixture(autouse=True)
def cheap_argon2(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep Argon2 but not its price: hundreds of sign-ins would cost minutes."""
    monkeypatch.setattr(Argon2PasswordHasher, "time_cost", 1)
    monkeypatch.setattr(Argon2PasswordHasher, "memory_cost", 64)
    monkeypatch.setattr(Argon2PasswordHasher, "parallelism", 1)
