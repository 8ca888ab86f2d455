"""The outbox in the set-up: what waits, what was given up and why, and sending it again."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from layers import audit
from layers.admin_pages import ReadOnlyAdmin, viewer_of

from .models import Outbox
from .wake import wake

__all__ = ["OutboxAdmin"]

KEEPERS: Final = ("administrator", "it_support")
STATES: Final = {
    "failed": Q(failed_at__isnull=False),
    "waiting": Q(sent_at__isnull=True, failed_at__isnull=True),
    "sent": Q(sent_at__isnull=False),
    "doubtful": Q(in_doubt__gt=0),
}


class StateFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        words = (_("Given up"), _("Waiting to be sent"), _("Sent"), _("Perhaps sent more than once"))
        return list(zip(STATES, words, strict=True))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(STATES[self.value() or ""]) if self.value() in STATES else queryset


@admin.register(Outbox)
class OutboxAdmin(ReadOnlyAdmin):
    """Only looked at; what was given up may be sent again, which is audited."""

    exclude: ClassVar[tuple[str, ...]] = ("claimed_by",)
    list_display = (
        "id",
        "event",
        "reference",
        "channel",
        "created_at",
        "attempts",
        "next_try_at",
        "sent_at",
        "failed_at",
        "in_doubt",
        "last_error",
    )
    list_filter = (StateFilter, "channel")
    search_fields = ("=reference", "=event", "=key")
    ordering = ("-id",)
    actions = ["send_again"]

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._is_keeper(request) or super().has_view_permission(request, obj)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._is_keeper(request) or super().has_module_permission(request)

    def has_send_permission(self, request: HttpRequest) -> bool:
        return self._is_keeper(request)

    def _is_keeper(self, request: HttpRequest) -> bool:
        user = request.user
        if not (user.is_active and getattr(user, "is_staff", False)):
            return False
        return bool(getattr(user, "is_superuser", False)) or viewer_of(request).has_role(*KEEPERS)

    @admin.action(description=gettext_lazy("Send again what was given up"), permissions=["send"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Outbox]) -> None:
        with transaction.atomic():
            rows = queryset.select_for_update().filter(failed_at__isnull=False)
            keys = list(rows.values_list("pk", flat=True))
            Outbox.objects.filter(pk__in=keys).update(failed_at=None, attempts=0, next_try_at=timezone.now())
            for pk in keys:
                audit.record("outbox.send_again", subject=str(pk), actor_id=request.user.pk)
            transaction.on_commit(wake, robust=True)
        if not keys:
            self.message_user(request, _("None of these was given up."), messages.WARNING)
            return
        text = ngettext("%(n)s message is sent again.", "%(n)s messages are sent again.", len(keys))
        self.message_user(request, text % {"n": len(keys)}, messages.SUCCESS)
