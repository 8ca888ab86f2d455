"""What the people of the demonstration write, in the Arabic of a municipality; all of it made up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = [
    "ANSWERED",
    "ASKED_AGENCY",
    "DOCUMENT_NAMES",
    "MINUTES",
    "NOTARY",
    "NOTES",
    "PRESENT",
    "REGISTRY_SAYS",
    "REMARKS",
    "REPORT",
    "STOPPED",
    "TAKEN_BACK",
    "TURNED_DOWN",
]

DOCUMENT_NAMES: Final[Mapping[str, str]] = {
    "deed": "صك الملكية.pdf",
    "national_id": "الهوية الوطنية.pdf",
    "agreement": "اتفاق المالكين.pdf",
    "building_permit": "رخصة البناء.pdf",
    "completion": "شهادة إتمام البناء.pdf",
    "office_authorisation": "تفويض المكتب.pdf",
    "inspection_report": "محضر المعاينة.pdf",
    "issuer_request": "خطاب الجهة مصدرة الصك.pdf",
    "service_form": "نموذج الخدمة.pdf",
    "owner_consent": "إقرار المالك.pdf",
}

Remark = tuple[str, str, str]
"""Where it is pinned (``map``, ``part:N``, ``document:CODE`` or ``field:CODE``), its reason, its words."""

REMARKS: Final[Mapping[str, tuple[Remark, ...]]] = {
    "subdivision": (
        ("map", "boundary_dispute", "يوجد سور قائم عند هذا الركن لا يظهر في الرفع؛ يرجى إعادة رفع الركن وبيان وضعه."),
        ("part:1", "numbering", "رقم هذه القطعة لا يوافق تسلسل الترقيم في المخطط؛ يرجى تصحيحه."),
        ("document:deed", "document_unreadable", "ختم كتابة العدل في الصفحة الأولى غير واضح؛ يرجى إرفاق نسخة أوضح."),
    ),
    "merge": (
        ("map", "survey_wrong", "الضلع المشترك بين القطعتين غير مرصود؛ يرجى رفع علامتيه."),
        ("document:national_id", "document_expired", "الهوية المرفقة منتهية؛ يرجى إرفاق هوية سارية."),
        ("field:existing_building", "form_wrong", "يظهر في الصورة الجوية ملحق قائم، وذُكر في النموذج أنه لا مبنى."),
    ),
    "boundary_adjustment": (
        ("map", "boundary_dispute", "الجدار القائم يبتعد عن الحد الجديد عند هذا الموضع؛ يرجى التحقق منه."),
        ("document:agreement", "owner_not_agreed", "ينقص الاتفاق توقيع أحد المالكين."),
        ("field:neighbour_phone", "form_wrong", "لا يجيب أحد على هذا الرقم؛ يرجى تصحيحه."),
    ),
    "deed_update": (
        ("map", "survey_wrong", "يرجى ربط هذا الركن بأقرب نقطة ضبط، فالفرق عنده أكبر من غيره."),
        ("document:deed", "document_differs", "طول الحد الشمالي في الصك يخالف ما ورد في نموذج الخدمة."),
        ("field:deed_date", "form_wrong", "تاريخ الصك المدخل هو تاريخ آخر إفراغ؛ المطلوب تاريخ الصك نفسه."),
    ),
    "duplex_subdivision": (
        ("map", "survey_wrong", "يُطلب رفع محور الجدار المشترك عند الواجهة بنقطتين."),
        ("document:building_permit", "document_unreadable", "عدد الوحدات في صورة الرخصة غير واضح."),
        ("field:parking_bays", "form_wrong", "عدد المواقف المدخل أكثر مما يظهر في الرفع؛ يرجى بيان مواضعها."),
    ),
    "update_and_subdivide": (
        ("part:2", "numbering", "يرجى ترقيم هذه القطعة وفق تسلسل المخطط."),
        ("document:owner_consent", "owner_not_agreed", "الإقرار يذكر المساحة قبل التحديث لا بعده."),
        ("field:land_state", "form_wrong", "تظهر في الصورة الجوية أساسات قائمة، وذُكر أن الأرض فضاء."),
    ),
}
PRESENT: Final = "رئيس لجنة التقدير، وعضو من الأراضي، وعضو من المالية"
MINUTES: Final = "اطلعت اللجنة على الزيادة بين مساحة الصك والطبيعة، وقدّرت سعر المتر المربع بسعر السوق يوم الجلسة."
ANY_REMARK: Final[tuple[Remark, ...]] = (
    ("map", "survey_wrong", "يرجى إعادة رصد هذا الموضع."),
    ("document:deed", "document_unreadable", "الصفحة الأولى من الصك غير واضحة."),
)
ANSWERED: Final = "أُعيد الرصد في الموقع صباح اليوم، وأُرفق محضر الرفع بالنقاط المطلوبة."

NOTES: Final[Mapping[str, str]] = {
    "reviewer": "الرفع مطابق للسجل والطبيعة؛ لا مانع.",
    "survey_head": "روجع الطلب مساحيًا ويُوصى بالموافقة.",
    "planner": "يوافق اشتراطات المخطط المعتمد.",
    "clerk": "الصك مطابق لأصله ولا ملاحظة عليه.",
    "building_reviewer": "الوحدات القائمة مطابقة لرخصة البناء.",
    "inspector": "المعاينة مطابقة للرفع.",
}
REPORT: Final = "عُوين الموقع بحضور مندوب المكتب: الجدار المشترك مستقيم ومطابق للرفع، والوحدات مكتملة."
ASKED_AGENCY: Final = "هل توجد شبكة أو ارتفاق لكم على امتداد الحد بعد نقله؟ يرجى الإفادة."
TURNED_DOWN: Final[Mapping[str, str]] = {
    "subdivision": "القطعة ضمن موقع قيد إعادة التخطيط بقرار سابق، ولا يُقبل فرزها حتى اعتماد المخطط المعدل.",
    "merge": "إحدى القطعتين مخصصة في المخطط لمواقف السيارات، ولا يُقبل دمجها مع السكني.",
    "boundary_adjustment": "الحد المقترح يقطع خط خدمات قائمًا لا يمكن نقله.",
    "deed_update": "محضر المعاينة المرفق لقطعة أخرى، ولم يُصحح بعد مهلتين.",
    "duplex_subdivision": "الرخصة لفيلا واحدة، ولم يصدر لها تعديل بالوحدات المطلوب فرزها.",
    "update_and_subdivide": "أفادت الجهة مصدرة الصك بأن طلب التحديث لا يخص هذه القطعة.",
}
ANY_TURNED_DOWN: Final = "لا تنطبق شروط الخدمة على الطلب."
TAKEN_BACK: Final[Mapping[str, str]] = {
    "subdivision": "عدل المالك عن الفرز ورغب في بيع القطعة كاملة.",
    "merge": "باع المالك إحدى القطعتين قبل إتمام الدمج.",
    "boundary_adjustment": "اتفق الجاران على إبقاء الحد كما هو.",
    "deed_update": "تبيّن للمالك أن الصك محدّث في ناجز.",
    "duplex_subdivision": "يرغب المالك في استكمال التشطيب قبل الفرز.",
    "update_and_subdivide": "اكتفى المالك بتحديث الصك دون فرز.",
}
ANY_TAKEN_BACK: Final = "لم تعد هناك حاجة إلى الطلب."
STOPPED: Final = "ورد خطاب المحكمة العامة بوجود دعوى منظورة على العقار؛ يوقف الطلب حتى الفصل فيها."
NOTARY: Final = "كتابة العدل الأولى بمرسى الخليج"
REGISTRY_SAYS: Final[Mapping[str, tuple[str, str]]] = {
    "subdivision": ("number_differs", "رقم المخطط في الخطاب يخالف المدون في الصك."),
    "merge": ("owner_not_present", "لم يحضر المالك في الموعد المحدد لإفراغ الصكين."),
    "boundary_adjustment": ("boundaries_differ", "طول الحد الغربي في الخطاب يخالف الضبط."),
    "deed_update": ("document_missing", "لم ترفق صورة الكروكي المصدق مع الخطاب."),
    "duplex_subdivision": ("area_differs", "مساحة الوحدة الثانية لا توافق الضبط."),
    "update_and_subdivide": ("area_differs", "المساحة بعد التحديث لا توافق مجموع القطع في الضبط."),
}
"""Why the registry returned a change, and what its letter says; of another service the first."""
