"""The one writer: what it writes, what it refuses, and that a refusal leaves nothing behind."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from land_services.domain import AmendBoundary, ChangeSet, Finding
from land_services.register.apply import apply_change_set
from land_services.register.errors import NotFit, RegisterRefused, StaleRegister
from land_services.register.selectors import find_parcel, load_facts, parcel_history, parcels_at
from layers import audit, events

from .land import LOTS, load_lots, polygon, query, split_lot_2, uid, version

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


def apply(change_set: ChangeSet, **more: object):  # type: ignore[no-untyped-def]
    settings = {"reference": "SUB-1448-000001", "acting_user_id": 7, "recheck": lambda facts: (), "query": query("2")}
    return apply_change_set(change_set, **{**settings, **more})  # type: ignore[arg-type]


def count(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return int(cursor.fetchone()[0])


def test_it_retires_the_parcel_and_creates_the_parts() -> None:
    load_lots()
    applied = apply(split_lot_2())
    assert applied.retired == (uid("2"),)
    facts = load_facts(query("1/2", "2/2", "2", "1"))
    assert [p.parcel_no for p in facts.parcels] == ["1/2", "2/2", "1"]
    assert facts.missing_uids == (uid("2"),)
    assert sum(p.geometry.area for p in facts.parcels[:2]) == pytest.approx(600.0)
    assert len(facts.parcels[2].geometry.exterior.coords) == 6, "lot 1 has the new vertex"


def test_every_parcel_knows_its_parents_its_children_and_the_decision() -> None:
    load_lots()
    apply(split_lot_2())
    (old,) = parcel_history(uid("2"))
    assert sorted(old["children"]) == sorted([uid("1/2"), uid("2/2")])
    assert old["ended_by_reference"] == "SUB-1448-000001"
    (new,) = parcel_history(uid("1/2"))
    assert new["parents"] == [uid("2")]
    assert new["begun_by_service"] == "subdivision"
    assert new["begin"] == old["end"]


def test_the_past_can_be_drawn_as_it_was() -> None:
    load_lots()
    before = timezone.now()
    apply(split_lot_2())
    assert sorted(p.parcel_no for p in parcels_at(before)) == sorted(LOTS)
    now = parcels_at(timezone.now() + timedelta(seconds=1))
    assert sorted(p.parcel_no for p in now) == ["1", "1/2", "2/2", "3", "4", "5", "6"]
    west_half = parcels_at(before, bounds=(412_000.0, 2_924_000.0, 412_019.0, 2_924_060.0))
    assert sorted(p.parcel_no for p in west_half) == ["1", "4"]


def test_a_parcel_is_found_by_uid_and_by_number_with_slashes() -> None:
    load_lots()
    apply(split_lot_2())
    assert find_parcel("P1/7/1/2") == [uid("1/2")]
    assert find_parcel(uid("3")) == [uid("3")]
    assert find_parcel("P1/7/2") == []
    with pytest.raises(ValueError, match="neither a uid nor"):
        find_parcel("P1/7")


def test_a_stale_version_is_refused_and_told_by_whom_it_was_changed() -> None:
    load_lots()
    stale = split_lot_2(10.0)
    apply(split_lot_2(15.0))
    rows = count("layers_parcel")
    with pytest.raises(StaleRegister) as refused:
        apply(stale, reference="SUB-1448-000002")
    assert count("layers_parcel") == rows
    assert {f.parcels[0] for f in refused.value.findings} == {uid("1"), uid("2"), uid("3")}
    assert all(f.params["reference"] == "SUB-1448-000001" for f in refused.value.findings)
    assert all(f.where is not None for f in refused.value.findings)


def test_a_version_that_never_was_is_refused() -> None:
    load_lots()
    change = split_lot_2()
    made_up = dataclasses.replace(change.operations[0], version=999_999)  # type: ignore[type-var]
    with pytest.raises(StaleRegister):
        apply(ChangeSet(change.service, (made_up, *change.operations[1:])))


def test_checks_are_run_again_on_the_register_as_it_is() -> None:
    load_lots()
    seen = []

    def recheck(facts):  # type: ignore[no-untyped-def]
        seen.append(facts.parcels[0].uid)
        return [Finding("SUB-99", "warning"), Finding("SUB-98", "error")]

    with pytest.raises(NotFit) as refused:
        apply(split_lot_2(), recheck=recheck)
    assert seen == [uid("2")]
    assert [f.rule for f in refused.value.findings] == ["SUB-98"]
    assert count("register_registerentry") == 1, "only the loading"


def test_neighbours_without_the_new_vertex_are_refused_by_the_guard_with_the_place() -> None:
    load_lots()
    with pytest.raises(RegisterRefused) as refused:
        apply(split_lot_2(amend=False))
    assert refused.value.rule == "neighbours_share_vertices"
    assert refused.value.findings[0].where is not None
    assert count("register_registerentry") == 1
    assert find_parcel("P1/7/2") == [uid("2")]


def test_the_audit_row_stands_in_the_same_transaction() -> None:
    load_lots()
    apply(split_lot_2())
    with pytest.raises(RegisterRefused):
        apply(
            ChangeSet(
                "deed_update", (AmendBoundary(uid("4"), version("4"), polygon((0, 30), (20, 30), (20, 61), (0, 61))),)
            )
        )
    assert count("layers_auditrow") == 2
    assert audit.seal() == 2
    assert audit.unsealed() == 0
    assert list(audit.verify_chain()) == []


def test_handlers_hear_of_it_before_and_after_commit_and_a_refusal_tells_nobody() -> None:
    load_lots()
    kept = events.clear_handlers()
    heard: list[str] = []
    try:
        events.before_commit(lambda touched: heard.append(f"before {connection.in_atomic_block}"))
        events.after_commit(lambda touched: heard.append(f"after {connection.in_atomic_block}"))
        apply(split_lot_2())
        assert heard == ["before True", "after False"]
        with pytest.raises(StaleRegister):
            apply(ChangeSet("x", (dataclasses.replace(split_lot_2_stale(), version=1),)))
        assert len(heard) == 2
    finally:
        events.clear_handlers()
        for before in kept[0]:
            events.before_commit(before)
        for after in kept[1]:
            events.after_commit(after)


def split_lot_2_stale() -> AmendBoundary:
    return AmendBoundary(uid("2"), 0, polygon((20, 0), (40, 0), (40, 30), (20, 30)))


def test_facts_take_the_same_number_of_queries_for_one_parcel_and_for_many(django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    load_lots()
    with django_assert_num_queries(8):
        load_facts(query("1"))
    with django_assert_num_queries(8):
        load_facts(query(*LOTS))
