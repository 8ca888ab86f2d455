"""What adjoins a side, in words: street with width, neighbour, or land outside the register."""

from __future__ import annotations

from dataclasses import replace

import pytest
from shapely.geometry import LineString
from shapely.geometry.base import BaseGeometry

from land_services.checks.adjoining import MAX_LENGTH, adjoining_text, street_label
from tests.fabric import at, block, rectangle

BLOCK = block()
AROUND: list[tuple[str, BaseGeometry]] = [(lot.parcel_no, lot.geometry) for lot in BLOCK.lots.values()]
OTHERS = [pair for pair in AROUND if pair[0] != "2"]


def side(x0: float, y0: float, x1: float, y1: float) -> LineString:
    return LineString([at(x0, y0), at(x1, y1)])


@pytest.mark.parametrize(
    ("line", "en", "ar"),
    [
        (side(30, 0, 60, 0), "Street 20 m wide (King Fahd Street)", "شارع عرض 20 م (شارع الملك فهد)"),
        (side(60, 0, 60, 40), "Parcel 3", "قطعة رقم 3"),
        (side(60, 40, 30, 40), "Parcel 12", "قطعة رقم 12"),
        (side(30, 40, 30, 0), "Parcel 1", "قطعة رقم 1"),
        (side(500, 0, 500, 40), "Land outside the register", "أرض خارج السجل"),
    ],
)
def test_each_side_names_what_it_touches_along_its_length(line: LineString, en: str, ar: str) -> None:
    assert adjoining_text(line, OTHERS, BLOCK.streets) == (ar, en)


def test_a_side_along_several_parcels_names_them_in_the_order_met() -> None:
    assert adjoining_text(side(0, 40, 120, 40), [p for p in AROUND if len(p[0]) == 2], ())[1] == (
        "Parcel 11, Parcel 12, Parcel 13, Parcel 14"
    )
    assert adjoining_text(side(120, 40, 0, 40), [p for p in AROUND if len(p[0]) == 2], ())[1] == (
        "Parcel 14, Parcel 13, Parcel 12, Parcel 11"
    )


def test_a_parcel_that_touches_at_a_corner_only_does_not_adjoin() -> None:
    words = adjoining_text(side(30, 0, 60, 0), OTHERS, ())[1]
    assert words == "Land outside the register"


def test_a_description_is_never_longer_than_the_print_has_room_for() -> None:
    many: list[tuple[str, BaseGeometry]] = [(f"100{i}/22", rectangle(i, 0, i + 1, 5)) for i in range(60)]
    ar, en = adjoining_text(side(0, 0, 60, 0), many, ())
    assert len(ar) <= MAX_LENGTH and len(en) <= MAX_LENGTH
    assert en.endswith(" …") and ar.endswith(" …")


def test_a_street_without_a_right_of_way_counts_by_its_centreline_and_width() -> None:
    streets = [replace(street, right_of_way=None) for street in BLOCK.streets]
    assert adjoining_text(side(30, 0, 60, 0), OTHERS, streets)[1] == "Street 20 m wide (King Fahd Street)"


def test_a_street_without_a_name_is_told_by_its_width_and_an_alley_by_its_kind() -> None:
    nameless = replace(BLOCK.streets[0], name_ar="", name_en="", width_m=7.5)
    assert street_label(nameless) == ("شارع عرض 7.5 م", "Street 7.5 m wide")
    assert street_label(replace(nameless, road_class="alley")) == ("ممر عرض 7.5 م", "Walkway 7.5 m wide")
