"""The form by which a role is given: an agency's for an agency that a card names, others in an area of work."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from gisportal.accounts.models import RoleGrant
from gisportal.accounts.roles import Role
from land_services.catalogue import load_catalogue
from land_services.offices.work_areas import work_areas

__all__ = ["RoleGrantForm", "agencies"]


def agencies() -> dict[str, str]:
    """Return the agencies that cards name, each code with its words in the language of the page."""
    english = get_language() == "en"
    named: dict[str, str] = {}
    for card in load_catalogue().values():
        for asked in card.referrals:
            # A card may say what it asks about after a colon; the agency itself stands before it.
            named.setdefault(asked.code, (asked.en if english else asked.ar).partition(":")[0].strip())
    return dict(sorted(named.items()))


class AreaInput(forms.TextInput):
    """A text field that offers the codes of areas of work and of agencies with their words."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        key = f"areas-{name}"
        field = super().render(name, value, {**(attrs or {}), "list": key}, renderer)
        offered = {**work_areas(), **agencies()}
        options = format_html_join("", '<option value="{}" label="{}"></option>', offered.items())
        return format_html('{}<datalist id="{}">{}</datalist>', field, key, options)


class RoleGrantForm(forms.ModelForm):
    class Meta:
        model = RoleGrant
        fields = ("role", "area", "valid_from", "valid_until")
        widgets = {"area": AreaInput}
        help_texts = {
            "area": _(
                "Empty means everywhere; else the code of an area of work. For an agency: its code, as cards name it."
            )
        }

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("role") == Role.AGENCY and "area" in given and given["area"] not in agencies():
            known = ", ".join(agencies())
            problem = _("Choose the agency this person answers for, by its code: %(known)s.") % {"known": known}
            self.add_error("area", ValidationError(problem))
        elif given.get("role") != Role.AGENCY and given.get("area") and given["area"] not in work_areas():
            known = ", ".join(work_areas()) or "—"
            unknown = _("There is no area of work with this code. Known: %(known)s.") % {"known": known}
            self.add_error("area", ValidationError(unknown))
        return given
