"""Rule packs: dated, sourced, refused with file and key where they are wrong."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from land_services.rules import FOLDER, Pack, RuleError, authorities, load_pack, load_rules, read_pack
from land_services.rules.schema import BASES, KEYS
from tests.budget import budget

TEXT = (FOLDER / "eastern_province.toml").read_text(encoding="utf-8")
FRONTAGE = 'values = [{ value = 10, source = "practice", valid_from = 2000-01-01 }]'
DAYS = st.dates(date(2001, 1, 1), date(2060, 1, 1))


def with_frontage(*lines: str) -> Pack:
    assert TEXT.count(FRONTAGE) == 1
    return read_pack(TEXT.replace(FRONTAGE, "values = [\n" + ",\n".join(lines) + ",\n]"), "eastern_province")


def value(number: float, begin: date, end: date | None = None, zone: str = "", source: str = "practice") -> str:
    until = f", valid_to = {end.isoformat()}" if end else ""
    where = f'zone = "{zone}", ' if zone else ""
    return f'{{ {where}value = {number}, source = "{source}", valid_from = {begin.isoformat()}{until} }}'


@pytest.mark.parametrize("authority", authorities())
def test_every_pack_gives_every_rule_and_basis_today(authority: str) -> None:
    rules = load_rules(authority, date(2026, 11, 22))
    for key in (*KEYS, *BASES):
        rules.value(key)
        source = rules.source(key)
        assert source.title and source.title_ar, key


def test_a_number_without_official_text_says_that_it_is_a_placeholder() -> None:
    rules = load_rules("eastern_province", date(2026, 11, 22))
    for key in ("min_lot_area_m2", "min_frontage_m", "corner_cut_leg_m", "deed_tolerance_percent"):
        assert rules.source(key).confidence == "placeholder"
    assert rules.source("grant_surplus_ceiling_percent").confidence == "press"


def test_a_zones_own_value_goes_before_the_general_one() -> None:
    rules = load_rules("eastern_province", date(2026, 11, 22))
    assert rules.value("min_lot_area_m2", "C1") == 300.0
    assert rules.value("min_lot_area_m2", "no such zone") == rules.value("min_lot_area_m2") == 200.0


def test_an_unknown_key_is_a_key_error_that_names_it() -> None:
    with pytest.raises(KeyError, match="max_height_m"):
        load_rules("eastern_province", date(2026, 1, 1)).value("max_height_m")


def test_a_day_before_the_rules_began_is_refused_with_file_and_key() -> None:
    with pytest.raises(RuleError, match=r"eastern_province\.toml: min_lot_area_m2: .*1999-12-31"):
        load_rules("eastern_province", date(1999, 12, 31))


def test_an_unknown_authority_names_those_that_exist() -> None:
    with pytest.raises(RuleError, match="eastern_province"):
        load_pack("atlantis")


@given(change=DAYS, filed=DAYS)
@settings(max_examples=budget(60, 2000), deadline=None)
def test_a_changed_value_affects_only_cases_filed_from_its_first_day_on(change: date, filed: date) -> None:
    pack = with_frontage(value(10, date(2000, 1, 1), change), value(14, change))
    assert pack.on(filed).value("min_frontage_m") == (14.0 if filed >= change else 10.0)
    untouched = load_rules("eastern_province", filed)
    assert all(pack.on(filed).value(key) == untouched.value(key) for key in KEYS if key != "min_frontage_m")


@given(begin=DAYS, days=st.integers(1, 4000), shift=st.integers(-4000, 4000))
@settings(max_examples=budget(60, 2000), deadline=None)
def test_two_values_that_hold_on_the_same_day_are_refused(begin: date, days: int, shift: int) -> None:
    first = (begin, begin + timedelta(days))
    second = (begin + timedelta(shift), begin + timedelta(shift + days))
    lines = (
        value(10, date(1900, 1, 1), date(1900, 1, 2)),
        value(11, *first, zone="R1"),
        value(12, *second, zone="R1"),
    )
    if abs(shift) < days:
        with pytest.raises(RuleError, match=r"min_frontage_m \(R1\): two values hold from"):
            with_frontage(*lines)
    else:
        assert with_frontage(*lines)


def test_an_open_value_followed_by_another_is_refused() -> None:
    with pytest.raises(RuleError, match="min_frontage_m: two values hold from 2020-01-01"):
        with_frontage(value(10, date(2000, 1, 1)), value(12, date(2020, 1, 1)))


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('key = "min_frontage_m"', 'key = "min_frontages_m"', "min_frontages_m"),
        ("value = 10, source", "value = -1, source", "min_frontage_m.value"),
        ("value = 10, source", 'value = "ten", source', "min_frontage_m.value"),
        ("value = 10, source", "value = inf, source", "min_frontage_m.value"),
        ("value = 10, source", "value = true, source", "min_frontage_m.value"),
        (FRONTAGE, FRONTAGE.replace("practice", "hearsay"), "min_frontage_m.source"),
        (FRONTAGE, FRONTAGE.replace("2000-01-01", '"2000"'), "min_frontage_m.valid_from"),
        (FRONTAGE, FRONTAGE.replace(" }]", ", valid_to = 1999-01-01 }]"), "min_frontage_m.valid_to"),
        ('key = "max_parts"\nunit = "1"', 'key = "max_parts"\nunit = "m"', "max_parts.unit"),
        ('checks = ["LND-03"]', 'checks = ["LND-3"]', "basis.LND-3"),
        ('checks = ["LND-03"]', "checks = []", "LND-03"),
        ("[sources.practice]", "[sources.practise]", "min_lot_area_m2.source"),
        ('confidence = "press"\n', 'confidence = "sure"\n', "confidence"),
        ("[pack]", "[pack", "TOML"),
        ('about_en = "Shortest frontage of a lot on a street"', 'about_en = ""', "min_frontage_m.about_en"),
    ],
)
def test_a_wrong_pack_is_refused_naming_file_and_key(old: str, new: str, key: str) -> None:
    assert old in TEXT
    with pytest.raises(RuleError) as refused:
        read_pack(TEXT.replace(old, new, 1), "eastern_province")
    assert str(refused.value).startswith("eastern_province.toml: ")
    assert key in refused.value.key


def test_a_zone_on_a_rule_without_zones_is_refused() -> None:
    text = TEXT.replace("{ value = 0.05, source", '{ zone = "R1", value = 0.05, source', 1)
    with pytest.raises(RuleError, match=r"zone"):
        read_pack(text, "eastern_province")


def test_replaced_values_leave_the_rules_they_came_from_alone() -> None:
    rules = load_rules("eastern_province", date(2026, 1, 1))
    assert rules.replaced(min_lot_area_m2=1.0).value("min_lot_area_m2", "C1") == 1.0
    assert rules.value("min_lot_area_m2", "C1") == 300.0
    with pytest.raises(KeyError, match="nonsense"):
        rules.replaced(nonsense=1)
