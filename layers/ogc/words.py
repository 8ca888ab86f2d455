"""Words of the pages, each in Arabic and English."""

from __future__ import annotations

from typing import Final

__all__ = ["WORDS", "words"]

WORDS: Final[dict[str, tuple[str, str]]] = {
    "api": ("وصف الواجهة", "Interface description"),
    "api_lead": (
        "كل العناوين والمعاملات، كما في مستند OpenAPI.",
        "Every address and parameter, as in the OpenAPI document.",
    ),
    "as_json": ("هذه الصفحة بصيغة JSON", "This page as JSON"),
    "collections": ("مجموعات البيانات", "Collections"),
    "collections_lead": ("طبقات الخريطة التي يمكنك الاطلاع عليها.", "The layers of the map that you may see."),
    "conformance": ("المطابقة للمواصفات", "Conformance"),
    "conformance_lead": (
        "أقسام مواصفات OGC التي تطابقها هذه الواجهة.",
        "The parts of OGC standards that this interface conforms to.",
    ),
    "crs": ("أنظمة الإحداثيات", "Coordinate reference systems"),
    "crs_one": ("نظام إحداثيات", "Coordinate reference system"),
    "data": ("البيانات المكانية", "Spatial data"),
    "description": ("الوصف", "Description"),
    "empty": ("لا معالم هنا", "No features here"),
    "empty_text": (
        "لا معلم يطابق ما طلبت. وسّع المساحة أو خفف الشروط.",
        "No feature matches. Ask for a larger area or fewer conditions.",
    ),
    "estimate": ("نحو", "about"),
    "extent": ("المدى", "Extent"),
    "feature": ("معلم", "Feature"),
    "features": ("المعالم", "Features"),
    "field": ("الحقل", "Field"),
    "fields": ("الحقول", "Fields"),
    "home": ("الواجهة", "OGC API"),
    "identifier": ("المعرّف", "Identifier"),
    "licence": ("شروط الاستعمال", "Terms of use"),
    "links": ("روابط", "Links"),
    "map": ("الخريطة", "Map"),
    "map_of": ("خريطة المعالم في هذه الصفحة", "Map of the features on this page"),
    "matched": ("عدد المعالم المطابقة", "Features that match"),
    "name": ("الاسم", "Name"),
    "next": ("التالي", "Next"),
    "none": ("لا يوجد", "None"),
    "open": ("فتح", "Open"),
    "parameters": ("المعاملات", "Parameters"),
    "path": ("العنوان", "Address"),
    "previous": ("السابق", "Previous"),
    "returned": ("المعروض في هذه الصفحة", "Shown on this page"),
    "schema": ("حقول المعالم", "Fields of the features"),
    "show": ("إظهار على الخريطة", "Show on the map"),
    "since": ("منذ", "Since"),
    "source": ("المصدر", "Source"),
    "storage_crs": ("نظام الحفظ", "Storage system"),
    "title": ("العنوان", "Title"),
    "type": ("النوع", "Type"),
    "values": ("القيم", "Values"),
}


def words(language: str) -> dict[str, str]:
    """Return the words in a language, by key."""
    return {key: ar if language == "ar" else en for key, (ar, en) in WORDS.items()}
