# ruff: noqa: E501 - a sentence is read whole
"""Texts of the checks of a deed against the ground (DED)."""

from __future__ import annotations

from typing import Final

__all__ = ["DEED"]


def _face(ar: str, en: str) -> dict[str, str]:
    return {
        "ar": f"طول الحد {ar} على الطبيعة {{length}} م، وفي الصك {{stated}} م (الفرق {{difference}} م)؛ يُعدَّل الطول في الصك.",
        "en": f"The {en} face measures {{length}} m and the deed says {{stated}} m ({{difference}} m apart); the deed's length is amended.",
    }


DEED: Final[dict[str, dict[str, dict[str, str]]]] = {
    "DED-01": {
        "": {
            "ar": "تحديث الصك لقطعة واحدة، وحُددت {count}.",
            "en": "A deed update restates one parcel; {count} were named.",
        },
    },
    "DED-02": {
        "": {
            "ar": "في الملف {file} عدد المضلعات {count}، والمطلوب مضلع واحد: القطعة كما هي على الطبيعة.",
            "en": "The file {file} draws {count} polygons; it must draw one: the parcel as it lies on the ground.",
        },
    },
    "DED-03": {
        "": {
            "ar": "الصك رقم {stated} ليس من صكوك القطعة {parcel} السارية ({deeds}).",
            "en": "Deed {stated} is none of the valid deeds of parcel {parcel} ({deeds}).",
        },
    },
    "DED-04": {
        "accept": {
            "ar": "مساحة القطعة {parcel} في الصك {deed_area} م² وعلى الطبيعة {measured_area} م²؛ الفرق {difference} م² ({percent}٪) ضمن المقبول ({tolerance} م²) ويُثبت في الصك.",
            "en": "The deed of parcel {parcel} says {deed_area} m², the ground {measured_area} m²: {difference} m² ({percent} %) are within the accepted {tolerance} m² and are entered in the deed.",
        },
        "surplus": {
            "ar": "مساحة القطعة {parcel} على الطبيعة {measured_area} م² تزيد على الصك ({deed_area} م²) بمقدار {difference} م² ({percent}٪)؛ تُقدَّر الزائدة وتُسدَّد بضوابط الزوائد (حدها {ceiling}٪) قبل القرار.",
            "en": "Parcel {parcel} measures {measured_area} m², {difference} m² ({percent} %) more than its deed ({deed_area} m²); the surplus is valued and paid by the surplus rules (up to {ceiling} %) before the decision.",
        },
        "surplus_first": {
            "ar": "مساحة القطعة {parcel} على الطبيعة {measured_area} م² تزيد على الصك ({deed_area} م²) بمقدار {difference} م² ({percent}٪)؛ تُشترى الزائدة بتحديث الصك أولًا ثم تُفرز الأرض.",
            "en": "Parcel {parcel} measures {measured_area} m², {difference} m² ({percent} %) more than its deed ({deed_area} m²); the surplus is bought with a deed update first, then the land is divided.",
        },
        "over_ceiling": {
            "ar": "مساحة القطعة {parcel} على الطبيعة {measured_area} م² تزيد على الصك ({deed_area} م²) بنسبة {percent}٪، وضوابط الزوائد تقف عند {ceiling}٪؛ لا يُحدَّث الصك بهذه الخدمة.",
            "en": "Parcel {parcel} measures {measured_area} m², {percent} % more than its deed ({deed_area} m²); surplus rules end at {ceiling} %, so this service cannot update the deed.",
        },
        "less": {
            "ar": "مساحة القطعة {parcel} على الطبيعة {measured_area} م² تقل عن الصك ({deed_area} م²) بمقدار {difference} م² ({percent}٪)، وأقر المالك بقبول النقص.",
            "en": "Parcel {parcel} measures {measured_area} m², {difference} m² ({percent} %) less than its deed ({deed_area} m²); the owner has consented to the smaller area.",
        },
        "less_open": {
            "ar": "مساحة القطعة {parcel} على الطبيعة {measured_area} م² تقل عن الصك ({deed_area} م²) بمقدار {difference} م² ({percent}٪)، والمقبول {tolerance} م²؛ يلزم إقرار المالك بقبول النقص.",
            "en": "Parcel {parcel} measures {measured_area} m², {difference} m² ({percent} %) less than its deed ({deed_area} m²), where {tolerance} m² are accepted; the owner must consent to the smaller area.",
        },
        "less_without_consent": {
            "ar": "مساحة القطعة {parcel} على الطبيعة {measured_area} م² تقل عن الصك ({deed_area} م²) بمقدار {difference} م² ({percent}٪) ولم يُقر المالك بقبول النقص في النموذج.",
            "en": "Parcel {parcel} measures {measured_area} m², {difference} m² ({percent} %) less than its deed ({deed_area} m²), and the owner's consent to less is not given in the form.",
        },
        "unknown": {
            "ar": "لا مساحة للقطعة {parcel} وحدها في صكها؛ تُثبت المساحة من الطبيعة {measured_area} م².",
            "en": "No deed states an area for parcel {parcel} alone; the measured {measured_area} m² are entered.",
        },
    },
    "DED-05": {
        "outside": {
            "ar": "الرفع يخرج عن حدود القطعة {parcel} المسجلة بمقدار يصل إلى {distance} م ({area} م²)، والمقبول {tolerance} م؛ تحديث الصك لا ينشئ أرضًا.",
            "en": "The survey goes beyond the registered parcel {parcel} by up to {distance} m ({area} m²); {tolerance} m are accepted. A deed update makes no land.",
        },
        "inside": {
            "ar": "حد الرفع داخل حدود القطعة {parcel} المسجلة بمقدار يصل إلى {distance} م ({area} م²)، والمقبول {tolerance} م؛ يُعدَّل الحد بخدمة تعديل الحد الفاصل.",
            "en": "The surveyed outline lies inside the registered parcel {parcel} by up to {distance} m ({area} m²); {tolerance} m are accepted. A boundary that moved is a boundary adjustment.",
        },
        "spike": {
            "ar": "في حدود الرفع نتوء رفيع يبعد {distance} م عن حد القطعة {parcel}، والمقبول {tolerance} م.",
            "en": "The surveyed outline has a needle that leaves parcel {parcel} by {distance} m; {tolerance} m are accepted.",
        },
        "neighbour": {
            "ar": "الرفع يأخذ {area} م² من القطعة المجاورة {neighbour}.",
            "en": "The survey takes {area} m² of the neighbouring parcel {neighbour}.",
        },
    },
    "DED-06": {
        "N": _face("الشمالي", "northern"),
        "E": _face("الشرقي", "eastern"),
        "S": _face("الجنوبي", "southern"),
        "W": _face("الغربي", "western"),
    },
    "DED-08": {
        "": {
            "ar": "الملف {file} لا يميّز الحد الخارجي الكامل؛ ضعه في الطبقة OUTER أو أعطه role=outer.",
            "en": "The file {file} does not mark the full outer boundary; put it on layer OUTER or give it role=outer.",
        },
    },
    "DED-09": {
        "renumbered": {
            "ar": "يعطي الملف القطعة {parcel} الرقم {number}؛ يُقيد بهذا الرقم عند الاعتماد.",
            "en": "The file gives parcel {parcel} the number {number}; it is entered under that number when approved.",
        },
        "taken": {
            "ar": "يعطي الملف القطعة {parcel} الرقم {number} وهو لقطعة أخرى في المخطط والبلك نفسيهما.",
            "en": "The file gives parcel {parcel} the number {number}, which another parcel of the same plan and block has.",
        },
    },
    "DED-07": {
        "": {
            "ar": "الصك {deed} ({dated}) ورقي؛ تصدره كتابة العدل إلكترونيًا عند التحديث.",
            "en": "Deed {deed} ({dated}) is on paper; the notary issues it electronically with the update.",
        },
    },
}
