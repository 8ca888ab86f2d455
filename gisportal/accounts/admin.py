"""Accounts in the set-up pages: people, their roles, the parties that they speak for."""

from __future__ import annotations

from typing import Any, ClassVar

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import BaseUserCreationForm
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from gisportal.accounts.factor import remove
from gisportal.accounts.grant_form import RoleGrantForm
from gisportal.accounts.models import Absence, Delegation, OfficeMembership, RoleGrant, User, normalise_login
from gisportal.accounts.standing_in import record_made

__all__ = ["AbsenceAdmin", "AccountAdmin", "DelegationAdmin"]


class AccountCreationForm(BaseUserCreationForm):
    class Meta:
        model = User
        fields = ("login",)
        field_classes: ClassVar[dict[str, type[forms.Field]]] = {}

    def clean_login(self) -> str:
        return normalise_login(self.cleaned_data["login"])


class RoleGrantInline(admin.TabularInline):
    model = RoleGrant
    form = RoleGrantForm
    extra = 0


class OfficeMembershipInline(admin.TabularInline):
    model = OfficeMembership
    extra = 0


# Secrets are nobody's to look at, and e-mail addresses stand with the account.
for model in (Authenticator, EmailAddress):
    admin.site.unregister(model)


@admin.register(User)
class AccountAdmin(UserAdmin):
    add_form = AccountCreationForm
    ordering = ("login",)
    list_display = ("login", "name_ar", "name_en", "is_active", "is_staff", "is_demo", "last_login")
    list_filter = ("is_active", "is_staff", "role_grants__role")
    search_fields = ("login", "name_ar", "name_en", "email")
    readonly_fields = ("last_login", "joined_at", "is_demo")
    filter_horizontal = ()
    actions = ("remove_second_factor",)
    inlines = (RoleGrantInline, OfficeMembershipInline)
    fieldsets = (
        (None, {"fields": ("login", "password")}),
        (_("Person"), {"fields": ("name_ar", "name_en", "email")}),
        (_("Access"), {"fields": ("is_active", "is_staff", "is_superuser", "is_demo", "last_login", "joined_at")}),
    )

    @admin.action(description=_("Take the second factor away (telephone lost)"), permissions=["change"])
    def remove_second_factor(self, request: HttpRequest, queryset: Any) -> None:
        for user in queryset:
            remove(user, request.user.pk)
        self.message_user(request, _("The second factor is off."))

    add_fieldsets: Any = ((None, {"classes": ("wide",), "fields": ("login", "password1", "password2")}),)


class MadeOnceAdmin(admin.ModelAdmin):
    """Rows that are made and ended, never rewritten; each with its audit row."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.made_by_id = request.user.pk
        super().save_model(request, obj, form, change)
        record_made(obj, request.user.pk)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        record_made(obj, request.user.pk, "cancelled")
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        with transaction.atomic():
            for obj in queryset:
                self.delete_model(request, obj)


@admin.register(Absence)
class AbsenceAdmin(MadeOnceAdmin):
    list_display = ("user", "valid_from", "valid_until")
    search_fields = ("user__login", "user__name_ar", "user__name_en")
    autocomplete_fields = ("user",)


@admin.register(Delegation)
class DelegationAdmin(MadeOnceAdmin):
    list_display = ("from_user", "to_user", "role", "area", "valid_from", "valid_until")
    list_filter = ("role",)
    search_fields = ("from_user__login", "to_user__login", "from_user__name_ar", "to_user__name_ar")
    autocomplete_fields = ("from_user", "to_user")
