"""The papers of a case that changed the register: what its card promises, made from the change that was decided."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import shapely
from django.conf import settings
from django.utils import timezone

from land_services.catalogue import Output
from land_services.catalogue.fees import CURRENCIES
from land_services.changesets import from_json
from land_services.deeds import RETURN_REASONS
from land_services.documents import build
from land_services.documents.corners import corner_table
from land_services.documents.dates import gregorian_text, hijri_text
from land_services.documents.decision import render_decision
from land_services.documents.letter import render_letter
from land_services.documents.model import Authority, OwnerLine, RepresentativeLine, Text
from land_services.documents.qr import new_verification_code
from land_services.documents.subdivision_drawing import render_subdivision_drawing
from land_services.domain import ChangeSet, CreateSpatialUnit, EndTitle, Facts, PendDeed, TransferRight
from land_services.register.adapters import as_multipolygon
from land_services.register.personal import PersonView, read_parties
from land_services.register.selectors import load_facts
from land_services.register.surroundings import surroundings
from land_services.rulebook.in_force import rules_on
from land_services.services import survey_decision
from layers.catalog.parcels import LAYER as PARCELS
from layers.files.writer import FeatureBatch, write_features
from layers.models import District, Plan
from layers.viewer import Viewer

from .cards import card_of
from .charging import fee_line
from .checking import facts_wanted
from .errors import ActionRefused
from .issued import AMENDING, DECISION_NO, decision_by_number, origin_of
from .models import Attempt, Case, IssuedDocument
from .outcomes import said_in
from .papers import Paper
from .signing import OFFICE_LICENCE, person_name, sign_offs
from .surplus import SURPLUS, price_of
from .validity import until_words, validity

__all__ = ["ID_KINDS", "MAKERS", "decision_again", "facts_at_decision", "land_papers", "letters_again", "purpose_of"]

PRINTED: Final = frozenset({"DED-04", "SVD-04"})
"""Findings that are part of what was decided."""
INSET_M: Final = 300
"""How far around the land the location inset looks."""
SAID_OF_THE_SURVEY: Final = ("instruments", "project_type", "accuracy_mm")
"""Fields of the form that the decision prints."""
PARTY_KINDS: Final = {
    "person": Text("فرد", "Person"),
    "company": Text("شركة", "Company"),
    "government": Text("جهة حكومية", "Government body"),
    "group": Text("ورثة", "Heirs"),
}
ID_KINDS: Final = {
    "national_id": Text("الهوية الوطنية", "National ID"),
    "iqama": Text("هوية مقيم", "Resident ID"),
    "commercial_registration": Text("السجل التجاري", "Commercial registration"),
    "government_code": Text("رمز الجهة", "Body code"),
    "inheritance_certificate": Text("صك حصر الورثة", "Inheritance certificate"),
    OFFICE_LICENCE: Text("ترخيص مكتب هندسي", "Engineering office licence"),
}


def facts_at_decision(case: Case) -> Facts:
    """Return the facts around the land of a case: as they are; once approved, as they were before the decision."""
    return load_facts(facts_wanted(case.service, case.parcel_uids), at=_before_decision(case))


def _before_decision(case: Case) -> datetime | None:
    return case.entry.at - timedelta(microseconds=1) if case.entry and case.entry.at else None


# Making -------------------------------------------------------------------------------------------------------------


def land_papers(case: Case, viewer: Viewer) -> Iterator[Paper]:
    """Make every output of the case's card, in the card's order."""
    attempt: Attempt | None = case.attempts.filter(fit=True).order_by("-number").first()
    if attempt is None or not attempt.change_set:
        raise ActionRefused("لا يوجد تغيير معتمد لهذا الطلب.", "This case has no approved change.")
    made = _Making(case, case_file(case, attempt, viewer))
    for output in card_of(case).outputs:
        yield from MAKERS[output.code](made, output)


def letters_again(case: Case, viewer: Viewer) -> Iterator[Paper]:
    """Make the letter to the registry once more: dated today, numbered anew, and with the return that it answers."""
    attempt: Attempt | None = case.attempts.filter(fit=True).order_by("-number").first()
    letters = case.documents.filter(kind="registry_letter").count()
    output = next((one for one in card_of(case).outputs if one.code == "registry_letter"), None)
    if not letters or output is None or attempt is None or not attempt.change_set:
        return
    file = case_file(case, attempt, viewer)
    again = replace(file, issued_at=timezone.localtime(), remarks=(*file.remarks, *_sent_before(case)))
    making = _Making(case, again)
    yield making.paper(output, f"L{letters + 1}", lambda number, code: render_letter(build.letter(again, number, code)))


def decision_again(case: Case, replaced: IssuedDocument, viewer: Viewer) -> Iterator[Paper]:
    """Print the facts of an issued decision once more, as a case asks that measures nothing: dated and numbered anew.

    Its last day stays that of the decision which it replaces.
    """
    first = origin_of(replaced).case
    attempt: Attempt | None = first.attempts.filter(fit=True).order_by("-number").first()
    if attempt is None or not attempt.change_set:
        raise ActionRefused("لا يوجد تغيير معتمد لهذا القرار.", "This decision has no approved change.")
    number, day = replaced.number, timezone.localdate(replaced.issued_at)
    told = Text(
        f"يحل هذا القرار محل القرار رقم {number} الصادر في {hijri_text(day, 'ar')}، ولم يُعَد الرفع.",
        f"Replaces decision no. {number} of {gregorian_text(day, 'en')}; nothing was measured anew.",
    )
    file = case_file(first, attempt, viewer)
    again = replace(
        file,
        reference=case.reference,
        issued_at=timezone.localtime(case.decided_at),
        purpose=purpose_of(case),
        validity=until_words(replaced.valid_until),
        remarks=(*file.remarks, told),
        sign_offs=(*file.sign_offs[:2], *sign_offs(case, viewer)[2:]),
        fee=fee_line(case),
    )
    unit = next(one for one in build.result_units(again) if one.uid == str(replaced.parcel_uid))
    (output,) = card_of(case).outputs
    yield _Making(case, again).paper(
        output, "D1", _decision(again, unit), parcel_uid=unit.uid, valid_until=replaced.valid_until
    )


def _sent_before(case: Case) -> Iterator[Text]:
    """What the letter says of the return that it answers."""
    step = case.steps.filter(act="deed_returned").order_by("-pk").first()
    if step is None:
        return
    number, (arabic, english) = step.details["number"], RETURN_REASONS[step.details["reason"]]
    day = date.fromisoformat(step.details["on"])
    yield Text(
        f"إلحاقًا بإعادتكم رقم {number} بتاريخ {hijri_text(day, 'ar')} ({arabic})، نعيد إرسال الطلب.",
        f"Further to your return no. {number} of {gregorian_text(day, 'en')} ({english}), the request is sent again.",
    )


@dataclass(frozen=True)
class _Making:
    case: Case
    file: build.CaseFile

    def paper(self, output: Output, suffix: str, make: Callable[[str, str], bytes], **more: Any) -> Paper:
        """Make one paper: its number is the case's with ``suffix``, and a code of its own is printed on it."""
        number, code = f"{self.case.reference}-{suffix}", new_verification_code()
        ending = more.pop("ending", ".pdf")
        return Paper(
            more.pop("kind", output.code), number, code, ending, make(number, code),
            title_ar=output.ar, title_en=output.en, **more,
        )  # fmt: skip


def _issued_at(case: Case) -> datetime:
    return timezone.localtime(case.entry.at if case.entry else None)


def _decisions(made: _Making, output: Output) -> Iterator[Paper]:
    until = validity(rules_on(made.case.filed_on), made.file.issued_at.date())[1]
    for n, unit in enumerate(build.result_units(made.file), start=1):
        yield made.paper(output, f"D{n}", _decision(made.file, unit), parcel_uid=unit.uid, valid_until=until)


def _decision(file: build.CaseFile, unit: CreateSpatialUnit) -> Callable[[str, str], bytes]:
    return lambda number, code: render_decision(build.decision(file, unit, number, code))


def _corners(made: _Making, output: Output) -> Iterator[Paper]:
    """The corners of the parcel as a table: as surveyed, as registered, and as a telephone finds them."""
    for n, unit in enumerate(build.result_units(made.file), start=1):
        content = corner_table(unit.corners, made.file.crs)
        yield made.paper(output, f"C{n}", lambda *_, content=content: content, parcel_uid=unit.uid, ending=".csv")


def _drawing(made: _Making, output: Output) -> Iterator[Paper]:
    def make(number: str, code: str) -> bytes:
        return render_subdivision_drawing(build.subdivision_drawing(made.file, number, code))

    yield made.paper(output, "P", make)


def _letter(made: _Making, output: Output) -> Iterator[Paper]:
    yield made.paper(output, "L", lambda number, code: render_letter(build.letter(made.file, number, code)))


def _file(suffix: str) -> Callable[[_Making, Output], Iterator[Paper]]:
    def files(made: _Making, output: Output) -> Iterator[Paper]:
        kind = f"result_{suffix}"
        yield made.paper(output, suffix, lambda *_: _result(made, f".{suffix}"), ending=f".{suffix}", kind=kind)

    return files


MAKERS: Final[dict[str, Callable[[_Making, Output], Iterator[Paper]]]] = {
    "survey_decision": _decisions,
    "corners": _corners,
    "subdivision_drawing": _drawing,
    "merge_drawing": _drawing,
    "adjustment_drawing": _drawing,
    "sketch": _drawing,
    "before_after": _drawing,
    "division_drawing": _drawing,
    "registry_letter": _letter,
    "update_letter": _letter,
    "geopackage": _file("gpkg"),
    "geojson": _file("geojson"),
}
"""How each output that a card of a land service may name is made."""


# From the case ------------------------------------------------------------------------------------------------------


def case_file(case: Case, attempt: Attempt, viewer: Viewer) -> build.CaseFile:
    """Return what the documents of a decided case are made from; who looks at the owners is recorded."""
    change_set = from_json(attempt.change_set or {})
    facts = _with_pending(facts_at_decision(case), change_set)
    parties = {right.party_id for title in facts.titles for right in title.rights}
    people = read_parties(sorted(parties), viewer=viewer, purpose=case.reference)
    municipality = Text(settings.MUNICIPALITY_NAME_AR, settings.MUNICIPALITY_NAME_EN)
    around = surroundings(shapely.union_all([p.geometry for p in facts.parcels]), INSET_M, at=_before_decision(case))
    names = District.objects.filter(end_lifespan_version=None, name_ar__in={p.district for p in facts.parcels})
    issued_at, rules = _issued_at(case), rules_on(case.filed_on)
    return build.CaseFile(
        reference=case.reference,
        issued_at=issued_at,
        base_url=settings.PUBLIC_URL,
        authority=Authority(Text(settings.AMANAH_NAME_AR, settings.AMANAH_NAME_EN), municipality),
        crs=f"EPSG:{settings.STORAGE_SRID}",
        facts=facts,
        change_set=change_set,
        owners={person.id: _owner(person) for person in people},
        city=municipality,
        subdivision=_subdivision(case, facts),
        districts={d.name_ar: Text(d.name_ar, d.name_en) for d in names},
        representatives=_representatives(people, case, viewer),
        sign_offs=sign_offs(case, viewer),
        validity=validity(rules, issued_at.date())[0],
        kind=case.service,
        fee=fee_line(case),
        remarks=(*_remarks(attempt), *_surplus(case)),
        purpose=purpose_of(case),
        survey=tuple(_survey(case)),
        rules=rules,
        context_parcels=around.parcels,
        context_streets=around.streets,
    )


def purpose_of(case: Case) -> Text:
    """What the papers are for: of a survey decision what its owner named, of all others the service."""
    card = card_of(case)
    if case.service in AMENDING and (before := decision_by_number(str(case.form.get(DECISION_NO, "")))) is not None:
        return _answered(case, "purpose") or purpose_of(before.case)
    asked = _answered(case, "purpose") if case.service == survey_decision.CODE else None
    return asked or Text(card.name_ar, card.name_en)


def _survey(case: Case) -> Iterator[tuple[Text, Text]]:
    """How the land was measured, as the office says."""
    for code in SAID_OF_THE_SURVEY if case.service == survey_decision.CODE else ():
        field, said = next((f for f in card_of(case).form if f.code == code), None), _answered(case, code)
        if field is not None and said:
            yield Text(field.ar, field.en), said


def _answered(case: Case, code: str) -> Text | None:
    """Return what the form says in a field, in words; None where the card does not ask or nothing was said."""
    field, value = next((f for f in card_of(case).form if f.code == code), None), case.form.get(code)
    return None if field is None or value in (None, "") else said_in(field, value)


def _with_pending(facts: Facts, change_set: ChangeSet) -> Facts:
    """Return the facts before a decision with the deeds marked whose change the decision makes pending."""
    kinds = (TransferRight, PendDeed, EndTitle)
    waiting = {op.title_id for kind in kinds for op in change_set.of(kind)}
    return replace(
        facts,
        titles=tuple(
            replace(title, deeds=tuple(replace(deed, pending=True) for deed in title.deeds))
            if title.id in waiting
            else title
            for title in facts.titles
        ),
    )


def _remarks(attempt: Attempt) -> tuple[Text, ...]:
    """What the papers must say of the check that was decided on: how the deed's area became that of the ground."""
    findings = (attempt.report or {}).get("findings", [])
    return tuple(Text(f["message"]["ar"], f["message"]["en"]) for f in findings if f["rule"] in PRINTED)


def _surplus(case: Case) -> Iterator[Text]:
    """That the surplus was bought: at what price by which minutes, with which receipts.

    Amounts have no mark of thousands and the number of the minutes stands last: both would turn a line around.
    """
    priced = price_of(case)
    for invoice in case.invoices.filter(kind=SURPLUS, paid_at__isnull=False).order_by("pk"):
        day = timezone.localdate(invoice.paid_at)
        word = CURRENCIES.get(invoice.currency, invoice.currency)
        yield Text(
            f"سُدد عن الزائدة {invoice.amount:f} {word}: الفاتورة {invoice.number}، الإيصال {invoice.receipt}"
            f" بتاريخ {hijri_text(day, 'ar')}.",
            f"Paid for the surplus: {invoice.amount:f} {invoice.currency}, invoice {invoice.number}, receipt"
            f" {invoice.receipt} of {gregorian_text(day, 'en')}.",
        )
        if priced is not None:
            yield Text(
                f"سعر المتر المربع {priced.price_per_m2:f} {word}، بمحضر لجنة التقدير رقم {priced.number}",
                f"A square metre costs {priced.price_per_m2:f} {invoice.currency} by the committee’s minutes no."
                f" {priced.number}",
            )
            priced = None


def _subdivision(case: Case, facts: Facts) -> Text:
    """What the land was divided by: the service, and the name of the plan where it has one."""
    card = card_of(case)
    plans = Plan.objects.filter(end_lifespan_version=None, plan_no__in={p.plan_no for p in facts.parcels} - {""})
    names = [(plan.name_ar or plan.name_en, plan.name_en or plan.name_ar) for plan in plans.order_by("plan_no")]
    service = [] if case.service == survey_decision.CODE else [(card.name_ar, card.name_en)]  # it divides nothing
    return Text(
        "، ".join(arabic for arabic, _ in [*service, *names] if arabic),
        ", ".join(english for _, english in [*service, *names] if english),
    )


def _representatives(people: list[PersonView], case: Case, viewer: Viewer) -> tuple[RepresentativeLine, ...]:
    """Who acts for the owners, with the authorisation as it is registered."""
    acting = sorted({person.represented_by for person in people if person.represented_by is not None})
    agents = read_parties(acting, viewer=viewer, purpose=case.reference) if acting else []
    return tuple(
        RepresentativeLine(
            name=person_name(agent),
            kind=Text(f"وكيل عن {person_name(owner).ar}", f"Agent for {person_name(owner).en or owner.name_ar}"),
            authorisation_no=owner.representation,
        )
        for agent in agents
        for owner in people
        if owner.represented_by == agent.id
    )


def _owner(person: PersonView) -> OwnerLine:
    return OwnerLine(
        name=person_name(person),
        share=0,  # type: ignore[arg-type]  # the share comes from the title
        kind=PARTY_KINDS.get(person.kind, Text(person.kind)),
        id_kind=ID_KINDS.get(person.id_kind, Text(person.id_kind)),
        id_number=person.id_number,
    )


def _result(made: _Making, suffix: str) -> bytes:
    """The parcels that came out of it as a file of the parcels layer."""
    case, units = made.case, build.result_units(made.file)
    values = [tuple(_value(unit, case, field.name) for field in PARCELS.fields) for unit in units]
    wkb = [shapely.to_wkb(as_multipolygon(unit.geometry)) for unit in units]
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"{case.reference}{suffix}"
        write_features(path, PARCELS.fields, [FeatureBatch(values, wkb)], settings.STORAGE_SRID, layer="parcels")
        return path.read_bytes()


def _value(unit: CreateSpatialUnit, case: Case, name: str) -> Any:
    given: Mapping[str, Any] = {
        "calculated_area_m2": unit.geometry.area,
        "begin_lifespan_version": case.entry.at if case.entry else None,
        "end_lifespan_version": None,
    }
    return given[name] if name in given else getattr(unit, name)
