"""Demonstration accounts: one for each role, with passwords made at random for this installation.

They exist only where DEBUG is on: they are not made without it, and what was made cannot sign in without it.
"""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import transaction

from gisportal.accounts.models import RoleGrant, User
from gisportal.accounts.roles import Role

__all__ = ["DemoRefused", "create_demo_accounts"]

# Letters that are not mistaken for one another when read from a screen.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
NAMES: dict[str, tuple[str, str]] = {
    "surveyor": ("مساح تجريبي", "Demo surveyor"),
    "reviewer": ("مراجع مساحي تجريبي", "Demo survey reviewer"),
    "survey_head": ("رئيس مساحة تجريبي", "Demo head of survey"),
    "planner": ("مخطط عمراني تجريبي", "Demo planner"),
    "mayor": ("رئيس بلدية تجريبي", "Demo mayor"),
    "registrar": ("موثق تجريبي", "Demo registrar"),
    "cashier": ("أمين صندوق تجريبي", "Demo cashier"),
    "archive": ("موظف أرشيف تجريبي", "Demo archivist"),
    "agency": ("ممثل جهة تجريبي", "Demo agency"),
    "director": ("مدير تجريبي", "Demo director"),
    "gis_engineer": ("مهندس نظم تجريبي", "Demo GIS engineer"),
    "administrator": ("مدير نظام تجريبي", "Demo administrator"),
    "resident": ("مستفيد تجريبي", "Demo resident"),
    "applicant": ("متقدم تجريبي", "Demo applicant"),
    "clerk": ("موظف استقبال تجريبي", "Demo counter clerk"),
    "planning_head": ("رئيس تخطيط تجريبي", "Demo head of planning"),
    "building_reviewer": ("مدقق مخططات بناء تجريبي", "Demo building plans reviewer"),
    "building_head": ("رئيس رخص بناء تجريبي", "Demo head of building permits"),
    "inspector": ("مراقب تجريبي", "Demo inspector"),
    "lands_officer": ("مسؤول أراضٍ تجريبي", "Demo lands officer"),
    "projects_engineer": ("مهندس مشاريع تجريبي", "Demo projects engineer"),
    "roads_engineer": ("مهندس طرق تجريبي", "Demo roads engineer"),
    "environment_officer": ("مسؤول صحة بيئة تجريبي", "Demo environment officer"),
    "committee": ("عضو لجنة تجريبي", "Demo committee member"),
    "finance": ("موظف مالية تجريبي", "Demo finance officer"),
    "personnel": ("موظف شؤون موظفين تجريبي", "Demo personnel officer"),
    "it_support": ("فني دعم تجريبي", "Demo IT support"),
    "maintenance": ("فني صيانة تجريبي", "Demo maintenance technician"),
    "employee": ("موظف تجريبي", "Demo employee"),
    "supplier": ("مورد تجريبي", "Demo supplier"),
}


class DemoRefused(Exception):
    """Demonstration accounts were asked for on an installation that is not for demonstration."""


def _password() -> str:
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(5)) for _ in range(4))


def _known(path: Path) -> dict[str, str]:
    """Return the passwords written by an earlier run, by login; {} where there is none that can be read."""
    try:
        rows: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
        return {str(row["username"]): str(row["password"]) for row in rows}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _write(path: Path, rows: list[dict[str, str]]) -> None:
    """Replace the file in one step; nobody else may read it, not even while it is written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(rows, file, ensure_ascii=False, indent=1)
        file.write("\n")
    draft.replace(path)


def create_demo_accounts(path: Path) -> list[dict[str, str]]:
    """Make one account for each role and write their sign-ins to ``path`` (mode 0600).

    Repeating keeps a password that the file holds and that still fits the account; otherwise a new one is made, so
    that file and database always agree. An account of the same name that is not a demonstration account is left alone
    and the run refused.

    Returns
    -------
    list of dict
        ``{"role", "username", "password"}`` in the order of the roles.

    Raises
    ------
    DemoRefused
        With DEBUG off, or where a login is taken by a real account; nothing is written then.
    """
    if not settings.DEBUG:
        raise DemoRefused("demonstration accounts are refused while DEBUG is off")
    known = _known(path)
    rows = []
    with transaction.atomic():
        for role in Role:
            rows.append({"role": str(role.value), "username": f"demo_{role.value}"})
            rows[-1]["password"] = _account(role, rows[-1]["username"], known.get(rows[-1]["username"], ""))
        _write(path, rows)
    return rows


SET_UP: Final = (Role.ADMINISTRATOR, Role.GIS_ENGINEER, Role.PLANNER, Role.PLANNING_HEAD, Role.MAYOR)
"""Who has work in the set-up pages: accounts, the map, and the rules."""


def _account(role: Role, login: str, known: str) -> str:
    name_ar, name_en = NAMES[role.value]
    user, made = User.objects.get_or_create(login=login, defaults={"is_demo": True})
    if not user.is_demo:
        raise DemoRefused(f"the login {login} belongs to an account that is not for demonstration")
    user.name_ar, user.name_en, user.is_active = name_ar, name_en, True
    user.is_superuser = role is Role.ADMINISTRATOR
    user.is_staff = role in SET_UP
    keep = not made and known and user.check_password(known)
    password = known if keep else _password()
    if not keep:
        user.set_password(password)
    user.save()
    if not RoleGrant.objects.filter(user=user, role=role.value, area="", valid_until__isnull=True).exists():
        RoleGrant.objects.create(user=user, role=role.value)
    return password
