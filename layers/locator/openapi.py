"""The OpenAPI document of the API, made from what the views read."""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings
from django.utils.translation import get_language

from layers.locator.categories import CATEGORIES, KINDS
from layers.locator.hours import Status
from layers.locator.nearest import FIELDS
from layers.locator.search import MOST
from layers.ogc.asking import GEOJSON, JSON, OPENAPI, PROBLEM

__all__ = ["document"]

_ERRORS: Final = {
    "400": ("طلب غير صحيح", "Bad request"),
    "404": ("غير موجود", "Not found"),
    "405": ("طريقة غير مسموحة", "Method not allowed"),
    "429": ("طلبات كثيرة", "Too many requests"),
    "503": ("استغرق الاستعلام وقتًا طويلًا", "The query took too long"),
}
_USUAL: Final = ("400", "405", "429", "503")


def _said(ar: str, en: str) -> str:
    return ar if (get_language() or "ar").startswith("ar") else en


def document(base: str) -> dict[str, Any]:
    """Return the document in the language at hand; ``base`` is the address of the API without a slash at its end."""
    return {
        "openapi": "3.0.3",
        "info": {
            "title": _said("واجهة الأماكن القريبة", "Places nearby"),
            "version": "1.0.0",
            "description": _said(
                "للقراءة ودون تسجيل دخول. لا تُحفظ المواقع المرسلة ولا تُكتب في السجلات.",
                "For reading, without signing in. Positions that are sent are neither kept nor logged.",
            ),
            "contact": {
                "name": _said(settings.MUNICIPALITY_NAME_AR, settings.MUNICIPALITY_NAME_EN),
                "url": settings.PUBLIC_URL,
            },
        },
        "servers": [{"url": base}],
        "paths": _paths(),
        "components": {"schemas": _schemas(), "responses": _responses(), "headers": _headers()},
    }


def _paths() -> dict[str, Any]:
    return {
        "/nearby": _get(
            "nearby",
            _said("أقرب الأماكن، الأقرب أولًا", "The nearest places, nearest first"),
            [
                *_position(),
                *_choices(),
                _whole("limit", _said("عدد الأماكن", "How many places"), 10, MOST),
                _text(
                    "open",
                    _said(
                        "المفتوح الآن فقط، أو any ليُذكر حال كل مكان", "Only what is open now, or any to be told of each"
                    ),
                    enum=["now", "any"],
                ),
                _text(
                    "open_at",
                    _said(
                        "المفتوح في هذا الوقت فقط؛ بلا فرق توقيت يُحسب بتوقيت البلدية",
                        "Only what is open at this moment; without an offset by the municipality's clock",
                    ),
                    format="date-time",
                ),
                _text("within", _said("داخل حي: معرّفه أو here", "Inside a district: its identifier, or here")),
                _text("beyond", _said("خارج حي: معرّفه أو here", "Outside a district: its identifier, or here")),
                _mode(),
                _yes(
                    "before_closing",
                    _said(
                        "المفتوح الذي يمكن بلوغه قبل إغلاقه (سيرًا إن لم يُذكر mode)",
                        "What is open and can be reached before it closes (on foot without mode)",
                    ),
                ),
                _after(),
                _lang(),
            ],
            GEOJSON,
            "Nearby",
        ),
        "/places": _get(
            "places",
            _said("قائمة الأماكن", "Places as a list"),
            [
                _text("q", _said("اسم أو نوع، مع تسامح في الكتابة", "A name or a kind, spelling errors forgiven")),
                *_choices(),
                _text("district", _said("معرّف حي", "Identifier of a district"), format="uuid"),
                _text("bbox", _said("غرب، جنوب، شرق، شمال بالدرجات", "West, south, east, north in degrees")),
                _whole("limit", _said("حجم الصفحة", "Size of a page"), 50, 1000),
                _after(),
                _lang(),
            ],
            GEOJSON,
            "Places",
        ),
        "/places/{uid}": _get(
            "place",
            _said("مكان واحد كما هو الآن", "One place as it is now"),
            [{"name": "uid", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}, _lang()],
            GEOJSON,
            "Place",
            "404",
        ),
        "/districts/at": _get(
            "districtAt",
            _said("الحي الذي يقع فيه موقع", "The district that a position is in"),
            [*_position(), _lang()],
            JSON,
            "DistrictAt",
        ),
        "/reachable": _get(
            "reachable",
            _said(
                "ما يمكن بلوغه في دقائق، أو دقائق الطريق إلى مكان",
                "What can be reached in minutes, or the way to a place",
            ),
            [
                *_position(),
                _text(
                    "minutes", _said("حتى خمسة أعداد بينها فواصل", "Up to five numbers with commas"), default="5,10,15"
                ),
                _mode(),
                _text(
                    "to",
                    _said("معرّف مكان: الدقائق إليه فقط", "Identifier of a place: the minutes to it alone"),
                    format="uuid",
                ),
                _lang(),
            ],
            GEOJSON,
            "Reachable",
            "404",
            also={JSON: "Way"},
        ),
        "/schema/": _get("schema", _said("هذه الوثيقة", "This document"), [_lang()], OPENAPI, "Document"),
    }


# Parts --------------------------------------------------------------------------------------------------------------


def _get(
    name: str,
    summary: str,
    parameters: list[dict[str, Any]],
    media: str,
    schema: str,
    *more: str,
    also: dict[str, str] | None = None,
) -> dict[str, Any]:
    content = {type: {"schema": _ref(one)} for type, one in {media: schema, **(also or {})}.items()}
    headers = {name: {"$ref": f"#/components/headers/{name}"} for name in ("ETag", "RateLimit", "RateLimit-Policy")}
    answers: dict[str, Any] = {
        "200": {"description": summary, "content": content, "headers": headers},
        "304": {"description": _said("لم يتغير شيء", "Nothing has changed")},
    }
    answers |= {status: {"$ref": f"#/components/responses/{status}"} for status in sorted((*_USUAL, *more))}
    return {"get": {"operationId": name, "summary": summary, "parameters": parameters, "responses": answers}}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _query(name: str, about: str, schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": about, "schema": schema, **more}


def _text(name: str, about: str, **schema: Any) -> dict[str, Any]:
    return _query(name, about, {"type": "string", **schema})


def _whole(name: str, about: str, usual: int, most: int) -> dict[str, Any]:
    return _query(name, about, {"type": "integer", "minimum": 1, "maximum": most, "default": usual})


def _yes(name: str, about: str) -> dict[str, Any]:
    return _text(name, about, enum=["yes", "no"], default="no")


def _codes(name: str, about: str, known: list[str]) -> dict[str, Any]:
    items = {"type": "array", "items": {"type": "string", "enum": known}}
    return _query(name, about, items, style="form", explode=False)


def _position() -> list[dict[str, Any]]:
    return [
        _query(
            name,
            _said("درجات WGS 84", "Degrees, WGS 84"),
            {"type": "number", "minimum": -most, "maximum": most},
            required=True,
        )
        for name, most in (("lon", 180), ("lat", 90))
    ]


def _choices() -> list[dict[str, Any]]:
    return [
        _codes("category", _said("تصنيفات بينها فواصل", "Categories, with commas between them"), list(CATEGORIES)),
        _codes("kind", _said("أنواع ضمن تصنيفاتها", "Kinds, which narrow their categories"), list(KINDS)),
        _yes("wheelchair", _said("المهيأ للكراسي المتحركة فقط", "Only what a wheelchair can enter")),
    ]


def _mode() -> dict[str, Any]:
    return _text(
        "mode", _said("سيرًا أو بالسيارة: تُذكر الدقائق", "On foot or by car: minutes are told"), enum=["foot", "car"]
    )


def _after() -> dict[str, Any]:
    return _text("after", _said("من رابط next لصفحة سابقة", "From the next link of an earlier page"))


def _lang() -> dict[str, Any]:
    return _text("lang", _said("لغة الرسائل", "Language of messages"), enum=["ar", "en"])


def _responses() -> dict[str, Any]:
    return {
        status: {"description": _said(*said), "content": {PROBLEM: {"schema": _ref("Problem")}}}
        for status, said in _ERRORS.items()
    }


def _headers() -> dict[str, Any]:
    text = {"type": "string"}
    return {
        "ETag": {"description": _said("للسؤال عن التغيّر", "To ask whether it has changed"), "schema": text},
        "RateLimit": {"description": _said("ما بقي لك من طلبات", "Requests that you have left"), "schema": text},
        "RateLimit-Policy": {"description": _said("حد الطلبات", "The limit of requests"), "schema": text},
    }


def _object(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


def _schemas() -> dict[str, Any]:
    text, number, uid = {"type": "string"}, {"type": "number"}, {"type": "string", "format": "uuid"}
    moment = {"type": "string", "format": "date-time", "nullable": True}
    said = dict.fromkeys(FIELDS, text) | {
        "uid": uid,
        "category": {"type": "string", "enum": list(CATEGORIES)},
        "source_on": {"type": "string", "format": "date", "nullable": True},
        "open": _ref("Open"),
    }
    minutes = {"is_reachable": {"type": "boolean"}, "minutes": {"type": "number", "nullable": True}}
    near = said | {"distance_m": {"type": "number", "description": _said("على الإهليلج", "On the spheroid")}} | minutes
    district = {"uid": uid} | dict.fromkeys(("name_ar", "name_en", "code", "municipality"), text)
    return {
        "Open": _object(
            {"status": {"type": "string", "enum": list(Status)}, "until": moment, "reason": text},
            "status",
            "until",
            "reason",
        ),
        "Place": _feature(_object(said, "uid", "category"), _ref("Point")),
        "Near": _feature(_object(near, "uid", "category", "distance_m"), _ref("Point")),
        "Places": _collection("Place"),
        "Nearby": _collection("Near"),
        "Point": _shape("Point", {"type": "array", "items": number, "minItems": 2, "maxItems": 2}),
        "MultiPolygon": _shape("MultiPolygon", {"type": "array", "items": {}}),
        "Area": _feature(_object({"minutes": number, "mode": text}, "minutes", "mode"), _ref("MultiPolygon")),
        "Reachable": _collection("Area", "type", "features"),
        "Way": _object({"to": uid, "mode": text, **minutes}, "to", "mode", "is_reachable", "minutes"),
        "District": _object(district, *district),
        "DistrictAt": _object({"district": {"allOf": [_ref("District")], "nullable": True}}, "district"),
        "Link": _object({"rel": text, "type": text, "href": text}, "rel", "href"),
        "Problem": _object(
            {"type": text, "title": text, "status": {"type": "integer"}, "detail": text, "parameter": text},
            "type",
            "title",
            "status",
            "detail",
        ),
        "Document": {"type": "object"},
    }


def _shape(name: str, coordinates: dict[str, Any]) -> dict[str, Any]:
    return _object({"type": {"type": "string", "enum": [name]}, "coordinates": coordinates}, "type", "coordinates")


def _feature(properties: dict[str, Any], geometry: dict[str, Any]) -> dict[str, Any]:
    members = {"type": {"type": "string", "enum": ["Feature"]}, "id": {"type": "string"}}
    return _object({**members, "geometry": geometry, "properties": properties}, "type", "geometry", "properties")


def _collection(item: str, *required: str) -> dict[str, Any]:
    members = {
        "type": {"type": "string", "enum": ["FeatureCollection"]},
        "features": {"type": "array", "items": _ref(item)},
        "numberReturned": {"type": "integer"},
        "links": {"type": "array", "items": _ref("Link")},
        "open_at": {"type": "string", "format": "date-time"},
    }
    return _object(members, *(required or ("type", "features", "numberReturned", "links")))
