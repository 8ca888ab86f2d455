# ruff: noqa: E501 - a sentence is read whole
"""Texts of the checks of a subdivision (SUB)."""

from __future__ import annotations

from typing import Final

__all__ = ["SUBDIVISION"]

SUBDIVISION: Final[dict[str, dict[str, dict[str, str]]]] = {
    "SUB-01": {
        "": {
            "ar": "الفرز لقطعة واحدة، وحُددت {count} قطع؛ تُدمج أولًا.",
            "en": "A subdivision divides one parcel; {count} were named. Merge them first.",
        },
    },
    "SUB-02": {
        "": {
            "ar": "في الملف {file} عدد القطع المرسومة {count}، والفرز قطعتان على الأقل.",
            "en": "The file {file} draws {count} part(s); a subdivision has at least two.",
        },
    },
    "SUB-03": {
        "": {
            "ar": "واجهة القطعة {part} على الشارع {length} م، والمطلوب {least} م على الأقل (النطاق {zone_code}).",
            "en": "Part {part} fronts the street by {length} m; at least {least} m are required (zone {zone_code}).",
        },
    },
    "SUB-04": {
        "": {
            "ar": "مساحة القطعة {part} هي {area} م²، والمطلوب {least} م² على الأقل (النطاق {zone_code}).",
            "en": "Part {part} has {area} m²; at least {least} m² are required (zone {zone_code}).",
        },
    },
    "SUB-05": {
        "": {
            "ar": "عرض القطعة {part} في أضيق موضع {width} م، والمطلوب {least} م على الأقل (النطاق {zone_code}).",
            "en": "Part {part} is {width} m wide at its narrowest; at least {least} m are required (zone {zone_code}).",
        },
    },
    "SUB-06": {
        "landlocked": {
            "ar": "القطعة {part} حبيسة لا تطل على أي شارع (تلامس {contact} م، والمطلوب {least} م).",
            "en": "Part {part} is landlocked: it touches no street (contact {contact} m, required {least} m).",
        },
        "narrow": {
            "ar": "القطعة {part} تلامس الشارع بطول {contact} م فقط، والمنفذ يتطلب {least} م.",
            "en": "Part {part} touches a street by only {contact} m; access needs {least} m.",
        },
    },
    "SUB-07": {
        "outside": {
            "ar": "الرسم يخرج عن حدود القطعة {parcel} بمقدار يصل إلى {distance} م ({area} م²)، والمقبول {tolerance} م.",
            "en": "The drawing goes beyond parcel {parcel} by up to {distance} m ({area} m²); {tolerance} m are accepted.",
        },
        "inside": {
            "ar": "حد الرسم داخل حد القطعة {parcel} بمقدار يصل إلى {distance} م ({area} م²)، والمقبول {tolerance} م.",
            "en": "The drawn outline lies inside that of parcel {parcel} by up to {distance} m ({area} m²); "
            "{tolerance} m are accepted.",
        },
        "spike": {
            "ar": "في حدود الرسم نتوء رفيع يبعد {distance} م عن حد القطعة {parcel}، والمقبول {tolerance} م.",
            "en": "The drawn outline has a needle that leaves the outline of parcel {parcel} by {distance} m; "
            "{tolerance} m are accepted.",
        },
    },
    "SUB-08": {
        "": {
            "ar": "{area} م² من القطعة {parcel} لا تقع في أي قطعة من الفرز.",
            "en": "{area} m² of parcel {parcel} are in none of the parts.",
        },
    },
    "SUB-09": {
        "": {
            "ar": "القطعتان {first} و{second} تتداخلان في {area} م².",
            "en": "Parts {first} and {second} overlap by {area} m².",
        },
    },
    "SUB-10": {
        "overlap": {
            "ar": "الرسم يتداخل مع القطعة المجاورة {neighbour} في {area} م².",
            "en": "The drawing overlaps the neighbouring parcel {neighbour} by {area} m².",
        },
        "fault": {
            "ar": "الفرز يفتح عيبًا في التغطية ({kind}) بين قطع {parcel} وجاراتها.",
            "en": "The subdivision would open a fault of the coverage ({kind}) between parts of {parcel} and neighbours.",
        },
    },
    "SUB-11": {
        "drawn": {
            "ar": "مجموع مساحات القطع المرسومة {total} م²، ومساحة القطعة {parcel} هي {area} م²: الفرق {difference} م².",
            "en": "The drawn parts sum to {total} m² and parcel {parcel} has {area} m²: a difference of {difference} m².",
        },
        "fitted": {
            "ar": "مجموع مساحات القطع المرسومة {total} م² ومساحة القطعة {parcel} هي {area} م²؛ يُطبَّق الرسم على الحد المسجل "
            "(الفرق {difference} م²).",
            "en": "The drawn parts sum to {total} m², parcel {parcel} has {area} m²; the drawing is fitted to the "
            "registered outline (difference {difference} m²).",
        },
        "exact": {
            "ar": "مساحات القطع الناتجة لا تساوي مساحة القطعة {parcel} بالمليمتر.",
            "en": "The areas of the parts do not equal that of parcel {parcel} to the millimetre.",
        },
    },
    "SUB-12": {
        "missing": {
            "ar": "الجزء {part} بلا رقم؛ اكتب رقم الشريحة داخله.",
            "en": "Part {part} has no number; write its slice number inside it.",
        },
        "twice": {
            "ar": "الرقم {number} مستعمل لأكثر من جزء.",
            "en": "The number {number} is given to more than one part.",
        },
        "taken": {
            "ar": "الرقم {number} مستعمل لقطعة أخرى في البلك نفسه.",
            "en": "The number {number} belongs to another parcel of the block.",
        },
        "parent": {
            "ar": "رقم الجزء {part} لا ينتهي برقم القطعة الأصل {parent}.",
            "en": "The number of part {part} does not end in the parent's number {parent}.",
        },
    },
    "SUB-13": {
        "missing": {
            "ar": "زاوية القطعة {part} ({corner}) عند التقاء {first} و{second} بلا شطفة، والمطلوب ضلع {least} م.",
            "en": "The {corner} corner of part {part} at {first} and {second} is not cut; a leg of {least} m is required.",
        },
        "short": {
            "ar": "شطفة القطعة {part} ({corner}) عند التقاء {first} و{second} ضلعها {leg} م، والمطلوب {least} م.",
            "en": "The cut of the {corner} corner of part {part} at {first} and {second} has a leg of {leg} m; "
            "{least} m are required.",
        },
    },
    "SUB-14": {
        "": {
            "ar": "عدد القطع {count} يزيد على {most}؛ هذا مخطط يُعتمد بخدمة اعتماد المخططات.",
            "en": "{count} parts are more than {most}; this is a layout, approved by its own service.",
        },
    },
    "SUB-15": {
        "": {
            "ar": "تعذر تطبيق الرسم على حدود القطعة {parcel}؛ راجع الموضع المبيَّن على الخريطة.",
            "en": "The drawing cannot be fitted onto parcel {parcel}; see the place shown on the map.",
        },
        "PartTooThin": {
            "ar": "القطعة {part} في الرسم على القطعة {parcel} أضيق من أن تُسجل ({area} م²). وسّعها، أو ضمّها إلى جارتها في الرسم.",
            "en": "Part {part} of the drawing on parcel {parcel} is too thin to be registered ({area} m²). Widen it, or join it to the part beside it.",
        },
        "PartInPieces": {
            "ar": "القطعة {part} في الرسم على القطعة {parcel} تنقسم إلى قطع منفصلة في الموضع المبيَّن على الخريطة. وسّع العنق بينها، أو ارسم كل قطعة منها وحدها برقمها.",
            "en": "Part {part} of the drawing on parcel {parcel} falls into separate pieces at the place shown on the map. Widen the neck between them, or draw each piece as a part with its own number.",
        },
        "ParcelCollapsesOnGrid": {
            "ar": "في القطعة {parcel} أو أحد أجزائها عنق أدق من المليمتر.",
            "en": "Parcel {parcel} or one of the parts has a neck finer than a millimetre.",
        },
        "NeighbourCollapses": {
            "ar": "لا تقبل جارة للقطعة {parcel} الزوايا الجديدة على حدها.",
            "en": "A neighbour of parcel {parcel} cannot take the new corners on its boundary.",
        },
        "PartsDoNotFit": {
            "ar": "لا تنطبق القطعة {part} في الرسم على حدود القطعة {parcel} إلا بتغييرها أكثر من المقبول ({tolerance} م). صحح زواياها في الموضع المبيَّن على الخريطة.",
            "en": "Part {part} of the drawing fits parcel {parcel} only if it is changed by more than the accepted {tolerance} m. Correct its corners at the place shown on the map.",
        },
        "PartOutsideParcel": {
            "ar": "القطعة {part} في الرسم تخرج عن حدود القطعة {parcel} بمقدار يصل إلى {distance} م ({area} م²)، والمقبول {tolerance} م. صحح زوايا حدها الخارجي في الموضع المبيَّن حتى تقع على الحد المسجل.",
            "en": "Part {part} of the drawing goes beyond parcel {parcel} by up to {distance} m ({area} m²); {tolerance} m are accepted. Correct its outer corners at the place shown so that they lie on the registered outline.",
        },
        "PartsOverlap": {
            "ar": "القطع {part} في الرسم على القطعة {parcel} تتداخل في {area} م². ارسم الحد بينها مرة واحدة بالزوايا نفسها.",
            "en": "Parts {part} of the drawing on parcel {parcel} overlap by {area} m². Draw the line between them once, with the same corners for both.",
        },
        "PartsLeaveGap": {
            "ar": "في الرسم على القطعة {parcel} فراغ مساحته {area} م² لا يقع في أي قطعة، بجوار {part}. مُدّ القطعة المجاورة إليه، أو ارسمه قطعة برقمها.",
            "en": "The drawing on parcel {parcel} leaves a gap of {area} m² that is in no part, beside {part}. Draw the part beside it up to the gap's far side, or draw the gap as a part with its own number.",
        },
        "LineNotShared": {
            "ar": "الحد المسجل بين القطعتين {parcel} غير محكم: عليه زاوية لإحداهما ليست للأخرى، والموضع مبيَّن على الخريطة؛ "
            "يصححه أولًا تحديث صك القطعة التي لها الزاوية.",
            "en": "The registered boundary between parcels {parcel} is not clean: one has a corner on it that the other "
            "lacks, at the place shown on the map. A deed update of the parcel that has the corner mends it first.",
        },
        "OpensFault": {
            "ar": "بهذا الرسم على القطعة {parcel} تنشأ فجوة أو تداخل مع جار، أو رأس لا يشترك فيه الحدان، في الموضع المبيَّن "
            "على الخريطة؛ راجع الرسم هناك، وقد يكون الحد المسجل غير محكم.",
            "en": "With this drawing on parcel {parcel} a gap or an overlap with a neighbour would open, or a corner that "
            "two outlines do not share, at the place shown on the map. Check the drawing there; the registered boundary "
            "may be unclean.",
        },
    },
    "SUB-20": {
        "plan": {
            "ar": "القطعة {parcel} ليست ضمن مخطط، ولا يُفرز إلا ما كان ضمن مخطط معتمد.",
            "en": "Parcel {parcel} belongs to no plan; only land of an approved plan may be divided.",
        },
        "use": {
            "ar": "استعمال القطعة {parcel} هو {use}، والفرز هنا للاستعمالات: {allowed}.",
            "en": "The land use of parcel {parcel} is {use}; land of these uses may be divided: {allowed}.",
        },
    },
}
