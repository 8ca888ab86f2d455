"""Titles, deeds and restrictions follow the land through a merger and a subdivision: as written, and as guarded."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

import pytest
from django.conf import settings
from django.db import connection, connections
from django.utils import timezone
from shapely.ops import unary_union

from land_services.checks.engine import run_checks
from land_services.checks.rights import holding, titles_over
from land_services.domain import CarryRestriction, ChangeSet, PendDeed, SurveyPart, SurveyPlan, TransferRight
from land_services.register.apply import AppliedChange, apply_change_set
from land_services.register.errors import RegisterRefused, StaleRegister
from land_services.register.load_titles import (
    DeedRow,
    PartyRow,
    RestrictionRow,
    RightRow,
    TitleRow,
    Titles,
    load_titles,
)
from land_services.register.proof import audit_register
from land_services.register.selectors import load_facts, titles_of
from land_services.rules import load_rules
from land_services.services import merge
from layers import audit

from .land import LOTS, SOURCE, at, load_lots, query, split_lot_2, uid

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
DAY = date(2026, 11, 29)
RULES = load_rules("generic", DAY)
_IDS = UUID("00000000-0000-4000-8000-0000000000cc")


def load(groups: Sequence[Sequence[str]], restrictions: Sequence[RestrictionRow] = ()) -> None:
    """Load the lots with one title for each group, all of the same two owners."""
    load_lots()
    made = Titles(
        parties=[PartyRow(n, "person", f"مالك {n}", f"Owner {n}", "", "") for n in (1, 2)],
        titles=[
            TitleRow(n, uuid5(_IDS, str(n)), tuple(UUID(uid(lot)) for lot in lots)) for n, lots in enumerate(groups, 1)
        ],
        rights=[
            RightRow(n, party, "ownership", share, 3)
            for n in range(1, len(groups) + 1)
            for party, share in ((1, 1), (2, 2))
        ],
        deeds=[
            DeedRow(n, n, f"33010000{n}", "1440/05/12", "", "electronic", Decimal(600 * len(lots)), True)
            for n, lots in enumerate(groups, 1)
        ],
        restrictions=list(restrictions),
    )
    load_titles(made, source={"name": "titles for a test"})


def planned(*lots: str, number: str = "M") -> tuple[ChangeSet, merge.Inputs]:
    drawn = at(unary_union([LOTS[lot] for lot in lots]))
    crs = f"EPSG:{settings.STORAGE_SRID}"
    plan = SurveyPlan((SurveyPart(number, drawn),), None, crs, "m", "geojson", "m.geojson", "1" * 64)
    inputs = merge.Inputs(tuple(uid(lot) for lot in lots), plan, f"MRG-{number}", DAY)
    facts = load_facts(merge.needs(inputs))
    errors = [f for f in run_checks(merge.SERVICE, inputs, facts, RULES) if f.severity == "error"]
    assert not errors, errors
    return merge.plan(inputs, facts, RULES), inputs


def apply(change: ChangeSet, *lots: str) -> AppliedChange:
    return apply_change_set(
        change, reference="MRG-1", acting_user_id=7, recheck=lambda facts: (), query=query(*(lots or ("1",)))
    )


def merged(*lots: str, number: str = "M") -> str:
    change, _ = planned(*lots, number=number)
    (created,) = apply(change, *lots).created
    return created


def proven() -> None:
    while audit.seal() > 0:
        pass
    proof = audit_register()
    assert proof["ok"], proof


def rows(sql: str, *params: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params or None)
        return list(cursor.fetchall())


def test_two_titles_become_one_with_their_shares_and_both_deeds_pending() -> None:
    load([["1"], ["2"]])
    before = timezone.now()
    new = merged("1", "2")
    (title,) = titles_of([new])
    assert title.parcel_uids == (new,)
    assert sorted(map(str, holding(title).values())) == ["1/3", "2/3"]
    assert sorted(deed.number for deed in title.deeds) == ["330100001", "330100002"]
    assert all(deed.pending for deed in title.deeds)
    assert rows("SELECT count(*) FROM register_baunit WHERE end_entry_id IS NULL") == [(1,)]
    assert not titles_of([uid("1"), uid("2")])
    past = titles_of([uid("1"), uid("2")], at=before)
    assert [t.parcel_uids for t in past] == [(uid("1"),), (uid("2"),)]
    assert [len(t.deeds) for t in past] == [1, 1]
    proven()


def test_one_title_over_both_goes_on_and_its_deed_is_pending() -> None:
    load([["1", "2"]])
    (before,) = titles_of([uid("1")])
    new = merged("1", "2")
    (after,) = titles_of([new])
    assert (after.uid, after.parcel_uids) == (before.uid, (new,))
    assert [deed.pending for deed in after.deeds] == [True]
    proven()


def test_a_title_that_keeps_land_stays_and_both_wait_for_the_registry() -> None:
    load([["1"], ["2", "3"]])
    new = merged("1", "2")
    (joined,), (kept,) = titles_of([new]), titles_of([uid("3")])
    assert joined.uid != kept.uid
    assert kept.parcel_uids == (uid("3"),)
    assert [deed.pending for deed in (*joined.deeds, *kept.deeds)] == [True, True, True]
    proven()


def test_restrictions_go_with_the_land_and_leave_the_title_that_stays() -> None:
    load(
        [["1"], ["2", "3"]],
        [
            RestrictionRow(2, "easement", "E-2", "", UUID(uid("2"))),
            RestrictionRow(2, "easement", "E-3", "", UUID(uid("3"))),
            RestrictionRow(1, "usufruct", "U-1", ""),
        ],
    )
    new = merged("1", "2")
    (joined,), (kept,) = titles_of([new]), titles_of([uid("3")])
    assert sorted(r.reference for r in joined.restrictions) == ["E-2", "U-1"]
    assert [r.reference for r in kept.restrictions] == ["E-3"]
    proven()


def test_a_subdivision_carries_the_easement_of_its_parcel_to_every_part() -> None:
    load([["2", "3"]], [RestrictionRow(1, "easement", "E-2", "", UUID(uid("2")))])
    (title,) = titles_of([uid("2")])
    parts = (uid("1/2"), uid("2/2"))
    split = split_lot_2()
    follow = (TransferRight(title.id, (uid("2"),), parts), CarryRestriction(title.restrictions[0].id, parts))
    apply(ChangeSet(split.service, (*split.operations, *follow)), "2")
    (after,) = titles_of([parts[0]])
    assert sorted((r.reference, r.parcel_uid) for r in after.restrictions) == sorted(("E-2", part) for part in parts)
    proven()


def test_the_guard_refuses_to_leave_an_easement_behind() -> None:
    load([["2", "3"]], [RestrictionRow(1, "easement", "E-2", "", UUID(uid("2")))])
    (title,) = titles_of([uid("2")])
    split = split_lot_2()
    follow = TransferRight(title.id, (uid("2"),), (uid("1/2"), uid("2/2")))
    with pytest.raises(RegisterRefused) as refused:
        apply(ChangeSet(split.service, (*split.operations, follow)), "2")
    assert refused.value.rule == "restrictions_follow_the_land"
    assert titles_of([uid("2")]) == (title,)


def test_a_deed_is_marked_pending_without_touching_its_land() -> None:
    load([["1"]])
    (title,) = titles_of([uid("1")])
    apply(ChangeSet("deed_update", (PendDeed(title.id), SOURCE)))
    (after,) = titles_of([uid("1")])
    assert after.parcel_uids == title.parcel_uids
    assert [deed.pending for deed in after.deeds] == [True]
    proven()


def test_titles_that_changed_since_the_plan_are_stale_and_nothing_is_done() -> None:
    load([["1"], ["2"], ["3"]])
    change, _ = planned("1", "2")
    merged("2", "3", number="N")
    with pytest.raises(StaleRegister):
        apply(change, "1", "2")
    (title,) = titles_of([uid("1")])
    fresh = ChangeSet("deed_update", (PendDeed(999_999), SOURCE))
    with pytest.raises(StaleRegister) as refused:
        apply(fresh)
    assert [(f.rule, f.variant, f.params["title"]) for f in refused.value.findings] == [("REG-01", "title", 999_999)]
    assert not title.deeds[0].pending
    proven()


def test_of_two_mergers_of_one_parcel_at_once_one_is_done() -> None:
    load([["1"], ["2"], ["3"]])
    changes = [planned("1", "2", number="A")[0], planned("2", "3", number="B")[0]]
    ready, outcomes = threading.Barrier(2), []

    def run(change: ChangeSet) -> None:
        try:
            ready.wait()
            outcomes.append(apply(change, "2").created)
        except StaleRegister:
            outcomes.append("stale")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(change,)) for change in changes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("stale") == 1
    assert rows("SELECT count(*) FROM register_baunit WHERE end_entry_id IS NULL") == [(2,)]
    proven()


def test_the_same_parcels_merged_and_merged_again_keep_their_owners() -> None:
    load([["1"], ["2"], ["3"], ["4"], ["5"], ["6"]])
    south = merged("1", "2", "3", number="S")
    (title,) = titles_of([south])
    assert len(title.deeds) == 3
    shares = sorted(holding(title).values())
    facts = load_facts(query("4", "5"))
    assert [sorted(holding(t).values()) for t in titles_over(facts)] == [shares, shares]
    assert rows("SELECT count(*) FROM register_pendingdeedchange WHERE state = 'pending'") == [(1,)]
    proven()
