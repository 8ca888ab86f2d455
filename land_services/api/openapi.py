"""Addresses of services and cases for the OpenAPI document, made from what the views read."""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings
from django.utils.translation import get_language

from land_services.cases.models import Case
from land_services.catalogue import departments
from land_services.catalogue.model import AUDIENCES
from layers.ogc.asking import JSON, PROBLEM

from .areas import WATCH
from .cases import FILL, OPEN, ORDERS
from .decisions import ASK
from .doing import DOING
from .files import ATTACH, SURVEY
from .params import Param, object_schema
from .schemas import ref

__all__ = ["paths", "responses", "said", "security_schemes"]

REFERENCE: Final = "^[A-Z]{2,8}-[0-9]{4}-[0-9]{6,9}$"
BINARY: Final = "application/octet-stream"
READS: Final = ("400", "401", "404", "405", "429", "503")
ASKS: Final = ("400", "401", "404", "405", "413", "415", "429", "503")
WRITES: Final = ("400", "401", "403", "404", "405", "409", "413", "415", "422", "429", "503")
_ERRORS: Final = {
    "400": ("طلب غير صحيح أو ناقص", "Not proper, or incomplete"),
    "401": ("تسجيل الدخول مطلوب", "Sign-in needed"),
    "403": ("ليس من صلاحياتك", "Not one of your tasks"),
    "404": ("غير موجود، أو ليس لك أن تراه", "Not there, or not yours to see"),
    "405": ("طريقة غير مسموحة", "Method not allowed"),
    "409": ("لا يمكن الآن", "Not possible now"),
    "413": ("أكبر من المسموح", "Too large"),
    "415": ("نوع محتوى غير مقبول", "Unsupported content type"),
    "422": ("المفتاح نفسه بمحتوى آخر", "The same key with other content"),
    "429": ("طلبات كثيرة", "Too many requests"),
    "503": ("مشغول الآن", "Busy"),
}


def said(ar: str, en: str) -> str:
    """Return the one of two texts that is in the language at hand."""
    return ar if (get_language() or "ar").startswith("ar") else en


def _language() -> str:
    return said("ar", "en")


def responses() -> dict[str, Any]:
    """Return the refusals, named apart from the locator's: these may carry findings."""
    content = {PROBLEM: {"schema": ref("Refusal")}}
    return {f"Case{status}": {"description": said(*words), "content": content} for status, words in _ERRORS.items()}


def security_schemes() -> dict[str, Any]:
    """Return how a system and a browser say who they are."""
    return {
        "token": {
            "type": "http",
            "scheme": "bearer",
            "description": said("رمز من صفحة «رموز الوصول» في حسابك", "A token from “Access tokens” of your account"),
        },
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": settings.SESSION_COOKIE_NAME,
            "description": said("مع الترويسة X-CSRFToken لكل إرسال", "With the header X-CSRFToken for every post"),
        },
    }


def paths() -> dict[str, Any]:
    """Return every address with what it takes and answers."""
    return {**_services(), **_cases(), **_files(), **_acts(), **_areas(), **_reasons(), **_parcels(), **_decisions()}


def _services() -> dict[str, Any]:
    query = [
        _query("q", {"type": "string"}, "كلمات من اسم الخدمة أو وصفها", "Words of a name or description"),
        _query("department", {"type": "string", "enum": list(departments())}, "القسم", "The department"),
        _query("audience", {"type": "string", "enum": list(AUDIENCES)}, "لمن هي", "Whom it is for"),
        *_page(100, 1000),
    ]
    code = _in_path("code", {"type": "string"}, "رمز الخدمة", "Code of the service")
    return {
        "/services/": {"get": _read("listServices", ("قائمة الخدمات", "Services"), query, "Services", is_open=True)},
        "/services/{code}": {
            "parameters": [code],
            "get": _read("readService", ("بطاقة خدمة", "The card of a service"), [_lang()], "Service", is_open=True),
        },
    }


def _cases() -> dict[str, Any]:
    states = {"type": "array", "items": {"type": "string", "enum": [state for state, _ in Case.STATES]}}
    moment = {"type": "string", "format": "date-time"}
    order = {"type": "string", "enum": list(ORDERS), "default": ORDERS[0]}
    query = [
        _query("service", {"type": "string"}, "رمز الخدمة", "Code of a service"),
        {**_query("state", states, "حالات بينها فواصل", "States, with commas"), "style": "form", "explode": False},
        _query("due_before", moment, "موعده قبل", "Due before"),
        _query("updated_since", moment, "حدث فيه شيء منذ", "With a step since"),
        _query("parcel", {"type": "string"}, "معرّف قطعة أو رقمها", "A parcel: identifier or PLAN/BLOCK/PARCEL"),
        _query("reference", {"type": "string"}, "رقم الطلب", "Its reference"),
        _query("order", order, "الأقرب موعدًا أولًا، أو الأحدث", "What is due first, or the newest"),
        *_page(50, 500),
    ]
    opened = _write("openCase", ("فتح طلب", "Open a case"), _json(OPEN), "Case", "201")
    filled = _write("fillCase", ("تعبئة النموذج", "Fill in the form"), _json(FILL), "Case")
    words = ("رمز لمتابعة الطلب دون تسجيل دخول", "A code to follow a case without signing in")
    code = _write("makeFollowCode", words, _json(()), "FollowCode", "201")
    return {
        "/cases/": {
            "get": _read("listCases", ("الطلبات التي تراها", "Cases that you may see"), query, "Cases", kept=False),
            "post": opened,
        },
        "/cases/{reference}": _of_case(
            get=_read("readCase", ("طلب وما يمكنك فيه", "A case, and what you may do"), [_lang()], "Case", kept=False)
        ),
        "/cases/{reference}/form": _of_case(post=filled),
        "/cases/{reference}/follow-code": _of_case(post=code),
    }


def _files() -> dict[str, Any]:
    key = _in_path("key", _KEY, "المعرّف", "Its key")
    number = _in_path("number", _KEY, "رقم المحاولة", "Number of the attempt")
    attach = _write("attachFile", ("إرفاق وثيقة", "Attach a document"), _form(ATTACH), "File", "201")
    hand_in = _write("handIn", ("تسليم ملف مساحي", "Hand in a survey"), _form(SURVEY), "HandedIn", "201")
    check = _write("checkSurvey", ("فحص ملف دون حفظه", "Check a survey, keep nothing"), _form(SURVEY), "Checked")
    report = _read("readAttempt", ("ما وُجد في ملف", "What was found in a file"), [_lang()], "HandedIn", kept=False)
    return {
        "/cases/{reference}/check": _of_case(post=check),
        "/cases/{reference}/attempts": _of_case(post=hand_in),
        "/cases/{reference}/attempts/{number}": _of_case(number, get=report),
        "/cases/{reference}/attempts/{number}/file": _of_case(number, get=_download("fetchAttempt")),
        "/cases/{reference}/files": _of_case(post=attach),
        "/cases/{reference}/files/{key}": _of_case(key, get=_download("fetchFile")),
        "/cases/{reference}/documents/{key}": _of_case(key, get=_download("fetchDocument")),
    }


def _acts() -> dict[str, Any]:
    return {
        f"/cases/{{reference}}/acts/{word}": _of_case(
            post=_write(f"act_{word}", (doing.ar, doing.en), _json(doing.params), "Case")
        )
        for word, doing in DOING.items()
    }


def _areas() -> dict[str, Any]:
    key = _in_path("key", _KEY, "المعرّف", "Its key")
    gone = {"204": {"description": said("لم تعد تُتابع", "Not watched any more")}}
    unwatch = _operation("unwatchArea", ("ترك متابعة مساحة", "Stop watching"), gone, WRITES, parameters=[_once()])
    listed = _read("listAreas", ("المساحات التي تتابعها", "Areas you watch"), [_lang()], "Areas", kept=False)
    watch = _write("watchArea", ("متابعة مساحة", "Watch an area"), _json(WATCH), "Area", "201")
    return {"/areas/": {"get": listed, "post": watch}, "/areas/{key}": {"parameters": [key], "delete": unwatch}}


def _reasons() -> dict[str, Any]:
    query = [
        _query("since", {"type": "string"}, "أول يوم", "The first day"),
        _query("until", {"type": "string"}, "آخر يوم", "The last day"),
        _query("service", {"type": "string"}, "رمز الخدمة", "Code of a service"),
        _lang(),
    ]
    words = ("أسباب الإعادة معدودة، لرؤساء الأقسام والمدير", "Reasons for return, counted for heads and directors")
    return {"/reasons/": {"get": _read("countReasons", words, query, "Reasons", kept=False)}}


def _parcels() -> dict[str, Any]:
    uid = _in_path("uid", {"type": "string", "format": "uuid"}, "معرّف القطعة", "Identifier of the parcel")
    moment = _query("at", {"type": "string", "format": "date-time"}, "كما كان في هذا الوقت", "As it was at this moment")
    words = ("هل يوافق الصك الأرض", "Whether land and deed agree")
    read = _read("readDeedState", words, [moment, _lang()], "DeedState", is_open=True, kept=False)
    return {"/parcels/{uid}/deed": {"parameters": [uid], "get": read}}


def _decisions() -> dict[str, Any]:
    words = ("قرار مساحي برقمه وهوية مالكه", "A survey decision by its number and owner")
    answers = {"200": {"description": said(*words), "content": {JSON: {"schema": ref("SurveyDecision")}}}}
    asked = _operation("askForDecision", words, answers, ASKS, is_open=True, requestBody=_json(ASK))
    return {"/decisions/inquiry": {"post": asked}}


# Parts ----------------------------------------------------------------------------------------------------------------

_KEY: Final = {"type": "integer", "minimum": 0, "maximum": 999_999_999}


def _of_case(*more: dict[str, Any], **methods: Any) -> dict[str, Any]:
    reference = _in_path("reference", {"type": "string", "pattern": REFERENCE}, "رقم الطلب", "The case's reference")
    return {"parameters": [reference, *more], **methods}


def _in_path(name: str, schema: dict[str, Any], ar: str, en: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "description": said(ar, en), "schema": schema}


def _query(name: str, schema: dict[str, Any], ar: str, en: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": said(ar, en), "schema": schema}


def _lang() -> dict[str, Any]:
    return _query("lang", {"type": "string", "enum": ["ar", "en"]}, "لغة الرسائل", "Language of messages")


def _page(usual: int, most: int) -> list[dict[str, Any]]:
    limit = {"type": "integer", "minimum": 1, "maximum": most, "default": usual}
    return [
        _query("limit", limit, "حجم الصفحة", "Size of a page"),
        _query("after", {"type": "string"}, "من رابط next", "From the next link of an earlier page"),
        _lang(),
    ]


def _read(
    name: str,
    summary: tuple[str, str],
    parameters: list[dict[str, Any]],
    schema: str,
    *,
    is_open: bool = False,
    kept: bool = True,
) -> dict[str, Any]:
    answers = {"200": {"description": said(*summary), "content": {JSON: {"schema": ref(schema)}}}}
    if kept:
        answers["304"] = {"description": said("لم يتغير شيء", "Nothing has changed")}
    return _operation(name, summary, answers, READS, parameters=parameters, is_open=is_open)


def _download(name: str) -> dict[str, Any]:
    summary = ("تنزيل ملف", "Fetch a file")
    content = {BINARY: {"schema": {"type": "string", "format": "binary"}}}
    return _operation(name, summary, {"200": {"description": said(*summary), "content": content}}, READS)


def _write(
    name: str, summary: tuple[str, str], body: dict[str, Any], schema: str, status: str = "200"
) -> dict[str, Any]:
    answers = {status: {"description": said(*summary), "content": {JSON: {"schema": ref(schema)}}}}
    return _operation(name, summary, answers, WRITES, parameters=[_once()], requestBody=body)


def _once() -> dict[str, Any]:
    """Return the header by which a request is done once."""
    return {
        "name": "Idempotency-Key",
        "in": "header",
        "description": said(
            "مفتاح من عندك: الطلب نفسه مرة أخرى يُجاب بالجواب نفسه ولا يُنفذ مرتين",
            "A key of yours: the same request again is answered alike and done once",
        ),
        "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
    }


def _operation(
    name: str,
    summary: tuple[str, str],
    answers: dict[str, Any],
    refusals: tuple[str, ...],
    *,
    is_open: bool = False,
    **more: Any,
) -> dict[str, Any]:
    known: list[dict[str, list[str]]] = [{"token": []}, {"session": []}]
    return {
        "operationId": name,
        "summary": said(*summary),
        "responses": {**answers, **{status: {"$ref": f"#/components/responses/Case{status}"} for status in refusals}},
        "security": [{}, *known] if is_open else known,
        **more,
    }


def _json(params: tuple[Param, ...]) -> dict[str, Any]:
    needed = any(param.required for param in params)
    return {"required": needed, "content": {JSON: {"schema": object_schema(params, _language())}}}


def _form(params: tuple[Param, ...]) -> dict[str, Any]:
    schema = object_schema(params, _language())
    schema["properties"] = {"file": {"type": "string", "format": "binary"}, **schema["properties"]}
    schema["required"] = ["file"]
    return {"required": True, "content": {"multipart/form-data": {"schema": schema}}}
