"""Parcels by number, whichever digits the register was loaded with, today and after they ended."""

from __future__ import annotations

import pytest
from shapely.geometry import box

from land_services.register.apply import apply_change_set
from land_services.register.selectors import entries_of, find_parcel

from .land import load_lots, query, split_lot_2, uid
from .tampering import rows

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])

ARABIC = {"٧": box(0, 0, 20, 30), "8": box(20, 0, 40, 30), "٨": box(40, 0, 60, 30), "118a": box(60, 0, 80, 30)}


@pytest.mark.parametrize("asked", ["P1/7/٧", "P1/7/7", "P1/٧/7", "P١/۷/۷", "\u200fP1/7/٧\u200f"])
def test_a_number_is_found_in_either_digit_system(asked: str) -> None:
    load_lots(ARABIC)
    assert find_parcel(asked) == [uid("٧")]


def test_numbers_that_differ_by_their_digits_alone_are_told_apart_as_written() -> None:
    load_lots(ARABIC)
    assert (find_parcel("P1/7/8"), find_parcel("P1/7/٨")) == ([uid("8")], [uid("٨")])
    assert find_parcel("P1/7/۸") == [uid("8"), uid("٨")], "which of them is meant is asked"
    assert find_parcel("P1/7/118a") == [uid("118a")] and find_parcel("P1/7/118A") == []


def test_what_ended_is_found_where_it_is_asked_for() -> None:
    load_lots()
    apply_change_set(split_lot_2(), reference="SUB-1", acting_user_id=1, recheck=lambda facts: (), query=query("2"))
    assert find_parcel("P1/7/2") == [] == find_parcel(uid("2"))
    assert find_parcel("P1/7/2", ever=True) == [uid("2")] == find_parcel(uid("2"), ever=True)
    ((entry,),) = rows("SELECT id FROM register_registerentry WHERE reference = 'SUB-1'")
    assert entry in entries_of([uid("2")]) and entries_of([uid("1/2")]) == [entry]
    assert find_parcel("P1/7/1", ever=True) == [uid("1")], "versions of one parcel are one"
