"""Forms of the set-up pages: a feature to edit, a file to add, a layer to describe.

What they read is plain text: what it means is judged by the one writer (``layers.editing``, ``layers.definitions``),
whose findings come back to the fields they speak of.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django import forms
from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from layers import crs
from layers.catalog.base import Layer
from layers.definitions import KINDS, MAX_ZOOM, FieldDefinition, LayerDefinition
from layers.edit_checks import EditFinding, editable_fields
from layers.files.mapping import TEXT_LIMIT, LayerField
from layers.locator import categories
from layers.shapes import ShapeUnreadable, read_shape

__all__ = ["DefinitionForm", "FeatureForm", "FieldForm", "FieldFormSet", "UploadForm", "tell"]

COLOURS: Final = [
    ("", _("none")),
    ("--map-plan", _("green")),
    ("--map-place", _("blue")),
    ("--map-district", _("violet")),
    ("--map-prohibited-line", _("red")),
    ("--map-case-line", _("amber")),
    ("--map-zoning-line", _("brown")),
    ("--map-block", _("grey")),
    ("--map-growth", _("light green")),
    ("--map-zoning", _("sand")),
    ("--map-prohibited", _("light red")),
    ("--map-case", _("light amber")),
]
READERS: Final = [("everyone", _("Everyone")), ("staff", _("Staff only"))]
KIND_NAMES: Final = {
    "text": _("Text"),
    "integer": _("Whole number"),
    "float": _("Decimal number"),
    "datetime": _("Moment"),
}
CHOICE_NAMES: Final = {
    "arterial": _("Arterial road"),
    "collector": _("Collector road"), "local": _("Local road"), "alley": _("Alley"),
    "yes": _("Yes"), "limited": _("Partly"), "no": _("No"), "both": _("Both ways"),
    "forward": _("One way, as the line is drawn"), "backward": _("One way, against the line"),
    "all": _("Everybody"), "foot": _("On foot only"), "car": _("Cars only"),
    "bollard": _("Bollards"), "gate": _("Gate"), "wall": _("Wall"),
}  # fmt: skip
"""Words for the choices of built-in layers; a choice without one shows its code."""

DEGREES: Final = "EPSG:4326"


def tell(form: forms.Form, findings: tuple[EditFinding, ...]) -> None:
    """Put findings to the fields that they speak of; those of no field of the form stand above it."""
    for finding in findings:
        form.add_error(finding.field if finding.field in form.fields else None, finding.text(get_language() or "ar"))


def _title(field: LayerField) -> str:
    return field.en if get_language() == "en" else field.ar


def _choice_name(field: LayerField, code: str) -> Any:
    """Return the words for a choice: of categories and kinds as the locator's data have them."""
    known = {"category": categories.CATEGORIES, "kind": categories.KINDS}.get(field.name, {})
    named: Any = known.get(code)  # type: ignore[attr-defined]  # two mappings of things that have names
    if named is None:
        return CHOICE_NAMES.get(code, code)
    return named.en if get_language() == "en" else named.ar


class FeatureForm(forms.Form):
    """The fields of one feature of a layer, its shape, and the version that was looked at."""

    expected = forms.CharField(widget=forms.HiddenInput, required=False, max_length=40)

    def __init__(self, layer: Layer, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.layer = layer
        for field in editable_fields(layer):
            self.fields[field.name] = self._field(field)
        storage = crs.label(settings.STORAGE_SRID)
        self.fields["geom"] = forms.CharField(
            label=_("Shape on the map"),
            required=False,
            strip=True,
            help_text=_("WKT or GeoJSON: one point, line or area. Left empty, a shape that is there stays."),
            widget=forms.Textarea(attrs={"rows": 6, "dir": "ltr", "spellcheck": "false"}),
        )
        self.fields["geom_crs"] = forms.ChoiceField(
            label=_("Coordinates of the shape"),
            choices=[(f"EPSG:{settings.STORAGE_SRID}", storage), (DEGREES, _("Degrees (WGS 84), longitude first"))],
        )

    @staticmethod
    def _field(field: LayerField) -> forms.Field:
        if field.choices:
            empty = [] if field.default else [("", "—")]
            choices = [*empty, *((c, _choice_name(field, c)) for c in field.choices)]
            return forms.ChoiceField(label=_title(field), choices=choices, required=field.required)
        long = field.kind == "text" and field.name not in ("code", "phone", "plan_no", "block_no")
        attrs = {} if long else {"dir": "ltr"}
        return forms.CharField(
            label=_title(field),
            required=field.required,
            max_length=2 * TEXT_LIMIT,  # beyond ours, which says so in its own words
            widget=forms.TextInput(attrs={**attrs, "autocomplete": "off"}),
        )

    def clean_expected(self) -> datetime | None:
        text = self.cleaned_data["expected"]
        try:
            return datetime.fromisoformat(text) if text else None
        except ValueError:
            raise forms.ValidationError(
                _("The version of the feature is not understood; open the page again.")
            ) from None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        text, system = cleaned.get("geom", ""), cleaned.get("geom_crs", "")
        if text and system:
            try:
                cleaned["shape"] = read_shape(text, system)
            except ShapeUnreadable as error:
                self.add_error("geom", error.text(get_language() or "ar"))
        return cleaned

    def values(self) -> dict[str, Any]:
        """Return what was typed, by field of the layer."""
        return {f.name: self.cleaned_data[f.name] for f in editable_fields(self.layer) if f.name in self.cleaned_data}


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("File"), help_text=_("GPKG, GeoJSON, FlatGeobuf, GeoParquet, or a Shapefile in one zip."),
        widget=forms.ClearableFileInput(attrs={"accept": ".gpkg,.geojson,.json,.fgb,.parquet,.zip"}),
    )  # fmt: skip
    layer = forms.CharField(
        label=_("Layer of the file"), required=False, max_length=200, help_text=_("Only where the file has several.")
    )
    crs = forms.CharField(
        label=_("Coordinate system"),
        required=False,
        max_length=32,
        help_text=_("Such as EPSG:20439. Only where the file does not say it, or says it wrongly."),
        widget=forms.TextInput(attrs={"dir": "ltr"}),
    )


class DefinitionForm(forms.Form):
    """An added layer but for its fields, which are a formset."""

    code = forms.CharField(
        label=_("Code"),
        max_length=60,
        help_text=_("Small Latin letters; it stands in the layer's addresses for good."),
        widget=forms.TextInput(attrs={"dir": "ltr"}),
    )
    name_ar = forms.CharField(label=_("Title in Arabic"), max_length=200)
    name_en = forms.CharField(label=_("Title in English"), max_length=200, widget=forms.TextInput(attrs={"dir": "ltr"}))
    readers = forms.ChoiceField(label=_("Who may see it"), choices=READERS)
    min_zoom = forms.IntegerField(label=_("Shown from zoom"), min_value=0, max_value=MAX_ZOOM)
    max_zoom = forms.IntegerField(label=_("Shown to zoom"), min_value=0, max_value=MAX_ZOOM)
    line = forms.ChoiceField(label=_("Colour of lines and points"), choices=COLOURS, required=False)
    fill = forms.ChoiceField(label=_("Colour of areas"), choices=COLOURS, required=False)
    width_px = forms.FloatField(label=_("Width of lines (pixels)"), min_value=0, max_value=20)
    label = forms.CharField(
        label=_("Field written on the map"), required=False, max_length=40, widget=forms.TextInput(attrs={"dir": "ltr"})
    )
    label_zoom = forms.IntegerField(label=_("Written from zoom"), min_value=0, max_value=MAX_ZOOM)
    source_ar = forms.CharField(label=_("Source in Arabic"), required=False, max_length=500)
    source_en = forms.CharField(label=_("Source in English"), required=False, max_length=500)
    licence = forms.CharField(
        label=_("Licence"),
        required=False,
        max_length=500,
        help_text=_("Its address or SPDX id. Empty: all rights kept."),
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)

    @staticmethod
    def initial_of(definition: LayerDefinition) -> dict[str, Any]:
        """Return what the form shows of a definition."""
        style = {"fill": "", "line": "", "width_px": 1.0, "label": "", "label_zoom": 16, **definition.style}
        plain = ("code", "name_ar", "name_en", "readers", "min_zoom", "max_zoom", "source_ar", "source_en", "licence")
        return {**{name: getattr(definition, name) for name in plain}, **style}

    def definition(self, geometry: str, fields: tuple[FieldDefinition, ...]) -> LayerDefinition:
        """Return the definition that was typed."""
        held: Mapping[str, Any] = self.cleaned_data
        style = {name: held[name] for name in ("fill", "line", "width_px", "label", "label_zoom")}
        plain = ("code", "name_ar", "name_en", "readers", "min_zoom", "max_zoom", "source_ar", "source_en", "licence")
        return LayerDefinition(geometry=geometry, fields=fields, style=style, **{name: held[name] for name in plain})


class FieldForm(forms.Form):
    """One field of an added layer. ``is_taken`` is off for an attribute that stays out."""

    is_taken = forms.BooleanField(label=_("Take"), required=False, initial=True)
    name = forms.CharField(
        label=_("Name"), max_length=200, required=False, widget=forms.TextInput(attrs={"dir": "ltr"})
    )
    ar = forms.CharField(label=_("Title in Arabic"), max_length=200, required=False)
    en = forms.CharField(label=_("Title in English"), max_length=200, required=False)
    kind = forms.ChoiceField(label=_("Kind"), choices=[(k, KIND_NAMES[k]) for k in KINDS])
    readers = forms.ChoiceField(label=_("Who may see it"), choices=READERS)
    tile_zoom = forms.IntegerField(
        label=_("In tiles from zoom"), required=False, min_value=0, max_value=MAX_ZOOM,
        help_text=_("Empty: not in tiles."),
    )  # fmt: skip

    def definition(self) -> FieldDefinition | None:
        """Return the field, None where it is not taken."""
        held = self.cleaned_data
        if not held.get("is_taken") or not held.get("name"):
            return None
        return FieldDefinition(
            held["name"], held["ar"] or held["name"], held["en"] or held["name"], held["kind"], held["readers"],
            held["tile_zoom"],
        )  # fmt: skip


FieldFormSet = forms.formset_factory(FieldForm, extra=0, max_num=100, absolute_max=100, validate_max=True)
