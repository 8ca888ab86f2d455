# ruff: noqa: E501 - a sentence is read whole
"""Texts of the checks of a boundary adjustment (BDA)."""

from __future__ import annotations

from typing import Final

__all__ = ["ADJUSTMENT"]

ADJUSTMENT: Final[dict[str, dict[str, dict[str, str]]]] = {
    "BDA-01": {
        "count": {
            "ar": "تعديل الحد يكون بين قطعتين، وحُددت {count}.",
            "en": "A boundary adjustment is between two parcels; {count} were named.",
        },
        "apart": {
            "ar": "القطعتان {first} و{second} لا يجمعهما ضلع مشترك يُعدَّل.",
            "en": "Parcels {first} and {second} share no side that could be moved.",
        },
    },
    "BDA-02": {
        "count": {
            "ar": "في الملف {file} عدد المضلعات {count}، والمطلوب مضلعان: كل قطعة كما ستكون بعد التعديل.",
            "en": "The file {file} draws {count} polygon(s); it must draw two: each parcel as it shall be.",
        },
        "numbers": {
            "ar": "أرقام المضلعين في الملف {file} ({numbers}) ليست رقمي القطعتين ({wanted}).",
            "en": "The polygons of {file} are numbered {numbers}; the parcels are {wanted}.",
        },
    },
    "BDA-03": {
        "plan": {
            "ar": "القطعة {first} في المخطط {this} والقطعة {second} في المخطط {that}؛ لا تنتقل أرض بين مخططين.",
            "en": "Parcel {first} lies in plan {this} and parcel {second} in plan {that}; land does not pass between plans.",
        },
        "use": {
            "ar": "استعمال القطعة {first} ({this}) غير استعمال القطعة {second} ({that})؛ يُغيَّر الاستعمال أولًا.",
            "en": "Parcel {first} has the use {this} and parcel {second} {that}; the use is changed first.",
        },
    },
    "BDA-04": {
        "passes": {
            "ar": "تنتقل {area} م² من القطعة {giver} إلى القطعة {taker}.",
            "en": "{area} m² pass from parcel {giver} to parcel {taker}.",
        },
        "nothing": {
            "ar": "الملف {file} لا ينقل الحد: القطعتان فيه كما هما في السجل.",
            "en": "The file {file} moves nothing: it draws both parcels as they are registered.",
        },
    },
}
