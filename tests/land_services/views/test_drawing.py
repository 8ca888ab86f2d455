"""What the map of a case shows as coming out of a change."""

from __future__ import annotations

from shapely.geometry import Polygon

from land_services.domain import AmendBoundary, ChangeSet, Facts, ShowLand
from land_services.views.drawing import resulting, results
from tests.land_services.documents import samples
from tests.land_services.documents.test_build import created, parcel

OWN, NEXT = parcel("own", "62", samples.rectangle(0, 0, 20, 30)), parcel("next", "61", samples.rectangle(20, 0, 40, 30))
FACTS = Facts(samples.ISSUED, (OWN,), (NEXT,))


def amended(uid: str, outline: Polygon) -> AmendBoundary:
    return AmendBoundary(uid, 1, outline, keeps_areas=False)


def shown(*operations: AmendBoundary | ShowLand) -> list[str]:
    return [unit.uid for unit in results(ChangeSet("boundary_adjustment", operations), FACTS)]


def test_a_parcel_that_lives_on_is_a_result_and_a_neighbour_with_a_new_vertex_is_none() -> None:
    noded = Polygon([*NEXT.geometry.exterior.coords[:1], *NEXT.geometry.segmentize(25).exterior.coords[1:]])
    assert noded.equals(NEXT.geometry)
    assert shown(amended("own", samples.rectangle(0, 0, 19, 30)), amended("next", noded)) == ["own"]


def test_a_neighbour_whose_area_changes_is_a_result() -> None:
    both = (amended("own", samples.rectangle(0, 0, 19, 30)), amended("next", samples.rectangle(19, 0, 40, 30)))
    assert shown(*both) == ["own", "next"]
    assert [one["id"] for one in resulting(ChangeSet("merge", both), FACTS, "en")] == ["part-own", "part-next"]


def test_new_parcels_come_first_and_what_is_only_described_is_no_result() -> None:
    change = ChangeSet("duplex_subdivision", (amended("own", OWN.geometry), created("62/1", 0, 20, 1)))
    assert [unit.parcel_no for unit in results(change, FACTS)] == ["62/1", "62"]
    assert not shown(amended("own", OWN.geometry), ShowLand("own", "outline", OWN.geometry, OWN.surveyed_area_m2))
