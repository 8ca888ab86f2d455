"""Rule packs: dated, sourced, refused with file and key where they are wrong."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from land_services.domain import RuleSource
from land_services.rules import (
    FOLDER,
    DatedRules,
    Entry,
    Pack,
    RuleError,
    authorities,
    load_pack,
    load_rules,
    read_pack,
)
from land_services.rules.schema import BASES, KEYS
from tests.budget import budget

PRACTICE = (FOLDER / "shared" / "practice.toml").read_text(encoding="utf-8")
TEXT = '[pack]\ntitle_ar = "جهة"\ntitle_en = "An authority"\n' + PRACTICE
"""A pack that builds on nothing."""
ABOUT = 'about_en = "Shortest frontage of a lot on a street"\n'
FRONTAGE = ABOUT + 'values = [{ value = 10, source = "practice", valid_from = 2000-01-01 }]'
DAYS = st.dates(date(2001, 1, 1), date(2060, 1, 1))


def with_frontage(*lines: str) -> Pack:
    assert TEXT.count(FRONTAGE) == 1
    return read_pack(TEXT.replace(FRONTAGE, ABOUT + "values = [\n" + ",\n".join(lines) + ",\n]"), "eastern_province")


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
    untouched = read_pack(TEXT, "eastern_province").on(filed)
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
        ('checks = ["LND-01", ', 'checks = ["LND-1", ', "basis.LND-1"),
        ('checks = ["LND-01", "LND-04"]', 'checks = ["LND-04"]', "LND-01"),
        ("[sources.practice]", "[sources.practise]", "min_lot_area_m2.source"),
        ('confidence = "official"\n', 'confidence = "sure"\n', "confidence"),
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


# Packs that build on shared files ------------------------------------------------------------------------------------

HEAD = '[pack]\ntitle_ar = "جهة"\ntitle_en = "An authority"\nshared = ["practice", "saudi"]\n'


def test_what_a_pack_says_takes_the_place_of_the_shared_files() -> None:
    own = '[[rule]]\nkey = "min_frontage_m"\nunit = "m"\nvalues = [' + value(14, date(2020, 1, 1)) + "]\n"
    pack = read_pack(HEAD + own, "eastern_province")
    assert [(e.value, e.valid_from) for e in pack.history("min_frontage_m")] == [(14.0, date(2020, 1, 1))]
    assert pack.about["min_frontage_m"][1] == "Shortest frontage of a lot on a street"
    with pytest.raises(RuleError, match="min_frontage_m: has no value in force on 2019-12-31"):
        pack.on(date(2019, 12, 31))


def test_the_shared_file_named_last_goes_first() -> None:
    assert read_pack(HEAD, "eastern_province").on(date(2026, 1, 1)).source("title_required").confidence == "official"
    other = read_pack(HEAD.replace('"practice", "saudi"', '"practice", "emirates"'), "sharjah").on(date(2026, 1, 1))
    assert other.source("title_required").confidence == "placeholder"


def test_a_shared_file_that_does_not_exist_is_refused_naming_those_that_do() -> None:
    with pytest.raises(RuleError, match=r"eastern_province\.toml: pack\.shared: 'sudi' .* emirates, practice, saudi"):
        read_pack(HEAD.replace("saudi", "sudi"), "eastern_province")


def test_the_packs_of_the_five_authorities_are_there() -> None:
    assert {"eastern_province", "riyadh", "makkah_draft_2026", "sharjah", "fujairah"} <= set(authorities())


@pytest.mark.parametrize(
    ("authority", "key", "on", "number", "confidence"),
    [
        ("eastern_province", "survey_decision_validity_years", date(2026, 1, 31), 3, "official"),
        ("eastern_province", "survey_decision_validity_years", date(2026, 2, 1), 0, "press"),
        ("eastern_province", "survey_accuracy_coarsest_m", date(2026, 2, 1), 0.05, "press"),
        ("eastern_province", "survey_accuracy_finest_m", date(2026, 2, 1), 0.003, "press"),
        ("eastern_province", "national_reference_required", date(2026, 1, 31), False, "placeholder"),
        ("eastern_province", "national_reference_required", date(2026, 2, 1), True, "press"),
        ("eastern_province", "floors_min_frontage_detached_m", date(2025, 1, 1), 12, "press"),
        ("eastern_province", "floors_min_frontage_attached_m", date(2025, 1, 1), 10, "press"),
        ("eastern_province", "max_coverage_percent", date(2024, 7, 14), 75, "placeholder"),
        ("eastern_province", "max_coverage_percent", date(2024, 7, 15), 75, "press"),
        ("eastern_province", "max_annex_coverage_percent", date(2024, 7, 15), 70, "press"),
        ("eastern_province", "villa_small_plot_max_m2", date(2024, 7, 15), 400, "press"),
        ("eastern_province", "grant_surplus_ceiling_percent", date(2024, 7, 15), 25, "press"),
        ("riyadh", "allowed_land_uses", date(2025, 12, 31), (), "placeholder"),
        ("riyadh", "allowed_land_uses", date(2026, 1, 1), ("residential", "villa", "duplex"), "official"),
        ("riyadh", "approved_plan_required", date(2026, 1, 1), True, "official"),
        ("makkah_draft_2026", "layout_free_share_percent", date(2025, 12, 31), 25, "press"),
        ("makkah_draft_2026", "layout_free_share_percent", date(2026, 1, 1), 33.33, "press"),
        ("makkah_draft_2026", "layout_reserve_share_percent", date(2026, 1, 1), 1, "press"),
        ("makkah_draft_2026", "layout_min_street_width_m", date(2026, 1, 1), 15, "press"),
        ("makkah_draft_2026", "layout_facility_street_width_m", date(2026, 1, 1), 40, "press"),
        ("sharjah", "survey_decision_validity_years", date(2026, 6, 1), 1, "placeholder"),
        ("fujairah", "grant_surplus_ceiling_percent", date(2026, 6, 1), 25, "placeholder"),
        ("fujairah", "SUB-02", date(2026, 6, 1), True, "official"),
    ],
)
def test_a_pack_says_what_its_authority_published(
    authority: str, key: str, on: date, number: object, confidence: str
) -> None:
    rules = load_rules(authority, on)
    assert rules.value(key) == number
    assert rules.source(key).confidence == confidence


# Values laid over a pack ---------------------------------------------------------------------------------------------

SOMEBODY = RuleSource("A circular", "2026-11-01", "official", "تعميم")
PACK = load_pack("eastern_province")


def decided(key: str, number: object, begin: date, zone: str | None = None, source: RuleSource = SOMEBODY) -> Entry:
    return Entry(key, zone, number, source, begin)


CHANGES = st.lists(
    st.builds(
        decided,
        st.sampled_from(["min_frontage_m", "min_lot_area_m2", "corner_cut_leg_m", "survey_accuracy_coarsest_m"]),
        st.floats(0, 500),
        DAYS,
        st.sampled_from([None, "R1", "C1"]),
        st.builds(RuleSource, st.text("ab", min_size=1), st.just("2026"), st.sampled_from(["official", "placeholder"])),
    ),
    max_size=8,
)


@given(before=CHANGES, change=CHANGES, filed=DAYS)
@settings(max_examples=budget(150, 5000), deadline=None)
def test_a_change_of_value_source_or_date_reaches_no_day_before_it(
    before: list[Entry], change: list[Entry], filed: date
) -> None:
    first, then = PACK.overlaid(before), PACK.overlaid([*before, *change])
    old, new = first.on(filed), then.on(filed)
    for key, zone in {**old.entries, **new.entries}:
        begun = [e for e in change if (e.key, e.zone) == (key, zone) and e.valid_from <= filed]
        if not begun:
            assert new.entries.get((key, zone), None) is None or same(new, old, key, zone)
            continue
        last = max(begun, key=lambda e: e.valid_from).valid_from
        later = [e for e in first.entries if (e.key, e.zone) == (key, zone) and last < e.valid_from <= filed]
        if not later:
            newest = [e for e in begun if e.valid_from == last][-1]
            assert (new.value(key, zone), new.source(key, zone)) == (newest.value, newest.source)


def same(new: DatedRules, old: DatedRules, key: str, zone: str | None) -> bool:
    return (new.value(key, zone), new.source(key, zone)) == (old.value(key, zone), old.source(key, zone))


@given(change=CHANGES)
@settings(max_examples=budget(100, 3000), deadline=None)
def test_values_laid_over_a_pack_never_hold_at_the_same_time(change: list[Entry]) -> None:
    pack = PACK.overlaid(change)
    for key, zone in {(entry.key, entry.zone) for entry in pack.entries}:
        for one, next_one in itertools.pairwise(pack.history(key, zone)):
            assert one.valid_to is not None and one.valid_from < one.valid_to <= next_one.valid_from


def test_of_two_values_from_the_same_day_the_one_decided_last_holds() -> None:
    day = date(2027, 1, 1)
    pack = PACK.overlaid([decided("min_frontage_m", 12.0, day), decided("min_frontage_m", 13.0, day)])
    assert pack.on(day).value("min_frontage_m") == 13.0
    assert pack.on(day - timedelta(1)).value("min_frontage_m") == 10.0


def test_replaced_values_leave_the_rules_they_came_from_alone() -> None:
    rules = load_rules("eastern_province", date(2026, 1, 1))
    assert rules.replaced(min_lot_area_m2=1.0).value("min_lot_area_m2", "C1") == 1.0
    assert rules.value("min_lot_area_m2", "C1") == 300.0
    with pytest.raises(KeyError, match="nonsense"):
        rules.replaced(nonsense=1)
