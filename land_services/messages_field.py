# ruff: noqa: E501 - a sentence is read whole
"""Texts of what is found on the site of a visit (FLD)."""

from __future__ import annotations

from typing import Final

__all__ = ["FIELD"]

FIELD: Final[dict[str, dict[str, dict[str, str]]]] = {
    "FLD-01": {
        "": {
            "ar": "رُصد الركن {corner} من القطعة {parcel} على بعد {distance} م من موضعه المسجل؛ والمسموح {tolerance} م.",
            "en": "Corner {corner} of parcel {parcel} was measured {distance} m from where it is registered; the tolerance is {tolerance} m.",
        },
    },
    "FLD-02": {
        "unsure": {
            "ar": "رُصد الركن {corner} من القطعة {parcel} بدقة {accuracy} م، ولا تكفي للحكم على سماح قدره {tolerance} م.",
            "en": "Corner {corner} of parcel {parcel} was measured to {accuracy} m, which cannot tell whether it lies within {tolerance} m.",
        },
        "unmeasured": {
            "ar": "لم يُرصد الركن {corner} من القطعة {parcel}.",
            "en": "Corner {corner} of parcel {parcel} was not measured.",
        },
    },
    "FLD-03": {
        "missing": {
            "ar": "لم توجد علامة الركن {corner} من القطعة {parcel} في الموقع.",
            "en": "The mark of corner {corner} of parcel {parcel} was not found on the site.",
        },
        "moved": {
            "ar": "علامة الركن {corner} من القطعة {parcel} منقولة عن موضعها بحسب المعاينة.",
            "en": "The mark of corner {corner} of parcel {parcel} was found moved.",
        },
    },
    "FLD-04": {
        "": {
            "ar": "النقطة المرصودة {point} لا تقابل ركنًا مسجلًا: أقرب ركن على بعد {distance} م.",
            "en": "Measured point {point} belongs to no registered corner: the nearest is {distance} m away.",
        },
    },
}
