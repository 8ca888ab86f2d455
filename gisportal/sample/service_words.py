"""Words that made-up services are called by: what is done, to what, of which kind (Arabic, English)."""

from __future__ import annotations

from typing import Final

__all__ = [
    "AGENCIES",
    "DEPARTMENTS",
    "DOCUMENTS",
    "KINDS",
    "PROCEDURE_DEEDS",
    "PROCEDURE_THINGS",
    "SERVICE_DEEDS",
    "SERVICE_THINGS",
]

Words = tuple[tuple[str, str], ...]

SERVICE_DEEDS: Final[Words] = (
    ("إصدار", "Issue of"), ("تجديد", "Renewal of"), ("تعديل", "Change of"), ("إلغاء", "Cancellation of"),
    ("تمديد", "Extension of"), ("نقل", "Transfer of"), ("نسخة من", "Copy of"), ("شهادة عن", "Certificate about"),
)  # fmt: skip
SERVICE_THINGS: Final[Words] = (
    ("رخصة بناء", "a building permit"), ("رخصة ترميم", "a repair permit"), ("رخصة هدم", "a demolition permit"),
    ("رخصة تسوير", "a fencing permit"), ("رخصة حفر", "an excavation permit"),
    ("شهادة إتمام", "a completion certificate"),
    ("مخطط موقع", "a site plan"), ("إذن لوحة إعلانية", "a sign permit"), ("رخصة مظلة", "a canopy permit"),
    ("إذن إشغال رصيف", "a pavement permit"), ("عقد إيجار أرض", "a land lease"), ("رخصة برج اتصالات", "a mast permit"),
    ("إذن فعالية", "an event permit"), ("رخصة محطة", "a station permit"), ("رخصة مستودع", "a warehouse permit"),
)  # fmt: skip
PROCEDURE_DEEDS: Final[Words] = (
    ("طلب", "Request for"), ("اعتماد", "Approval of"), ("صرف", "Payment of"), ("جرد", "Count of"),
    ("صيانة", "Repair of"),
    ("تسليم", "Handing over of"), ("مراجعة", "Review of"), ("أرشفة", "Filing of"), ("تحديث", "Update of"),
    ("إتلاف", "Disposal of"),
)  # fmt: skip
PROCEDURE_THINGS: Final[Words] = (
    ("إجازة", "a leave"), ("انتداب", "a mission"), ("عهدة", "equipment"), ("مركبة", "a vehicle"), ("جهاز", "a device"),
    ("مستخلص", "a contractor's claim"), ("محضر", "minutes"), ("خطة", "a plan"), ("تقرير", "a report"),
    ("صلاحية دخول", "an access right"), ("مستند", "a record"), ("عقد", "a contract"), ("موقع", "a site"),
    ("طبقة بيانات", "a data layer"), ("مخطط", "a drawing"), ("دورة تدريبية", "a course"), ("ميزانية", "a budget"),
)  # fmt: skip
KINDS: Final[Words] = (
    ("سكني", "residential"), ("تجاري", "commercial"), ("صناعي", "industrial"), ("زراعي", "agricultural"),
    ("حكومي", "public"), ("مؤقت", "temporary"),
)  # fmt: skip
DEPARTMENTS: Final[tuple[tuple[str, str, str], ...]] = (
    ("sample_permits", "قسم الرخص التجريبي", "Sample permits"),
    ("sample_planning", "قسم التخطيط التجريبي", "Sample planning"),
    ("sample_survey", "قسم المساحة التجريبي", "Sample survey"),
    ("sample_projects", "قسم المشاريع التجريبي", "Sample projects"),
    ("sample_finance", "الشؤون المالية التجريبية", "Sample finance"),
    ("sample_personnel", "شؤون الموظفين التجريبية", "Sample personnel"),
)
DOCUMENTS: Final[Words] = (
    ("صورة الهوية", "Copy of the identity card"), ("صك الملكية", "Title deed"), ("مخطط معتمد", "Approved drawing"),
    ("صورة من الموقع", "Picture of the site"), ("خطاب رسمي", "Official letter"), ("تقرير هندسي", "Engineering report"),
)  # fmt: skip
AGENCIES: Final[tuple[tuple[str, str, str], ...]] = (
    ("electricity", "شركة الكهرباء", "Electricity company"),
    ("water", "شركة المياه", "Water company"),
    ("civil_defence", "الدفاع المدني", "Civil defence"),
)
