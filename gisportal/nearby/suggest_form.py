"""The form of a suggestion: fields for each kind, and what they say as a wish."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast
from uuid import UUID

from django import forms
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from layers.locator.categories import CATEGORIES, KINDS
from layers.locator.parse import read_question
from layers.locator.positions import Position
from layers.locator.suggestions import DAYS, HoursLine, Wish, findings_of, hours_of, phone_of

__all__ = ["HOURS_LINES", "KIND_WORDS", "SuggestionForm", "what_words"]

KIND_WORDS: Final = {
    "hours": gettext_lazy("The opening hours are wrong"),
    "phone": gettext_lazy("The telephone number is wrong"),
    "name": gettext_lazy("The name is wrong"),
    "position": gettext_lazy("It is somewhere else"),
    "closed_for_good": gettext_lazy("It has closed for good"),
    "other": gettext_lazy("Something else"),
    "missing_place": gettext_lazy("A place is missing"),
}

_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "hours": ("hours", "note"),
    "phone": ("phone", "note"),
    "name": ("name_ar", "name_en", "note"),
    "position": ("position", "note"),
    "closed_for_good": ("note",),
    "other": ("note",),
    "missing_place": ("what", "name_ar", "name_en", "position", "hours", "phone", "note"),
}
HOURS_LINES: Final = 4
_DAY_WORDS: Final = (
    gettext_lazy("Every day"),
    gettext_lazy("Saturday to Thursday"),
    gettext_lazy("Sunday to Thursday"),
    gettext_lazy("Saturday to Wednesday"),
    gettext_lazy("Friday and Saturday"),
    gettext_lazy("Saturday"),
    gettext_lazy("Sunday"),
    gettext_lazy("Monday"),
    gettext_lazy("Tuesday"),
    gettext_lazy("Wednesday"),
    gettext_lazy("Thursday"),
    gettext_lazy("Friday"),
)
_FIELD_OF: Final = {"opening_hours": "hours_text", "geom": "position", "category": "what", "kind": "what"}


class SuggestionForm(forms.Form):
    """Fields of one kind of suggestion. ``held`` is what the place says now; only what differs becomes a value."""

    what = forms.ChoiceField(label=gettext_lazy("What is it?"))
    name_ar = forms.CharField(label=gettext_lazy("Name in Arabic"), required=False, max_length=120)
    name_en = forms.CharField(label=gettext_lazy("Name in English"), required=False, max_length=120)
    position = forms.CharField(
        label=gettext_lazy("Position"),
        required=False,
        max_length=60,
        help_text=gettext_lazy("Latitude, then longitude, such as 26.434, 50.103; or press on the drawing."),
    )
    hours_text = forms.CharField(
        label=gettext_lazy("Or in OpenStreetMap's notation"),
        required=False,
        max_length=300,
        help_text=gettext_lazy("For whoever knows it, such as Sa-Th 08:00-23:00; Fr 16:00-23:00."),
    )
    phone = forms.CharField(
        label=gettext_lazy("Telephone number of the place"),
        required=False,
        max_length=40,
        help_text=gettext_lazy("Not your own. Digits of either kind."),
    )
    note = forms.CharField(
        label=gettext_lazy("Anything else that we should know"),
        required=False,
        max_length=500,
        help_text=gettext_lazy("About the place only: no names, no numbers of persons."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    website = forms.CharField(label=gettext_lazy("Leave this field empty"), required=False, max_length=200)

    def __init__(self, kind: str, data: Any = None, *, uid: UUID | None, held: Mapping[str, str]) -> None:
        super().__init__(data, initial={name: held.get(name, "") for name in ("name_ar", "name_en", "phone")})
        self.kind, self.uid, self.held = kind, uid, held
        self.wish: Wish | None = None
        wanted = _FIELDS[kind]
        for name in ("what", "name_ar", "name_en", "position", "phone", "note"):
            if name not in wanted:
                del self.fields[name]
        if "what" in self.fields:
            cast(forms.ChoiceField, self.fields["what"]).choices = [("", _("Choose")), *_kinds()]
        if "hours" in wanted:
            self._add_hours()
        else:
            del self.fields["hours_text"]
        if kind == "other":
            self.fields["note"].required = True
            self.fields["note"].label = _("What is wrong?")
        if "position" in self.fields:
            self.fields["position"].required = True
        for name in ("phone", "position", "hours_text", "name_en"):
            if name in self.fields:
                self.fields[name].widget.attrs["dir"] = "ltr"
        for name in ("phone", "website"):
            if name in self.fields:
                self.fields[name].widget.attrs["autocomplete"] = "off"
        if "phone" in self.fields:
            self.fields["phone"].widget.attrs["inputmode"] = "tel"
        self.fields["website"].widget.attrs["tabindex"] = "-1"

    def _add_hours(self) -> None:
        days = [("", _("No more hours")), *zip(DAYS, _DAY_WORDS, strict=True)]
        clock = {"type": "time", "class": "input", "dir": "ltr"}
        for n in range(HOURS_LINES):
            self.fields[f"days_{n}"] = forms.ChoiceField(
                choices=days, required=False, label=_("Days"), widget=forms.Select(attrs={"class": "input"})
            )
            self.fields[f"from_{n}"] = forms.CharField(
                required=False, max_length=8, label=_("from"), widget=forms.TextInput(attrs=clock)
            )
            self.fields[f"to_{n}"] = forms.CharField(
                required=False, max_length=8, label=_("until"), widget=forms.TextInput(attrs=clock)
            )

    @property
    def hours_lines(self) -> list[tuple[Any, Any, Any]]:
        if "days_0" not in self.fields:
            return []
        return [(self[f"days_{n}"], self[f"from_{n}"], self[f"to_{n}"]) for n in range(HOURS_LINES)]

    def forget_faults(self) -> None:
        """Show what was typed without judging it: nobody asked yet whether it is right."""
        self._errors: Any = {}

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("website"):
            self.add_error("website", _("This field is a trap for machines: leave it empty, then send again."))
        if self.errors:
            return said
        values = self._values(said)
        if self.errors:
            return said
        changed = {name: value for name, value in values.items() if value != self.held.get(name, "")}
        wish = Wish(self.kind, self.uid, changed, said.get("note", "").strip(), self._position(said))
        for finding in findings_of(wish):
            field = _FIELD_OF.get(finding.field, finding.field)
            self.add_error(
                field if field in self.fields else None, finding.text("en" if get_language() == "en" else "ar")
            )
        self.wish = wish
        return said

    def _values(self, said: Mapping[str, Any]) -> dict[str, str]:
        values = {name: " ".join(said[name].split()) for name in ("name_ar", "name_en") if name in said}
        if said.get("phone"):
            phone = phone_of(said["phone"])
            if phone is None:
                self.add_error(
                    "phone", _("This is no telephone number: 3 to 15 digits, with + and spaces if you like.")
                )
            else:
                values["phone"] = phone
        if "hours_text" in self.fields and (hours := self._hours(said)):
            values["opening_hours"] = hours
        if self.kind == "hours" and not self.errors and not values.get("opening_hours"):
            self.add_error(None, _("Say when it is open: at least one line."))
        if what := said.get("what"):
            category, _dot, kind = what.partition(".")
            values |= {"category": category, "kind": kind}
        if self.kind == "missing_place":
            values = {name: value for name, value in values.items() if value}
        return values

    def _hours(self, said: Mapping[str, Any]) -> str:
        lines = []
        for n in range(HOURS_LINES):
            days, begin, end = (str(said.get(f"{part}_{n}", "")).strip() for part in ("days", "from", "to"))
            if days or begin or end:
                lines.append((n, HoursLine(days, begin, end)))
        if text := str(said.get("hours_text", "")).strip():
            if lines:
                self.add_error("hours_text", _("Give the hours in one way only: as lines, or in this notation."))
            return text
        try:
            return hours_of([line for _n, line in lines])
        except ValueError as error:
            n = lines[int(error.args[0])][0]
            self.add_error(
                f"days_{n}", _("This line needs days, a time from and a time until, such as 08:00 and 22:30.")
            )
            return ""

    def _position(self, said: Mapping[str, Any]) -> Position | None:
        return read_question(said.get("position") or "", {}).position

    def typed_position(self) -> Position | None:
        """Return the position that stands in the field, whatever else is right or wrong."""
        text = self["position"].value() if "position" in self.fields else ""
        return read_question(str(text or ""), {}).position


def _kinds() -> list[tuple[str, list[tuple[str, str]]]]:
    english = get_language() == "en"
    found = []
    for code, category in CATEGORIES.items():
        kinds = [(f"{code}.{k.code}", k.en if english else k.ar) for k in category.kinds.values()]
        found.append((category.en if english else category.ar, [*kinds, (f"{code}.", _("other of this sort"))]))
    return found


def what_words(what: str) -> str:
    """Return the word for a choice of ``what``."""
    category, _dot, kind = what.partition(".")
    known = KINDS.get(kind) or CATEGORIES.get(category)
    return "" if known is None else (known.en if get_language() == "en" else known.ar)
