"""Accounts in the set-up pages: people, their roles, the parties that they speak for."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import BaseUserCreationForm
from django.utils.translation import gettext_lazy as _

from gisportal.accounts.models import OfficeMembership, RoleGrant, User, normalise_login

__all__ = ["AccountAdmin"]


class AccountCreationForm(BaseUserCreationForm):
    class Meta:
        model = User
        fields = ("login",)
        field_classes: ClassVar[dict[str, type[forms.Field]]] = {}

    def clean_login(self) -> str:
        return normalise_login(self.cleaned_data["login"])


class RoleGrantInline(admin.TabularInline):
    model = RoleGrant
    extra = 0


class OfficeMembershipInline(admin.TabularInline):
    model = OfficeMembership
    extra = 0


@admin.register(User)
class AccountAdmin(UserAdmin):
    add_form = AccountCreationForm
    ordering = ("login",)
    list_display = ("login", "name_ar", "name_en", "is_active", "is_staff", "is_demo", "last_login")
    list_filter = ("is_active", "is_staff", "role_grants__role")
    search_fields = ("login", "name_ar", "name_en", "email")
    readonly_fields = ("last_login", "joined_at", "is_demo")
    filter_horizontal = ()
    inlines = (RoleGrantInline, OfficeMembershipInline)
    fieldsets = (
        (None, {"fields": ("login", "password")}),
        (_("Person"), {"fields": ("name_ar", "name_en", "email")}),
        (_("Access"), {"fields": ("is_active", "is_staff", "is_superuser", "is_demo", "last_login", "joined_at")}),
    )
    add_fieldsets: Any = ((None, {"classes": ("wide",), "fields": ("login", "password1", "password2")}),)
