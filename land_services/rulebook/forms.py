"""The form of a proposal: its value is asked for as the rule's kind wants it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from land_services.isolated import ltr
from land_services.rules.schema import KEYS
from layers.digits import parse_decimal, to_latin_digits

from .deciding import Proposal
from .models import CONFIDENCE

__all__ = ["ProposalForm"]

DATE = {"type": "date"}
LTR = {"dir": "ltr"}


class ProposalForm(forms.Form):
    """Another value of one rule."""

    value = forms.CharField(label=_("New value"))
    zone = forms.CharField(
        label=_("Zone"), required=False, max_length=40, help_text=_("Code of a planning zone. Empty: in general.")
    )
    valid_from = forms.DateField(
        label=_("Holds from"),
        widget=forms.DateInput(attrs=DATE, format="%Y-%m-%d"),
        help_text=_("Cases filed before this day keep the former value."),
    )
    source_ar = forms.CharField(
        label=_("Source in Arabic"), max_length=300, widget=forms.TextInput(attrs={"lang": "ar"})
    )
    source_en = forms.CharField(
        label=_("Source in English"), max_length=300, widget=forms.TextInput(attrs={"lang": "en", **LTR})
    )
    source_date = forms.CharField(
        label=_("Date of the source"),
        required=False,
        max_length=10,
        help_text=format_lazy(
            _("As {day}, {month} or {year}. Only a placeholder may have none."),
            day=ltr("2026-11-30"),
            month=ltr("2026-11"),
            year="2026",
        ),
        widget=forms.TextInput(attrs=LTR),
    )
    confidence = forms.ChoiceField(label=_("Kind of source"), choices=CONFIDENCE)
    reason = forms.CharField(label=_("Reason"), widget=forms.Textarea(attrs={"rows": 3}), max_length=2000)

    def __init__(self, key: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.key = key
        self.fields["valid_from"].initial = timezone.localdate() + timedelta(1)
        kind = KEYS[key].kind
        if kind == "flag":
            self.fields["value"] = forms.ChoiceField(
                label=_("New value"), choices=[("yes", _("yes")), ("no", _("no"))], widget=forms.Select
            )
        elif kind == "codes":
            self.fields["value"] = forms.CharField(
                label=_("New value"),
                required=False,
                help_text=_("Codes with commas between them; empty for none."),
                widget=forms.TextInput(attrs=LTR),
            )
        else:
            self.fields["value"].widget = forms.TextInput(attrs={"inputmode": "decimal", **LTR})
        if not KEYS[key].by_zone:
            del self.fields["zone"]
        self.order_fields(["value", "zone"])

    def clean_value(self) -> Any:
        """Return the value as the rule packs hold it; a number may be written in either kind of digits."""
        text, kind = str(self.cleaned_data["value"]), KEYS[self.key].kind
        if kind == "flag":
            return text == "yes"
        if kind == "codes":
            return [code for part in text.replace("،", ",").split(",") if (code := part.strip())]
        try:
            number = parse_decimal(text)
        except ValueError:
            raise forms.ValidationError(_("Write a number, such as 12.5.")) from None
        if kind == "number":
            return float(number)
        if number != number.to_integral_value():
            raise forms.ValidationError(_("Write a whole number."))
        return int(number)

    def clean_source_date(self) -> str:
        """Return the date with Western digits."""
        return to_latin_digits(self.cleaned_data["source_date"]).strip()

    def proposal(self) -> Proposal:
        """Return what was filled in."""
        return Proposal(key=self.key, **self.cleaned_data)
