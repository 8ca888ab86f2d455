"""Hostile and extreme input: no exception, nothing off the paper, no markup, no turned text."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest

from land_services.documents import model as m
from land_services.documents.decision import decision_html, render_decision
from land_services.documents.letter import letter_html, render_letter
from land_services.documents.subdivision_drawing import render_subdivision_drawing, subdivision_drawing_html
from land_services.documents.words import PARCEL, counted_ar
from tests.budget import budget

from . import samples
from .pdfs import outside_the_margins, poppler_text, reader
from .test_drawing import ODD_LOTS, forty_parts, with_arc, with_hole

HOSTILE = '<script>alert(1)</script><img src="http://127.0.0.1:1/x">"\' & {{ 7*7 }} \u202eعكس\u202c \x00\x07'
LONG = "اسم طويل جدا لا ينتهي " * 12
UNBROKEN = "غ" * 220


def hostile_decision() -> m.DecisionModel:
    model = samples.decision()
    evil = m.Text(HOSTILE, HOSTILE)
    owners = (
        replace(model.owners[0], name=evil, id_number=HOSTILE[:40], share=Fraction(333_333_333_331, 999_999_999_989)),
        replace(model.owners[1], name=m.Text(LONG, "A very long name " * 12)),
        m.OwnerLine(m.Text(UNBROKEN), Fraction(1, 3)),
    )
    faces = tuple(replace(face, adjoining=m.Text(LONG[:200], ("next to " * 30)[:200])) for face in model.faces)
    return replace(
        model,
        header=replace(model.header, number=HOSTILE, case_reference=HOSTILE, purpose=evil, validity=evil),
        parcel=replace(model.parcel, parcel_no=HOSTILE, plan_no=UNBROKEN, block_no="", district=evil, uid=HOSTILE),
        owners=owners,
        deeds=(replace(model.deeds[0], number="9" * 40, issuer=LONG, parcels=tuple(f"{i}/208" for i in range(60))),),
        faces=faces,
        remarks=(evil, m.Text(LONG * 4, LONG * 4)),
        sign_offs=(replace(model.sign_offs[0], name=evil, licence=HOSTILE), *model.sign_offs),
    )


def test_markup_in_the_data_is_text_on_every_document() -> None:
    evil = m.Text(HOSTILE, HOSTILE)
    letter, sheet = samples.letter(), samples.subdivision()
    pages = (
        decision_html(hostile_decision()),
        letter_html(replace(letter, addressee=evil, attachments=(evil,), remarks=(evil,), owner_approval=evil)),
        subdivision_drawing_html(replace(sheet, remarks=(evil,), header=replace(sheet.header, number=HOSTILE))),
    )
    for html in pages:
        assert "<script" not in html
        assert "<img" not in html
        assert "49" not in html.split("{{ 7*7 }}")[0][-5:]
        assert not set(html) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\x00\x07")


def test_hostile_and_endless_texts_stay_on_the_page() -> None:
    pdf = render_decision(hostile_decision())
    assert outside_the_margins(pdf, 5.0) == []
    assert "alert(1)" in poppler_text(pdf)


def test_many_parts_fit_on_their_sheets() -> None:
    sheet = samples.subdivision()
    parts = forty_parts()[: budget(6, 40)]
    parent = samples.drawn("208", samples.rectangle(0, 0, 200, 50))
    model = replace(
        sheet,
        drawing=samples.drawing(parts, (parent,)),
        parts=tuple(samples.part_line(p) for p in parts),
        parents=(samples.part_line(parent),),
    )
    pdf = render_subdivision_drawing(model)
    assert outside_the_margins(pdf, 5.0) == []
    text = poppler_text(pdf)
    for part in parts:
        assert part.number in text


def test_a_letter_on_many_parts_runs_over_pages_and_counts_them() -> None:
    parts = tuple(samples.part_line(p) for p in forty_parts()[: budget(8, 40)])
    pdf = render_letter(replace(samples.letter(), parts=parts))
    pages = len(reader(pdf).pages)
    assert pages > 2
    assert f"page {pages} / {pages}" in poppler_text(pdf)
    assert counted_ar(len(parts), PARCEL) in poppler_text(pdf)
    assert outside_the_margins(pdf, 5.0) == []


@pytest.mark.parametrize("name", ["a tiny lot", "a concave lot", "a layout of 2 km"][: budget(2, 3)])
def test_a_lot_of_any_shape_gets_its_decision(name: str) -> None:
    (parcel,) = ODD_LOTS[name]()
    assert outside_the_margins(render_decision(samples.decision(parcel)), 5.0) == []


def test_arcs_and_holes_get_their_decision() -> None:
    for parcel in (with_arc(), with_hole()):
        html = decision_html(samples.decision(parcel))
        assert "<svg" in html


def test_a_parcel_with_nothing_known_about_it_still_prints() -> None:
    model = samples.decision()
    empty = m.ParcelLine("u", "", "", "1")
    bare = m.DecisionModel(
        header=replace(model.header, authority=m.Authority(m.Text(""), m.Text("بلدية", "M"))),
        parcel=empty,
        owners=(),
        deeds=(),
        faces=model.faces,
        areas=m.AreaLines(Decimal("1.00"), Decimal("1.00")),
        drawing=m.DrawingModel("local", m.Text("شبكة الموقع", "site grid"), model.drawing.after),
    )
    text = poppler_text(render_decision(bare))
    assert "بدون" in text
    assert "متر مربع واحد" in text
