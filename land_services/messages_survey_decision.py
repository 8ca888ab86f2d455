# ruff: noqa: E501 - a sentence is read whole
"""Texts of the checks of a survey decision (SVD)."""

from __future__ import annotations

from typing import Final

__all__ = ["SURVEY_DECISION"]

_AREAS_AR = "مساحة القطعة {parcel} من الطبيعة {measured_area} م² وفي الصك {deed_area} م²"
_AREAS_EN = "Parcel {parcel} measures {measured_area} m² and its deed says {deed_area} m²"

SURVEY_DECISION: Final[dict[str, dict[str, dict[str, str]]]] = {
    "SVD-01": {
        "": {
            "ar": "القرار المساحي لقطعة واحدة، وحُددت {count}؛ أما معالجة بقية أرض من عدة صكوك أو قطع فليست من هذه الخدمة، وتُقدَّم بالدمج أو تعديل الحد الفاصل أولًا.",
            "en": "A survey decision describes one parcel; {count} were named. To fix a remainder of several deeds or parcels is no matter of this service: file a merge or a boundary adjustment first.",
        },
    },
    "SVD-02": {
        "": {
            "ar": "في الملف {file} عدد المضلعات {count}، والمطلوب مضلع واحد: القطعة كما هي على الطبيعة. تُرسم الأراضي المستبعدة والغرفة والشطفات في طبقاتها.",
            "en": "The file {file} draws {count} polygons; it must draw one: the parcel as it lies on the ground. Excluded land, room and corner cuts go on their own layers.",
        },
    },
    "SVD-03": {
        "outside": {
            "ar": "الرفع يخرج عن حدود القطعة {parcel} المسجلة بمقدار يصل إلى {distance} م ({area} م²)، والمقبول {tolerance} م؛ القرار المساحي لا ينشئ أرضًا. صحح الرفع أو قدّم تعديل الحد.",
            "en": "The survey goes beyond the registered parcel {parcel} by up to {distance} m ({area} m²); {tolerance} m are accepted. A survey decision makes no land: correct the survey or file a boundary adjustment.",
        },
        "inside": {
            "ar": "حد الرفع داخل حدود القطعة {parcel} المسجلة بمقدار يصل إلى {distance} م ({area} م²)، والمقبول {tolerance} م. ارسم القطعة كاملة وبيّن المستبعد منها في طبقة EXCLUDED.",
            "en": "The surveyed outline lies inside the registered parcel {parcel} by up to {distance} m ({area} m²); {tolerance} m are accepted. Draw the whole parcel and show what is left out on layer EXCLUDED.",
        },
        "spike": {
            "ar": "حد الرفع يبتعد عن حدود القطعة {parcel} بنتوء رفيع طوله {distance} م، والمقبول {tolerance} م. صحح نقاط الحد.",
            "en": "The surveyed outline leaves parcel {parcel} by a needle of {distance} m; {tolerance} m are accepted. Correct the corners.",
        },
        "neighbour": {
            "ar": "الرفع يدخل في القطعة المجاورة {neighbour} بمساحة {area} م²؛ صحح الرفع، أو سوِّ الحد مع الجار بتعديل الحد الفاصل.",
            "en": "The survey reaches {area} m² into the neighbouring parcel {neighbour}; correct it, or settle the line with the neighbour by a boundary adjustment.",
        },
    },
    "SVD-04": {
        "accept": {
            "ar": _AREAS_AR + "؛ الفرق {difference} م² ({percent}٪) ضمن المقبول ({tolerance} م²).",
            "en": _AREAS_EN + ": {difference} m² ({percent} %) are within the accepted {tolerance} m².",
        },
        "surplus": {
            "ar": _AREAS_AR
            + "؛ الزائدة {difference} م² ({percent}٪) تُعالج بتحديث الصك بضوابط الزوائد (حدها {ceiling}٪)، ولا يثبتها هذا القرار.",
            "en": _AREAS_EN
            + ": the surplus of {difference} m² ({percent} %) is a matter of the deed update by the surplus rules (up to {ceiling} %); this decision grants none of it.",
        },
        "over_ceiling": {
            "ar": _AREAS_AR
            + "؛ الزائدة {difference} م² ({percent}٪) تتجاوز حد ضوابط الزوائد ({ceiling}٪)، ولا يثبتها هذا القرار.",
            "en": _AREAS_EN
            + ": the surplus of {difference} m² ({percent} %) is beyond the ceiling of the surplus rules ({ceiling} %); this decision grants none of it.",
        },
        "less": {
            "ar": _AREAS_AR + "؛ النقص {difference} م² ({percent}٪) يُعدَّل في الصك بتحديثه بعد إقرار المالك.",
            "en": _AREAS_EN
            + ": {difference} m² ({percent} %) less, which a deed update amends with the owner's consent.",
        },
        "unknown": {
            "ar": "لا مساحة للقطعة {parcel} وحدها في صكها؛ مساحتها من الطبيعة {measured_area} م².",
            "en": "No deed states an area for parcel {parcel} alone; it measures {measured_area} m².",
        },
    },
    "SVD-05": {
        "": {
            "ar": "إحداثيات الملف على {crs}، والمطلوب المرجع الجيوديسي الوطني (KSA-GRF17: {accepted}). أعد إخراج الرفع على أحدها، مثل EPSG:9359 للنطاق 39، من الأرصاد نفسها لا بإزاحة الرسم.",
            "en": "The file's coordinates are on {crs}; the national geodetic reference is required (KSA-GRF17: {accepted}). Compute the survey anew on one of them, such as EPSG:9359 for zone 39, from the observations and not by shifting the drawing.",
        },
        "local": {
            "ar": "إحداثيات الملف محلية للموقع، والمطلوب المرجع الجيوديسي الوطني (KSA-GRF17: {accepted}). اربط الرفع بنقاط الضبط ثم أعد إخراجه.",
            "en": "The file's coordinates are a site grid; the national geodetic reference is required (KSA-GRF17: {accepted}). Tie the survey to control points and write it again.",
        },
    },
    "SVD-06": {
        "gnss": {
            "ar": "ذُكر الرفع بجهاز الأقمار الصناعية وحده؛ الدليل يطلب معه محطة الرصد المتكاملة. أكمل الرفع ثم عدّل النموذج.",
            "en": "Only a satellite receiver was used; the guide asks for a total station with it. Complete the survey, then amend the form.",
        },
        "total_station": {
            "ar": "ذُكر الرفع بمحطة الرصد المتكاملة وحدها؛ الدليل يطلب معها جهاز الأقمار الصناعية. أكمل الرفع ثم عدّل النموذج.",
            "en": "Only a total station was used; the guide asks for a satellite receiver with it. Complete the survey, then amend the form.",
        },
        "unknown": {
            "ar": "لم تُذكر أجهزة الرفع؛ يطلب الدليل جهاز الأقمار الصناعية ومحطة الرصد المتكاملة معًا، ويُذكران في النموذج.",
            "en": "The instruments are not stated; the guide asks for a satellite receiver and a total station, and the form asks which were used.",
        },
    },
    "SVD-07": {
        "coarse": {
            "ar": "الدقة المذكورة {stated} مم، والمطلوب لهذا النوع من المشاريع {limit} مم أو أدق. أعد الرفع بدقة أعلى.",
            "en": "The stated accuracy is {stated} mm; this kind of project asks for {limit} mm or better. Measure again more exactly.",
        },
        "fine": {
            "ar": "الدقة المذكورة {stated} مم أدق من أدق ما يُطلب ({limit} مم)؛ تحقق من أنها كُتبت بالمليمتر.",
            "en": "The stated accuracy of {stated} mm is finer than any that is asked ({limit} mm); see whether it was written in millimetres.",
        },
        "unknown": {
            "ar": "لم تُذكر دقة الرفع؛ المطلوب {limit} مم أو أدق، وتُذكر في النموذج.",
            "en": "The accuracy of the survey is not stated; {limit} mm or better is required, and the form asks for it.",
        },
    },
    "SVD-08": {
        "all": {
            "ar": "القطعة {parcel} كلها في نطاق محظور أو واد أو مجرى سيل ({zone_name})؛ لا يصدر لها قرار مساحي.",
            "en": "All of parcel {parcel} lies in a prohibited zone, valley or flood course ({zone_name}); no survey decision is issued for it.",
        },
        "part": {
            "ar": "يقع من القطعة {parcel} مقدار {area} م² في نطاق محظور أو واد أو مجرى سيل ({zone_name})؛ يُبيَّن في الرسم ويُستبعد من المساحة الصافية.",
            "en": "{area} m² of parcel {parcel} lie in a prohibited zone, valley or flood course ({zone_name}); they are shown and left out of the net area.",
        },
    },
    "SVD-09": {
        "beside": {
            "ar": "الأرض المستبعدة {label} لا تتداخل مع القطعة؛ ارسم منها ما يقع على القطعة أو احذفها.",
            "en": "The excluded land {label} does not overlap the parcel; draw what of it lies on the parcel, or take it out.",
        },
        "shown": {
            "ar": "الأرض المستبعدة {label} تتداخل مع القطعة بمساحة {area} م² تُستبعد من المساحة الصافية.",
            "en": "The excluded land {label} overlaps the parcel by {area} m², which the net area leaves out.",
        },
    },
    "SVD-10": {
        "": {
            "ar": "غرفة الكهرباء {label} تخرج عن القطعة بمساحة {area} م²؛ ارسمها داخل الحد.",
            "en": "The electricity room {label} reaches {area} m² beyond the parcel; draw it inside the outline.",
        },
    },
    "SVD-11": {
        "": {
            "ar": "الشطفة {label} لا تأخذ ركنًا من أركان القطعة (المقبول {tolerance} م)؛ ارسمها داخل القطعة عند الركن نفسه.",
            "en": "The corner cut {label} takes no corner of the parcel ({tolerance} m are accepted); draw it inside the parcel, at the corner itself.",
        },
        "spills": {
            "ar": "الشطفة {label} تخرج عن حدود القطعة بأكثر من {tolerance} م؛ ارسمها داخل القطعة.",
            "en": "The corner cut {label} reaches more than {tolerance} m beyond the parcel; draw it inside.",
        },
    },
    "SVD-12": {
        "": {
            "ar": "{first} {first_label} تتداخل مع {second} {second_label} بمساحة {area} م²؛ ما يُستبعد لا يُحسب مرتين. افصل بينهما في الرسم.",
            "en": "The {first} {first_label} overlaps the {second} {second_label} by {area} m²; nothing is left out twice. Draw them apart.",
        },
    },
    "SVD-13": {
        "": {
            "ar": "رسم {what} {label} فارغ أو يقطع نفسه؛ ارسمه مضلعًا مغلقًا سليمًا.",
            "en": "The {what} {label} is empty or crosses itself; draw it as a sound closed polygon.",
        },
    },
    "SVD-14": {
        "": {
            "ar": "رقم القطعة في الملف {number} وهي القطعة {parcel} في السجل؛ القرار المساحي لا يغيّر الأرقام. صحح الرقم في الملف.",
            "en": "The file numbers the parcel {number}; in the register it is {parcel}. A survey decision renumbers nothing: correct the number in the file.",
        },
    },
}
