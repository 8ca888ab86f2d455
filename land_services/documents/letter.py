"""The letter that asks the notary or the Real Estate Registry to amend the deeds (the municipality changes no deed)."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from pathlib import Path
from typing import Final

from land_services.documents.model import LetterModel, Text, data_json, data_sha256
from land_services.documents.pdf import environment, html_to_pdf
from land_services.documents.sheet import page_context
from land_services.documents.words import PARCEL, cardinal_en, counted_ar

SUBJECTS: Final = {
    "subdivision": Text(
        "تعديل صك وإصدار صكوك مستقلة بعد الفرز", "Amendment of a deed and separate deeds after subdivision"
    ),
    "merge": Text("تعديل صكوك وإصدار صك واحد بعد الدمج", "Amendment of deeds and one deed after merging"),
    "boundary_adjustment": Text(
        "تعديل صكي قطعتين بعد تعديل الحد الفاصل بينهما",
        "Amendment of the deeds of two parcels after their boundary moved",
    ),
    "duplex_subdivision": Text(
        "تعديل صك وإصدار صك مستقل لكل وحدة بعد الفرز", "Amendment of a deed and a separate deed for each unit"
    ),
    "update_and_subdivide": Text(
        "تحديث صك وإصدار صكوك مستقلة بعد الفرز", "Update of a deed and separate deeds after subdivision"
    ),
    "deed_update": Text("تحديث صك وفق الرفع المساحي", "Update of a deed according to the survey"),
}
REQUESTS: Final = {
    "subdivision": Text(
        "نأمل تعديل الصك الموضح أدناه وإصدار صك مستقل لكل قطعة ناتجة، وفق المساحات والحدود والأطوال بعد الفرز "
        "المبينة في هذا الخطاب، وذلك {approval}.",
        "Please amend the deed named below and issue a separate deed for each resulting parcel, with the areas, "
        "boundaries and lengths after subdivision stated in this letter, {approval}.",
    ),
    "merge": Text(
        "نأمل تعديل الصكوك الموضحة أدناه وإصدار صك واحد للقطعة الناتجة، وفق المساحة والحدود والأطوال بعد الدمج "
        "المبينة في هذا الخطاب، وذلك {approval}.",
        "Please amend the deeds named below and issue one deed for the resulting parcel, with the area, boundaries and "
        "lengths after merging stated in this letter, {approval}.",
    ),
    "boundary_adjustment": Text(
        "نأمل تعديل المساحة والحدود والأطوال في صكي القطعتين الموضحين أدناه بعد نقل الحد المشترك بينهما، "
        "وفق ما هو مبين في هذا الخطاب قبل التعديل وبعده، وذلك {approval}.",
        "Please amend area, boundaries and lengths in the deeds of the two parcels named below, whose common boundary "
        "was moved, as stated in this letter before and after, {approval}.",
    ),
    "duplex_subdivision": Text(
        "نأمل تعديل الصك الموضح أدناه وإصدار صك مستقل لكل وحدة ناتجة عن فرز المبنى، "
        "وفق المساحات والحدود والأطوال المبينة في هذا الخطاب، وذلك {approval}.",
        "Please amend the deed named below and issue a separate deed for each unit of the divided building, with the "
        "areas, boundaries and lengths stated in this letter, {approval}.",
    ),
    "update_and_subdivide": Text(
        "نأمل تحديث المساحة والحدود والأطوال في الصك الموضح أدناه، ثم إصدار صك مستقل لكل قطعة ناتجة عن الفرز، "
        "وفق ما هو مبين في هذا الخطاب، وذلك {approval}.",
        "Please update area, boundaries and lengths in the deed named below and then issue a separate deed for each "
        "resulting parcel, as stated in this letter, {approval}.",
    ),
    "deed_update": Text(
        "نأمل تعديل المساحة والحدود والأطوال في الصك الموضح أدناه وفق ما هو مبين في هذا الخطاب، وذلك {approval}.",
        "Please amend the area, boundaries and lengths in the deed named below as stated in this letter, {approval}.",
    ),
}


def _request(model: LetterModel) -> Text:
    wording = REQUESTS[model.kind]
    return Text(
        wording.ar.format(approval=model.owner_approval.ar),
        wording.en.format(approval=model.owner_approval.en or model.owner_approval.ar),
    )


def letter_html(model: LetterModel, digest: str = "") -> str:
    """Return the letter as a page, ready for WeasyPrint; ``digest`` is that of its data, where it is known."""
    official = [part.official_m2 for part in model.parts]
    return (
        environment()
        .get_template("letter.html")
        .render(
            d=model,
            subject=SUBJECTS[model.kind],
            request_text=_request(model),
            count=Text(counted_ar(len(model.parts), PARCEL), cardinal_en(len(model.parts))),
            total_measured=sum((part.measured_m2 for part in model.parts), Decimal("0.00")),
            total_official=None if None in official else sum((a for a in official if a is not None), Decimal("0.00")),
            **page_context(model.header, digest or data_sha256(model)),
        )
    )


def render_letter(model: LetterModel, fonts: Path | None = None) -> bytes:
    """Return the letter to the registry as PDF/A-3b with its data attached."""
    data = data_json(model)
    digest = hashlib.sha256(data).hexdigest()
    return html_to_pdf(
        letter_html(model, digest),
        data=data,
        data_name=f"{model.header.number}.json",
        issued_at=model.header.issued_at,
        identifier=f"{model.header.number} {digest}",
        fonts=fonts,
    )
