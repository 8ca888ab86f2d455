"""What people are told: complete in both languages, only ids, numbers and dates in it, a wrong file says the line."""

from __future__ import annotations

import re

import pytest
from django.core.checks.registry import registry
from hypothesis import given
from hypothesis import strategies as st

from land_services.notices.checks import check_words
from land_services.notices.kinds import Value, is_value, print_value
from land_services.notices.words import FILE, NoticeError, WordsError, load_words, read_words

TEXT = FILE.read_text(encoding="utf-8")
SAMPLES: dict[str, Value] = {
    "service": "subdivision",
    "stage": "subdivision/review",
    "count": 12,
    "code": "SUB-1448/9",
    "amount": "1500.00 SAR",
    "date": "2026-11-29",
    "moment": "2026-11-29T11:30:00+00:00",
}
GOOD = """[case_moved]
params = { days = "count" }
subject_ar = "س {reference}"
subject_en = "s {reference}"
body_ar = "ب {days}"
body_en = "b {days}"
"""


@pytest.mark.parametrize("code", sorted(load_words()))
def test_every_event_speaks_both_languages_and_leaves_no_placeholder(code: str) -> None:
    event = load_words()[code]
    params = {name: SAMPLES[kind] for name, kind in event.params.items()}
    event.check(params)
    for language, letters in (("ar", r"[ء-ي]"), ("en", r"[a-z]")):
        for how in ("plain", "text", "html"):
            for text in (
                event.subject(language, "SUB-1448-17", params, how),
                event.body(language, "SUB-1448-17", params, how),
            ):
                assert "{" not in text and "}" not in text
                assert len(re.findall(letters, text)) > 6
        names_it = "SUB-1448-17" in event.subject(language, "SUB-1448-17", params)
        assert names_it is (event.about == "case"), "what tells of an area holds no reference"


def test_values_are_printed_for_people() -> None:
    event = load_words()["case_late"]
    params: dict[str, Value] = {"service": "subdivision", "stage": "subdivision/review", "days": 1234}
    params["due"] = SAMPLES["moment"]
    arabic, english = event.body("ar", "SUB-1", params, "plain"), event.body("en", "SUB-1", params, "plain")
    assert "1448/06/19 هـ (2026/11/29 م)، الساعة 14:30" in arabic and "1,234" in arabic
    assert "2026/11/29 (1448/06/19 AH), 14:30" in english
    assert "subdivision/review" not in english and "«subdivision»" not in arabic
    assert print_value("service", "of_another_time", "ar") == "of_another_time"
    assert print_value("stage", "of_another_time/review", "ar") == "review"


def test_an_amount_names_its_currency_in_each_language() -> None:
    event, params = load_words()["fee_due"], {"service": "subdivision", "amount": "1500.00 SAR"}
    arabic, english = (event.body(language, "SUB-1", params, "text") for language in ("ar", "en"))
    assert "المبلغ: 1,500.00 ريال." in arabic and "SAR" not in arabic
    assert "Amount: 1,500.00 SAR." in english
    assert print_value("amount", "500 XAU", "ar") == "500 XAU", "a currency without a name is told by its code"
    assert print_value("amount", "about 500", "ar") == "about 500", "a message of another time is still shown"


def test_references_stay_left_to_right_and_nothing_becomes_markup() -> None:
    event = load_words()["fee_paid"]
    params: dict[str, Value] = {"service": "subdivision", "receipt": "R-7"}
    assert "\u2066R-7\u2069" in event.body("ar", "SUB-1", params, "text")
    shown = event.body("ar", "<script>", params, "html")
    assert '<bdi dir="ltr">R-7</bdi>' in shown and "<script>" not in shown and "&lt;script&gt;" in shown


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("service", "Sara Ahmad"), ("service", 1), ("stage", "review"), ("count", -1), ("count", True), ("count", "3"),
        ("code", "سارة أحمد"), ("code", ""), ("code", "x" * 81), ("code", "<b>"), ("date", "2026-13-01"),
        ("date", "20261129"), ("moment", "2026-11-29T11:30:00"), ("moment", "now"),
        ("amount", "500.00"), ("amount", "500 sar"), ("amount", 500),
    ],
)  # fmt: skip
def test_what_is_no_id_number_or_date_is_refused(kind: str, value: Value) -> None:
    assert not is_value(kind, value)


@given(st.text(max_size=30), st.integers())
def test_whatever_is_a_value_can_be_printed(text: str, number: int) -> None:
    for kind in SAMPLES:
        for value in (text, number):
            if is_value(kind, value):
                assert print_value(kind, value, "ar") and print_value(kind, value, "en")


def test_an_event_carries_exactly_its_values() -> None:
    event = load_words()["case_returned"]
    for params in ({}, {"service": "subdivision"}, {"service": "subdivision", "remarks": 1, "owner": "x"}):
        with pytest.raises(NoticeError, match="carries"):
            event.check(params)  # type: ignore[arg-type]
    with pytest.raises(NoticeError, match="is not a count"):
        event.check({"service": "subdivision", "remarks": "three"})


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("b {days}", "b {day}", 6, "{day} is not among"),
        ("ب {days}", "ب", 6, "does not show the same"),
        ('"s {reference}"', '"s"', 4, "does not show the same"),
        ('"count"', '"number"', 2, "each has a kind"),
        ('body_en = "b {days}"', "", 1, "must be a text"),
        ("b {days}", "b {days} <b>", 6, "angle bracket"),
        ('params = { days = "count" }', 'params = { days = "count", more = "code" }', 2, "more is shown in no text"),
        ("[case_moved]", "[Case-Moved]", 1, "an event is a table"),
        ("params =", "parms =", 2, "is not a key"),
        ("params =", 'email = "no"\nparams =', 2, "must be true or false"),
        ('"s {reference}"', '"""s {reference}\nx"""', 4, "one line"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(old: str, new: str, line: int, reason: str) -> None:
    assert old in GOOD and read_words(GOOD)
    with pytest.raises(WordsError, match=re.escape(reason)) as refused:
        read_words(GOOD.replace(old, new))
    assert refused.value.line == line, str(refused.value)


def test_what_is_no_toml_says_the_line_and_the_server_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(WordsError, match=r"words\.toml:2: TOML"):
        read_words("[a]\nx = \n")
    assert check_words in registry.get_checks() and not check_words()
    monkeypatch.setattr("land_services.notices.checks.load_words", lambda: read_words(GOOD.replace("{days}", "{x}")))
    [fault] = check_words()
    assert fault.id == "notices.E001" and "words.toml:5" in fault.msg
