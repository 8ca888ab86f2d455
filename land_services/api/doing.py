"""Acts by their words in addresses: what each body holds, and the one function that each calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse

from land_services.cases import acts
from land_services.cases.acts import RemarkMade
from land_services.cases.acts.referral import ANSWERS, COMPONENTS
from land_services.cases.acts.sitting import OUTCOMES
from land_services.cases.checking import to_wgs84
from land_services.cases.errors import ActionRefused
from land_services.cases.models import Case, Referral
from land_services.cases.reasons import REASONS
from land_services.deeds import FORMS, RETURN_REASONS, DeedGiven
from land_services.domain import Finding
from land_services.findings import to_json
from land_services.register.deeds import deed_facts
from land_services.views.access import viewer_of, visible_case
from layers.digits import to_latin_digits
from layers.viewer import Viewer

from .answers import body_of, endpoint, json_answer
from .cases import case_of
from .params import LONG, Param, read_members

__all__ = ["DOING", "Doing", "act"]

Do = Callable[[Case, Viewer, dict[str, Any]], Any]


@dataclass(frozen=True)
class Doing:
    """One act: what it is called, the members of its body, and what does it."""

    ar: str
    en: str
    params: tuple[Param, ...]
    do: Do


def _read_by_the_applicant(name: str, ar: str, en: str, *, required: bool = False) -> Param:
    """Return a text that the applicant finds in the time line or beside it, and says so."""
    return Param(name, "text", f"{ar}؛ يقرأ مقدم الطلب ما فيه", f"{en}; the applicant reads it", required, LONG)


STAGE = Param(
    "stage", "text", "المرحلة؛ تلزم إن جرت أكثر من واحدة", "The stage; needed where several are under way", most=60
)
NOTE = _read_by_the_applicant("note", "ملاحظة", "A note")
REASON = _read_by_the_applicant("reason", "السبب", "The reason", required=True)
VISIT = Param("visit", "whole", "معرّف الزيارة", "Key of the visit", required=True)
REMARK = (
    Param("reason", "text", "رمز السبب", "Code of the reason", required=True, most=40, choices=tuple(REASONS)),
    Param("text", "text", "نص الملاحظة", "Words of the remark", required=True, most=LONG),
    Param("point", "point", "نقطة في نظام التخزين", "A point in the storage CRS"),
    Param("part", "text", "رقم الجزء", "Number of a part"),
    Param("file", "whole", "معرّف الوثيقة", "Key of a document"),
    Param("page", "whole", "صفحة الوثيقة", "Page of the document"),
    Param("field", "text", "حقل النموذج", "Field of the form", most=60),
)

DEED = (
    Param("number", "text", "رقم الصك", "Number of the deed", required=True, most=60),
    Param("dated", "day", "تاريخ الصك", "Its date", required=True),
    Param("issuer", "text", "جهة الإصدار", "Who issued it", required=True),
    Param("form", "text", "إلكتروني أو ورقي", "Electronic or paper", choices=FORMS, most=20),
    Param("area_m2", "area", "مساحة الصك", "Its area", required=True),
    Param("registry_no", "text", "رقم السجل العقاري", "Real-estate registry number", most=60),
    Param("parcels", "texts", "القطع: معرّفات أو أرقام", "Parcels: identifiers or numbers", required=True),
)


def _confirm(case: Case, viewer: Viewer, given: dict[str, Any]) -> list[Finding]:
    deeds = given.get("deeds", [])
    known = dict(_names(case)) if deeds else {}
    read = [
        DeedGiven(
            deed["number"],
            deed["dated"],
            deed["issuer"],
            deed.get("form", "electronic"),
            deed["area_m2"],
            deed.get("registry_no", ""),
            tuple(known.get(to_latin_digits(text), text) for text in deed["parcels"]),
        )
        for deed in deeds
    ]
    return list(acts.confirm(case, given["number"], given["confirmed_on"], viewer=viewer, deeds=read)[1])


def _names(case: Case) -> Iterator[tuple[str, str]]:
    """Yield every name of a parcel that waits for a deed, with its identifier."""
    for parcel in deed_facts(case.reference).parcels:
        yield from ((name, parcel.uid) for name in (parcel.parcel_no, parcel.label, parcel.uid))


def _answer_referral(case: Case, viewer: Viewer, given: dict[str, Any]) -> Any:
    referral = Referral.objects.filter(pk=given["referral"], case=case).first()
    if referral is None:
        raise ActionRefused("لا يوجد سؤال كهذا.", "There is no such question.")
    return acts.answer_referral(referral, given["answer"], viewer=viewer, text=given.get("text", ""))


def _return(case: Case, viewer: Viewer, given: dict[str, Any]) -> Any:
    remarks = [RemarkMade(**remark) for remark in given["remarks"]]
    return acts.send_back(case, remarks, given.get("stage", ""), viewer=viewer, note=given.get("note", ""))


def _at_stage(function: Callable[..., Any], *names: str) -> Do:
    """Return an act of a stage that takes the members named so by their names."""

    def do(case: Case, viewer: Viewer, given: dict[str, Any]) -> Any:
        named = {name: given[name] for name in names if name in given}
        return function(case, given.get("stage", ""), viewer=viewer, **named)

    return do


DOING: Final[Mapping[str, Doing]] = {
    "submit": Doing("تقديم الطلب", "Submit the request", (), lambda case, who, _: acts.submit(case, viewer=who)),
    "answer": Doing(
        "الرد على ملاحظة",
        "Answer a remark",
        (
            Param("remark", "whole", "رقم الملاحظة", "Number of the remark", required=True),
            Param("text", "text", "الرد", "The answer", required=True, most=LONG),
        ),
        lambda case, who, given: acts.answer(case, given["remark"], given["text"], viewer=who),
    ),
    "say": Doing(
        "كتابة رسالة إلى الطرف الآخر",
        "Write to the other side",
        (Param("text", "text", "الرسالة", "The message", required=True, most=LONG),),
        lambda case, who, given: acts.say(case, given["text"], viewer=who),
    ),
    "withdraw": Doing(
        "سحب الطلب",
        "Withdraw the request",
        (
            Param(
                "reason",
                "text",
                "السبب؛ يلزم لما قُدّم، وقد تخلو منه المسودة",
                "The reason; needed for what was submitted, a draft may have none",
                most=LONG,
            ),
        ),
        lambda case, who, given: acts.withdraw(case, viewer=who, reason=given.get("reason", "")),
    ),
    "take": Doing("تولي مرحلة", "Take a stage", (STAGE,), _at_stage(acts.take)),
    "give_back": Doing("ترك مرحلة", "Give a stage back", (STAGE,), _at_stage(acts.give_back)),
    "assign": Doing(
        "إسناد مرحلة",
        "Move a stage to a person",
        (STAGE, Param("to", "whole", "معرّف الحساب", "Key of the account", required=True)),
        lambda case, who, given: acts.assign(case, given.get("stage", ""), given["to"], viewer=who),
    ),
    "finish": Doing(
        "إنجاز مرحلة",
        "Pass a stage on",
        (STAGE, NOTE, Param("attempt", "whole", "رقم الملف الذي روجع", "Number of the attempt that was looked at")),
        _at_stage(acts.finish, "note", "attempt"),
    ),
    "return": Doing(
        "إعادة الطلب بملاحظات",
        "Return the case with remarks",
        (STAGE, NOTE, Param("remarks", "items", "الملاحظات", "The remarks", required=True, of=REMARK)),
        _return,
    ),
    "reject": Doing(
        "رفض الطلب",
        "Turn the case down",
        (STAGE, REASON),
        lambda case, who, given: acts.reject(case, given["reason"], given.get("stage", ""), viewer=who),
    ),
    "refer": Doing(
        "سؤال جهة",
        "Ask an agency",
        (
            STAGE,
            Param("agency", "text", "الجهة", "The agency", required=True, most=60),
            Param("component", "text", "الموضوع", "What about", choices=COMPONENTS, most=40),
            _read_by_the_applicant("question", "السؤال", "The question"),
        ),
        lambda case, who, given: acts.refer(
            case,
            given["agency"],
            given.get("stage", ""),
            viewer=who,
            component=given.get("component", "case"),
            question=given.get("question", ""),
        ),
    ),
    "answer_referral": Doing(
        "جواب الجهة",
        "Answer for an agency",
        (
            Param("referral", "whole", "معرّف السؤال", "Key of the question", required=True),
            Param("answer", "text", "الجواب", "The answer", required=True, choices=ANSWERS, most=40),
            _read_by_the_applicant("text", "الاشتراطات أو سبب الاعتراض", "The conditions, or why"),
        ),
        _answer_referral,
    ),
    "minute": Doing(
        "تسجيل محضر",
        "Record minutes",
        (
            STAGE,
            Param("number", "text", "رقم المحضر", "Number of the minutes", required=True, most=60),
            Param("held_on", "day", "تاريخ الجلسة", "Date of the sitting", required=True),
            Param("present", "text", "الحاضرون", "Who was present", required=True, most=LONG),
            Param("outcome", "text", "النتيجة", "The outcome", required=True, choices=OUTCOMES, most=40),
            Param("text", "text", "نص المحضر", "Text of the minutes", required=True, most=LONG),
            Param("price_per_m2", "money", "سعر المتر المربع من الزائدة", "Price of a square metre of the surplus"),
        ),
        _at_stage(acts.minute, "number", "held_on", "present", "outcome", "text", "price_per_m2"),
    ),
    "propose_visit": Doing(
        "اقتراح موعد زيارة",
        "Propose a visit",
        (STAGE, Param("at", "moment", "الموعد", "The date", required=True)),
        lambda case, who, given: acts.propose_visit(case, given["at"], given.get("stage", ""), viewer=who),
    ),
    "agree_visit": Doing(
        "الموافقة على الموعد",
        "Agree to a visit",
        (VISIT,),
        lambda case, who, given: acts.agree_visit(case, given["visit"], viewer=who),
    ),
    "hold_visit": Doing(
        "تسجيل الزيارة",
        "Record a visit",
        (VISIT, _read_by_the_applicant("report", "ما وُجد", "What was found", required=True)),
        lambda case, who, given: acts.hold_visit(case, given["visit"], given["report"], viewer=who),
    ),
    "pay": Doing(
        "تسجيل السداد",
        "Record the payment",
        (STAGE, Param("receipt", "text", "رقم الإيصال", "Number of the receipt", required=True, most=60)),
        lambda case, who, given: acts.pay(case, given["receipt"], given.get("stage", ""), viewer=who),
    ),
    "approve": Doing("اعتماد الطلب", "Approve the case", (STAGE, NOTE), _at_stage(acts.approve, "note")),
    "issue": Doing("إصدار الوثائق", "Issue the documents", (), lambda case, who, _: acts.issue(case, viewer=who)),
    "confirm": Doing(
        "تأكيد جهة التوثيق",
        "Record the registry's confirmation",
        (
            Param("number", "text", "رقم التأكيد", "Number of the confirmation", required=True, most=60),
            Param("confirmed_on", "day", "تاريخه", "Its date", required=True),
            Param("deeds", "items", "الصكوك الجديدة", "The new deeds", of=DEED),
        ),
        _confirm,
    ),
    "deed_returned": Doing(
        "إعادة جهة التوثيق للتعديل",
        "Record that the registry returned the change",
        (
            Param("number", "text", "رقم خطاب الإعادة", "Number of the registry's letter", required=True, most=60),
            Param("returned_on", "day", "تاريخه", "Its date", required=True),
            Param("reason", "text", "رمز السبب", "Code of the reason", required=True, choices=tuple(RETURN_REASONS)),
            _read_by_the_applicant("text", "نص الإعادة", "What the letter says"),
        ),
        lambda case, who, given: acts.deed_returned(
            case, given["number"], given["returned_on"], given["reason"], viewer=who, text=given.get("text", "")
        ),
    ),
    "send_again": Doing(
        "إرسال التعديل من جديد",
        "Send a returned change again",
        (NOTE,),
        lambda case, who, given: acts.send_again(case, viewer=who, note=given.get("note", "")),
    ),
    "give_up_deed": Doing(
        "إنهاء الطلب دون تعديل الصك",
        "End the case without the deed's change",
        (REASON,),
        lambda case, who, given: acts.give_up_deed(case, given["reason"], viewer=who),
    ),
    "stop": Doing(
        "إيقاف الطلب",
        "Stop the case",
        (REASON,),
        lambda case, who, given: acts.stop(case, given["reason"], viewer=who),
    ),
    "reopen": Doing(
        "إعادة فتح الطلب",
        "Open the case again",
        (REASON,),
        lambda case, who, given: acts.reopen(case, given["reason"], viewer=who),
    ),
}


def _act(request: HttpRequest, reference: str, word: str) -> HttpResponse:
    found, viewer = visible_case(request, reference), viewer_of(request)
    doing = DOING.get(word)
    if doing is None:
        raise Http404
    told = doing.do(found, viewer, read_members(doing.params, body_of(request)))
    warnings = told if word == "confirm" else []
    return json_answer({**case_of(found, viewer), "warnings": to_json(warnings, to_wgs84=to_wgs84)})


act = endpoint(post=_act)
