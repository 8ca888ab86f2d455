"""About what the file draws: rings, CRS, units, numbers, boundary, what was left out (SRV-08 to 23, 26, 28)."""

from __future__ import annotations

from typing import Final


def _t(ar: str, en: str) -> dict[str, str]:
    return {"ar": ar, "en": en}


CONTENT: Final[dict[str, dict[str, dict[str, str]]]] = {
    "SRV-08": {
        "open": _t(
            "المضلع {place} غير مغلق: آخر نقطة ({x}، {y}) لا تساوي الأولى. أغلقه.",
            "The ring {place} is open: its last point ({x}, {y}) is not its first. Close it.",
        ),
        "open_by": _t(
            "حدود {place} غير مغلقة: فجوة {gap} م عند ({x}، {y}). أغلقها.",
            "The boundary of {place} is open: a gap of {gap} m at ({x}, {y}). Close it.",
        ),
        "gap": _t(
            "أضلاع {place} غير متصلة: فجوة {gap} م عند ({x}، {y}).",
            "The sides of {place} do not join: a gap of {gap} m at ({x}, {y}).",
        ),
        "few_points": _t(
            "المضلع {place} له {count} نقاط فقط ولا يحيط بمساحة.",
            "The ring {place} has only {count} points and encloses nothing.",
        ),
    },
    "SRV-09": {
        "crosses": _t(
            "حدود {place} تتقاطع مع نفسها عند ({x}، {y}). صحّح ترتيب النقاط.",
            "The boundary of {place} crosses itself at ({x}, {y}). Correct the order of its points.",
        ),
        "invalid": _t(
            "مضلع {place} غير سليم ({reason}) عند ({x}، {y}).",
            "The polygon {place} is invalid ({reason}) at ({x}, {y}).",
        ),
    },
    "SRV-10": {
        "": _t(
            "لا يوجد في الملف أي مضلع مغلق. ارسم كل قطعة مضلعاً مغلقاً.",
            "The file holds no closed polygon. Draw each part as a closed polygon.",
        ),
        "points_only": _t(
            "في الملف {points} نقطة دون أي مضلع. أضف حدود القطع.",
            "The file holds {points} points but no polygon. Add the boundaries of the parts.",
        ),
        "no_points": _t(
            "لا يوجد في الملف أي نقطة مرقمة. أرسل جدولًا بأعمدة: رقم النقطة، الشرقي، الشمالي.",
            "The file holds no numbered point. Send a table with the columns number, easting, northing.",
        ),
        "buildings_only": _t(
            "في الملف مبانٍ فقط (العدد: {count}) دون أي قطعة. ارسم كل قطعة مضلعاً مغلقاً.",
            "The file holds only buildings ({count}) and no part. Draw each part as a closed polygon.",
        ),
        "shown_only": _t(
            "في الملف ما يُبيَّن على القطعة فقط (العدد: {count}) دون القطعة نفسها. ارسم القطعة مضلعًا مغلقًا.",
            "The file holds only what is shown on land ({count}) and not the land. Draw it as a closed polygon.",
        ),
        "outer_only": _t(
            "في الملف الحد الخارجي فقط ({place}) دون قطع.",
            "The file holds only the outer boundary ({place}) and no part.",
        ),
    },
    "SRV-11": {
        "file_unknown": _t(
            "نظام الإحداثيات المذكور في الملف غير معروف: {crs}. سمِّ النظام بالخيار --crs.",
            "The CRS that the file states is unknown: {crs}. Name the CRS with --crs.",
        ),
        "only_named": _t(
            "يذكر الملف نظام الإحداثيات بالاسم فقط ({crs}) دون رمز EPSG. سمِّ النظام بالخيار --crs.",
            "The file gives its CRS by name only ({crs}), without an EPSG code. Name the CRS with --crs.",
        ),
        "named_unknown": _t(
            "نظام الإحداثيات «{crs}» غير معروف. اكتب EPSG:رقم أو local.",
            "The CRS '{crs}' is unknown. Write EPSG:n or local.",
        ),
        "member": _t(
            "عنصر crs في الملف لا يُفهم: {crs}. سمِّ النظام بالخيار --crs.",
            "The crs member of the file is not understood: {crs}. Name the CRS with --crs.",
        ),
        "several": _t(
            "طبقات الملف في أنظمة إحداثيات مختلفة ({tables}). وحّدها.",
            "The layers of the file are in different CRSs ({tables}). Bring them into one.",
        ),
        "out_of_range": _t(
            "الإحداثي ({x}، {y}) في {place} ليس درجات طول وعرض، والملف بلا نظام "
            "إحداثيات مذكور يُقرأ WGS 84. سمِّ النظام بالخيار --crs.",
            "({x}, {y}) in {place} are no degrees, and a file that names no other "
            "CRS is WGS 84. Name the CRS with --crs.",
        ),
    },
    "SRV-12": {
        "named": _t(
            "الوحدة «{unit}» غير مقبولة؛ المقبول: {allowed}.", "The unit '{unit}' is not accepted; accepted: {allowed}."
        ),
        "unknown": _t(
            "وحدة الطول في الملف غير معروفة: {unit}. سمِّها بالخيار --unit.",
            "The file's unit of length is unknown: {unit}. Name it with --unit.",
        ),
        "area_unknown": _t(
            "وحدة المساحة في الملف غير معروفة: {unit}؛ لم تُقرأ المساحات المذكورة.",
            "The file's unit of area is unknown: {unit}; the stated areas were not taken.",
        ),
        "missing": _t(
            "لا يذكر الملف وحدة الرسم. سمِّها بالخيار --unit (m أو ft أو us-ft).",
            "The file does not say its unit. Name it with --unit (m, ft or us-ft).",
        ),
        "assumed": _t(
            "لا يذكر الملف وحدة الطول فقُرئ بالمتر. سمِّ نظام الإحداثيات أو الوحدة.",
            "The file does not say its unit and was read in metres. Name the CRS or the unit.",
        ),
        "from_crs": _t(
            "لا يذكر الملف وحدة الطول؛ أُخذت وحدة نظام الإحداثيات {crs}: {unit}.",
            "The file does not say its unit; that of {crs} was taken: {unit}.",
        ),
        "differs": _t(
            "يذكر الملف الوحدة {stated} واخترت {named}؛ أُخذ باختيارك.",
            "The file states the unit {stated}, you named {named}; yours was taken.",
        ),
        "degrees": _t(
            "نظام الإحداثيات {crs} بالدرجات فأُهملت الوحدة {unit}.", "{crs} is in degrees; the unit {unit} was ignored."
        ),
    },
    "SRV-13": {
        "": _t(
            "رقم القطعة {number} مكرر {count} مرات: {first} و{place}. لكل قطعة رقم واحد.",
            "The parcel number {number} is given {count} times: {first} and {place}. Each part needs its own.",
        ),
    },
    "SRV-14": {
        "": _t(
            "القطعة المرسومة بلا رقم ({place}). أضف الخاصية parcel_no أو نصاً داخلها.",
            "The part {place} has no number. Add the attribute parcel_no or a text inside it.",
        ),
    },
    "SRV-15": {
        "": _t(
            "داخل القطعة المرسومة ({place}) أكثر من نص ({texts}) ولا يتضح أيها رقمها. ضع الأرقام وحدها في طبقة.",
            "The part {place} holds several texts ({texts}); which is its number "
            "is not clear. Put the numbers on a layer "
            "of their own.",
        ),
    },
    "SRV-16": {
        "several": _t(
            "في الملف {count} حدود خارجية ({place}). أبقِ واحداً.",
            "The file marks {count} outer boundaries ({place}). Leave one.",
        ),
        "by_union": _t(
            "المضلع {place} يساوي مجموع القطع فاعتُبر الحد الخارجي.",
            "The polygon {place} equals all the others together and was taken as the outer boundary.",
        ),
        "contains": _t(
            "المضلع {place} يحيط بـ{count} مضلعات أخرى وقُرئ قطعة. إن كان الحد "
            "الخارجي فضعه في الطبقة OUTER أو أعطه role=outer.",
            "The polygon {place} surrounds {count} others and was read as a part. "
            "If it is the outer boundary, put it on "
            "layer OUTER or give it role=outer.",
        ),
    },
    "SRV-17": {
        "geometry": _t("لم يُقرأ من الأشكال {kind} عدد {count}.", "Left out: {count} of {kind}."),
        "unnumbered": _t(
            "النقطة في السطر {line} بلا رقم فلم تُقرأ.", "The point in line {line} has no number and was left out."
        ),
        "no_place": _t(
            "النقطة {number} في السطر {line} بلا إحداثيات فلم تُقرأ.",
            "The point {number} in line {line} has no coordinates and was left out.",
        ),
        "element": _t("لم يُقرأ من عناصر {kind} عدد {count}.", "Left out: {count} of the element {kind}."),
        "entity": _t("لم يُقرأ من عناصر {kind} عدد {count}.", "Left out: {count} of the entity {kind}."),
        "heights": _t("أُهملت الارتفاعات في {count} موضعاً.", "Heights were left out ({count} places)."),
        "open_line": _t(
            "الخط {place} مفتوح ولا يحد قطعة (يبدأ عند {x}، {y}). أغلقه إن كان من الحدود.",
            "The line {place} is open and bounds no part (it starts at {x}, {y}). Close it if it is a boundary.",
        ),
        "hidden": _t(
            "الطبقة {layer} مطفأة أو مجمدة: لم تُقرأ عناصرها وعددها {count}.",
            "Layer {layer} is off or frozen: its {count} entities were left out.",
        ),
        "paper": _t("لم تُقرأ لوحات الطباعة ({count} عنصراً).", "Paper layouts were left out ({count} entities)."),
        "blocks": _t("فُككت البلوكات وعددها {count}.", "{count} blocks were exploded."),
        "missing_block": _t(
            "البلوك {name} في {place} غير معرّف في الملف.", "The block {name} of {place} is not defined in the file."
        ),
        "tilted": _t("العنصر {place} مائل عن المستوى الأفقي فلم يُقرأ.", "{place} is not level and was left out."),
        "tables": _t("لم تُقرأ {count} من الجداول التي ليست طبقات.", "{count} tables that are no layers were left out."),
        "parcel_without_geometry": _t("{place} بلا حدود مرسومة.", "{place} has no drawn boundary."),
    },
    "SRV-18": {
        "": _t(
            "المضلع {place} مرسوم مرتين ({first}) فأُخذ مرة واحدة.",
            "The polygon {place} is drawn twice ({first}); one was taken.",
        ),
        "two_numbers": _t(
            "المضلع {place} مرسوم مرتين برقمين مختلفين: {numbers}. احذف أحدهما.",
            "The polygon {place} is drawn twice with different numbers: {numbers}. Delete one.",
        ),
    },
    "SRV-19": {
        "zero": _t(
            "حُذف {count} من الأضلاع عديمة الطول في {place}.", "{count} sides of no length were dropped in {place}."
        ),
        "closed": _t("أُغلقت فجوة {gap} م في {place}.", "A gap of {gap} m was closed in {place}."),
        "joined": _t("وُصلت أضلاع {place} عبر فجوة {gap} م.", "Sides of {place} were joined across a gap of {gap} m."),
        "loops": _t(
            "كُوّن {count} من المضلعات من خطوط وأقواس منفصلة.", "{count} polygons were made of separate lines and arcs."
        ),
    },
    "SRV-20": {
        "": _t(
            "نظام الإحداثيات {crs} مبني على المرجع القديم {datum}. التحويل منه "
            "بدقة أمتار؛ يسجل مع دقته ويراجعه المساح.",
            "{crs} rests on the legacy datum {datum}. Transforming from it is "
            "accurate to metres; the operation and its "
            "accuracy are recorded and need a surveyor's review.",
        ),
    },
    "SRV-21": {
        "": _t(
            "يذكر الملف النظام {stated} واخترت {named}؛ أُخذ باختيارك.",
            "The file states {stated}, you named {named}; yours was taken.",
        ),
    },
    "SRV-22": {
        "spiral": _t(
            "في {place} منحنى انتقالي (Spiral) ولا يُقرأ حداً لقطعة. استبدل به أقواساً أو خطوطاً.",
            "{place} is a spiral, which is not read as a parcel boundary. Replace it by arcs or lines.",
        ),
        "element": _t(
            "العنصر {kind} في {place} لا يُقرأ حداً لقطعة.",
            "The element {kind} at {place} is not read as a parcel boundary.",
        ),
        "no_rotation": _t(
            "اتجاه القوس (rot) في {place} مفقود أو خاطئ.",
            "The rotation (rot) of the curve at {place} is missing or wrong.",
        ),
        "no_circle": _t(
            "القوس في {place} مستحيل: نصف القطر {radius} أقصر من نصف الوتر.",
            "The curve at {place} is impossible: its radius {radius} is shorter than half its chord.",
        ),
        "centre": _t(
            "مركز القوس في {place} لا يبعد المسافة نفسها عن طرفيه: {first} و{last}.",
            "The centre of the curve at {place} is not equally far from its ends: {first} and {last}.",
        ),
        "radius": _t(
            "نصف القطر المذكور في {place} هو {stated} والمرسوم {drawn}؛ أُخذ بالمرسوم.",
            "The curve at {place} states the radius {stated} but draws {drawn}; the drawn one was taken.",
        ),
        "straight": _t(
            "قوس نصف قطره {radius} م في {place} أُخذ خطاً مستقيماً.",
            "An arc of radius {radius} m in {place} was taken as a straight line.",
        ),
    },
    "SRV-23": {
        "": _t(
            "المساحة المذكورة لـ{place} هي {stated} م² والمرسومة {drawn} م².",
            "{place} states an area of {stated} m² but draws {drawn} m².",
        ),
    },
    "SRV-26": {
        "": _t(
            "بالوحدة المذكورة ({unit}) تكون أكبر قطعة {area} م² فقط. إن كان الرسم بالمتر فسمِّ الوحدة: ‎--unit m.",
            "In the stated unit ({unit}) the largest part has only {area} m². If "
            "the drawing is in metres, name it: --unit m.",
        ),
    },
    "SRV-28": {
        "": _t(
            "قُرئت مضلعات عددها {count} مبانيَ لا قطعاً (role=building أو الطبقة BUILDING).",
            "Read as buildings, not as parts: {count} (role=building or layer BUILDING).",
        ),
        "shown": _t(
            "قُرئ مما يُبيَّن على القطعة ولا يُعد جزءًا: أراضٍ مستبعدة {excluded}، غرف كهرباء {room}، شطفات {corner_cut} "
            "(الطبقات EXCLUDED وROOM وCORNER_CUT أو السمة role).",
            "Read as land that is shown and no part: excluded {excluded}, electricity rooms {room}, corner cuts "
            "{corner_cut} (layers EXCLUDED, ROOM, CORNER_CUT or the attribute role).",
        ),
    },
}
