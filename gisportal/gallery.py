"""The page of components: every part of the look at once, for those who make pages and for the accessibility test."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

__all__ = ["gallery"]

EAST, NORTH = 412_000.0, 2_926_000.0
Ring = list[list[float]]


class ExampleForm(forms.Form):
    length = forms.CharField(label="الطول / Length", help_text="م / m")
    note = forms.CharField(label="ملاحظة / Note", required=False)


def _box(x: float, y: float, width: float, height: float) -> dict[str, Any]:
    west, south = EAST + x, NORTH + y
    ring: Ring = [
        [west, south],
        [west + width, south],
        [west + width, south + height],
        [west, south + height],
        [west, south],
    ]
    return {"type": "Polygon", "coordinates": [ring]}


def _line(*points: tuple[float, float]) -> dict[str, Any]:
    return {"type": "LineString", "coordinates": [[EAST + x, NORTH + y] for x, y in points]}


def _feature(geometry: dict[str, Any], label: str = "", id: str = "", **properties: Any) -> dict[str, Any]:
    found = {"type": "Feature", "geometry": geometry, "properties": {"label": label, **properties}}
    return {**found, "id": id} if id else found


def example_map() -> dict[str, Any]:
    """Return map data of a made-up parcel 208 that becomes three, with a finding on the third."""
    cuts = (0.0, 10.2, 20.4, 30.0)
    parts = [_feature(_box(a, 0, b - a, 15), f"{n}/208", f"part-{n}") for n, (a, b) in enumerate(pairwise(cuts), 1)]
    fronts = [
        _feature(_line((a, 0), (b, 0)), f"{b - a:.2f}") for a, b in pairwise(cuts)
    ]  # each part's side on the street
    lots = [_feature(_box(x, 0, 30, 15), str(208 + x // 30)) for x in (-60, -30, 30, 60)]
    lots += [_feature(_box(x, 15, 30, 15), str(218 + x // 30)) for x in (-60, -30, 0, 30, 60)]
    return {
        "srid": 32639,
        "before": [_feature(_box(0, 0, 30, 15), "208", "parcel-208")],
        "after": parts,
        "neighbours": lots,
        "streets": [
            _feature(_box(-60, -12, 150, 12)),
            _feature(_line((-60, -6), (90, -6)), _("Palm Street 12 m")),
        ],
        "sides": fronts,
        "findings": [_feature(_line((20.4, 0), (30, 0)), "", "finding-1", severity="error")],
    }


def example_findings() -> list[dict[str, Any]]:
    placeholder = {"title": "", "date": "", "confidence": "placeholder"}
    return [
        {
            "id": "finding-1",
            "rule": "SUB-07",
            "severity": "error",
            "message": {
                "ar": "واجهة القطعة 3 على الشارع أقل من الحد",
                "en": "Part 3 has too little frontage on the street",
            },
            "measured": {"value": 9.6, "unit": "m"},
            "required": {"value": 10.0, "unit": "m"},
            "source": placeholder,
        },
        {
            "id": "",
            "rule": "SUB-11",
            "severity": "warning",
            "message": {"ar": "مساحة الصك تختلف عن الطبيعة", "en": "The deed's area differs from the ground"},
            "measured": {"value": 450.0, "unit": "m2"},
            "required": {"value": 447.5, "unit": "m2"},
            "source": {"title": _("Decision"), "date": "1446", "confidence": "press"},
        },
    ]


@login_required
@require_safe
def gallery(request: HttpRequest) -> HttpResponse:
    if not getattr(request.user, "is_staff", False):
        raise Http404
    at = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)
    context = {
        "map_data": example_map(),
        "findings": example_findings(),
        "form": ExampleForm({"length": ""}),
        "at": at,
        "steps": [
            {"title": _("Submitted"), "state": "done", "at": at, "by": _("Surveyor")},
            {"title": _("Review"), "state": "current", "at": at, "by": _("Survey reviewer")},
            {"title": _("Decision"), "state": "waiting"},
        ],
        "pairs": [(_("Plan"), "414"), (_("Block"), "7"), (_("Parcel"), "208")],
    }
    return render(request, "gisportal/gallery.html", context)
