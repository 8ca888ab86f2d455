"""What an erasure says, in both languages: each thing, its fate and the reason, for pages, papers and answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from .holding import ANSWER_DAYS

__all__ = ["REFUSALS", "line", "refused_because"]

REFUSALS: Final[Mapping[str, tuple[str, str]]] = {
    "identity": ("لم تثبت هوية مقدم الطلب", "The identity of whoever asks is not proven"),
    "needed": ("البيانات لازمة لحق أو دعوى قائمة", "The data are needed for a right or a claim that is pending"),
    "not_asked": ("لا يوجد طلب من صاحب البيانات ولا سبب لمحوها", "The person did not ask and nothing calls for it"),
}
"""Why an erasure is refused."""
_WHAT: Final[Mapping[str, tuple[str, str]]] = {
    "account": (
        "الحساب رقم {of}: اسم الدخول والبريد وكلمة المرور والصلاحيات والتفضيلات والمناطق المتابعة",
        "Account no. {of}: login, e-mail address, password, roles, preferences and watched areas",
    ),
    "name": ("الاسم في الحساب رقم {of}", "The name on account no. {of}"),
    "party": (
        "الشخص رقم {of} في السجل: الاسم ورقم الهوية والتمثيل",
        "Person no. {of} of the register: names, id number and representation",
    ),
    "case": (
        "ملف الطلب {of}: إجابات النموذج والمرفقات والرسائل والملاحظات والوثائق",
        "The file of request {of}: answers, uploads, messages, remarks and documents",
    ),
    "audit": (
        "سجل التدقيق، وفيه أرقام معرّفات لا أسماء",
        "The audit, which holds numbers of rows and no names",
    ),
}
_WHY: Final[Mapping[str, tuple[str, str]]] = {
    "not_needed": ("لا حاجة إليه", "nothing needs it"),
    "no_right": ("لا حق قائمًا باسمه", "no right is in force"),
    "never_submitted": ("لم يُقدَّم", "never submitted"),
    "retention_passed": ("انقضت مدة حفظه", "the time for which it is kept has passed"),
    "right": ("ما دام له حق قائم في سجل الأراضي", "while a right in land is in force"),
    "open": ("ما دام الطلب قيد النظر", "while a request is under way"),
    "request": (
        "هو طلب المحو نفسه",
        "this is the request to erase itself",
    ),
    "retention": ("للمدة المحددة لحفظه", "for its set time"),
    "for_ever": ("دائمًا بحسب بطاقة الخدمة", "for ever, as the service's card says"),
    "register": ("دائمًا، فسجل الأراضي يستند إليه", "for ever, since the land register rests on it"),
    "role": ("ما دام صاحبه يشغل وظيفة في البلدية", "while its holder works for the municipality"),
    "answer": (
        f"ليتسنى الاطلاع على الرد، {ANSWER_DAYS} يومًا بعده",
        f"so that the answer can be read, for {ANSWER_DAYS} days after it",
    ),
    "signed": (
        "ما بقيت ملفات طلبات غيره التي عمل عليها",
        "as long as files of others' requests that it worked on are kept",
    ),
    "audit": ("يثبت ما جرى ولا يُعدَّل", "it proves what was done and is never changed"),
}

_AFTERWARDS: Final = (
    "، ثم يُحفظ بعد انتهائه {years} من السنوات ثم يُمحى",
    "; then kept for {years} years after its end, then erased",
)


def refused_because(reason: str) -> tuple[str, str]:
    """Return that an erasure was refused and why, in Arabic and English."""
    arabic, english = REFUSALS[reason]
    return f"مرفوض: {arabic}", f"Refused: {english}"


def line(told: Mapping[str, Any], language: str) -> dict[str, str]:
    """Return a line of a report in words: ``what``, ``fate`` and ``why``; until when, where that is known."""
    at = 1 if language == "en" else 0
    erased = told["done"] == "erased"
    fate = ("مُحي", "Erased")[at] if erased else ("محفوظ", "Kept")[at]
    why, until = _WHY[told["why"]][at], (told.get("until") or "").replace("-", "/")
    if told.get("years"):
        why += _AFTERWARDS[at].format(years=told["years"])
    if until:
        why += f" (until {until})" if at else f" (حتى {until} م)"
    return {"what": _WHAT[told["what"]][at].format(of=told["of"]), "fate": fate, "why": why, "done": told["done"]}
