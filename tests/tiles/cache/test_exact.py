"""A tile is served from the cache exactly as long as nothing has touched it."""

from __future__ import annotations

import pytest
import shapely
from django.conf import settings
from django.db import connection, transaction

from layers import events
from tiles.cache import CachedTile, Outcome, TileKey, get_tile

pytestmark = pytest.mark.django_db(transaction=True)

# Around (500000, 3000000) in UTM 39N lies (5677294, 3117000) in web Mercator.
HERE, THERE = (500_000.0, 3_000_000.0), (510_000.0, 3_000_000.0)


def tile_box(place: tuple[float, float], size: float = 600.0) -> tuple[float, float, float, float]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ST_X(p), ST_Y(p) FROM ST_Transform(ST_SetSRID(ST_MakePoint(%s, %s), %s), 3857) p",
            [*place, settings.STORAGE_SRID],
        )
        x, y = cursor.fetchone()
    return x - size / 2, y - size / 2, x + size / 2, y + size / 2


def count() -> bytes:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM layers_place")
        return str(cursor.fetchone()[0]).encode()


def ask(place: tuple[float, float], layer: str = "places") -> tuple[CachedTile, Outcome]:
    key = TileKey(layer, "public", 16, int(place[0]), int(place[1]))
    return get_tile(key, layers=frozenset({layer}), box_3857=tile_box(place), make=count)


def change(place: tuple[float, float], layer: str = "places") -> None:
    land = shapely.Point(*place).buffer(10)
    events.announce(events.LandTouched(frozenset({layer}), (), land))


def test_a_tile_is_made_once_and_then_served_from_the_cache() -> None:
    warm()
    assert [ask(HERE)[1] for _ in range(3)] == ["miss", "hit", "hit"]


def warm() -> None:
    """Begin the journal, and let its first moment pass."""
    ask(THERE, "warm")


def test_a_commit_makes_the_tiles_that_it_touches_anew_and_leaves_the_others() -> None:
    warm()
    ask(HERE)
    ask(THERE)
    with transaction.atomic():
        change(HERE)
        assert ask(HERE)[1] == "dirty"
    assert ask(THERE)[1] == "hit"
    assert ask(HERE)[1] == "miss"
    assert ask(HERE)[1] == "hit"


def test_a_rolled_back_change_counts_for_nothing() -> None:
    warm()
    ask(HERE)
    with transaction.atomic():
        change(HERE)
        transaction.set_rollback(True)
    assert ask(HERE)[1] == "hit"
