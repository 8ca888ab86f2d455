"""The land of an open case on everyone's map: there while the case is open, and nothing told beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import shapely
from django.db import connection, transaction
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks
from shapely.geometry.base import BaseGeometry

from land_services.cases import acts
from land_services.cases.models import Case
from land_services.cases.outline import close_outline, show_outline
from layers import events
from layers.access import PUBLIC, STAFF, Scope
from layers.registry import LAYERS
from layers.relation import relation
from tests.sample import CRS, Sample

pytestmark = pytest.mark.django_db(databases=["default", "owner"])
OPEN_CASES = LAYERS["open_cases"]


@pytest.fixture
def sample(sample_recommended: Sample) -> Sample:
    return sample_recommended


@pytest.fixture
def told() -> Iterator[list[tuple[str, events.LandTouched]]]:
    """What is announced of open cases, before and after commit."""
    heard: list[tuple[str, events.LandTouched]] = []
    before, after = events._before.copy(), events._after.copy()
    events.before_commit(lambda t: heard.append(("before", t)) if "open_cases" in t.layers else None)
    events.after_commit(lambda t: heard.append(("after", t)) if "open_cases" in t.layers else None)
    yield heard
    events._before[:], events._after[:] = before, after


def shown(scope: Scope = STAFF) -> list[dict[str, Any]]:
    """Return what a scope sees of the layer, geometry as shapely."""
    view = relation(OPEN_CASES, scope)
    names = [field.name for field in view.fields]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(names)}, ST_AsBinary(geom) FROM {view.sql} AS r ORDER BY id", view.params)
        return [dict(zip([*names, "geom"], [*row[:-1], _shape(row[-1])], strict=True)) for row in cursor.fetchall()]


def _shape(value: Any) -> BaseGeometry:
    return shapely.from_wkb(bytes(value))


def parcel_of(case: Case) -> BaseGeometry:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT ST_AsBinary(ST_Union(geom)) FROM layers_parcel
               WHERE uid = ANY(%s::uuid[]) AND end_lifespan_version IS NULL""",
            [case.parcel_uids],
        )
        return _shape(cursor.fetchone()[0])


def test_the_outline_is_that_of_the_parcels_asked_for_and_nothing_around_them(sample: Sample) -> None:
    ((row,), case) = shown(), sample.case()
    assert row["reference"] == case.reference
    assert row["service"] == "subdivision"
    assert row["geom"].geom_type == "MultiPolygon"
    assert row["geom"].equals(parcel_of(case))


def test_everyone_sees_land_service_and_day_and_only_staff_the_reference(sample: Sample) -> None:
    (seen,) = shown(PUBLIC)
    assert set(seen) == {"uid", "service", "opened_at", "geom"}
    assert sample.case().reference not in repr(seen)
    assert seen["uid"] == shown(STAFF)[0]["uid"]


@pytest.mark.parametrize(
    ("login", "is_told"),
    [
        ("", False),
        ("outsider", False),
        ("resident", False),
        ("planner", False),
        ("cashier", True),
        ("surveyor", True),
        ("reviewer", True),
    ],
)
def test_the_page_of_the_parcel_names_the_case_to_those_who_may_see_it(
    sample: Sample, client: Client, login: str, is_told: bool
) -> None:
    if login:
        client.force_login(sample.user(login))
    page = client.get(f"/en/parcels/{sample.uid}/").content.decode()
    assert "This land has an open request" in page
    assert (sample.case().reference in page) == is_told


def test_a_draft_and_a_file_that_is_not_fit_show_nothing(
    sample: Sample, told: list[tuple[str, events.LandTouched]]
) -> None:
    reference, other = sample.case().reference, sample.open("outsider")
    attempt, _ = acts.hand_in(other, sample.first, viewer=sample.viewer("outsider"), crs=CRS)
    assert not attempt.fit
    assert [row["reference"] for row in shown()] == [reference]
    acts.withdraw(other, viewer=sample.viewer("outsider"), reason="not needed any more")
    assert told == []


def test_submitting_is_announced_before_the_commit_and_after_it(
    sample: Sample,
    told: list[tuple[str, events.LandTouched]],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    seen_before: list[int] = []
    events.before_commit(lambda t: seen_before.append(len(shown())))
    with django_capture_on_commit_callbacks(execute=True):
        case = sample.submitted("outsider")
        assert [when for when, _ in told] == ["before"]
    assert seen_before == [2], "the handler sees the outline inside the transaction"
    assert [when for when, _ in told] == ["before", "after"]
    ((_, touched), _) = told
    assert touched.geometry.equals(parcel_of(case))
    assert touched.uids == (str(shown()[1]["uid"]),)


ENDS: dict[str, Callable[[Sample], object]] = {
    "approved": lambda s: acts.approve(s.case(), viewer=s.viewer("mayor")),
    "rejected": lambda s: acts.reject(s.case(), "too narrow", viewer=s.viewer("mayor")),
    "withdrawn": lambda s: acts.withdraw(s.case(), viewer=s.viewer("surveyor"), reason="not needed any more"),
}


@pytest.mark.parametrize("end", ENDS)
def test_every_end_takes_the_land_off_the_map_and_says_so(
    sample: Sample, end: str, told: list[tuple[str, events.LandTouched]]
) -> None:
    land = parcel_of(sample.case())
    ENDS[end](sample)
    assert sample.case().state == end
    assert shown() == shown(PUBLIC) == []
    ((when, touched),) = told
    assert when == "before"
    assert touched.geometry.equals(land)


def test_an_end_that_is_taken_back_leaves_the_land_on_the_map(sample: Sample) -> None:
    with pytest.raises(RuntimeError, match="pulled"), transaction.atomic():
        acts.reject(sample.case(), "too narrow", viewer=sample.viewer("mayor"))
        assert shown() == []
        raise RuntimeError("the plug is pulled")
    assert len(shown()) == 1


def test_a_case_handed_in_again_is_drawn_anew_and_both_lands_are_told(
    sample: Sample, told: list[tuple[str, events.LandTouched]]
) -> None:
    case = sample.case()
    (before,) = shown()
    moved = shapely.transform(before["geom"], lambda xy: xy + 1000.0)
    show_outline(case, [moved])
    (after,) = shown()
    assert after["geom"].equals(moved)
    assert (after["uid"], after["opened_at"]) == (before["uid"], before["opened_at"])
    ((_, touched),) = told
    assert touched.geometry.covers(before["geom"])
    assert touched.geometry.covers(moved)


def test_the_same_land_again_changes_nothing_and_disturbs_no_tile(
    sample: Sample, told: list[tuple[str, events.LandTouched]]
) -> None:
    show_outline(sample.case(), [parcel_of(sample.case())])
    assert told == []
    close_outline(sample.case())
    close_outline(sample.case())
    assert len(told) == 1


def test_neighbouring_parcels_of_one_case_are_one_outline(sample: Sample) -> None:
    """
    +---+---+   two lots asked for together: one outline, the line between them gone
    | a | b |
    +---+---+
    """
    x, y, *_ = parcel_of(sample.case()).bounds
    show_outline(sample.case(), [shapely.box(x, y, x + 10, y + 10), shapely.box(x + 10, y, x + 20, y + 10)])
    (row,) = shown()
    assert row["geom"].equals(shapely.box(x, y, x + 20, y + 10))
    assert len(row["geom"].geoms) == 1
