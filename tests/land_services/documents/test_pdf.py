"""The finished PDFs, read back by programs that did not make them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

from land_services.documents import model as m
from land_services.documents.decision import render_decision
from land_services.documents.figures import number_text
from land_services.documents.letter import render_letter
from land_services.documents.pdf import LocalFetcher, OutsideFetch, html_to_pdf
from land_services.documents.subdivision_drawing import render_subdivision_drawing
from land_services.documents.words import metres_in_words_ar, square_metres_in_words_ar

from . import samples
from .pdfs import outside_the_margins, poppler_text, printed_lines, reader, stroke_lengths_mm


@cache
def odd_decision() -> m.DecisionModel:
    """A lot of 20 m x 29.37 m whose every figure has a story."""
    return samples.decision(samples.drawn("3/208", samples.rectangle(20, 0.63, 40, 30)))


@cache
def decision_pdf() -> bytes:
    return render_decision(odd_decision())


@cache
def sheet_pdf() -> bytes:
    return render_subdivision_drawing(samples.subdivision())


@cache
def letter_pdf() -> bytes:
    return render_letter(samples.letter())


def every_pdf() -> Iterator[bytes]:
    yield from (decision_pdf(), sheet_pdf(), letter_pdf())


def flat(text: str) -> str:
    return " ".join(text.split())


def test_arabic_is_extracted_in_the_order_it_is_read() -> None:
    text = flat(poppler_text(decision_pdf()))
    for phrase in (
        "القرار المساحي",
        "أمانة المنطقة النموذجية",
        "عبدالله بن محمد النموذجي",
        "شركة الأفق التجريبية",
        "كتابة العدل الأولى بالمدينة النموذجية",
        "عشرون مترًا",
        "تسعة وعشرون مترًا وسبعة وثلاثون سنتيمترًا",
        "خمسمئة وسبعة وثمانون مترًا مربعًا وأربعون من المئة",
        "الحدود والأطوال",
        "مساح",
    ):
        assert phrase in text, phrase


def test_plan_block_and_parcel_stand_in_their_order_on_the_paper() -> None:
    """Where the letters lie, not what is said: the printed order is what a person reads."""
    made = samples.decision()
    told = m.Text("القطعة بدون/2-21/304 مرهونة.", "Parcel بدون/2-21/304 is mortgaged.")
    line = replace(made.parcel, plan_no="بدون", block_no="2-21", parcel_no="304")
    printed = printed_lines(render_decision(replace(made, parcel=line, remarks=(told,))))
    assert any("2-21" in row for row in printed) and any("٢-٢١" in row for row in printed)
    assert any("none/2-21/304" in row and "/2-21/304" in row.split("mortgaged")[1] for row in printed)


def test_another_reader_finds_the_same_arabic() -> None:
    text = flat("\n".join(page.extract_text() for page in reader(decision_pdf()).pages))
    for phrase in ("القرار المساحي", "عبدالله بن محمد النموذجي", "تسعة وعشرون مترًا وسبعة وثلاثون سنتيمترًا"):
        assert phrase in text, phrase


def test_words_stand_beside_the_same_figures() -> None:
    text = flat(poppler_text(decision_pdf()))
    for line in odd_decision().faces:
        assert number_text(line.length_m) in text
        assert number_text(line.length_m, language="ar") in text
        assert metres_in_words_ar(line.length_m) in text
    net = odd_decision().areas.net_m2
    assert number_text(net, language="ar") in text
    assert square_metres_in_words_ar(net) in text


def test_the_decision_holds_every_group_of_fields() -> None:
    text = flat(poppler_text(decision_pdf()))
    for shown in (
        "SD-1448-000123-1", "SUB-1448-000123", "١٤٤٨/٠٦/١٢", "٢٠٢٦/١١/٢٢", "2026/11/22", "1448/06/12 AH", "Approved",
        "2/3", "٢/٣", "1000000001", "2050000002", "Commercial register", "441234567", "ماجد بن صالح",
        "330105001234", "١٤٣١/٠٤/٠١", "Electronic", "3/208", "٣/٢٠٨", "Al Nakheel", "Residential", "R1",
        "شارع النخيل", "EPSG:32639", "412370.000", "2923510.000", "Parent’s deed", "Surplus", "Excluded",
        "Corner cuts", "Electricity room", "Net area", "1450", "1:400", "Location", "Precise Survey Office", "7714",
        "Khalid bin Nasser", "INV-1448-00991", "Boundaries were checked", "014D-2PF2", "SHA-256", "page 1 / 2", "305",
    ):  # fmt: skip
        assert shown in text, shown


def test_a_side_of_20_m_measures_40_mm_at_1_500() -> None:
    """The lot is made so large that 1:500 is the scale; its short side is 20 m."""
    lot = samples.drawn("9", samples.rectangle(0, 0, 20, 41))
    pdf = render_decision(replace(samples.decision(lot), sign_offs=()))
    text = poppler_text(pdf)
    assert "1:500" in text
    lengths = [length for page in range(len(reader(pdf).pages)) for length in stroke_lengths_mm(pdf, page)]
    assert len([length for length in lengths if abs(length - 40.0) < 0.02]) >= 2
    assert len([length for length in lengths if abs(length - 82.0) < 0.02]) >= 2


def test_before_and_after_are_drawn_at_one_scale() -> None:
    lengths = stroke_lengths_mm(sheet_pdf(), 0)
    assert "1:250" in poppler_text(sheet_pdf())
    assert len([v for v in lengths if abs(v - 120.0) < 0.02]) >= 5  # 30 m: two before, three after
    assert len([v for v in lengths if abs(v - 40.0) < 0.02]) >= 4  # 10 m: the halves


def test_the_letter_asks_for_the_deed_to_be_amended() -> None:
    text = flat(poppler_text(letter_pdf()))
    for phrase in (
        "السلام عليكم ورحمة الله وبركاته", "نأمل تعديل الصك", "بعد أخذ موافقة المالك", "قطعتان", "المرفقات",
        "ستمئة متر مربع", "القطعة رقم", "Please amend the deed", "owner’s approval", "330105001234",
    ):  # fmt: skip
        assert phrase in text, phrase


@pytest.mark.parametrize("make", [decision_pdf, sheet_pdf, letter_pdf])
def test_nothing_is_printed_into_the_margins(make: object) -> None:
    assert outside_the_margins(make(), 5.0) == []  # type: ignore[operator]


def test_it_is_pdf_a_3_with_the_data_attached_and_tagged() -> None:
    for pdf, model in zip(every_pdf(), (odd_decision(), samples.subdivision(), samples.letter()), strict=True):
        document = reader(pdf)
        root = document.trailer["/Root"]
        assert root["/Lang"] == "ar"
        assert root["/MarkInfo"]["/Marked"]
        assert "/OutputIntents" in root
        metadata = root["/Metadata"].get_data()
        assert b"pdfaid:part" in metadata
        assert b">3<" in metadata or b'part="3"' in metadata
        (name,) = document.attachments
        (content,) = document.attachments[name]
        assert content == m.data_json(model)
        assert json.loads(content)["header"]["number"] == model.header.number
        assert root["/AF"][0].get_object()["/AFRelationship"] == "/Data"
        fonts = {
            str(f.get_object()["/BaseFont"]) for page in document.pages for f in page["/Resources"]["/Font"].values()
        }
        assert all("+" in font for font in fonts), "fonts are embedded subsets"


def test_the_same_document_is_the_same_bytes() -> None:
    assert render_letter(samples.letter()) == letter_pdf()


def test_another_figure_is_another_hash() -> None:
    model = odd_decision()
    other = replace(model, areas=replace(model.areas, net_m2=model.areas.net_m2 + Decimal("0.01")))
    assert m.data_sha256(model) != m.data_sha256(other)
    assert m.data_sha256(model)[:32] in poppler_text(decision_pdf())


def test_a_placeholder_rule_says_so() -> None:
    from land_services.domain import RuleSource

    rule = m.RuleLine(
        m.Text("الحد الأدنى للمساحة", "Minimum area"),
        m.Text("200 م²", "200 m²"),
        RuleSource("ممارسة شائعة", "2000-01-01", "placeholder"),
    )
    model = odd_decision()
    text = poppler_text(render_decision(replace(model, planning=replace(model.planning, rules=(rule,)))))
    assert "placeholder" in text
    assert "نموذجي" in text


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org/a.css",
        "http://127.0.0.1:1/x",
        "file:///etc/passwd",
        "file://host/etc/passwd",
        "data:text/css,a{}",
        "ftp://example.org/x",
    ],
)
def test_a_document_fetches_nothing_but_its_own_files(address: str, tmp_path: Path) -> None:
    with pytest.raises(OutsideFetch):
        LocalFetcher(tmp_path).fetch(address)


def test_a_path_cannot_climb_out_of_the_folder(tmp_path: Path) -> None:
    inside = tmp_path / "in"
    inside.mkdir()
    (tmp_path / "secret").write_text("x")
    (inside / "link").symlink_to(tmp_path / "secret")
    for path in ("../secret", "%2e%2e/secret", "link"):
        with pytest.raises(OutsideFetch):
            LocalFetcher(inside).fetch(f"{inside.as_uri()}/{path}")


def test_a_page_that_names_a_foreign_picture_is_made_without_it() -> None:
    html = '<html lang="ar"><title>x</title><p>نص</p><img src="http://127.0.0.1:1/a.png"><img src="file:///etc/passwd">'
    pdf = html_to_pdf(html, data=b"{}", data_name="x.json", issued_at=samples.ISSUED, identifier="x")
    assert pdf.startswith(b"%PDF-")
    assert b"/Image" not in pdf
