# ruff: noqa: E501 - a sentence is read whole
"""Texts of the checks that several services share (LND)."""

from __future__ import annotations

from typing import Final

__all__ = ["LAND"]

LAND: Final[dict[str, dict[str, dict[str, str]]]] = {
    "LND-01": {
        "": {
            "ar": "القطعة {uid} ليست قطعة قائمة في السجل: أُلغيت أو لم تُسجل قط.",
            "en": "Parcel {uid} is not a current parcel of the register: it was retired or never registered.",
        },
        "none": {"ar": "لم تُحدد أي قطعة.", "en": "No parcel was named."},
    },
    "LND-02": {
        "parts": {
            "ar": "القطعة {parcel} مسجلة من {parts} أجزاء منفصلة؛ تُعالج قبل أي تغيير عليها.",
            "en": "Parcel {parcel} is registered in {parts} separate pieces; this is settled before it is changed.",
        },
        "broken": {
            "ar": "حدود القطعة {parcel} المسجلة غير سليمة؛ تُصحح قبل أي تغيير عليها.",
            "en": "The registered outline of parcel {parcel} is broken; it is mended before it is changed.",
        },
        "defect": {
            "ar": "على القطعة {parcel} عيب مسجل منذ التحميل (تداخل أو فراغ أو رقم مكرر)؛ يُعالج قبل أي تغيير عليها.",
            "en": "Parcel {parcel} carries a defect from loading (overlap, gap or repeated number); "
            "it is settled before it is changed.",
        },
    },
    "LND-03": {
        "no_title": {
            "ar": "القطعة {parcel} لا يغطيها أي صك في السجل.",
            "en": "Parcel {parcel} is covered by no deed in the register.",
        },
        "several": {
            "ar": "القطعة {parcel} داخلة في {titles} ملكيات، ويجب أن تكون في ملكية واحدة.",
            "en": "Parcel {parcel} belongs to {titles} titles and must belong to one.",
        },
        "no_valid_deed": {
            "ar": "لا صك ساري المفعول للقطعة {parcel} (المسجل: {deeds}).",
            "en": "Parcel {parcel} has no valid deed (on record: {deeds}).",
        },
        "pending": {
            "ar": "الصك {deed} للقطعة {parcel} ينتظر تأكيد تعديل سابق من كتابة العدل أو السجل العقاري.",
            "en": "Deed {deed} of parcel {parcel} still waits for the notary or registry to confirm an earlier change.",
        },
        "returned": {
            "ar": "أعادت جهة التوثيق تعديلًا سابقًا على الصك {deed} للقطعة {parcel}؛ الصك لا يوافق الأرض حتى يُسوّى.",
            "en": "The registry returned an earlier change of deed {deed} of parcel {parcel}; until that is settled the deed does not agree with the land.",
        },
    },
    "LND-04": {
        "no_owner": {
            "ar": "ملكية القطعة {parcel} بلا مالك مسجل.",
            "en": "The title of parcel {parcel} names no owner.",
        },
        "shares": {
            "ar": "مجموع حصص ملاك القطعة {parcel} هو {total} ويجب أن يساوي واحدًا صحيحًا.",
            "en": "The owners' shares of parcel {parcel} sum to {total} and must sum to exactly 1.",
        },
    },
    "LND-05": {
        "blocks": {
            "ar": "على القطعة {parcel} {kind} برقم {reference}؛ لا يجوز التصرف فيها قبل رفعه.",
            "en": "Parcel {parcel} is under a {kind}, no. {reference}; it must be lifted first.",
        },
        "noted": {
            "ar": "على القطعة {parcel} {kind} برقم {reference}؛ ينتقل إلى القطع الناتجة.",
            "en": "Parcel {parcel} carries a {kind}, no. {reference}; it passes to the new parcels.",
        },
    },
    "LND-06": {
        "": {
            "ar": "المعاملة {case} مفتوحة على {area} م² من القطعة {parcel} نفسها.",
            "en": "Case {case} is open on {area} m² of the same parcel {parcel}.",
        },
    },
    "LND-07": {
        "": {
            "ar": "{area} م² من القطعة {parcel} خارج حدود البلدية.",
            "en": "{area} m² of parcel {parcel} lie outside the municipality.",
        },
    },
    "LND-08": {
        "": {
            "ar": "{area} م² من القطعة {parcel} داخل نطاق محظور: {zone_name}.",
            "en": "{area} m² of parcel {parcel} lie in a prohibited zone: {zone_name}.",
        },
    },
    "LND-09": {
        "found": {
            "ar": "القطعة {parcel} داخل النطاق العمراني: {phase}.",
            "en": "Parcel {parcel} lies in the urban growth phase: {phase}.",
        },
        "outside": {
            "ar": "القطعة {parcel} خارج مراحل النطاق العمراني كلها.",
            "en": "Parcel {parcel} lies outside every urban growth phase.",
        },
    },
    "LND-10": {
        "no_area": {
            "ar": "لا مساحة مسجلة من الصك للقطعة {parcel}؛ لا يمكن مقارنتها بالطبيعة ولا توزيعها على القطع.",
            "en": "No deed area is on record for parcel {parcel}; it cannot be compared with the survey or apportioned.",
        },
        "accepted": {
            "ar": "مساحة صك القطعة {parcel} {deed_area} م² ومساحتها من الطبيعة {measured_area} م²: الفرق {difference} م² "
            "({percent}٪) ضمن المقبول ({tolerance} م²)، وتوزع مساحة الصك على القطع.",
            "en": "The deed of parcel {parcel} says {deed_area} m², the survey {measured_area} m²: the difference of "
            "{difference} m² ({percent} %) is within the accepted {tolerance} m²; the deed area is apportioned.",
        },
        "deed_first_surplus": {
            "ar": "مساحة القطعة {parcel} من الطبيعة {measured_area} م² تزيد على الصك ({deed_area} م²) بمقدار {difference} م² "
            "({percent}٪) والمقبول {tolerance} م²: يُحدَّث الصك أولًا بضوابط الزوائد (حتى {ceiling}٪).",
            "en": "Parcel {parcel} measures {measured_area} m², {difference} m² ({percent} %) more than its deed "
            "({deed_area} m²); {tolerance} m² are accepted. Update the deed first, by the surplus rules (up to {ceiling} %).",
        },
        "deed_first_smaller": {
            "ar": "مساحة القطعة {parcel} من الطبيعة {measured_area} م² تنقص عن الصك ({deed_area} م²) بمقدار {difference} م² "
            "({percent}٪) والمقبول {tolerance} م²: يُحدَّث الصك أولًا بموافقة المالك على النقص.",
            "en": "Parcel {parcel} measures {measured_area} m², {difference} m² ({percent} %) less than its deed "
            "({deed_area} m²); {tolerance} m² are accepted. Update the deed first, with the owner's consent.",
        },
        "over_ceiling": {
            "ar": "مساحة القطعة {parcel} من الطبيعة {measured_area} م² تزيد على الصك ({deed_area} م²) بنسبة {percent}٪، "
            "وسقف الزوائد {ceiling}٪: لا تُعالج بضوابط الزوائد.",
            "en": "Parcel {parcel} measures {measured_area} m², {percent} % more than its deed ({deed_area} m²); surplus "
            "rules end at {ceiling} %, so they cannot settle it.",
        },
    },
    "LND-20": {
        "missing": {
            "ar": "الملف {file} لا يذكر مرجع الإحداثيات؛ حدّده (مثل EPSG:32639) أو اذكر أنه شبكة موقع محلية.",
            "en": "The file {file} names no coordinate system; state it (such as EPSG:32639) or say that it is a site grid.",
        },
        "not_transformed": {
            "ar": "إحداثيات الملف في {crs} ولم يمكن نقلها إلى {storage}.",
            "en": "The file's coordinates are in {crs} and could not be carried into {storage}.",
        },
        "refused": {
            "ar": "مرجع إحداثيات الملف {crs} مرفوض: {reason}",
            "en": "The file's coordinate system {crs} is refused: {reason}",
        },
    },
    "LND-21": {
        "legacy": {
            "ar": "إحداثيات الملف في مرجع قديم ({crs})؛ نُقلت بالعملية: {operation}، ودقتها {accuracy} م. "
            "تحفظ الزوايا بإحداثياتها الأصلية.",
            "en": "The file is in a legacy system ({crs}), transformed by: {operation}, accuracy {accuracy} m. "
            "Corners keep their source coordinates.",
        },
        "accuracy": {
            "ar": "نُقلت إحداثيات الملف من {crs} بالعملية: {operation}، ودقتها {accuracy} م.",
            "en": "The file was transformed from {crs} by: {operation}, accuracy {accuracy} m.",
        },
    },
    "LND-22": {
        "elsewhere": {
            "ar": "الرسم يبعد {distance} م عن القطعة {parcel}؛ راجع مرجع الإحداثيات (المذكور {crs}).",
            "en": "The drawing lies {distance} m away from parcel {parcel}; check the coordinate system (stated: {crs}).",
        },
        "axes": {
            "ar": "الرسم يبعد {distance} م عن القطعة {parcel}، ويقع عليها إذا بُدّل الشرق بالشمال: المحوران معكوسان "
            "(المرجع {crs}).",
            "en": "The drawing lies {distance} m away from parcel {parcel} and on it once east and north are exchanged: "
            "the axes are swapped (system {crs}).",
        },
        "belt": {
            "ar": "الرسم خارج نطاق مرجع التخزين (المذكور {crs}): {reason}",
            "en": "The drawing lies outside the belt of the storage system (stated: {crs}): {reason}",
        },
    },
    "LND-23": {
        "placed": {
            "ar": "رسم بإحداثيات محلية: أُدير {turn} درجة ونُقل إلى القطعة دون تغيير المقياس؛ أكبر فرق باقٍ {residual} م.",
            "en": "Drawn in a site grid: turned by {turn} degrees and moved onto the parcel, not stretched; "
            "{residual} m remain at most.",
        },
        "ambiguous": {
            "ar": "رسم بإحداثيات محلية ينطبق على القطعة بأكثر من اتجاه؛ اختير أقلها دورانًا ({turn} درجة، الفرق {residual} م). "
            "تأكد من اتجاهه.",
            "en": "Drawn in a site grid that fits the parcel in more than one direction; the smallest turn was taken "
            "({turn} degrees, {residual} m left). Check its direction.",
        },
        "too_far": {
            "ar": "رسم بإحداثيات محلية لا ينطبق على القطعة: يبقى فرق {residual} م بعد إدارته {turn} درجة.",
            "en": "Drawn in a site grid that does not fit the parcel: {residual} m remain after a turn of {turn} degrees.",
        },
        "no_match": {
            "ar": "رسم بإحداثيات محلية لا يطابق أي ضلع فيه ضلعًا من القطعة {parcel}.",
            "en": "Drawn in a site grid, and none of its sides matches a side of parcel {parcel}.",
        },
    },
    "LND-24": {
        "empty": {
            "ar": "الجزء {part} ليس مضلعًا مغلقًا له مساحة.",
            "en": "Part {part} is no closed polygon with an area.",
        },
        "crosses": {"ar": "حدود الجزء {part} تقطع نفسها.", "en": "The outline of part {part} crosses itself."},
        "invalid": {"ar": "حدود الجزء {part} غير سليمة.", "en": "The outline of part {part} is not valid."},
        "hole": {
            "ar": "في الجزء {part} فراغ داخلي (عددها {holes})؛ القطعة مضلع واحد بلا فراغات.",
            "en": "Part {part} has holes ({holes}); a lot is one polygon without holes.",
        },
        "repeated": {
            "ar": "زاوية مكررة في حدود الجزء {part}؛ تُدمج مع جارتها.",
            "en": "The outline of part {part} repeats a corner; it is joined with the one beside it.",
        },
    },
    "LND-25": {
        "": {
            "ar": "في الجزء {part} ضلع طوله {length} م، وأقصر ضلع مقبول {limit} م.",
            "en": "Part {part} has a side of {length} m; the shortest accepted is {limit} m.",
        },
    },
    "LND-26": {
        "": {
            "ar": "مساحة الجزء {part} المكتوبة في الملف {stated} م² والمرسومة {drawn} م²، والفرق {difference} م².",
            "en": "The file states {stated} m² for part {part} and draws {drawn} m², a difference of {difference} m².",
        },
    },
    "LND-31": {
        "none": {
            "ar": "لا صك يشمل القطعة {parcel}؛ حدد لها صكًا واحدًا.",
            "en": "No deed covers parcel {parcel}; name one for it.",
        },
        "twice": {
            "ar": "يشمل القطعة {parcel} أكثر من صك؛ لكل قطعة صك واحد.",
            "en": "More than one deed covers parcel {parcel}; each parcel has one.",
        },
        "empty": {"ar": "الصك {deed} لا يشمل أي قطعة.", "en": "Deed {deed} covers no parcel."},
        "unknown": {
            "ar": "يشمل الصك {deed} القطعة {parcel} وليست من هذا الطلب.",
            "en": "Deed {deed} covers parcel {parcel}, which is not of this case.",
        },
    },
    "LND-32": {
        "": {
            "ar": "يشمل الصك {deed} قطعًا من أكثر من ملكية؛ لكل ملكية صكوكها.",
            "en": "Deed {deed} covers parcels of more than one title; each title has deeds of its own.",
        },
    },
    "LND-33": {
        "no_number": {"ar": "اكتب رقم الصك {deed}.", "en": "Write the number of deed {deed}."},
        "no_issuer": {"ar": "اكتب جهة إصدار الصك {deed}.", "en": "Write who issued deed {deed}."},
        "form": {
            "ar": "حدد نوع الصك {deed}: إلكتروني أو ورقي.",
            "en": "Say whether deed {deed} is electronic or paper.",
        },
        "twice": {
            "ar": "الصك {deed} مكتوب مرتين بالجهة والتاريخ نفسيهما ({issuer}، {date}).",
            "en": "Deed {deed} is written twice with the same issuer and date ({issuer}, {date}).",
        },
        "recorded": {
            "ar": "الصك {deed} مسجل من قبل بالجهة والتاريخ نفسيهما ({issuer}، {date})؛ راجع الرقم.",
            "en": "Deed {deed} is on record already with the same issuer and date ({issuer}, {date}); check the number.",
        },
    },
    "LND-34": {
        "missing": {
            "ar": "اكتب تاريخ الصك {deed} هجريًا أو ميلاديًا، مثل 1448/06/19.",
            "en": "Write the date of deed {deed}, Hijri or Gregorian, such as 1448/06/19.",
        },
        "future": {
            "ar": "تاريخ الصك {deed} ({date}) في المستقبل.",
            "en": "The date of deed {deed} ({date}) is in the future.",
        },
        "before": {
            "ar": "تاريخ الصك {deed} ({date}) قبل القرار البلدي ({decided}).",
            "en": "Deed {deed} is dated {date}, before the municipal decision ({decided}).",
        },
        "answer_future": {
            "ar": "تاريخ جواب جهة التوثيق ({date}) في المستقبل.",
            "en": "The registry's answer is dated in the future ({date}).",
        },
        "answer_before": {
            "ar": "تاريخ جواب جهة التوثيق ({date}) قبل القرار البلدي ({decided}).",
            "en": "The registry's answer is dated {date}, before the municipal decision ({decided}).",
        },
    },
    "LND-35": {
        "missing": {
            "ar": "اكتب مساحة الصك {deed} بالمتر المربع.",
            "en": "Write the area of deed {deed} in square metres.",
        },
        "differs": {
            "ar": "مساحة الصك {deed} {deed_area} م² ومساحة قطعه في السجل {register_area} م²: الفرق {difference} م² ضمن المقبول ({tolerance} م²).",
            "en": "Deed {deed} says {deed_area} m², the register {register_area} m² for its parcels: a difference of {difference} m², within the accepted {tolerance} m².",
        },
        "beyond": {
            "ar": "مساحة الصك {deed} {deed_area} م² ومساحة قطعه في السجل {register_area} م²: الفرق {difference} م² يتجاوز المقبول ({tolerance} م²). راجع القطع والمساحة، أو سجّل إعادة التعديل.",
            "en": "Deed {deed} says {deed_area} m², the register {register_area} m² for its parcels: a difference of {difference} m², beyond the accepted {tolerance} m². Check parcels and area, or record a return.",
        },
    },
    "LND-90": {
        "": {
            "ar": "تعذر إجراء الفحص {check} على هذا الرسم ({reason})؛ لا يُقبل الملف قبل إجرائه.",
            "en": "The check {check} could not be made on this drawing ({reason}); the file is not accepted without it.",
        },
    },
    "REG-01": {
        "changed": {
            "ar": "تغيّرت الأرض منذ إعداد هذا التغيير: أنهى «{reference}» نسخة القطعة {uid} المبنيَّ عليها. أعد الفحص على السجل كما هو الآن.",
            "en": "The land changed since this change was planned: '{reference}' ended the version of parcel {uid} that it rests on. Check again on the register as it is now.",
        },
        "unknown": {
            "ar": "لا يعرف السجل نسخة القطعة {uid} التي بُني عليها هذا التغيير. أعد الفحص على السجل كما هو الآن.",
            "en": "The register does not know the version of parcel {uid} that this change rests on. Check again on the register as it is now.",
        },
        "title": {
            "ar": "تغيّرت الملكية رقم {title} أو صكها أو القيود عليها منذ إعداد هذا التغيير. أعد الفحص على السجل كما هو الآن.",
            "en": "Title {title}, its deed or a restriction on it changed since this change was planned. Check again on the register as it is now.",
        },
    },
    "REG-02": {
        "": {
            "ar": "منعت حراسة السجل هذا التغيير ({guard}): {message}",
            "en": "The register's guard refused this change ({guard}): {message}",
        },
    },
}
