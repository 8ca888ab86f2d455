"""The nearest places against brute force over all of them, wherever on the earth one stands."""

from __future__ import annotations

import random
import uuid
from typing import Any

import numpy as np
import pytest
from django.db import connection

from layers.catalog.places import CATEGORIES
from layers.locator import nearest as module
from layers.locator.nearest import Chosen, Key, nearest
from layers.locator.positions import LEAST, MOST, SPHERE_M, BadPosition, Position, farthest_on_sphere, least_on_spheroid
from tests.budget import budget
from tests.layers.locator.world import ALIAS, GEOD, World

pytestmark = pytest.mark.usefixtures("django_db_setup")


def ask(position: tuple[float, float], limit: int, chosen: Chosen, after: Key | None = None) -> list[Key]:
    return [near.key for near in nearest(Position(*position), limit, chosen, after, using=ALIAS)]


def test_the_nearest_are_those_of_brute_force_for_every_choice(places: World) -> None:
    chance = random.Random(3)
    category, kind, wheelchair = (places.column(n) for n in ("category", "kind", "wheelchair"))
    kinds = sorted(set(kind))
    for position in places.positions(chance, budget(240, 10_000)):
        limit = chance.choice((1, 3, 10, 10, 25, 100))
        categories = chance.sample(CATEGORIES, chance.choice((0, 1, 1, 2, 5)))
        chosen, mask = Chosen(categories), np.ones(len(category), bool)
        if categories:
            mask &= np.isin(category, categories)
        if chance.random() < 0.2:
            wanted = chance.sample(kinds, 3)
            chosen.conditions.append("t.kind = ANY(%(kinds)s)")
            chosen.params["kinds"] = wanted
            mask &= np.isin(kind, wanted)
        if chance.random() < 0.2:
            chosen.conditions.append("t.wheelchair = 'yes'")
            mask &= wheelchair == "yes"
        if chance.random() < 0.2:
            district = chance.choice(list(places.districts))
            if chance.random() < 0.5:
                chosen.within = district
                mask &= places.inside(district)
            else:
                chosen.beyond = district
                mask &= ~places.inside(district)
        places.assert_nearest(ask(position, limit, chosen), position, limit, mask)


def test_pages_go_on_where_the_last_one_ended(places: World) -> None:
    chance = random.Random(4)
    category = places.column("category")
    for position in places.positions(chance, budget(24, 1_000)):
        categories = chance.sample(CATEGORIES, 2)
        mask = np.isin(category, categories)
        after, size = None, chance.choice((1, 7, 40))
        for page in range(4):
            found = ask(position, size, Chosen(categories), after)
            places.assert_nearest(found, position, size, mask, skipped=page * size)
            after = found[-1]


def test_places_at_one_point_come_in_the_order_of_their_uids(places: World) -> None:
    heap = np.flatnonzero(places.column("kind") == "heap")[0]
    position = float(places.lon[heap]), float(places.lat[heap])

    found = ask(position, 30, Chosen())

    assert found[0][0] == 0.0 == found[1][0]
    assert [uid for m, uid in found if m == 0.0] == sorted(uid for m, uid in found if m == 0.0)


def test_one_statement_is_enough_near_by_and_far_away_and_two_between(
    places: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    statements: list[str] = []
    plain = module.read_rows

    def counted(sql: str, *args: Any, **kwargs: Any) -> list[tuple[Any, ...]]:
        statements.append(sql)
        return plain(sql, *args, **kwargs)

    monkeypatch.setattr(module, "read_rows", counted)

    monkeypatch.setattr(module, "_last_near", {})
    ask((46.7, 24.7), 10, Chosen(["food"]))
    near = len(statements)
    ask((46.7, 30.7), 100, Chosen())
    between = len(statements) - near
    ask((-133.3, -24.7), 10, Chosen(["food"]))

    assert (near, between, len(statements) - near - between) == (1, 2, 1)


def test_the_index_of_category_and_geography_is_used(places: World, monkeypatch: pytest.MonkeyPatch) -> None:
    plans: list[str] = []
    plain = module.read_rows

    def explained(sql: str, *args: Any, **kwargs: Any) -> list[tuple[Any, ...]]:
        plans.append("\n".join(row[0] for row in plain(f"EXPLAIN {sql}", *args, **kwargs)))
        return []

    monkeypatch.setattr(module, "read_rows", explained)
    monkeypatch.setattr(module, "_last_near", {})
    for categories in (["food"], ["food", "health"], []):
        ask((46.7, 24.7), 10, Chosen(categories))

    assert ["place_current_near" in plan for plan in plans] == [True, True, False]
    assert "place_current_geog" in plans[2]
    assert all("Order By" in plan for plan in plans)


# The sphere and the spheroid ----------------------------------------------------------------------------------------


def test_a_distance_is_between_its_bounds_everywhere(places: World) -> None:
    chance = random.Random(8)
    n = budget(2_000, 200_000)
    lon, lat = (np.array([chance.uniform(-d, d) for _ in range(2 * n)]).reshape(2, n) for d in (180, 90))
    # The extremes: along the meridian at the equator, around the poles, nearly opposite points.
    lon[:, :3], lat[:, :3] = [[0, 0, 10], [0, 0, 10]], [[0, 89.9, 0], [0.01, 90, 0.001]]
    lon[1, 3:50], lat[1, 3:50] = lon[0, 3:50] + 180, -lat[0, 3:50]
    _, _, spheroid = GEOD.inv(lon[0], lat[0], lon[1], lat[1])
    a, b = np.radians(lat)
    half = np.sin((b - a) / 2) ** 2 + np.cos(a) * np.cos(b) * np.sin(np.radians(lon[1] - lon[0]) / 2) ** 2
    sphere = 2 * SPHERE_M * np.arctan2(np.sqrt(half), np.sqrt(np.clip(1 - half, 0, 1)))

    assert (spheroid >= [least_on_spheroid(s) for s in sphere]).all()
    assert (sphere <= [farthest_on_sphere(s) for s in spheroid]).all()
    assert (spheroid <= sphere * MOST * (1 + 1e-9)).all()
    # They are as close as they can be.
    assert spheroid[0] / sphere[0] == pytest.approx(LEAST, rel=1e-6)
    assert spheroid[1] / sphere[1] == pytest.approx(MOST, rel=1e-5)


@pytest.mark.django_db
def test_the_database_measures_on_the_sphere_that_the_bound_is_for() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT ST_Point(0, 0)::geography <-> ST_Point(90, 0)::geography")
        assert cursor.fetchone()[0] == pytest.approx(SPHERE_M * np.pi / 2, abs=1e-6)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf"), 180.0000001, -1e300])
def test_what_is_no_position_is_refused(bad: float) -> None:
    with pytest.raises(BadPosition) as refused:
        Position(bad, 0.0)
    assert refused.value.name == "lon"
    with pytest.raises(BadPosition) as refused:
        Position(0.0, bad)
    assert refused.value.name == "lat"


def test_an_unknown_district_holds_nothing_and_leaves_nothing_out(places: World) -> None:
    nowhere = uuid.uuid4()

    assert ask((46.7, 24.7), 10, Chosen(within=nowhere)) == []
    assert ask((46.7, 24.7), 10, Chosen(beyond=nowhere)) == ask((46.7, 24.7), 10, Chosen())
