"""Outlines of open cases as everyone may see them: which land is asked about, for which service, since when.

Cases write them (``land_services.cases``); there is a present only. Who asks is in no field, and the reference, which
opens the case's page, is for staff.
"""

from __future__ import annotations

from layers.catalog.base import UID, Layer, Style
from layers.files.mapping import LayerField

__all__ = ["LAYER"]

LAYER = Layer(
    code="open_cases",
    title_ar="أراضٍ عليها معاملات قائمة",
    title_en="Land with an open case",
    about_ar="حدود الأراضي التي قُدمت عليها معاملة ولم يُبتّ فيها بعد، ونوع الخدمة وتاريخ التقديم، دون أي بيانات شخصية.",
    about_en=(
        "The outlines of land on which a case was filed and is not decided yet, with the service and the day it was"
        " filed; no personal data."
    ),
    table="layers_publicoutline",
    geometry="MultiPolygon",
    fields=(
        UID,
        LayerField("service", "الخدمة", "Service", is_imported=False, tile_zoom=12),
        LayerField(
            "opened_at", "تاريخ التقديم", "Filed on", "datetime", is_imported=False, short="opened_at", tile_zoom=14
        ),
        LayerField(
            "reference",
            "رقم المعاملة",
            "Case reference",
            is_imported=False,
            readers="staff",
            tile_zoom=14,
        ),
    ),
    condition="t.closed_at IS NULL",
    is_versioned=False,
    has_own_loader=True,
    min_zoom=12,
    style=Style(fill="--map-case", line="--map-case-line", width_px=2.0, fill_opacity=0.35),
)
