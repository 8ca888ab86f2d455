"""A value is proposed by one person and decided by another, stands from then on, and reaches no filed case."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connections, transaction
from django.utils import timezone

from gisportal.accounts.models import User
from land_services.rulebook.deciding import Proposal, accept, may_decide, propose, refuse, withdraw
from land_services.rulebook.errors import RuleRefused
from land_services.rulebook.in_force import pack_in_force, rules_on
from land_services.rulebook.models import RuleChange
from layers.models import AuditRow
from layers.viewer import ANONYMOUS, Viewer

pytestmark = pytest.mark.django_db(databases=["default", "owner"])


def today() -> date:
    return timezone.localdate()


def person(login: str, *roles: str, **more: Any) -> Viewer:
    user, _ = User.objects.get_or_create(login=login)
    return Viewer(user_id=user.pk, roles=frozenset(roles), **more)


def planner() -> Viewer:
    return person("planner", "planner")


def head() -> Viewer:
    return person("head", "planning_head")


def frontage(number: float = 12, after: int = 1, **changes: Any) -> Proposal:
    given = Proposal(
        key="min_frontage_m",
        value=number,
        valid_from=today() + timedelta(after),
        source_ar="تعميم 17",
        source_en="Circular 17",
        source_date="2026-11",
        confidence="official",
        reason="the circular came",
    )
    return replace(given, **changes)


# Proposing ----------------------------------------------------------------------------------------------------------


def test_a_proposal_changes_nothing_until_it_is_decided() -> None:
    change = propose(frontage(), viewer=planner())
    assert (change.state, change.authority) == ("proposed", "eastern_province")
    assert rules_on(change.valid_from).value("min_frontage_m") == 10.0
    accepted = accept(change, viewer=head(), note="seen")
    assert (accepted.state, accepted.number, accepted.decided_on) == ("accepted", 1, today())
    rules = rules_on(change.valid_from)
    assert rules.value("min_frontage_m") == 12.0
    source = rules.source("min_frontage_m")
    assert (source.title, source.title_ar, source.date, source.confidence) == (
        "Circular 17",
        "تعميم 17",
        "2026-11",
        "official",
    )
    before = rules_on(change.valid_from - timedelta(1))
    assert (before.value("min_frontage_m"), before.source("min_frontage_m").confidence) == (10.0, "placeholder")


def test_a_decided_value_ends_the_one_before_it() -> None:
    accept(propose(frontage(12, after=1), viewer=planner()), viewer=head())
    accept(propose(frontage(14, after=30), viewer=planner()), viewer=head())
    line = [(entry.value, entry.valid_from, entry.valid_to) for entry in pack_in_force().history("min_frontage_m")]
    first, second = today() + timedelta(1), today() + timedelta(30)
    assert line == [(10.0, date(2000, 1, 1), first), (12.0, first, second), (14.0, second, None)]


def test_a_zone_may_have_a_value_of_its_own() -> None:
    accept(propose(frontage(15, zone="R3"), viewer=planner()), viewer=head())
    rules = rules_on(today() + timedelta(1))
    assert (rules.value("min_frontage_m", "R3"), rules.value("min_frontage_m", "R2")) == (15.0, 10.0)


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"key": "min_frontages_m"}, "key", "no rule of this name"),
        ({"key": "title_required", "value": False, "zone": "R1"}, "zone", "no values by zone"),
        ({"value": "ten"}, "value", "not of this rule's kind"),
        ({"value": -1}, "value", "below zero"),
        ({"value": True}, "value", "not of this rule's kind"),
        ({"source_ar": " "}, "source_ar", "has a source"),
        ({"source_en": ""}, "source_en", "has a source"),
        ({"reason": ""}, "reason", "has a source and a reason"),
        ({"source_date": ""}, "source_date", "date of the source"),
        ({"source_date": "2026-13"}, "source_date", "date of the source"),
        ({"source_date": "last year", "confidence": "placeholder"}, "source_date", "date of the source"),
    ],
)
def test_what_cannot_stand_is_refused_naming_the_field(changes: dict[str, Any], field: str, said: str) -> None:
    with pytest.raises(RuleRefused, match=said) as refused:
        propose(frontage(**changes), viewer=planner())
    assert refused.value.field == field
    assert refused.value.message("ar") != refused.value.message("en")
    assert not RuleChange.objects.exists()


def test_a_value_from_yesterday_is_refused_naming_the_earliest_day() -> None:
    with pytest.raises(RuleRefused, match=f"does not reach back.*{today().isoformat()}") as refused:
        propose(frontage(after=-1), viewer=planner())
    assert refused.value.field == "valid_from"


def test_the_value_that_holds_anyway_is_refused_but_not_its_new_source() -> None:
    accept(propose(frontage(), viewer=planner()), viewer=head())
    with pytest.raises(RuleRefused, match="nothing would change"):
        propose(frontage(after=5), viewer=planner())
    better = accept(propose(frontage(after=5, source_en="Circular 18"), viewer=planner()), viewer=head())
    assert rules_on(better.valid_from).source("min_frontage_m").title == "Circular 18"
    assert rules_on(better.valid_from - timedelta(1)).source("min_frontage_m").title == "Circular 17"


def test_a_placeholder_needs_no_date_and_says_what_it_is() -> None:
    change = propose(frontage(confidence="placeholder", source_date=""), viewer=planner())
    accept(change, viewer=head())
    assert rules_on(change.valid_from).source("min_frontage_m").confidence == "placeholder"


# Who ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["", "surveyor", "reviewer", "mayor", "administrator", "gis_engineer", "resident"])
def test_only_planners_propose(role: str) -> None:
    with pytest.raises(RuleRefused, match="Planners propose"):
        propose(frontage(), viewer=person("somebody", role) if role else ANONYMOUS)


def test_a_planner_of_one_area_proposes_nothing_that_holds_everywhere() -> None:
    with pytest.raises(RuleRefused, match="Planners propose"):
        propose(frontage(), viewer=person("west", "planner", grants=frozenset({("planner", "west")})))


def test_who_proposed_does_not_decide_even_with_the_role() -> None:
    change = propose(frontage(), viewer=head())
    with pytest.raises(RuleRefused, match="does not decide"):
        accept(change, viewer=head())
    with pytest.raises(RuleRefused, match="head of planning or the mayor"):
        accept(change, viewer=person("second", "planner"))
    assert accept(change, viewer=person("mayor", "mayor")).state == "accepted"


def test_who_only_stands_in_for_the_proposer_does_not_decide() -> None:
    change = propose(frontage(), viewer=head())
    absent = head().user_id
    deputy = person("deputy", "planning_head", standing_in=frozenset({("planning_head", "", absent)}))
    assert not may_decide(deputy, change)
    with pytest.raises(RuleRefused):
        accept(change, viewer=deputy)
    of_the_mayor = person("deputy", "mayor", standing_in=frozenset({("mayor", "", 999_999)}))
    assert may_decide(of_the_mayor, change)


def test_a_proposal_is_taken_back_by_its_author_alone() -> None:
    change = propose(frontage(), viewer=planner())
    with pytest.raises(RuleRefused, match="taken back by who made it"):
        withdraw(change, viewer=head())
    assert withdraw(change, viewer=planner()).state == "withdrawn"
    assert rules_on(change.valid_from).value("min_frontage_m") == 10.0


def test_turning_down_needs_a_remark_and_changes_nothing() -> None:
    change = propose(frontage(), viewer=planner())
    with pytest.raises(RuleRefused, match="why it is turned down"):
        refuse(change, viewer=head(), note=" ")
    assert refuse(change, viewer=head(), note="not published yet").note == "not published yet"
    assert rules_on(change.valid_from).value("min_frontage_m") == 10.0


def test_what_was_decided_is_not_decided_again() -> None:
    change = propose(frontage(), viewer=planner())
    refuse(change, viewer=head(), note="no")
    for act in (accept, withdraw):
        with pytest.raises(RuleRefused, match="decided already"):
            act(change, viewer=person("mayor", "mayor"))


def test_each_step_is_audited() -> None:
    change = propose(frontage(zone="R3"), viewer=planner())
    accept(change, viewer=head())
    rows = AuditRow.objects.filter(action__startswith="rule.").order_by("id")
    assert [(row.action, row.subject, row.actor_id) for row in rows] == [
        ("rule.propose", "eastern_province/min_frontage_m", planner().user_id),
        ("rule.accept", "eastern_province/min_frontage_m", head().user_id),
    ]
    assert rows[0].payload["value"] == 12 and rows[1].payload["number"] == 1


# The database -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("column", ["value = '1'", "valid_from = '2001-01-01'", "number = 7", "source_en = 'x'"])
def test_the_application_rewrites_nothing_of_a_proposal(column: str) -> None:
    change = propose(frontage(), viewer=planner())
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        connections["default"].cursor().execute(f"UPDATE rulebook_rulechange SET {column} WHERE id = {change.pk}")


def test_a_decided_change_stands() -> None:
    change = accept(propose(frontage(), viewer=planner()), viewer=head())
    for sql, constraint in (
        ("UPDATE rulebook_rulechange SET note = 'x' WHERE id = %s", "stands as it was"),
        ("UPDATE rulebook_rulechange SET state = 'refused' WHERE id = %s", "stands as it was"),
    ):
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            connections["default"].cursor().execute(sql, [change.pk])
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        connections["default"].cursor().execute("DELETE FROM rulebook_rulechange")


def test_the_database_refuses_a_decision_by_the_author_and_one_on_another_day() -> None:
    change = propose(frontage(), viewer=planner())
    sql = "UPDATE rulebook_rulechange SET state = 'accepted', decided_by_id = %s, decided_on = %s WHERE id = %s"
    for by, on, name in (
        (planner().user_id, today(), "rulechange_is_decided_by_another"),
        (head().user_id, today() - timedelta(9), "is not today"),
    ):
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            connections["default"].cursor().execute(sql, [by, on, change.pk])


def test_a_change_begins_as_a_proposal() -> None:
    change = RuleChange(authority="eastern_province", proposed_by_id=head().user_id, **vars(frontage()))
    change.state = "accepted"
    with pytest.raises(IntegrityError, match="begins as accepted"), transaction.atomic():
        change.save()


# What a process keeps -----------------------------------------------------------------------------------------------


def test_rules_cost_one_query_and_two_after_a_decision(django_assert_num_queries: Any) -> None:
    change = accept(propose(frontage(), viewer=planner()), viewer=head())
    with django_assert_num_queries(2):
        rules_on(change.valid_from)
    for _ in range(2):
        with django_assert_num_queries(1):
            assert rules_on(change.valid_from).value("min_frontage_m") == 12.0


def test_a_decision_that_is_rolled_back_leaves_nothing() -> None:
    change = propose(frontage(), viewer=planner())
    for number in (1, 1):
        with transaction.atomic():
            assert accept(change, viewer=head()).number == number
            assert rules_on(change.valid_from).value("min_frontage_m") == 12.0
            transaction.set_rollback(True)
        assert rules_on(change.valid_from).value("min_frontage_m") == 10.0
    other = accept(propose(frontage(17), viewer=planner()), viewer=head())
    assert (other.number, rules_on(change.valid_from).value("min_frontage_m")) == (1, 17.0)


def test_values_of_another_authority_hold_there(settings: Any) -> None:
    change = accept(propose(frontage(), viewer=planner()), viewer=head())
    settings.AUTHORITY = "riyadh"
    assert rules_on(change.valid_from).value("min_frontage_m") == 10.0
    settings.AUTHORITY = "eastern_province"
    assert rules_on(change.valid_from).value("min_frontage_m") == 12.0
