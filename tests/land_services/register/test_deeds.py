"""Answers of the registry on the register alone: random ones keep every promise, and raw SQL breaks none."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from land_services.changesets import from_json, to_json
from land_services.checks.issued_deeds import check_deeds
from land_services.deeds import Answer, DeedFacts, DeedGiven, plan_again, plan_confirmation, plan_return
from land_services.domain import (
    AttachSource,
    ChangeSet,
    DivideTitle,
    EndDeed,
    Operation,
    RecordDeed,
    SettleDeedChange,
    TitleFact,
    TransferRight,
)
from land_services.register.apply import apply_change_set
from land_services.register.deed_state import deed_history, deed_states
from land_services.register.deeds import apply_deed_change, changes_of, deed_facts
from land_services.register.errors import RegisterRefused, StaleRegister, refusal_from
from land_services.register.load_titles import (
    DeedRow,
    PartyRow,
    RestrictionRow,
    RightRow,
    TitleRow,
    Titles,
    load_titles,
)
from land_services.register.models import BAUnit, Restriction, Right
from land_services.register.proof import audit_register
from land_services.register.selectors import titles_of
from land_services.register.writing import write_change
from layers import audit
from tests.budget import budget
from tests.fabric import rules

from .land import load_lots, query, split_lot_2, uid
from .tampering import tamper

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
REFERENCE = "SUB-1448-000009"
ISSUER = "كتابة العدل"
JOINED = ("1/2", "2/2", "4", "5")
UIDS = [uid(number) for number in JOINED]
SHARES = {1: Fraction(1, 3), 2: Fraction(1, 2), 3: Fraction(1, 6)}


@pytest.fixture(autouse=True)
def _pending() -> None:
    """Lots 2, 4 and 5 are one title of three owners, with a usufruct and, on lot 4, an easement; lot 2 is divided."""
    load_lots()
    parcels = tuple(uuid.UUID(uid(number)) for number in ("2", "4", "5"))
    load_titles(
        Titles(
            parties=[PartyRow(n, "person", f"مالك {n}", f"Owner {n}", "", "") for n in SHARES],
            titles=[TitleRow(1, uuid.UUID(int=77), parcels)],
            rights=[RightRow(1, n, "ownership", s.numerator, s.denominator) for n, s in SHARES.items()],
            deeds=[DeedRow(1, 1, "330100001", "1440/05/12", ISSUER, "electronic", Decimal("1800.00"), True)],
            restrictions=[
                RestrictionRow(1, "usufruct", "U-1", "هيئة"),
                RestrictionRow(1, "easement", "E-4", "شركة", uuid.UUID(uid("4"))),
            ],
        ),
        source={"name": "titles for a test"},
    )
    change = split_lot_2()
    moved = TransferRight(title().id, (uid("2"),), (uid("1/2"), uid("2/2")))
    apply_change_set(
        ChangeSet(change.service, (*change.operations, moved)),
        reference=REFERENCE, acting_user_id=1, recheck=lambda facts: (), query=query("2"),
    )  # fmt: skip


def title() -> TitleFact:
    (found,) = titles_of([uid("4")])
    return found


def answer() -> Answer:
    return Answer("K-1", timezone.localdate())


def given_deed(n: int, uids: list[str], **more: Any) -> DeedGiven:
    area = Decimal(300) * sum(1 for one in uids if one in UIDS[:2]) + Decimal(600) * sum(
        1 for u in uids if u in UIDS[2:]
    )
    return DeedGiven(f"{n:06d}", timezone.localdate(), ISSUER, "electronic", area, "", tuple(uids), **more)


def answered(plan: Callable[[DeedFacts], ChangeSet], numbers: tuple[str, ...] = ()) -> ChangeSet:
    made: list[ChangeSet] = []

    def keep(facts: DeedFacts) -> ChangeSet:
        made.append(plan(facts))
        return made[-1]

    apply_deed_change(REFERENCE, acting_user_id=1, plan=keep, numbers=numbers)
    return made[-1]


def guard() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


def proved() -> dict[str, Any]:
    while audit.seal() > 0:
        pass
    return dict(audit_register())


class Back(Exception):
    """Takes an example back."""


# Any answer -----------------------------------------------------------------------------------------------------------


@st.composite
def partitions(draw: st.DrawFn) -> list[list[str]]:
    """Parcels over deeds, each covered once: from one deed for all to one for each."""
    number = draw(st.integers(1, len(UIDS)))
    where = draw(st.lists(st.integers(0, number - 1), min_size=len(UIDS), max_size=len(UIDS)))
    return [part for part in ([u for u, w in zip(UIDS, where, strict=True) if w == n] for n in range(number)) if part]


@settings(max_examples=budget(25, 400), deadline=None, suppress_health_check=list(HealthCheck))
@given(parts=partitions(), returns=st.integers(0, 3))
def test_whatever_the_registry_answers_land_owners_and_history_are_kept(parts: list[list[str]], returns: int) -> None:
    before, began = title(), timezone.now()
    deeds = [given_deed(n, part) for n, part in enumerate(parts, start=1)]
    with pytest.raises(Back), transaction.atomic():
        for _ in range(returns):
            told = answered(lambda facts: plan_return(facts, answer(), "dispute"))
            guard()
            assert from_json(to_json(told)) == told
            (same,) = titles_of(UIDS)
            assert (same.rights, same.parcel_uids, same.restrictions) == (
                before.rights, before.parcel_uids, before.restrictions,
            )  # fmt: skip
            assert same.deeds[0].returned and {s.kind for s in deed_states(UIDS).values()} == {"returned"}
            with pytest.raises(RegisterRefused), transaction.atomic():  # what is returned is not confirmed
                answered(lambda facts: plan_return_of_all(facts))
                guard()
            answered(lambda facts: plan_again(facts, "L2"))
            guard()
        assert not [f for f in check_deeds(deed_facts(REFERENCE), deeds, answer(), rules()) if f.severity == "error"]
        told = answered(lambda facts: plan_confirmation(facts, deeds, answer()))
        guard()
        assert from_json(to_json(told)) == told
        after = titles_of(UIDS)
        assert sorted(uid for t in after for uid in t.parcel_uids) == sorted(UIDS)
        assert {frozenset(t.parcel_uids) for t in after} == {frozenset(part) for part in parts}
        for one in after:
            assert {(r.party_id, r.share) for r in one.rights} == {(r.party_id, r.share) for r in before.rights}
            assert sum((r.share for r in one.rights), Fraction(0)) == 1
            assert [d.number for d in one.deeds] == [
                d.number for d in deeds if set(d.parcel_uids) == set(one.parcel_uids)
            ]
            expected = {"U-1"} | ({"E-4"} if uid("4") in one.parcel_uids else set())
            assert {r.reference for r in one.restrictions} == expected
        assert titles_of(UIDS, at=began) == (before,)
        assert {s.kind for s in deed_states(UIDS).values()} == {"confirmed"}
        kinds = [event.state.kind for event in deed_history(uid("4"))]
        assert kinds == ["confirmed", *["pending", "returned"] * returns, "pending"]
        assert {s.kind for s in deed_states(UIDS, at=began).values()} == {"pending"}
        raise Back


def plan_return_of_all(facts: DeedFacts) -> ChangeSet:
    """Return of changes that are settled already."""
    settled = [SettleDeedChange(c.id, "confirmed", "", "K", "2026-01-01") for c in facts.changes]
    return ChangeSet("registry", (*settled, AttachSource("letter", "K")))


def test_an_answer_is_proved_and_its_tampering_found() -> None:
    deeds = [given_deed(1, UIDS[:2]), given_deed(2, UIDS[2:])]
    answered(lambda facts: plan_return(facts, answer(), "dispute"))
    answered(lambda facts: plan_again(facts, "L2"))
    answered(lambda facts: plan_confirmation(facts, deeds, answer()))
    report = proved()
    assert report["ok"], report["promises"]
    with pytest.raises(StaleRegister):
        answered(lambda facts: plan_confirmation(facts, deeds, answer()))
    tamper("UPDATE register_source SET number = '9' WHERE number = '000001'")
    assert not proved()["promises"]["chain"]["ok"]
    tamper("UPDATE register_source SET number = '000001' WHERE number = '9'",
           "UPDATE register_baunitsource SET end_entry_id = (SELECT max(id) FROM register_registerentry)")  # fmt: skip
    shares = proved()["promises"]["shares"]
    assert not shares["ok"] and "no valid deed" in str(shares["faults"])


# Raw attacks, as the application's role -------------------------------------------------------------------------------


@contextmanager
def refused(*names: str) -> Iterator[None]:
    before = rows()
    with pytest.raises(DatabaseError) as error, transaction.atomic():
        yield
    refusal = refusal_from(error.value)
    assert refusal is not None and refusal.rule in names, (refusal and refusal.rule, str(error.value))
    assert rows() == before, "something was kept"


def rows() -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT (SELECT md5(string_agg(t::text, '' ORDER BY id)) FROM register_baunit t),
                 (SELECT md5(string_agg(t::text, '' ORDER BY id)) FROM register_right t),
                 (SELECT md5(string_agg(t::text, '' ORDER BY id)) FROM register_baunitsource t),
                 (SELECT md5(string_agg(t::text, '' ORDER BY id)) FROM register_restriction t),
                 (SELECT md5(string_agg(t::text, '' ORDER BY id)) FROM register_pendingdeedchange t),
                 (SELECT count(*) FROM register_source)"""
        )
        return list(cursor.fetchone())


def execute(sql: str, *params: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params or None)
        return list(cursor.fetchall()) if cursor.description else []


def write(*operations: Operation) -> int:
    return write_change(ChangeSet("registry", (*operations, AttachSource("letter", "K"))), REFERENCE, 1, "default")[0]


def settled(state: str = "confirmed", reason: str = "") -> list[SettleDeedChange]:
    return [SettleDeedChange(c.id, state, reason, "K", "2026-01-01") for c in changes_of(REFERENCE)]


def recorded(uid_of_title: str, number: str = "77", **more: Any) -> RecordDeed:
    named = {"hijri_date": "1448/06/19", "dated": "2026-11-29", "issuer": ISSUER, "form": "paper"} | more
    return RecordDeed(uid_of_title, number, **named)


def closed() -> list[EndDeed]:
    return [EndDeed(title().id, deed.id) for deed in title().deeds]


NEW = [str(uuid.UUID(int=n)) for n in (501, 502)]


def divided(first: list[str] | None = None, second: list[str] | None = None) -> list[Operation]:
    key = title().id
    return [
        DivideTitle(key, NEW[0], tuple(UIDS[:2] if first is None else first)),
        DivideTitle(key, NEW[1], tuple(UIDS[2:] if second is None else second)),
        recorded(NEW[0], "71"),
        recorded(NEW[1], "72"),
        *settled(),
    ]


def test_a_whole_confirmation_passes() -> None:
    with transaction.atomic():
        write(*divided())
    assert len(titles_of(UIDS)) == 2


def test_a_confirmation_leaves_a_valid_deed() -> None:
    with refused("confirmed_title_has_a_deed"):
        write(*closed(), *settled())


def test_a_settlement_is_told_by_its_entry() -> None:
    with refused("settlement_is_told"):
        entry = write(recorded(title().uid))
        execute("UPDATE register_pendingdeedchange SET state = 'returned', settled_by_id = %s", entry)
    with refused("settlement_is_told"):
        write(*settled("returned", ""))


def test_a_change_is_settled_once() -> None:
    with transaction.atomic():
        write(*settled("returned", "dispute"))
    with refused("history_is_kept"):
        write(*settled("confirmed"))


def test_a_return_changes_nothing() -> None:
    with refused("returned_changes_nothing"):
        write(*settled("returned", "dispute"), *closed())
    with refused("returned_changes_nothing"):
        write(*settled("returned", "dispute"), recorded(title().uid))


def test_deeds_wait_for_the_registry() -> None:
    with refused("deeds_wait_for_the_registry"):
        write(*closed(), recorded(title().uid))
    with refused("deeds_wait_for_the_registry", "ended_title_is_settled"):
        write(*[op for op in divided() if not isinstance(op, SettleDeedChange)])


def test_no_change_waits_for_a_title_that_has_ended() -> None:
    key = title().id
    with transaction.atomic():
        write(*divided())
    with refused("ended_title_is_settled"):
        entry = write()
        execute(
            "INSERT INTO register_pendingdeedchange (ba_unit_id, entry_id, state) VALUES (%s, %s, 'pending')",
            key,
            entry,
        )


def test_all_changes_of_a_title_are_settled_alike() -> None:
    with refused("settlement_is_whole"):
        entry = write(*settled(), *closed(), recorded(title().uid))
        execute(
            "INSERT INTO register_pendingdeedchange (ba_unit_id, entry_id, state) VALUES (%s, %s, 'pending')",
            title().id, entry,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("first", "second"),
    [(UIDS[:1], UIDS[2:]), (UIDS[:2], [*UIDS[2:], uid("6")]), ([], UIDS)],
    ids=["less", "more", "none"],
)
def test_a_division_keeps_the_land(first: list[str], second: list[str]) -> None:
    with refused("division_keeps_the_land"):
        write(*divided(first, second))


def test_a_division_keeps_the_owners() -> None:
    with refused("division_keeps_the_owners"):
        entry = write(*divided())
        new = BAUnit.objects.get(uid=NEW[0])
        rights = list(Right.objects.filter(ba_unit=new).order_by("pk"))
        execute("UPDATE register_right SET end_entry_id = %s WHERE ba_unit_id = %s", entry, new.pk)
        execute(
            """INSERT INTO register_right
                 (ba_unit_id, party_id, kind, share_numerator, share_denominator, begin_entry_id)
               VALUES (%s, %s, 'ownership', 1, 1, %s)""",
            new.pk, rights[0].party_id, entry,
        )  # fmt: skip


def test_a_division_keeps_what_stands_against_the_land() -> None:
    for number in range(2):
        with refused("division_keeps_the_restrictions"):
            entry = write(*divided())
            new = BAUnit.objects.get(uid=NEW[1])
            kept = Restriction.objects.filter(ba_unit=new).order_by("pk")[number]
            execute("UPDATE register_restriction SET end_entry_id = %s WHERE id = %s", entry, kept.pk)


def test_a_confirmation_moves_no_right() -> None:
    with refused("confirmation_moves_nothing"):
        entry = write(*closed(), recorded(title().uid), *settled())
        right = Right.objects.filter(ba_unit_id=title().id)[0]
        execute(
            """INSERT INTO register_right
                 (ba_unit_id, party_id, kind, share_numerator, share_denominator, begin_entry_id)
               VALUES (%s, %s, 'lease', 1, 1, %s)""",
            title().id, right.party_id, entry,
        )  # fmt: skip


@pytest.mark.parametrize("number", ["330100001", "٣٣٠١٠٠٠٠١", " 330100001 "])
def test_a_deed_is_recorded_once_in_either_figures(number: str) -> None:
    with refused("deed_is_recorded_once"):
        write(*closed(), recorded(title().uid, number, hijri_date="1440/05/12"), *settled())
    with transaction.atomic():
        write(*closed(), recorded(title().uid, number), *settled())  # another day: another deed


@pytest.mark.parametrize("lacks", [{"number": " "}, {"issuer": ""}, {"hijri_date": ""}, {"form": "stone"}])
def test_a_deed_is_named(lacks: dict[str, str]) -> None:
    with refused("deed_is_named"):
        write(*closed(), recorded(title().uid, **lacks), *settled())


def test_a_deed_is_of_a_title() -> None:
    with refused("deed_is_of_a_title"):
        entry = write()
        execute(
            """INSERT INTO register_source (kind, number, hijri_date, issuer, form, is_valid, sha256, details, entry_id)
               VALUES ('deed', '5', '1448/01/01', 'x', 'paper', true, '', '{}', %s)""",
            entry,
        )


def test_nothing_is_added_once_the_guard_has_looked() -> None:
    with refused("entry_is_closed"):
        write(*closed(), recorded(title().uid), *settled())
        execute("SET CONSTRAINTS registerentry_deeds IMMEDIATE")
        entry = execute("SELECT max(id) FROM register_registerentry")[0][0]
        execute("UPDATE register_baunitsource SET end_entry_id = %s WHERE end_entry_id IS NULL", entry)


def test_a_settlement_is_no_other_transactions() -> None:
    with transaction.atomic():
        entry = write()
    with refused("entry_is_of_its_transaction"):
        execute("UPDATE register_pendingdeedchange SET state = 'confirmed', settled_by_id = %s", entry)


@pytest.mark.parametrize("step", ["register_check_deeds(1)", "register_check_waiting(1)", "register_lock_deeds('{1}')"])
def test_the_guards_steps_are_not_for_calling(step: str) -> None:
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        execute(f"SELECT {step}")
