"""People who are told something, and telling them."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from gisportal.accounts.models import User
from land_services.notices.telling import tell

SERVICE = "subdivision"
REFERENCE = "SUB-1448-000017"


def person(login: str = "sara", *, email: str | None = None, **fields: Any) -> User:
    return User.objects.create_user(login, email=f"{login}@office.example" if email is None else email, **fields)


def told(*people: User, event: str = "case_returned", key: str = "case:17:returned:1", **params: Any) -> int:
    """Tell people of an event in a transaction of its own."""
    values: dict[str, Any] = {"service": SERVICE, "remarks": 3} if event == "case_returned" and not params else params
    with transaction.atomic():
        return tell(event, recipients=[p.pk for p in people], reference=REFERENCE, params=values, key=key)
