"""People who sign in, the roles they hold, the offices they speak for, and the brake on guessing passwords."""

from __future__ import annotations

import unicodedata
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from gisportal.accounts.roles import DELEGABLE, Role

__all__ = ["Absence", "Delegation", "OfficeMembership", "RoleGrant", "SignInBrake", "User", "normalise_login"]


def normalise_login(login: str) -> str:
    """Return the one form in which a login is stored and looked up: NFKC, no spaces around, no case.

    >>> normalise_login("  Sara ")
    'sara'
    """
    return unicodedata.normalize("NFKC", login).strip().casefold()


class UserManager(BaseUserManager["User"]):
    use_in_migrations = False

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(login=normalise_login(username or ""))

    def create_user(self, login: str, password: str | None = None, **fields: Any) -> User:
        """Create an account; a None password means that it cannot sign in."""
        login = normalise_login(login)
        if not login:
            raise ValueError("an account needs a login")
        user = self.model(login=login, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, login: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(login, password, **{**fields, "is_staff": True, "is_superuser": True})


class User(AbstractBaseUser, PermissionsMixin):
    """An account. It holds no id number: persons with rights in land are parties of the register."""

    login = models.CharField(_("login"), max_length=80, unique=True)
    email = models.EmailField(_("e-mail"), blank=True)
    name_ar = models.CharField(_("name in Arabic"), max_length=150, blank=True)
    name_en = models.CharField(_("name in English"), max_length=150, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(_("may enter the set-up pages"), default=False)
    is_demo = models.BooleanField(_("demonstration account"), default=False, editable=False)
    joined_at = models.DateTimeField(_("joined"), default=timezone.now, editable=False)

    USERNAME_FIELD = "login"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        constraints: ClassVar = [
            models.CheckConstraint(condition=~models.Q(login=""), name="user_login_not_empty"),
        ]

    def __str__(self) -> str:
        return self.display_name

    @property
    def display_name(self) -> str:
        """The name in the language of the page, or what there is."""
        names = (self.name_en, self.name_ar) if get_language() == "en" else (self.name_ar, self.name_en)
        return next((name for name in names if name), "") or self._without_name()

    def _without_name(self) -> str:
        """An account that was erased has a number alone."""
        erased = self.login == f"erased-{self.pk}"
        return str(_("Erased person no. %(number)d")) % {"number": self.pk} if erased else self.login

    def clean(self) -> None:
        super().clean()
        self.login = normalise_login(self.login)

    @classmethod
    def normalize_username(cls, username: str) -> str:
        return normalise_login(username)

    def get_full_name(self) -> str:
        return self.display_name

    def get_short_name(self) -> str:
        return self.display_name


class RoleGrant(models.Model):
    """A role that a person holds, where, and from when to when (half-open; no end means until further notice)."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="role_grants", verbose_name=_("account"))
    role = models.CharField(_("role"), max_length=20, choices=Role.choices)
    area = models.CharField(_("area"), max_length=40, blank=True, help_text=_("Empty means everywhere."))
    valid_from = models.DateTimeField(_("from"), default=timezone.now)
    valid_until = models.DateTimeField(_("until"), null=True, blank=True)

    class Meta:
        verbose_name = _("role of a person")
        verbose_name_plural = _("roles of persons")
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="role_grant_known_role"),
            models.CheckConstraint(
                condition=models.Q(valid_until__isnull=True) | models.Q(valid_until__gt=models.F("valid_from")),
                name="role_grant_ends_after_begin",
            ),
            models.UniqueConstraint(fields=["user", "role", "area", "valid_from"], name="role_grant_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role} {self.area}".strip()


class Absence(models.Model):
    """A time in which a person does no work here: nothing new is given to them."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="absences", verbose_name=_("account"))
    valid_from = models.DateTimeField(_("from"), default=timezone.now)
    valid_until = models.DateTimeField(_("until"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    made_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("recorded by"), editable=False
    )

    class Meta:
        verbose_name = _("absence")
        verbose_name_plural = _("absences")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(valid_until__gt=models.F("valid_from")), name="absence_ends_after_begin"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["user", "valid_until"], name="absence_of_person")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.valid_from:%Y-%m-%d}"


class Delegation(models.Model):
    """A role that one person holds for another who is absent: where, and from when to when. It always ends.

    It gives no more than the absent person holds, and cannot be passed on.
    """

    from_user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="delegations_given", verbose_name=_("absent person")
    )
    to_user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="delegations_received", verbose_name=_("stands in")
    )
    role = models.CharField(_("role"), max_length=20, choices=DELEGABLE)
    area = models.CharField(
        _("area"), max_length=40, blank=True, help_text=_("Empty means wherever the absent person holds the role.")
    )
    valid_from = models.DateTimeField(_("from"), default=timezone.now)
    valid_until = models.DateTimeField(_("until"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    made_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("recorded by"), editable=False
    )

    class Meta:
        verbose_name = _("delegation")
        verbose_name_plural = _("delegations")
        constraints: ClassVar = [
            models.CheckConstraint(condition=~models.Q(from_user=models.F("to_user")), name="delegation_to_another"),
            models.CheckConstraint(
                condition=models.Q(valid_until__gt=models.F("valid_from")), name="delegation_ends_after_begin"
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=[code for code, _label in DELEGABLE]), name="delegation_of_staff_role"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["to_user", "valid_until"], name="delegation_received"),
            models.Index(fields=["from_user", "valid_until"], name="delegation_given"),
        ]

    def __str__(self) -> str:
        return f"{self.from_user_id} > {self.to_user_id} {self.role} {self.area}".strip()


class OfficeMembership(models.Model):
    """A party of the register (an office, a company, the person) that an account may speak for.

    ``party_id`` is the register's key as a plain number: accounts stand below the register and hold no relation to it.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships", verbose_name=_("account"))
    party_id = models.BigIntegerField(_("party"))
    valid_from = models.DateTimeField(_("from"), default=timezone.now)
    valid_until = models.DateTimeField(_("until"), null=True, blank=True)

    class Meta:
        verbose_name = _("office of a person")
        verbose_name_plural = _("offices of persons")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(valid_until__isnull=True) | models.Q(valid_until__gt=models.F("valid_from")),
                name="membership_ends_after_begin",
            ),
            models.UniqueConstraint(fields=["user", "party_id", "valid_from"], name="membership_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.party_id}"


class SignInBrake(models.Model):
    """Failed sign-ins of one login or one address, under a keyed hash: the table names nobody."""

    key = models.CharField(max_length=64, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    last_failure_at = models.DateTimeField(db_default=Now())
    blocked_until = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["last_failure_at"], name="sign_in_brake_age")]

    def __str__(self) -> str:
        return self.key[:8]
