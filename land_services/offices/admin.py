"""Licences and authorisations in the set-up; each change is audited."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from land_services.catalogue import load_catalogue, office_classes
from layers.locator.admin_days import AuditedAdmin
from layers.models import District

from .models import Authorisation, OfficeLicence, WorkArea


class OfAdministrators(AuditedAdmin):
    """Written by administrators; nothing of it is deleted, dates end it."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_add_permission(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_add_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def _classes() -> list[tuple[str, str]]:
    """Return the classes in the language of the page."""
    english = get_language() == "en"
    return [(code, one.en if english else one.ar) for code, one in office_classes().items()]


class LicenceForm(forms.ModelForm):
    """A licence, its classes chosen among those that the catalogue knows."""

    classes = forms.MultipleChoiceField(
        label=_("classified for"), choices=_classes, required=False, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = OfficeLicence
        exclude: ClassVar[tuple[str, ...]] = ()


@admin.register(OfficeLicence)
class OfficeLicenceAdmin(OfAdministrators):
    form = LicenceForm
    list_display = (
        "office",
        "classification",
        "classes",
        "valid_from",
        "valid_until",
        "suspended_from",
        "suspended_until",
    )
    date_hierarchy = "valid_until"
    raw_id_fields = ("party",)
    list_select_related = ("party",)

    @admin.display(description=_("office"), ordering="party")
    def office(self, licence: OfficeLicence) -> str:
        """Return the name that the office is licensed under."""
        names = (licence.party.name_en, licence.party.name_ar)
        return next(filter(None, names if get_language() == "en" else reversed(names)), str(licence.party))


def _services() -> list[tuple[str, str]]:
    """Return the services of the public in the language of the page."""
    english = get_language() == "en"
    cards = [card for card in load_catalogue().values() if card.audience == "public"]
    return [(card.code, card.name_en if english else card.name_ar) for card in cards]


class AuthorisationForm(forms.ModelForm):
    """An authorisation; what it is for is chosen among the services."""

    services = forms.MultipleChoiceField(
        label=_("for these services"),
        help_text=_("None chosen means a general authorisation: for every service."),
        choices=_services,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = Authorisation
        exclude: ClassVar[tuple[str, ...]] = ()


@admin.register(Authorisation)
class AuthorisationAdmin(OfAdministrators):
    form = AuthorisationForm
    list_display = ("number", "principal", "agent", "valid_from", "valid_until", "revoked_on")
    search_fields = ("number",)
    raw_id_fields = ("principal", "agent")


def _districts() -> list[tuple[str, str]]:
    """Return the districts of today in the language of the page."""
    english = get_language() == "en"
    rows = District.objects.filter(end_lifespan_version=None).values_list("uid", "name_ar", "name_en")
    named = [(str(uid), (en if english else ar) or ar or en) for uid, ar, en in rows]
    return sorted(named, key=lambda pair: pair[1])


class WorkAreaForm(forms.ModelForm):
    """An area of work, its districts chosen among those of today; each belongs to one."""

    districts = forms.MultipleChoiceField(label=_("districts"), choices=_districts, widget=forms.CheckboxSelectMultiple)

    class Meta:
        model = WorkArea
        exclude: ClassVar[tuple[str, ...]] = ()

    def clean_districts(self) -> list[str]:
        chosen: list[str] = self.cleaned_data["districts"]
        others = WorkArea.objects.filter(districts__overlap=chosen).exclude(pk=self.instance.pk)
        if taken := ", ".join(others.order_by("code").values_list("code", flat=True)):
            raise ValidationError(
                _("Districts chosen here belong to another area of work: %(areas)s.") % {"areas": taken}
            )
        return chosen


@admin.register(WorkArea)
class WorkAreaAdmin(OfAdministrators):
    form = WorkAreaForm
    list_display = ("code", "name_ar", "name_en")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The code stands once roles and requests may name it."""
        return ("code",) if obj else ()
