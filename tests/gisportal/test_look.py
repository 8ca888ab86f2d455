"""The look: own files only, logical properties, tokens with enough contrast, both languages complete."""

from __future__ import annotations

import gettext
import json
import re
import subprocess
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.template import Context, Template, TemplateSyntaxError
from django.utils import translation
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from gisportal import gallery, mapdata
from gisportal.dates import gregorian_text, hijri_text
from gisportal.finding_facts import facts_of
from gisportal.layer_words import words_of
from gisportal.numbers import comparable_texts, number_text
from layers.digits import parse_decimal, to_latin_digits
from tests.browser import BUILD, ROOT

FRONTEND = ROOT / "gisportal" / "frontend"
TEMPLATES = [path for package in ("gisportal", "land_services", "layers") for path in (ROOT / package).rglob("*.html")]
# Namespaces and licence notes are names, not addresses that a browser opens.
NAMES = (
    "www.w3.org",
    "mozilla.org/MPL",
    "github.com",
    "developer.mozilla.org",
    "tailwindcss.com",
    "openlayers.org",
    "www.opengis.net",
)
PHYSICAL = re.compile(
    r"(?<![\w-])(?:margin|padding|border)-(?:left|right)\b|(?<![\w-])(?:left|right)\s*:|text-align\s*:\s*(?:left|right)"
    r"|float\s*:\s*(?:left|right)"
)
PHYSICAL_CLASS = re.compile(r"(?<![\w-])(?:[mp][lr]|left|right|border-[lr]|rounded-[lr]|text-(?:left|right))-")


def test_built_files_name_no_foreign_host() -> None:
    files = [path for path in BUILD.iterdir() if path.suffix in {".js", ".css", ".svg"}]
    assert {"site.js", "site.css", "map.js", "icons.svg"} <= {path.name for path in files}
    for path in files:
        text = path.read_text(encoding="utf-8")
        for address in re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}[^\s\"'`)]*", text):
            assert any(name in address for name in NAMES), (path.name, address)
        for fetched in re.findall(r"url\(([^)]+)\)|@import\s+([^;]+)", text if path.suffix == ".css" else ""):
            assert "//" not in "".join(fetched), (path.name, fetched)


def test_the_lock_file_names_no_registry() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    assert lock["lockfileVersion"] == 3
    for name, package in lock["packages"].items():
        assert "resolved" not in package, name
        assert not name or package.get("link") or "integrity" in package or package.get("inBundle"), name


def test_versions_are_pinned_and_the_map_library_shapes_arabic_along_lines() -> None:
    package = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    versions = {**package["dependencies"], **package["devDependencies"]}
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in versions.values())
    assert tuple(map(int, versions["ol"].split("."))) >= (10, 11, 0)


@pytest.mark.parametrize("path", sorted(FRONTEND.rglob("*.css")), ids=lambda path: path.name)
def test_styles_use_logical_properties(path: Path) -> None:
    text = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    text = text.replace("safe-area-inset-left", "")
    assert not PHYSICAL.search(text), PHYSICAL.search(text)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_templates_hold_no_inline_code_and_no_physical_classes(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\son[a-z]+\s*=", text)
    # Printed sheets carry their own style sheet; programs that show mail know no other way.
    if "documents" in path.parts or path.name == "email.html":
        return
    assert not re.search(r"\sstyle\s*=", text)
    for classes in re.findall(r'class="([^"]*)"', text):
        assert not PHYSICAL_CLASS.search(classes), classes


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(first: str, second: str) -> float:
    light, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _themes() -> list[dict[str, str]]:
    text = (FRONTEND / "styles" / "tokens.css").read_text(encoding="utf-8")
    blocks = re.findall(r":root[^{]*\{([^}]*)\}", text)
    return [dict(re.findall(r"--([a-z-]+):\s*(#[0-9a-f]{6})", block)) for block in blocks]


def test_every_pair_of_text_and_ground_can_be_read() -> None:
    light, preferred_dark, chosen_dark = _themes()
    assert preferred_dark == chosen_dark
    assert light["palm"] == "#0b5d4b" and light["ink"] == "#14241f"
    pairs = [(text, ground) for text in ("ink", "muted", "palm") for ground in ("paper", "ground")]
    pairs += [(kind, f"{kind}-soft") for kind in ("palm", "sea", "ok", "warning", "stop")]
    pairs += [(kind, ground) for kind in ("sea", "ok", "stop") for ground in ("paper", "ground")]
    pairs += [("on-palm", "palm"), ("on-palm", "palm-hover"), ("warning", "paper")]
    pairs += [("map-label", "map-land"), ("map-label", "map-street"), ("ink", "palm-soft"), ("muted", "palm-soft")]
    for theme in (light, chosen_dark):
        for text, ground in pairs:
            assert _contrast(theme[text], theme[ground]) >= 4.5, (text, ground, _contrast(theme[text], theme[ground]))
        assert _contrast(theme["line-strong"], theme["paper"]) >= 3


def test_every_icon_that_is_used_is_in_the_sprite_and_unknown_ones_are_refused() -> None:
    icons = json.loads((FRONTEND / "icons.json").read_text(encoding="utf-8"))
    sprite = (BUILD / "icons.svg").read_text(encoding="utf-8")
    assert set(re.findall(r'<symbol id="([^"]+)"', sprite)) == set(icons["icons"])
    assert set(icons["directional"]) <= set(icons["icons"])
    for path in TEMPLATES:
        for name in re.findall(r'{% icon "([a-z-]+)"', path.read_text(encoding="utf-8")):
            assert name in icons["icons"], (path.name, name)
    with pytest.raises(TemplateSyntaxError):
        render('{% icon "no-such-icon" %}')


def render(source: str, language: str = "ar", **context: Any) -> str:
    with translation.override(language):
        return Template(source).render(Context(context))


def test_a_number_stands_alone_and_its_unit_outside() -> None:
    html = render('{% quantity value "m2" %}', value=153.1)
    assert html == '<span class="quantity"><span class="number" dir="ltr">153.10</span> م²</span>'
    assert "m²" in render('{% quantity value "m2" %}', "en", value=153.1)
    assert "1,144.00" in render('{% quantity value "m2" 2 %}', value=1144)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "—"),
        ("", "—"),
        (float("nan"), "—"),
        (float("inf"), "—"),
        (Decimal("0.00"), "0.00"),
        (-1234.5, "-1,234.5"),
    ],
)
def test_numbers_that_are_none_are_shown_as_a_dash(value: object, text: str) -> None:
    assert number_text(value) == text


@given(st.decimals(-1000, 1000, places=3), st.decimals(-1000, 1000, places=3))
def test_values_that_differ_look_different(measured: Decimal, required: Decimal) -> None:
    first, second = comparable_texts(measured, required)
    assert (first == second) == (measured == required)


@given(st.decimals(-(10**9), 10**9, places=2))
def test_a_number_written_in_arabic_digits_is_read_back(value: Decimal) -> None:
    latin = f"{value:,.2f}"
    arabic = latin.translate(str.maketrans("0123456789.,", "٠١٢٣٤٥٦٧٨٩٫٬"))
    assert parse_decimal(arabic) == parse_decimal(latin) == value


@pytest.mark.parametrize("text", ["", ".", "-", "1,5", "12,34", "1e5", "٣/٤", "nan", "1 2", "²", "1.2.3", "५"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a number"):
        parse_decimal(text)


@given(st.text())
def test_other_letters_stay_as_they_are(text: str) -> None:
    once = to_latin_digits(text)
    assert to_latin_digits(once) == once
    assert not set(once) & set("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹")


def test_dates_come_in_both_calendars_by_the_municipality_s_day() -> None:
    assert hijri_text(date(2026, 11, 22), "ar") == "12 جمادى الآخرة 1448 هـ"
    assert gregorian_text(date(2026, 11, 22), "ar") == "22 نوفمبر 2026 م"
    late = datetime(2026, 11, 21, 22, 30, tzinfo=UTC)  # already the 22nd in Riyadh
    assert gregorian_text(late, "en") == "22 November 2026"
    assert hijri_text(date(1800, 1, 1), "ar") == ""
    assert "01:30" in render("{% date_pair at True %}", at=late)
    assert render("{% date_pair at %}", at=None) == "—"


def test_a_finding_shows_its_facts_and_admits_a_missing_source() -> None:
    first, second = gallery.example_findings()
    html = render('{% finding_row f "m" "finding-1" %}', "ar", f=first)
    for piece in ("SUB-07", "9.6", "10", "الحد الأدنى", "لا مصدر رسمي بعد", 'data-map-feature="finding-1"', "<button"):
        assert piece in html
    assert "<button" not in render("{% finding_row f %}", "en", f=second)


def test_a_finding_cannot_smuggle_markup() -> None:
    finding = {"rule": "<b>", "severity": "error", "message": {"ar": "<script>", "en": "<script>"}}
    html = render("{% finding_row f %}", f=finding)
    assert "<script>" not in html and "<b>" not in html


def test_map_data_cannot_break_out_of_its_script() -> None:
    data = {"before": [gallery._feature(gallery._box(0, 0, 1, 1), "</script><script>alert(1)</script>")]}
    html = render("{% map_frame data %}", data=data)
    assert "</script><script>alert" not in html


def test_map_data_are_completed_with_the_storage_crs() -> None:
    whole = mapdata.complete(gallery.example_map(), "ar")
    assert whole["crs"]["code"] == "EPSG:32639"
    assert "+proj=utm +zone=39" in whole["crs"]["proj4"]
    assert set(whole["layers"]) == set(mapdata.LAYERS)
    assert mapdata.complete({}, "ar")["layers"]["after"]["features"] == []
    assert mapdata.complete({"srid": 2154}, "en")["crs"]["proj4"].startswith("+proj=lcc")


def test_a_blocked_button_says_why() -> None:
    html = render('{% button "Approve" name="ok" reason="needs a second person" href="/x/" %}')
    assert "disabled" in html and 'aria-describedby="ok-reason"' in html and "<a " not in html


def test_the_arabic_catalogue_is_complete_and_current(tmp_path: Path) -> None:
    source = ROOT / "locale" / "ar" / "LC_MESSAGES" / "django.po"
    text = source.read_text(encoding="utf-8")
    assert "#, fuzzy" not in text and "#~" not in text
    counted = subprocess.run(
        ["msgfmt", "--check-format", "--statistics", "-o", str(tmp_path / "ar.mo"), str(source)],
        capture_output=True,
        text=True,
        check=True,
        env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
    )
    assert "untranslated" not in counted.stderr, counted.stderr
    with (tmp_path / "ar.mo").open("rb") as file:
        catalogue = gettext.GNUTranslations(file)
    assert catalogue.ngettext("%(n)d second", "%(n)d seconds", 2) == "ثانيتين"


def test_every_word_of_every_template_is_translated() -> None:
    """Against all catalogues together: land services bring their own."""
    plain = re.compile(r"""{% translate ("[^"]+"|'[^']+')(?: context "([^"]+)")? %}""")
    called = re.compile(r"""\b_\(("[^"]+"|'[^']+')\)""")
    missing = set()
    with translation.override("ar"):
        for path in TEMPLATES:
            text = path.read_text(encoding="utf-8")
            words = [(quoted[1:-1], context) for quoted, context in plain.findall(text)]
            words += [(quoted[1:-1], "") for quoted in called.findall(text)]
            for word, context in words:
                found = translation.pgettext(context, word) if context else translation.gettext(word)
                if found == word:
                    missing.add((path.name, word))
    assert not missing


@pytest.mark.parametrize(
    ("template", "context", "arabic"),
    [
        ('{% include "gisportal/nearby/_share.html" %}', {}, ">مشاركة<"),
        ('{% load i18n %}{% translate "Share" %}', {}, "الحصة"),  # of an owner, land_services/parcel.html
        ('{% include "gisportal/nearby/coverage_popup.html" %}', {"row": {}}, "النسبة: "),
        (
            '{% include "land_services/_said.html" %}',
            {"said": {"minutes": [{"held_on": date(2026, 3, 5)}]}},
            ">المحاضر<",
        ),
        ('{% include "land_services/_remarks.html" %}', {"said": {"remarks": [{"one": {"number": 1}}]}}, ">مفتوحة<"),
        ('{% load i18n %}{% translate "Findings" %}', {}, "النتائج"),
        ('{% load i18n %}{% translate "Areas you watch" %}', {}, "مناطق تتابعها"),
        ('{% load i18n %}{% translate "Block" %}', {}, "البلك"),
    ],
)
def test_a_word_of_two_meanings_is_the_right_one_in_its_place(template: str, context: Any, arabic: str) -> None:
    """One catalogue wins over the other, whatever page asks."""
    with translation.override("ar"):
        assert arabic in Template(template).render(Context(context))


@pytest.mark.parametrize(
    "rule, severity, measured, required, says",
    [
        ("LND-25", "error", (0.0251, "m"), (0.05, "m"), ["Measured 0.025 m", "At least 0.05 m"]),
        ("SUB-03", "error", (8.356, "m"), (10.0, "m"), ["Measured 8.356 m", "At least 10 m"]),
        ("DED-04", "warning", (6.992, "%"), (25.0, "%"), ["Measured 6.992 %", "At most 25 %"]),
        ("DED-04", "info", (-1.18, "m2"), (7.51, "m2"), ["Measured -1.18 m²", "At most 7.51 m²"]),
        ("SVD-06", "error", (1, "1"), (2, "1"), ["Instruments 1", "At least 2"]),
        ("SVD-07", "error", (0.12, "m"), (0.05, "m"), ["Measured 120 mm", "At most 50 mm"]),
        ("SVD-07", "warning", (0.0005, "m"), (0.02, "m"), ["Measured 0.5 mm", "At least 20 mm"]),
        ("MRG-08", "error", ("", ""), None, []),
        ("DED-03", "error", ("990", ""), ("991, 992", ""), ["Given 990", "Expected 991, 992"]),
        ("SUB-11", "info", (1803.2, "m2"), (1800.02, "m2"), ["Measured 1,803.2 m²", "On record 1,800.02 m²"]),
        ("BDA-04", "info", (359.98, "m2"), None, ["Measured 359.98 m²"]),
        ("SUB-08", "error", (3.0, "m2"), (0.0, "m2"), ["Measured 3 m²", "At most 0 m²"]),
    ],
)
def test_the_facts_of_a_finding_say_what_its_sentence_says(
    rule: str, severity: str, measured: Any, required: Any, says: list[str]
) -> None:
    def quantity(pair: Any) -> Any:
        return None if pair is None else {"value": pair[0], "unit": pair[1]}

    finding = {"rule": rule, "severity": severity, "measured": quantity(measured), "required": quantity(required)}
    with override("en"):
        facts = facts_of(finding, "en")
    assert [" ".join(filter(None, (one["label"], one["text"], one["unit"]))) for one in facts] == says


@pytest.mark.parametrize(
    "layer, field, code, arabic, english",
    [
        ("parcels", "land_use", "residential", "سكني", "Residential"),
        ("parcels", "land_use", "duplex", "دوبلكس", "Duplex"),
        ("streets", "road_class", "local", "محلي", "Local"),
        ("places", "category", "food", "التموين الغذائي", "Food supply"),
        ("open_cases", "service", "merge", "دمج الأراضي", "Merging parcels"),
    ],
)
def test_codes_of_layers_are_read_as_words(layer: str, field: str, code: str, arabic: str, english: str) -> None:
    assert words_of(layer, field, "en")[code] == english
    assert words_of(layer, field, "ar")[code] == arabic or (
        arabic is None and not words_of(layer, field, "ar")[code].isascii()
    )


def test_values_that_are_no_codes_have_no_words() -> None:
    assert words_of("parcels", "parcel_no", "ar") == {}
