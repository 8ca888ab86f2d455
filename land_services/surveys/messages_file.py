"""Messages about the file itself: access, kind, archive, limits, damage, encoding (SRV-01 to SRV-07, 24-27, 98, 99)."""

from __future__ import annotations

from typing import Final


def _t(ar: str, en: str) -> dict[str, str]:
    return {"ar": ar, "en": en}


FILE: Final[dict[str, dict[str, dict[str, str]]]] = {
    "SRV-01": {
        "missing": _t("الملف {name} غير موجود. تحقق من المسار.", "There is no file {name}. Check the path."),
        "no_access": _t(
            "تعذر فتح الملف {name}. تحقق من صلاحيات القراءة.",
            "The file {name} cannot be opened. Check its permissions.",
        ),
        "not_a_file": _t("{name} ليس ملفاً عادياً. أرفق ملفاً واحداً.", "{name} is not a regular file. Give one file."),
        "empty": _t(
            "الملف فارغ. أعد تصديره من برنامج الرسم.", "The file is empty. Export it again from the drawing program."
        ),
        "too_large": _t(
            "حجم الملف {size} ميغابايت والحد الأعلى {limit} ميغابايت. احذف منه ما ليس من المخطط ثم أعد إرفاقه.",
            "The file has {size} MB, the limit is {limit} MB. Remove what is not part of the plan and file it again.",
        ),
    },
    "SRV-02": {
        "dwg": _t("الملف بصيغة DWG. احفظه بصيغة DXF ثم أرفقه.", "This is a DWG file. Save it as DXF and file that."),
        "vrt": _t(
            "الملف مرجع إلى ملفات أخرى (VRT) وهذا غير مقبول. أرفق البيانات نفسها.",
            "This file only refers to other files (VRT), which is not accepted. File the data itself.",
        ),
        "bare_shp": _t(
            "ملف shp وحده لا يكفي. اضغط ملفات shp وshx وdbf وprj معاً في ملف zip واحد.",
            "A .shp alone is not enough. Put the .shp, .shx, .dbf and .prj together in one zip file.",
        ),
        "known": _t(
            "هذا النوع من الملفات ({kind}) لا يُقرأ هنا. المقبول: DXF وLandXML وGeoJSON وGeoPackage وShapefile مضغوط.",
            "Files of this kind ({kind}) are not read here. Accepted: DXF, "
            "LandXML, GeoJSON, GeoPackage, zipped Shapefile.",
        ),
        "unknown": _t(
            "لم يُتعرف على نوع الملف من محتواه. المقبول: DXF وLandXML وGeoJSON وGeoPackage وShapefile مضغوط.",
            "The content is of no known kind. Accepted: DXF, LandXML, GeoJSON, GeoPackage, zipped Shapefile.",
        ),
        "field_book": _t(
            "الملف بصيغة خاصة بجهاز مساحي ({kind}) ولا يُقرأ هنا. صدّر إحداثيات النقاط من الجهاز أو برنامجه "
            "قائمةً نصية (الرقم، شرق، شمال، ارتفاع، رمز) أو بصيغة GSI.",
            "This is an instrument's own file ({kind}), which is not read here. Export the coordinates of its points "
            "from the instrument or its program: as text (number, easting, northing, height, code) or as GSI.",
        ),
        "observations": _t(
            "في ملف GSI زوايا ومسافات ولا إحداثيات فيه. احسب الإحداثيات في الجهاز أو برنامجه ثم صدّرها.",
            "The GSI file holds angles and distances, no coordinates. Compute them in the instrument or its program "
            "and export them.",
        ),
        "xml": _t(
            "ملف XML عنصره الأول «{root}» وليس LandXML. صدّره بصيغة LandXML.",
            "This XML file begins with the element '{root}', not LandXML. Export it as LandXML.",
        ),
        "sqlite": _t(
            "قاعدة بيانات SQLite وليست GeoPackage: ينقصها {missing}.",
            "This is an SQLite database but no GeoPackage: it lacks {missing}.",
        ),
    },
    "SRV-03": {
        "several": _t(
            "في الملف المضغوط {count} ملفات مساحية ({names}). أبقِ واحداً فقط.",
            "The archive holds {count} survey files ({names}). Leave only one.",
        ),
        "nothing": _t(
            "لا يوجد في الملف المضغوط ملف مساحي مقبول ({names}).",
            "The archive holds no accepted survey file ({names}).",
        ),
        "nested": _t("يوجد ملف مضغوط داخل الملف المضغوط: {names}.", "There is an archive inside the archive: {names}."),
        "member": _t("قُرئ الملف {names} من الملف المضغوط.", "The file {names} was read from the archive."),
        "broken": _t(
            "الملف المضغوط تالف أو ناقص ({detail}). أعد ضغطه.",
            "The archive is damaged or cut off ({detail}). Pack it again.",
        ),
        "many": _t(
            "في الملف المضغوط {count} ملفاً والحد الأعلى {limit}.",
            "The archive holds {count} files, the limit is {limit}.",
        ),
        "outside": _t(
            "اسم داخل الملف المضغوط يشير إلى خارجه: {names}. الملف مرفوض.",
            "A name in the archive points outside it: {names}. The file is refused.",
        ),
        "link": _t("في الملف المضغوط رابط بدل ملف: {names}.", "The archive holds a link instead of a file: {names}."),
        "password": _t(
            "الملف المضغوط محمي بكلمة مرور ({names}). أرفقه بدونها.",
            "The archive is protected by a password ({names}). File it without one.",
        ),
        "bomb": _t(
            "محتوى الملف المضغوط بعد فكه يتجاوز المسموح ({names}، الحد {limit} ميغابايت).",
            "The archive unpacks to more than is allowed ({names}, limit {limit} MB).",
        ),
        "no_dbf": _t(
            "لا يوجد ملف dbf مع {names}، فالقطع بلا أرقام. أضفه إلى الملف المضغوط.",
            "{names} has no .dbf beside it, so its parts have no numbers. Add it to the archive.",
        ),
    },
    "SRV-04": {
        "time": _t(
            "أوقفت القراءة بعد {limit} ثانية. بسّط الملف أو احذف منه ما ليس من المخطط.",
            "Reading was stopped after {limit} seconds. Simplify the file or remove what is not part of the plan.",
        ),
        "memory": _t(
            "تحتاج قراءة الملف إلى ذاكرة أكبر من المسموح ({limit} ميغابايت). بسّط الملف.",
            "Reading the file takes more memory than is allowed ({limit} MB). Simplify the file.",
        ),
        "output": _t(
            "محتوى الملف أكبر من أن يعالج في معاملة واحدة. قسّمه.",
            "The file holds more than one case can take. Divide it.",
        ),
        "crashed": _t(
            "تعذرت قراءة الملف: توقف القارئ (الرمز {code}). صدّر الملف من جديد.",
            "The file could not be read: the reader fell over (code {code}). Export the file again.",
        ),
        "nesting": _t(
            "عناصر الملف متداخلة أعمق من المسموح.", "The elements of the file are nested deeper than is allowed."
        ),
        "entities": _t(
            "في الملف {count} عنصراً والحد الأعلى {limit}. احذف ما ليس من المخطط.",
            "The file holds {count} elements, the limit is {limit}. Remove what is not part of the plan.",
        ),
        "blocks": _t(
            "بلوكات متداخلة أو مكررة أكثر من المسموح ({place}). فكّكها قبل التصدير.",
            "Blocks are nested or repeated more than is allowed ({place}). Explode them before exporting.",
        ),
        "parts": _t(
            "في الملف {count} مضلعاً والحد الأعلى {limit}.", "The file holds {count} polygons, the limit is {limit}."
        ),
        "vertices": _t("عدد النقاط في الملف أكثر من {limit}.", "The file has more than {limit} vertices."),
    },
    "SRV-05": {
        "json": _t(
            "الملف ليس JSON سليماً: السطر {line}، العمود {column} ({detail}).",
            "The file is not valid JSON: line {line}, column {column} ({detail}).",
        ),
        "duplicate_key": _t(
            "الاسم «{key}» مكرر في عنصر واحد من ملف JSON.",
            "The name '{key}' is given twice in one object of the JSON file.",
        ),
        "not_geojson": _t(
            "الملف JSON وليس GeoJSON: عند {place} وُجد «{what}».",
            "The file is JSON but not GeoJSON: '{what}' at {place}.",
        ),
        "semantics": _t(
            "عند {place}: العنصر «{member}» في غير مكانه حسب RFC 7946.",
            "At {place}: the member '{member}' is out of place by RFC 7946.",
        ),
        "bbox": _t(
            "عند {place}: الحدود bbox يجب أن تكون أربعة أو ستة أرقام.", "At {place}: bbox must be four or six numbers."
        ),
        "not_feature": _t("العنصر {place} ليس Feature.", "{place} is not a Feature."),
        "properties": _t("خصائص العنصر {place} ليست كائناً.", "The properties of {place} are no object."),
        "geometry_type": _t(
            "عند {place}: نوع الشكل «{what}» غير معروف.", "At {place}: the geometry type '{what}' is unknown."
        ),
        "coordinates": _t(
            "عند {place}: الإحداثيات ناقصة أو ليست قائمة.", "At {place}: coordinates are missing or no list."
        ),
        "short_line": _t("عند {place}: خط بأقل من نقطتين.", "At {place}: a line of fewer than two positions."),
        "position": _t("عند {place}: «{what}» ليس زوجاً من الأرقام.", "At {place}: '{what}' is not a pair of numbers."),
        "xml": _t(
            "الملف ليس XML سليماً: السطر {line}، العمود {column} ({detail}).",
            "The file is not valid XML: line {line}, column {column} ({detail}).",
        ),
        "missing_child": _t("عند {place}: العنصر {child} مفقود.", "At {place}: the element {child} is missing."),
        "point_reference": _t(
            "عند {place}: النقطة «{reference}» غير موجودة في قائمة النقاط.",
            "At {place}: the point '{reference}' is not in the list of points.",
        ),
        "dxf": _t(
            "ملف DXF تالف ولا يمكن إصلاحه ({detail}). احفظه من جديد.",
            "The DXF file is damaged beyond repair ({detail}). Save it again.",
        ),
        "dxf_truncated": _t(
            "ملف DXF مبتور: ينتهي عند السطر {line} دون EOF. أعد حفظه وإرفاقه كاملاً.",
            "The DXF file is cut off: it ends at line {line} without EOF. Save it again and file all of it.",
        ),
        "dxf_repaired": _t(
            "أُصلح ملف DXF أثناء القراءة ({count} خطأ؛ {detail}). راجع القطع على الخريطة.",
            "The DXF file was repaired while reading ({count} faults; {detail}). Check the parts on the map.",
        ),
        "dxf_entity": _t(
            "العنصر {place} تالف ({detail}). احذفه أو أعد رسمه.",
            "The entity {place} is damaged ({detail}). Delete or redraw it.",
        ),
        "sqlite": _t(
            "ملف GeoPackage تالف ({detail}). أعد تصديره.", "The GeoPackage is damaged ({detail}). Export it again."
        ),
        "wkb": _t("شكل تالف عند {place} ({detail}).", "Damaged geometry at {place} ({detail})."),
        "shp": _t("ملف shp تالف: {place} ({detail}).", "Damaged .shp file: {place} ({detail})."),
        "dbf": _t("ملف dbf تالف: {place} ({detail}).", "Damaged .dbf file: {place} ({detail})."),
        "dbf_count": _t(
            "في {place} عدد صفوف dbf ({rows}) لا يساوي عدد الأشكال ({shapes}).",
            "In {place} the .dbf has {rows} rows but the .shp {shapes} shapes.",
        ),
        "csv_columns": _t(
            "أول سطر في القائمة يجب أن يسمي الأعمدة، ومنها x وy (أو شرق وشمال).",
            "The first line of the list must name its columns, x and y (or easting and northing) among them.",
        ),
        "csv": _t("السطر {line} من القائمة لا يُقرأ: {detail}.", "Line {line} of the list cannot be read: {detail}."),
    },
    "SRV-06": {
        "utf8": _t(
            "الملف ليس بترميز UTF-8: البايت {byte} عند الموضع {offset}. احفظه بترميز UTF-8.",
            "The file is not UTF-8: byte {byte} at offset {offset}. Save it as UTF-8.",
        ),
        "xml": _t(
            "ترميز ملف XML لا يطابق المعلن فيه: السطر {line}، العمود {column} ({detail}).",
            "The XML file is not in the encoding that it states: line {line}, column {column} ({detail}).",
        ),
        "dxf": _t(
            "في ملف DXF بايت {byte} لا يناسب الترميز المعلن {encoding} (السطر {line}). النصوص المتأثرة مبيّنة على حدة.",
            "The DXF file has a byte {byte} that does not fit its stated encoding "
            "{encoding} (line {line}). The texts "
            "concerned are listed.",
        ),
        "text": _t(
            "النص «{text}» في {place} تالف الترميز ولم يُخمَّن. احفظ الرسم بترميز ANSI_1256 أو بإصدار 2007 فأحدث.",
            "The text '{text}' of {place} is damaged by a wrong encoding and was "
            "not guessed. Save the drawing with "
            "ANSI_1256, or as version 2007 or later.",
        ),
        "table": _t(
            "في {place} عدد {count} من القيم لا يناسب الترميز {encoding}. صحّح ملف cpg.",
            "In {place} {count} values do not fit the encoding {encoding}. Correct the .cpg file.",
        ),
        "cpg": _t(
            "الترميز «{encoding}» في ملف cpg الخاص بـ{place} غير معروف.",
            "The encoding '{encoding}' in the .cpg of {place} is unknown.",
        ),
        "assumed": _t(
            "لم يُذكر ترميز {place} فقُرئ بترميز {encoding}. راجع النصوص.",
            "The encoding of {place} is not stated; it was read as {encoding}. Check its texts.",
        ),
        "csv": _t(
            "قائمة النقاط ليست بترميز UTF-8 ولا Windows-1256: الموضع {offset}.",
            "The list of points is neither UTF-8 nor Windows-1256: offset {offset}.",
        ),
    },
    "SRV-07": {
        "constant": _t("في الملف إحداثي ليس رقماً: {value}.", "The file holds a coordinate that is no number: {value}."),
        "infinite": _t(
            "عند {place}: إحداثي غير محدود أو أكبر من الممكن.",
            "At {place}: a coordinate is infinite or impossibly large.",
        ),
        "text": _t("عند {place}: «{what}» ليس إحداثياً.", "At {place}: '{what}' is no coordinate."),
    },
    "SRV-24": {
        "": _t(
            "اسم الملف {name} لا يوافق محتواه؛ قُرئ على أنه {format}.",
            "The name {name} does not fit the content; it was read as {format}.",
        ),
    },
    "SRV-25": {
        "": _t(
            "في ملف XML تعريفات كيانات (DOCTYPE) وهي غير مقبولة. صدّره بدونها.",
            "The XML file holds entity definitions (DOCTYPE), which are not accepted. Export it without them.",
        ),
    },
    "SRV-27": {
        "application": _t(
            "معرّف الملف {application} ليس معرّف GeoPackage؛ قُرئت جداوله رغم ذلك.",
            "The file's identifier {application} is not that of a GeoPackage; its tables were read all the same.",
        ),
        "triggers": _t(
            "في الملف {count} من المشغّلات (triggers) ولم يُنفذ منها شيء.",
            "The file holds {count} triggers; none was run.",
        ),
        "not_a_table": _t(
            "الطبقة {name} ليست جدولاً حقيقياً (view) فلم تُقرأ. صدّرها جدولاً.",
            "The layer {name} is no real table (a view) and was not read. Export it as a table.",
        ),
    },
    "SRV-98": {
        "": _t("و{count} ملاحظات أخرى من النوع نفسه ({rule}).", "And {count} more findings of the same kind ({rule})."),
    },
    "SRV-99": {
        "": _t(
            "تعذرت قراءة الملف لخلل في القارئ ({error}). أبلغ الدعم الفني وأرفق الملف.",
            "The file could not be read because the reader failed ({error}). Tell the support and attach the file.",
        ),
        "no_sandbox": _t(
            "لا يسمح هذا الخادم بقراءة الملفات في بيئة معزولة، فلم يُقرأ الملف. أبلغ مدير النظام.",
            "This server does not allow files to be read in isolation, so the file "
            "was not read. Tell the administrator.",
        ),
    },
}
