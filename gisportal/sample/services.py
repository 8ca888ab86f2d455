"""Made-up services and procedures as cards, for load tests and simulations: the same for the same numbers and seed.

They are written as the TOML texts that the catalogue reads, into a folder that ``CATALOGUE_DIRS`` may name. Ways of a
case are drawn from a few patterns: in sequence, in parallel, with agencies, with a committee, with a visit.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from random import Random
from typing import Any, Final, NamedTuple

from gisportal.sample.chance import chance
from gisportal.sample.service_words import (
    AGENCIES,
    DEPARTMENTS,
    DOCUMENTS,
    KINDS,
    PROCEDURE_DEEDS,
    PROCEDURE_THINGS,
    SERVICE_DEEDS,
    SERVICE_THINGS,
)

__all__ = ["card_texts", "shared_texts", "write_services"]

PROCEDURES: Final = 650
SERVICES: Final = 222
SOURCE: Final = "sample"
LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
PUBLIC_ROLES: Final = ("reviewer", "planner", "building_reviewer", "lands_officer", "roads_engineer")
HEADS: Final = ("survey_head", "planning_head", "building_head")
HOUSE_ROLES: Final = ("clerk", "personnel", "finance", "it_support", "maintenance", "projects_engineer")
Row = dict[str, Any]


class _Kind(NamedTuple):
    """What services and procedures differ in."""

    deeds: Sequence[tuple[str, str]]
    things: Sequence[tuple[str, str]]
    audience: str
    stem: str


SERVICE: Final = _Kind(SERVICE_DEEDS, SERVICE_THINGS, "public", "sample_service")
PROCEDURE: Final = _Kind(PROCEDURE_DEEDS, PROCEDURE_THINGS, "staff", "sample_procedure")


def write_services(folder: Path, services: int = SERVICES, procedures: int = PROCEDURES, seed: int = 1448) -> int:
    """Write the cards and their shared facts into a folder, which is made; return how many cards there are.

    Raises
    ------
    ValueError
        If so many different ones cannot be named.
    """
    cards = dict(card_texts(services, procedures, seed))
    (folder / "shared").mkdir(parents=True, exist_ok=True)
    for name, text in {**shared_texts(), **cards}.items():
        (folder / name).write_text(text, encoding="utf-8")
    return len(cards)


def shared_texts() -> dict[str, str]:
    """Return the shared facts that the cards name, by the name of their file."""
    source = {
        "title_ar": "خدمة تجريبية من المولّد",
        "title_en": "A made-up service",
        "date": "",
        "confidence": "placeholder",
    }
    departments = [{"code": code, "ar": ar, "en": en} for code, ar, en in DEPARTMENTS]
    return {
        "shared/sources.toml": _toml({}, {f"sources.{SOURCE}": source}),
        "shared/departments.toml": _toml({}, {}, {"departments": departments}),
    }


def card_texts(services: int = SERVICES, procedures: int = PROCEDURES, seed: int = 1448) -> Iterator[tuple[str, str]]:
    """Yield the name of each card's file and its text."""
    number = 0
    for kind, wanted in ((SERVICE, services), (PROCEDURE, procedures)):
        names = [*product(kind.deeds, kind.things, KINDS)]
        if not 0 <= wanted <= len(names):
            raise ValueError(f"{wanted} is not between 0 and {len(names)}: so many can be named")
        chance(seed, kind.stem, "names").shuffle(names)
        for place, name in enumerate(names[:wanted], 1):
            code = f"{kind.stem}_{place:04d}"
            yield f"{code}.toml", _card(kind, code, _prefix(number), name, chance(seed, code))
            number += 1


def _prefix(number: int) -> str:
    """Return a prefix of five letters that no real service has: it begins with Z."""
    letters = ""
    for _ in range(4):
        number, letter = divmod(number, len(LETTERS))
        letters = LETTERS[letter] + letters
    return f"Z{letters}"


def _card(kind: _Kind, code: str, prefix: str, name: Sequence[tuple[str, str]], draw: Random) -> str:
    (deed_ar, deed_en), (thing_ar, thing_en), (of_ar, of_en) = name
    paid = kind is SERVICE and draw.random() < 0.6
    form = _form(draw, counted=paid)
    stages = _stages(kind, draw, paid=paid)
    head = {
        "code": code,
        "name_ar": f"{deed_ar} {thing_ar} {of_ar}",
        "name_en": f"{deed_en} {thing_en}, {of_en}",
        "summary_ar": f"خدمة تجريبية: {deed_ar} {thing_ar} من النوع {of_ar}.",
        "summary_en": f"A made-up service: {deed_en.lower()} {thing_en} of the {of_en} kind.",
        "reference_prefix": prefix,
        "department": draw.choice(DEPARTMENTS[:4] if kind is SERVICE else DEPARTMENTS)[0],
        "audience": "suppliers" if kind is SERVICE and draw.random() < 0.1 else kind.audience,
        "channels": draw.choice((["web"], ["web", "counter"], ["web", "counter", "mail"])),
        "keywords_ar": [thing_ar, of_ar],
        "keywords_en": [thing_en.split(" ", 1)[-1], of_en],
        "land": "optional" if kind is SERVICE and draw.random() < 0.5 else "none",
    }
    tables = {
        "target": {"days": sum(stage["days"] for stage in stages), "source": SOURCE},
        "fee": _fee(draw, paid=paid),
        "retention": {
            "years": draw.choice((0, 5, 10, 15)),
            "ar": "مدة تجريبية",
            "en": "A made-up period",
            "source": SOURCE,
        },
    }
    return _toml(
        head,
        tables,
        {
            "applicants": [_applicant(kind)],
            "documents": _documents(draw),
            "conditions": [_fact("complete", "طلب مكتمل", "A complete request")],
            "form": form,
            "stages": stages,
            "referrals": _referrals(stages, draw),
            "outputs": [
                {
                    **_fact("answer", "خطاب بالنتيجة", "A letter with the result"),
                    "format": "pdf",
                    "per": "case",
                    "kind": "letter",
                }
            ],
        },
    )


def _fact(code: str, ar: str, en: str) -> Row:
    return {"code": code, "ar": ar, "en": en, "source": SOURCE}


def _applicant(kind: _Kind) -> Row:
    if kind is SERVICE:
        return _fact("citizen", "صاحب الشأن", "The person concerned")
    return _fact("employee", "موظف البلدية", "An employee of the municipality")


def _documents(draw: Random) -> list[Row]:
    chosen = draw.sample(range(len(DOCUMENTS)), draw.randint(0, 3))
    return [
        {**_fact(f"document_{n}", *DOCUMENTS[n]), "required": draw.random() < 0.5, "formats": ["pdf", "jpg"]}
        for n in sorted(chosen)
    ]


def _form(draw: Random, *, counted: bool) -> list[Row]:
    """Return the questions of a form; ``counted``: the fee may go by the first one."""
    number = {"code": "count", "ar": "العدد", "en": "Number", "kind": "integer", "required": True, "min": 1, "max": 500}
    choices = [{"code": f"kind_{n}", "ar": ar, "en": en} for n, (ar, en) in enumerate(KINDS[:4])]
    others: list[Row] = [
        {"code": "use", "ar": "الاستعمال", "en": "Use", "kind": "choice", "required": True, "choices": choices},
        {"code": "begins_on", "ar": "تاريخ البدء", "en": "Begins on", "kind": "date", "required": draw.random() < 0.5},
        {
            "code": "remarks",
            "ar": "ملاحظات",
            "en": "Remarks",
            "kind": "long_text",
            "required": False,
            "max_length": 1000,
        },
        {"code": "phone", "ar": "الجوال", "en": "Mobile", "kind": "phone", "required": draw.random() < 0.5},
        {"code": "area_m2", "ar": "المساحة", "en": "Area", "kind": "number", "required": False, "min": 1, "unit": "m2"},
        {"code": "urgent", "ar": "هل الطلب عاجل؟", "en": "Is it urgent?", "kind": "yes_no", "required": True},
    ]
    asked = [others[n] for n in sorted(draw.sample(range(len(others)), draw.randint(1, 4)))]
    if asked[-1]["code"] == "urgent":
        rule = {"field": "urgent", "is": True}
        asked.append(
            {"code": "reason", "ar": "سبب الاستعجال", "en": "Why", "kind": "text", "required": True, "only_if": rule}
        )
    return [number, *asked] if counted else asked


def _fee(draw: Random, *, paid: bool) -> Row:
    words = {"currency": "SAR", "ar": "رسم تجريبي", "en": "A made-up fee", "source": SOURCE}
    if not paid:
        return {"kind": "none", **words, "ar": "بلا رسم", "en": "No fee"}
    amount = f"{draw.randint(1, 40) * 25}.00"
    if draw.random() < 0.5:
        return {"kind": "fixed", "amount": amount, **words}
    if draw.random() < 0.5:
        return {"kind": "by_number", "amount": "12.50", "by": "count", **words}
    steps = [{"upto": 10, "amount": "100.00"}, {"upto": 100, "amount": "250.00"}, {"amount": "600.00"}]
    return {"kind": "steps", "by": "count", **words, "steps": steps}


# The way of a case ----------------------------------------------------------------------------------------------------


def _stages(kind: _Kind, draw: Random, *, paid: bool) -> list[Row]:
    middle = _house_way(draw) if kind is PROCEDURE else _public_way(draw)
    filer = "employee" if kind is PROCEDURE else "applicant"
    ends = [_stage("payment", "سداد الرسم", "Payment", "payment", "cashier", 0)] if paid else []
    first = _stage("draft", "تقديم الطلب", "Request", "draft", filer, 0)
    return [first, *middle, *ends, _stage("issue", "تسليم النتيجة", "Result", "issue", "archive", 1)]


def _stage(code: str, ar: str, en: str, kind: str, role: str, days: int, **more: Any) -> Row:
    return {**_fact(code, ar, en), "kind": kind, "role": role, "days": days, **more}


def _public_way(draw: Random) -> list[Row]:
    role, head = draw.choice(PUBLIC_ROLES), draw.choice(HEADS)
    review = _stage("review", "دراسة الطلب", "Review", "review", role, draw.randint(1, 5))
    decision = _stage("decision", "القرار", "Decision", "decision", head, draw.randint(1, 3))
    if draw.random() < 0.25:
        site = _stage("site", "زيارة الموقع", "Site visit", "visit", "inspector", 3, after=["draft"])
        return [review, site, {**decision, "after": ["review", "site"]}]
    if draw.random() < 0.2:
        return [review, _stage("committee", "عرض على اللجنة", "Committee", "committee", "committee", 7), decision]
    return [review, decision]


def _house_way(draw: Random) -> list[Row]:
    role = draw.choice(HOUSE_ROLES)
    work = _stage("work", "تنفيذ الطلب", "Work", "work", role, draw.randint(1, 5))
    if draw.random() < 0.5:
        return [_stage("approval", "موافقة المدير", "Director's approval", "decision", "director", 2), work]
    return [work]


def _referrals(stages: Sequence[Row], draw: Random) -> list[Row]:
    if not any(stage["code"] == "review" for stage in stages) or draw.random() < 0.7:
        return []
    return [
        {
            "stage": "review", "agency": code, "ar": ar, "en": en, "days": draw.randint(3, 10),
            "default": draw.choice(("consent", "object", "not_required")), "required": draw.random() < 0.5,
            "source": SOURCE,
        }
        for code, ar, en in draw.sample(AGENCIES, draw.randint(1, 2))
    ]  # fmt: skip


# TOML -----------------------------------------------------------------------------------------------------------------


def _toml(
    head: Mapping[str, Any], tables: Mapping[str, Mapping[str, Any]], lists: Mapping[str, Sequence[Row]] | None = None
) -> str:
    """Return a TOML text: keys first, then tables, then lists of tables with lists of tables in them."""
    blocks = [_keys(head)] if head else []
    blocks += [_table(f"[{name}]", name, values) for name, values in tables.items()]
    blocks += [_table(f"[[{name}]]", name, row) for name, rows in (lists or {}).items() for row in rows]
    return "\n".join(blocks)


def _table(header: str, name: str, values: Mapping[str, Any]) -> str:
    inner = {key: value for key, value in values.items() if _is_list(value)}
    text = f"{header}\n{_keys({key: value for key, value in values.items() if key not in inner})}"
    return text + "".join(f"\n{_table(f'[[{name}.{key}]]', '', row)}" for key, rows in inner.items() for row in rows)


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def _keys(values: Mapping[str, Any]) -> str:
    return "".join(f"{key} = {_value(value)}\n" for key, value in values.items())


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_value(inner)}" for key, inner in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)
