"""The file of weeks: what is in it, and that a wrong one says the line."""

from __future__ import annotations

import pytest
from django.core.checks.registry import registry
from django.test import override_settings

from land_services.worktime.checks import check_working_week
from land_services.worktime.weeks import FILE, WeeksError, load_weeks, read_weeks

TEXT = FILE.read_text(encoding="utf-8")


def test_every_week_names_its_sources_in_both_languages() -> None:
    packs = load_weeks()
    assert {"saudi", "sharjah", "uae", "gulf"} <= packs.keys()
    for pack in packs.values():
        assert pack.title_ar and pack.title_en
        for dated in pack.dated:
            for source in (dated.days_source, dated.hours_source, dated.ramadan_source):
                assert source.title and source.title_ar
                assert (source.confidence == "placeholder") or source.date


@pytest.mark.parametrize(
    ("old", "new", "line_of", "reason"),
    [
        ('mon = "07:30-15:30"', 'mon = "15:30-07:30"', "[[sharjah.week]]", "not in order"),
        ('mon = "07:30-15:30"', 'mon = "7:30-15:30"', "[[sharjah.week]]", "is not written as"),
        ('mon = "07:30-15:30"', 'mon = "07:30-12:00, 11:00-13:00"', "[[sharjah.week]]", "not in order"),
        ('usual = { mon = "07:30-15:30"', 'usual = { montag = "07:30-15:30"', "[[sharjah.week]]", "must name days"),
        ('days_source = "sharjah_2021"', 'days_source = "hearsay"', "[[sharjah.week]]", "not among"),
        ('days_source = "sharjah_2021"', 'day_source = "sharjah_2021"', "[[sharjah.week]]", "exactly"),
        ("valid_from = 2013-06-29", "valid_from = 1991-06-29", "[saudi]", "is not after the week before"),
        ("valid_from = 2013-06-29", 'valid_from = "2013-06-29"', "[[saudi.week]]", "must be a date"),
        ('title_en = "Sharjah: Monday to Thursday"', "", "[sharjah]", "must be a text"),
        ('confidence = "placeholder"', 'confidence = "sure"', "[sources.practice]", "must be one of"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(old: str, new: str, line_of: str, reason: str) -> None:
    assert old in TEXT
    text = TEXT.replace(old, new)
    with pytest.raises(WeeksError, match=reason) as refused:
        read_weeks(text)
    assert text.splitlines()[refused.value.line - 1].startswith(line_of)
    assert str(refused.value).startswith(f"weeks.toml:{refused.value.line}: ")


def test_what_is_no_toml_says_the_line() -> None:
    with pytest.raises(WeeksError, match=r"weeks\.toml:2: TOML"):
        read_weeks("[sources]\nx = \n")


def test_a_server_with_an_unknown_week_does_not_start() -> None:
    assert check_working_week in registry.get_checks() and not check_working_week()
    with override_settings(WORKING_WEEK="atlantis"):
        [fault] = check_working_week()
    assert "atlantis" in fault.msg and "saudi" in fault.msg
