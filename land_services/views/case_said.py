"""What was said in a case and what it holds, as its page shows it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from land_services.cases.at_work import CaseAtWork
from land_services.cases.differences import difference
from land_services.cases.models import CaseFile, Remark
from land_services.cases.readers import adding_refused, by_the_filer, may_read, readable
from land_services.cases.reasons import REASONS
from land_services.cases.sniffing import SHOWN
from land_services.catalogue import Field, ServiceCard
from land_services.catalogue.forms import day_of

__all__ = ["changed", "form_rows", "papers", "said"]


def said(work: CaseAtWork, language: str, *, staff: bool) -> dict[str, Any]:
    """Return remarks, questions to agencies, minutes, visits and invoices."""
    names = {agency.code: _of(agency, language) for agency in work.card.referrals}
    return {
        "remarks": [_remark(work, remark, language) for remark in work.remarks],
        "open_remarks": len(work.open_remarks()),
        "referrals": [
            {"one": one, "agency": names.get(one.agency, one.agency), "answer": _answer(one.answer)}
            for one in work.referrals
            if staff or one.answer
        ],
        "minutes": list(work.case.minutes.order_by("held_on", "pk")) if staff else [],
        "visits": [visit for visit in work.visits if visit.cancelled_at is None],
        "thread": list(work.case.steps.filter(act="say").select_related("by").order_by("pk")),
        "invoices": list(work.case.invoices.filter(void_at=None).order_by("pk")),
    }


def _of(item: Any, language: str) -> str:
    return str(item.en if language == "en" else item.ar)


def _answer(code: str) -> tuple[str, str]:
    return {
        "consent": ("ok", _("Consents")),
        "conditions": ("warning", _("Consents with conditions")),
        "object": ("stop", _("Objects")),
        "not_required": ("neutral", _("Not required")),
    }.get(code, ("info", _("Asked")))


def _remark(work: CaseAtWork, remark: Remark, language: str) -> dict[str, Any]:
    reason = REASONS.get(remark.reason)
    return {
        "one": remark,
        "reason": _of(reason, language) if reason else remark.reason,
        "where": _where(work, remark, language),
        "feature": f"remark-{remark.number}" if remark.point else "",
    }


def _where(work: CaseAtWork, remark: Remark, language: str) -> str:
    if remark.place == "part":
        return _("Part %(number)s") % {"number": remark.part}
    if remark.place == "field":
        return next((_of(one, language) for one in work.card.form if one.code == remark.field), remark.field)
    if remark.place == "document":
        file = next((file for file in readable(work) if file.pk == remark.file_id), None)
        title = _file_title(work.card, file, language) if file else ""
        return _("%(title)s, page %(page)d") % {"title": title, "page": remark.page} if remark.page else title
    return _("On the map") if remark.place == "map" else ""


def _file_title(card: ServiceCard, file: CaseFile, language: str) -> str:
    document = next((one for one in card.documents if one.code == file.document), None)
    return _of(document, language) if document else file.name


def form_rows(work: CaseAtWork, language: str) -> list[dict[str, Any]]:
    """Return each field of the form with what was answered, for reading and for filling in."""
    rows = [_field(field, work.case.form.get(field.code), language) for field in work.card.form]
    by_code = {row["field"].code: row for row in rows}
    return [{**row, "only_if": _only_if(row["field"], by_code)} for row in rows]


def _only_if(field: Field, rows: dict[str, dict[str, Any]]) -> dict[str, str] | None:
    """Return which earlier answer a field depends on, as the form sends it and in words."""
    if field.only_if is None:
        return None
    other, value = rows[field.only_if.field], field.only_if.value
    if isinstance(value, bool):
        sent, answer = ("yes", _("Yes")) if value else ("no", _("No"))
    else:
        sent, answer = value, dict(other["choices"]).get(value, value)
    return {"field": field.only_if.field, "value": sent, "title": other["title"], "answer": answer}


def _field(field: Field, value: Any, language: str) -> dict[str, Any]:
    choices = [(choice.code, _of(choice, language)) for choice in field.choices]
    shown = dict(choices).get(value, value) if field.kind == "choice" else value
    if field.kind == "yes_no" and value is not None:
        shown = _("Yes") if value else _("No")
    return {
        "field": field,
        "title": _of(field, language),
        "help": field.help_en if language == "en" else field.help_ar,
        "choices": choices,
        "value": "" if value is None else value,
        "shown": "" if shown is None else shown,
        "day": day_of(str(value)) if field.kind == "date" and value else None,
        "input": _INPUTS.get(field.kind, "text"),
        "mode": "decimal" if field.kind in ("number", "money") else "numeric" if field.kind == "integer" else "",
    }


_INPUTS = {"email": "email", "phone": "tel", "date": "text"}


def changed(work: CaseAtWork, language: str) -> dict[str, Any] | None:
    """Return what the last round changed, as the page tells it; None where there was one round."""
    found = difference(work) if work.case.round > 1 else None
    if found is None:
        return None
    fields = {field.code: field for field in work.card.form}
    rows = [
        (
            _of(fields[one.code], language),
            _field(fields[one.code], one.before, language)["shown"],
            _field(fields[one.code], one.after, language)["shown"],
        )
        for one in found.fields
        if one.code in fields
    ]
    return {
        "round": found.round,
        "fields": rows,
        "parts": found.parts,
        "files": [(file, _file_title(work.card, file, language)) for file in found.files if may_read(work, file)],
        "before": found.attempts[0],
        "after": found.attempts[1],
        "is_empty": found.is_empty,
    }


def papers(work: CaseAtWork, language: str) -> list[dict[str, Any]]:
    """Return the documents that the card asks for with their versions, and what was added beside them."""
    rows: list[dict[str, Any]] = []
    files = readable(work)
    for document in work.card.documents:
        if document.code == "survey_file":
            continue
        rows.append({
            "code": document.code,
            "title": _of(document, language),
            "required": document.required,
            "formats": ", ".join(document.formats),
            "files": [_paper(file) for file in files if file.document == document.code],
            "may_add": adding_refused(work, document) is None,
            "staff": not by_the_filer(document),
        })  # fmt: skip
    others = [_paper(file) for file in files if not file.document]
    may_add = adding_refused(work, None) is None
    rows.append(
        {
            "code": "",
            "title": _("Other documents"),
            "required": False,
            "formats": "",
            "files": others,
            "may_add": may_add,
        }
    )
    return rows


def _paper(file: CaseFile) -> dict[str, Any]:
    return {"one": file, "shown": file.type in SHOWN}
