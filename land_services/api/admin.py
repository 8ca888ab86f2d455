"""Tokens and webhooks in the set-up pages: who has which, since when, and ending them."""

from __future__ import annotations

from typing import ClassVar

from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from layers import audit
from layers.admin_pages import ReadOnlyAdmin

from .models import ApiToken, WebhookDelivery, WebhookTarget
from .tokens import revoke_token

__all__ = ["ApiTokenAdmin", "WebhookDeliveryAdmin", "WebhookTargetAdmin"]


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnlyAdmin):
    list_display = ("name", "user", "prefix", "scope", "created_at", "expires_at", "last_used_at", "revoked_at")
    list_select_related = ("user",)
    search_fields = ("name", "user__login", "prefix")
    exclude: ClassVar[tuple[str, ...]] = ("hash",)
    actions = ("revoke",)

    @admin.action(description=_("Revoke"), permissions=["view"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        for token in queryset:
            revoke_token(token, by=int(request.user.pk or 0))


@admin.register(WebhookTarget)
class WebhookTargetAdmin(ReadOnlyAdmin):
    list_display = ("url", "owner", "events", "active", "created_at")
    list_select_related = ("owner",)
    exclude: ClassVar[tuple[str, ...]] = ("secret",)
    actions = ("switch_off",)

    @admin.action(description=_("Switch off"), permissions=["view"])
    def switch_off(self, request: HttpRequest, queryset: QuerySet[WebhookTarget]) -> None:
        for target in queryset.filter(active=True):
            with transaction.atomic():
                WebhookTarget.objects.filter(pk=target.pk).update(active=False)
                audit.record("webhook.end", subject=f"webhook {target.pk}", actor_id=request.user.pk)


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin):
    list_display = ("uid", "target", "state", "attempts", "due_at", "ended_at", "said")
    list_filter = ("state",)
    list_select_related = ("target",)
    exclude: ClassVar[tuple[str, ...]] = ()
