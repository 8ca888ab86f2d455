"""A tile is served from the cache exactly as long as nothing has touched it: every interleaving, written out."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import shapely
from django.conf import settings
from django.db import connection, transaction
from shapely.geometry.base import BaseGeometry

from layers import events
from tests.tiles.cache.board import TILE_M, ask, box_of, read, write
from tiles.cache import JournalBroken, TileKey, changes, get_tile
from tiles.cache.place import forget_places, here

pytestmark = pytest.mark.usefixtures("board")

A, B = (0, 0), (3, 3)


def announce(geometry: BaseGeometry | None, *layers: str) -> None:
    events.announce(events.LandTouched(frozenset(layers or {"places"}), (), geometry))  # type: ignore[arg-type]


def in_storage(box_3857: tuple[float, float, float, float]) -> BaseGeometry:
    with connection.cursor() as cursor:
        sql = "SELECT ST_AsBinary(ST_Transform(ST_MakeEnvelope(%s, %s, %s, %s, 3857), %s))"
        cursor.execute(sql, [*box_3857, settings.STORAGE_SRID])
        return shapely.from_wkb(bytes(cursor.fetchone()[0]))


def test_a_tile_is_made_once_and_then_served_from_the_cache() -> None:
    assert [ask(A)[1] for _ in range(3)] == ["miss", "hit", "hit"]


def test_an_empty_tile_is_kept_too() -> None:
    tile, _ = ask(A)
    assert tile.is_empty
    assert ask(A)[1] == "hit"


def test_another_process_finds_it_in_the_files() -> None:
    ask(A)
    forget_places()
    assert ask(A)[1] == "hit"


def test_a_commit_makes_the_tiles_that_it_touches_anew_and_leaves_the_others() -> None:
    ask(A)
    ask(B)
    with transaction.atomic():
        name = write(A)
        assert ask(A)[1] == "dirty"
        assert ask(B)[1] == "hit"
    tile, outcome = ask(A)
    assert (tile.body.decode(), outcome) == (name, "miss")
    assert ask(A)[1] == "hit"
    assert ask(B)[1] == "hit"


def test_a_writer_sees_its_own_change_before_it_commits_and_nobody_keeps_it() -> None:
    ask(A)
    with transaction.atomic():
        name = write(A)
        assert ask(A)[0].body.decode() == name
        transaction.set_rollback(True)
    tile, outcome = ask(A)
    assert (tile.body, outcome) == (b"", "hit")


def test_what_a_transaction_has_not_announced_is_not_kept_either() -> None:
    with transaction.atomic():
        assert ask(A)[1] == "dirty"
    assert ask(A)[1] == "miss"


def test_a_rolled_back_change_counts_for_nothing() -> None:
    ask(A)
    with transaction.atomic():
        write(A)
        transaction.set_rollback(True)
    assert ask(A)[1] == "hit"


def test_a_change_rolled_back_to_a_savepoint_may_cost_time_but_is_never_shown() -> None:
    ask(A)
    with transaction.atomic():
        with transaction.atomic():
            write(A)
            transaction.set_rollback(True)
        kept = write(B)
    assert ask(A)[0].body == b""
    assert ask(B)[0].body.decode() == kept
    assert [ask(A)[1], ask(B)[1]] == ["hit", "hit"]


def test_two_announcements_of_one_transaction_both_count() -> None:
    ask(A)
    ask(B)
    with transaction.atomic():
        names = write(A), write(B)
    assert (ask(A)[0].body.decode(), ask(B)[0].body.decode()) == names


def test_a_change_announced_through_the_owner_is_the_same_database() -> None:
    ask(A)
    with transaction.atomic(using="owner"):
        announce_as = events.LandTouched(frozenset({"places"}), (), in_storage(box_of(A)), "owner")
        events.announce(announce_as)
        assert ask(A)[1] == "dirty"
    assert ask(A)[1] == "miss"


def test_a_change_of_another_layer_leaves_a_tile_alone() -> None:
    ask(A)
    with transaction.atomic():
        announce(in_storage(box_of(A)), "parcels")
        assert ask(A)[1] == "hit"
    assert ask(A)[1] == "hit"


def test_a_change_of_unknown_land_touches_the_whole_layer_and_no_other() -> None:
    ask(A)
    ask(A, layer="streets")
    with transaction.atomic():
        announce(shapely.Point(), "places")
    assert ask(A)[1] == "miss"
    assert ask(A, layer="streets")[1] == "hit"


def test_neighbours_are_told_by_geometry_not_by_bounds() -> None:
    """A thin diagonal crosses the board: its bounds cover every tile, its land only some."""
    for cell in (A, B, (0, 3), (3, 0)):
        ask(cell)
    x1, y1, _, _ = box_of(A)
    line = shapely.LineString([(x1 + 10, y1 + 10), (x1 + 4 * TILE_M - 10, y1 + 4 * TILE_M - 10)])
    with transaction.atomic(), connection.cursor() as cursor:
        sql = "SELECT ST_AsBinary(ST_Transform(ST_GeomFromWKB(%s, 3857), %s))"
        cursor.execute(sql, [line.wkb, settings.STORAGE_SRID])
        announce(shapely.from_wkb(bytes(cursor.fetchone()[0])))
    assert [ask(cell)[1] for cell in (A, B, (0, 3), (3, 0))] == ["miss", "miss", "hit", "hit"]


@pytest.mark.parametrize(("detail", "outcome"), [(True, "hit"), (False, "miss")])
def test_a_change_reaches_further_where_tiles_are_generalised(
    monkeypatch: pytest.MonkeyPatch, detail: bool, outcome: str
) -> None:
    monkeypatch.setitem(changes.coarse_reach, "places", lambda touched: touched.geometry.buffer(20 * TILE_M))
    ask(B, detail=detail)
    with transaction.atomic():
        write(A)
    assert ask(B, detail=detail)[1] == outcome
    assert ask(A, detail=detail)[1] == "miss"


def test_a_box_of_a_whole_layer_covers_what_bends_when_it_is_transformed() -> None:
    """Between the corners of a box 300 km wide the parallel sags by hundreds of metres."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ST_X(p), ST_Y(p) FROM ST_Transform(ST_SetSRID(ST_MakePoint(500000, 3200000), %s), 3857) p",
            [settings.STORAGE_SRID],
        )
        x, y = cursor.fetchone()
    key_box = (x - 5, y - 45, x + 5, y - 40)

    def at_the_middle() -> str:
        key = TileKey("places", "public", 20, 1, 1)
        return get_tile(key, layers=frozenset({"places"}), box_3857=key_box, make=lambda: b"")[1]

    at_the_middle()
    with transaction.atomic():
        announce(shapely.box(350_000, 2_900_000, 650_000, 3_200_000))
    assert at_the_middle() == "miss"


@pytest.mark.parametrize("count", [3_000, 30_000])
def test_a_change_of_very_many_parts_is_kept_small_and_misses_nothing(count: int) -> None:
    ask(A)
    ask(B)
    land = in_storage(box_of(A))
    x, y = land.centroid.x, land.centroid.y
    parts = shapely.MultiPolygon([shapely.Point(x + i % 100, y + i // 100).buffer(0.4) for i in range(count)])
    with transaction.atomic():
        announce(parts)
    assert (ask(A)[1], ask(B)[1]) == ("miss", "hit")


# Snapshots ----------------------------------------------------------------------------------------------------------


def test_a_reader_whose_snapshot_is_older_than_the_commit_does_not_poison_the_cache(actors: Any) -> None:
    """
    reader   |--- snapshot ------ reads ------- keeps?|
    writer            | writes, commits |
    next                                                | asks
    """
    reader, writer, late = actors(3)
    reader.send("slow_ask", *A, 1.0)
    wait_for_maker()
    writer.do("begin")
    writer.do("write", *A, "new")
    writer.do("commit")
    assert late.do("ask", *A)[0] == "new"
    assert reader.answer() == ["", "miss"]
    assert late.do("ask", *A)[0] == "new"
    assert ask(A)[0].body == b"new"


def test_a_reader_that_begins_between_announcement_and_commit_keeps_nothing(actors: Any) -> None:
    reader, writer = actors(2)
    writer.do("begin")
    writer.do("write", *A, "new")
    assert reader.do("ask", *A) == ["", "dirty"]
    reader.send("slow_ask", *A, 0.7)
    wait_for_maker()
    writer.do("commit")
    assert reader.answer() == ["", "dirty"]
    assert reader.do("ask", *A)[0] == "new"


def test_a_change_that_opens_while_one_waits_for_another_maker_is_not_kept_over(actors: Any) -> None:
    """
    maker    |--- makes ---------------|
    reader     |--- waits for it ------| makes its own
    writer          | writes ---------------------------| commits |
    next                                                            | asks
    """
    maker, reader, writer, late = actors(4)
    maker.send("slow_ask", *A, 1.0)
    wait_for_maker()
    reader.send("ask", *A)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(0.2)")  # it has looked, and waits
    writer.do("begin")
    writer.do("write", *A, "new")
    assert maker.answer() == ["", "miss"]
    assert reader.answer() == ["", "dirty"]
    writer.do("commit")
    assert late.do("ask", *A)[0] == "new"
    assert reader.do("ask", *A)[0] == "new"


def test_a_snapshot_kept_by_a_transaction_of_the_reader_keeps_nothing() -> None:
    ask(B)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        read(A)
        assert ask(A)[1] == "dirty"
    assert ask(A)[1] == "miss"


def wait_for_maker() -> None:
    """Wait until some maker's statement runs: its snapshot is taken."""
    with connection.cursor() as cursor:
        for _ in range(500):
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE query LIKE %s AND state = 'active'"
                " AND pid <> pg_backend_pid()",
                ["%pg_sleep%layers_place%"],
            )
            if cursor.fetchone()[0]:
                return
            cursor.execute("SELECT pg_sleep(0.01)")
    raise AssertionError("no maker began")


# Crashes ------------------------------------------------------------------------------------------------------------


def test_a_crash_between_commit_and_clearing_leaves_only_slowness(actors: Any) -> None:
    ask(A)
    ask(B)
    (writer,) = actors(1)
    writer.send("write_and_die", *A, "new")
    assert writer.process.wait(20) == -9
    assert ask(A)[0].body == b"new"
    wait_until_settled(A)
    assert [ask(A)[1], ask(B)[1]] == ["hit", "hit"]


def test_a_crash_before_the_commit_leaves_the_tile_as_it_was(actors: Any) -> None:
    ask(A)
    (writer,) = actors(1)
    writer.send("die_before_commit", *A, "new")
    assert writer.process.wait(20) == -9
    wait_until_settled(A)
    assert ask(A)[0].body == b""


def wait_until_settled(cell: tuple[int, int]) -> None:
    """The server notices a dead client at its own pace."""
    with connection.cursor() as cursor:
        for _ in range(300):
            if ask(cell)[1] != "dirty":
                return
            cursor.execute("SELECT pg_sleep(0.06)")
    raise AssertionError("the change stays open")


def test_a_forked_process_goes_on_with_what_its_parent_knew(actors: Any) -> None:
    (actor,) = actors(1)
    ask(A)
    assert actor.do("forked_ask", *A) == [["", "hit"], ["", "hit"]]
    with transaction.atomic():
        write(A, "new")
    first, second = actor.do("forked_ask", *A)
    assert first[0] == second[0] == "new"


# The folder ---------------------------------------------------------------------------------------------------------


def test_a_change_that_cannot_be_told_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A journal in the place of the real one that cannot be opened: as for an account without the right to write."""
    ask(A)
    place = here()
    assert place is not None
    (place.folder / "journal").unlink()
    (place.folder / "journal").mkdir()
    with pytest.raises(JournalBroken, match="the change was not made"), transaction.atomic():
        write(A)
    assert read(A) == b""


def test_a_removed_folder_begins_anew_and_shows_nothing_old() -> None:
    ask(A)
    remove(here().folder)  # type: ignore[union-attr]
    with transaction.atomic():
        write(A, "new")
    assert ask(A)[0].body == b"new"


def test_a_folder_removed_while_a_change_is_open_waits_for_it(actors: Any) -> None:
    """The new journal knows nothing of the change that the old one was told of."""
    ask(A)
    reader, writer = actors(2)
    assert reader.do("ask", *A)[1] == "hit"
    writer.do("begin")
    writer.do("write", *A, "new")
    remove(here().folder)  # type: ignore[union-attr]
    assert reader.do("ask", *A) == ["", "dirty"]
    assert reader.do("ask", *B)[1] == "dirty"
    writer.do("commit")
    assert reader.do("ask", *A)[0] == "new"
    wait_until_settled(A)
    assert ask(A)[0].body == b"new"


def remove(folder: Path) -> None:
    shutil.rmtree(folder)


def test_without_a_reader_nothing_is_written(tmp_path: Path, settings: Any) -> None:
    settings.TILES_CACHE_DIR = tmp_path / "unused"
    with transaction.atomic():
        write(A)
    assert not settings.TILES_CACHE_DIR.exists()


def test_no_room_at_all_means_no_cache(settings: Any) -> None:
    settings.TILES_CACHE_MB = 0
    assert [ask(A)[1], ask(A)[1]] == ["dirty", "dirty"]


def test_a_folder_that_cannot_be_made_costs_speed_only(settings: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    settings.TILES_CACHE_DIR = tmp_path / "file" / "tiles"
    with transaction.atomic():
        write(A, "new")
    assert ask(A)[0].body == b"new"
    assert ask(A)[1] == "dirty"
