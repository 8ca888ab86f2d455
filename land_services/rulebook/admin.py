"""The rule book in the set-up: what holds and since when, proposing another value, deciding what was proposed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from land_services.rules import load_pack
from land_services.rules.schema import KEYS
from layers.admin_pages import ReadOnlyAdmin, viewer_of

from . import deciding
from .errors import RuleRefused
from .forms import ProposalForm
from .in_force import pack_before, pack_in_force
from .models import STATES, RuleChange
from .shown import in_force, line, shown_source, shown_value, words

__all__ = ["RuleChangeAdmin"]

READERS = {*deciding.PROPOSERS, *deciding.DECIDERS}
LIST = "admin:rulebook_rulechange_changelist"
BOOK = "admin:rulebook_rulechange_in_force"


@admin.register(RuleChange)
class RuleChangeAdmin(ReadOnlyAdmin):
    """Proposals are made and decided on pages of their own; nothing of one is edited or deleted."""

    list_display = ("rule", "zone", "new_value", "valid_from", "state", "proposed_by", "decided_by", "decided_at")
    list_filter = ("state", "authority")
    list_select_related = ("proposed_by", "decided_by")
    search_fields = ("key", "source_ar", "source_en")
    change_list_template = "rulebook/changes.html"

    # Who ------------------------------------------------------------------------------------------------------------

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        user = request.user
        if not (user.is_active and getattr(user, "is_staff", False)):
            return False
        return bool(getattr(user, "is_superuser", False)) or viewer_of(request).has_role(*READERS)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.has_view_permission(request) and deciding.may_propose(viewer_of(request))

    # The list --------------------------------------------------------------------------------------------------------

    @admin.display(description=gettext_lazy("rule"), ordering="key")
    def rule(self, row: RuleChange) -> str:
        return words(load_pack(row.authority), row.key)

    @admin.display(description=gettext_lazy("value"))
    def new_value(self, row: RuleChange) -> str:
        shown = shown_value(row.key, row.value)
        return str(shown["text"]) if "text" in shown else shown["number"]

    # Pages -----------------------------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        book = path("in-force/", self.admin_site.admin_view(self.book), name="rulebook_rulechange_in_force")
        return [book, *super().get_urls()]

    def book(self, request: HttpRequest) -> HttpResponse:
        """Show every rule with what holds today, what was before and what is decided for later."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        pack = pack_in_force()
        context = {
            "groups": list(in_force(pack, timezone.localdate())),
            "authority": pack.title_en if get_language() == "en" else pack.title_ar,
            "may_propose": self.has_add_permission(request),
            "heading": _("Rules in force"),
        }
        return self._page(request, "in_force", context)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Propose another value of the rule that the address names."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        key = request.GET.get("key", "")
        if key not in KEYS:
            return HttpResponseRedirect(reverse(BOOK))
        form = ProposalForm(key, request.POST or None, initial={"zone": request.GET.get("zone", "")})
        if request.method == "POST" and form.is_valid():
            try:
                change = deciding.propose(form.proposal(), viewer=viewer_of(request))
            except RuleRefused as refused:
                text = refused.message(get_language() or "ar")
                form.add_error(refused.field if refused.field in form.fields else None, text)
            else:
                messages.success(request, _("The value is proposed. Another person decides on it."))
                return HttpResponseRedirect(reverse("admin:rulebook_rulechange_change", args=[change.pk]))
        pack = pack_in_force()
        context = {
            "form": form,
            "key": key,
            "unit": KEYS[key].unit,
            "words": words(pack, key),
            "standing": [line(e) for e in pack.entries if e.key == key and e.holds(timezone.localdate())],
            "heading": _("Propose a value"),
        }
        return self._page(request, "propose", context, status=422 if form.errors else 200)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show what a proposal would change, and decide it."""
        row = self.get_object(request, unquote(object_id or ""))
        if row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined,no-any-return]
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        problem = self._decide(request, row) if request.method == "POST" else ""
        if request.method == "POST" and not problem:
            return HttpResponseRedirect(request.path)
        return self._page(request, "change", self._said(request, row, problem), status=422 if problem else 200)

    def _decide(self, request: HttpRequest, row: RuleChange) -> str:
        """Do what was asked for; return what stands against it."""
        viewer, note = viewer_of(request), request.POST.get("note", "")[:2000]
        try:
            if "_accept" in request.POST:
                deciding.accept(row, viewer=viewer, note=note)
                messages.success(request, _("The value is accepted and holds from its day on."))
            elif "_refuse" in request.POST:
                deciding.refuse(row, viewer=viewer, note=note)
                messages.success(request, _("The proposal is turned down."))
            elif "_withdraw" in request.POST:
                deciding.withdraw(row, viewer=viewer, note=note)
                messages.success(request, _("The proposal is taken back."))
        except RuleRefused as refused:
            return refused.message(get_language() or "ar")
        return ""

    def _said(self, request: HttpRequest, row: RuleChange, problem: str) -> dict[str, Any]:
        viewer, pack = viewer_of(request), pack_before(row)
        line_before = [e for e in pack.history(row.key, row.zone or None) if e.holds(row.valid_from)]
        general = [e for e in pack.history(row.key) if e.holds(row.valid_from)]
        waits = row.state == "proposed"
        return {
            "row": row,
            "problem": problem,
            "words": words(pack, row.key),
            "before": next((line(entry) for entry in (*line_before, *general)), None),
            "is_zone_new": bool(row.zone) and not line_before,
            "value": shown_value(row.key, row.value),
            "source": shown_source(row.source),
            "state": dict(STATES)[row.state],
            "last_day": row.valid_from - timedelta(1),
            "may_decide": waits and deciding.may_decide(viewer, row),
            "may_withdraw": waits and viewer.user_id == row.proposed_by_id,
            "heading": _("Change of a rule") + f" {row.pk}",
        }

    def _page(self, request: HttpRequest, name: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
        crumbs = [(reverse("admin:index"), _("Set-up")), (reverse(LIST), self.opts.verbose_name_plural)]
        more = {"opts": self.opts, "crumbs": crumbs, "book": reverse(BOOK)}
        return TemplateResponse(request, f"rulebook/{name}.html", {**context, **more}, status=status)
