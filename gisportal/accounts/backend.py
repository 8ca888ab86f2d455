"""Who an account is: login in its one form, password by Argon2, demonstration accounts only with DEBUG."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from gisportal.accounts.models import User, normalise_login

__all__ = ["AccountBackend"]


class AccountBackend(ModelBackend):
    """Sign-in with equal work for known and unknown logins."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        login = normalise_login(username or kwargs.get("login") or "")
        user = User.objects.filter(login=login).first()
        if user is None:
            User().set_password(password)  # the same hash is computed: time must not tell who exists
            return None
        correct = user.check_password(password or "")
        return user if correct and self.user_can_authenticate(user) else None

    def user_can_authenticate(self, user: Any) -> bool:
        return bool(user.is_active) and (settings.DEBUG or not user.is_demo)
