# ruff: noqa: E501 - a sentence is read whole
"""Texts of the checks of a merger (MRG)."""

from __future__ import annotations

from typing import Final

__all__ = ["MERGE"]

MERGE: Final[dict[str, dict[str, dict[str, str]]]] = {
    "MRG-01": {
        "": {
            "ar": "الدمج لقطعتين أو أكثر، وحُددت {count}.",
            "en": "A merger joins two parcels or more; {count} was named.",
        },
        "many": {
            "ar": "حُددت {count} قطع، ويُدمج في طلب واحد {most} على الأكثر.",
            "en": "{count} parcels were named; one request merges at most {most}.",
        },
    },
    "MRG-02": {
        "": {
            "ar": "القطع لا تتصل ببعضها بضلع مشترك (المنفصلة: {apart})؛ التلاقي في نقطة لا يكفي.",
            "en": "The parcels are not joined along an edge (apart: {apart}); meeting at a point is not enough.",
        },
    },
    "MRG-03": {
        "": {
            "ar": "تحيط القطع مجتمعةً بأرض لغيرها مساحتها {area} م²؛ القطعة مضلع واحد بلا فراغات.",
            "en": "Together the parcels enclose {area} m² that are not theirs; a parcel is one polygon without holes.",
        },
    },
    "MRG-04": {
        "owners": {
            "ar": "ملاك القطعة {parcel} غير ملاك القطعة {other}؛ يُشترط أن يكون الملاك وحصصهم واحدة.",
            "en": "Parcel {parcel} has other owners than parcel {other}; owners and shares must be the same.",
        },
        "shares": {
            "ar": "حصص الملاك في القطعة {parcel} ({held}) تختلف عنها في القطعة {other} ({wanted})؛ يُشترط تطابقها.",
            "en": "The owners hold other shares of parcel {parcel} ({held}) than of parcel {other} ({wanted}); they must be the same.",
        },
        "other_rights": {
            "ar": "على القطعة {parcel} حقوق انتفاع أو إيجار ({held}) تختلف عما على القطعة {other} ({wanted})؛ تُسوّى لدى كتابة العدل أولًا.",
            "en": "Usufruct or lease of parcel {parcel} ({held}) is not that of parcel {other} ({wanted}); the notary settles it first.",
        },
    },
    "MRG-05": {
        "plan": {
            "ar": "القطعة {parcel} في المخطط {this}، والقطعة {other} في المخطط {that}؛ الأصل أن يكون الدمج داخل مخطط واحد.",
            "en": "Parcel {parcel} lies in plan {this} and parcel {other} in plan {that}; a merger belongs inside one plan.",
        },
        "use": {
            "ar": "استعمال القطعة {parcel} ({this}) غير استعمال القطعة {other} ({that})؛ يُوحَّد الاستعمال أولًا.",
            "en": "Parcel {parcel} has the use {this} and parcel {other} {that}; one use for both comes first.",
        },
        "block": {
            "ar": "القطعة {parcel} في البلك {this}، والقطعة {other} في البلك {that}؛ تُقيد القطعة الناتجة في البلك {that}.",
            "en": "Parcel {parcel} lies in block {this} and parcel {other} in block {that}; the result is entered in block {that}.",
        },
    },
    "MRG-06": {
        "": {
            "ar": "في الملف {file} عدد المضلعات {count} بلا حد خارجي؛ ارسم حدود القطعة الناتجة مضلعًا واحدًا، أو ضع الحد الخارجي في الطبقة OUTER.",
            "en": "The file {file} draws {count} polygons and no outer boundary; draw the merged parcel as one polygon, or its boundary on layer OUTER.",
        },
    },
    "MRG-07": {
        "outside": {
            "ar": "الرسم يخرج عن حدود القطع {parcel} المسجلة بمقدار يصل إلى {distance} م ({area} م²)، والمقبول {tolerance} م.",
            "en": "The drawing goes beyond the registered parcels {parcel} by up to {distance} m ({area} m²); {tolerance} m are accepted.",
        },
        "inside": {
            "ar": "حد الرسم داخل حدود القطع {parcel} المسجلة بمقدار يصل إلى {distance} م ({area} م²)، والمقبول {tolerance} م.",
            "en": "The drawn outline lies inside the registered parcels {parcel} by up to {distance} m ({area} m²); {tolerance} m are accepted.",
        },
        "spike": {
            "ar": "في حدود الرسم نتوء رفيع يبعد {distance} م عن حدود القطع {parcel}، والمقبول {tolerance} م.",
            "en": "The drawn outline has a needle that leaves the parcels {parcel} by {distance} m; {tolerance} m are accepted.",
        },
    },
    "MRG-08": {
        "missing": {
            "ar": "لا رقم للقطعة الناتجة في الملف {file}؛ اكتب رقمها داخل المضلع أو في الحقل parcel_no.",
            "en": "The file {file} gives the merged parcel no number; write it inside the polygon or as its parcel_no.",
        },
        "taken": {
            "ar": "الرقم {number} لقطعة أخرى في المخطط والبلك نفسيهما؛ اختر رقمًا آخر.",
            "en": "Number {number} belongs to another parcel of the same plan and block; choose another.",
        },
    },
    "MRG-09": {
        "": {
            "ar": "الصك {deed} يشمل {count} من القطع غير الداخلة في الدمج؛ يبقى لها، وتُعدله كتابة العدل.",
            "en": "Deed {deed} also covers {count} parcel(s) that are not merged; it stays for those, and the notary amends it.",
        },
    },
    "MRG-10": {
        "": {
            "ar": "لا يمكن ضم القطع على شبكة المليمتر: {reason}.",
            "en": "The parcels cannot be joined in whole millimetres: {reason}.",
        },
    },
}
