"""Raster tiles over HTTP: formats, dates, permissions, and a cache that a new file empties exactly where it lies."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from django.test import Client
from PIL import Image

from layers import crs
from tests.tiles.raster.rasters import NORTH, WEST, picture, write
from tiles.grid import WEB_MERCATOR
from tiles.raster.importing import Outcome

Load = Callable[..., Outcome]


def plain(path: Path, colour: tuple[int, int, int], *, east_m: float = 0.0, size: int = 300) -> Path:
    """Write a file of one colour that begins ``east_m`` east of the corner; 2 m pixels."""
    bands = np.broadcast_to(np.array(colour, np.uint8)[:, None, None], (3, size, size)).copy()
    return write(path, bands, corner=(WEST + east_m, NORTH))


def tile_at(east_m: float, south_m: float, zoom: int = 16) -> tuple[int, int, int]:
    """Return z, x, y of the tile that holds a point beside the corner."""
    east, north = crs.transform_coordinates(np.array([[WEST + east_m, NORTH - south_m]]), 32639, 3857)[0]
    return (zoom, *WEB_MERCATOR.tile_at(zoom, float(east), float(north)))


def address(name: str, tile: tuple[int, int, int], ending: str = ".png") -> str:
    return f"/tiles/imagery/{name}/{tile[0]}/{tile[1]}/{tile[2]}{ending}"


def image(body: bytes) -> Image.Image:
    return Image.open(io.BytesIO(body))


def colours(body: bytes) -> set[tuple[int, ...]]:
    """Return the colours of the pixels that are seen at all."""
    array = np.asarray(image(body).convert("RGBA")).reshape(-1, 4)
    return {tuple(int(v) for v in pixel[:3]) for pixel in array[array[:, 3] > 0]}


MIDDLE = tile_at(300, 300, 17)


@pytest.fixture(scope="module")
def coast(own_database: object, tmp_path_factory: pytest.TempPathFactory) -> str:
    """An imagery of one picture, named ``coast``."""
    from tiles.raster.importing import Options, import_files

    path = write(tmp_path_factory.mktemp("coast") / "coast.tif", picture(300, 300))
    import_files("coast", [path], Options(captured_on=date(2025, 5, 1)), progress=lambda *_: None)
    return "coast"


@pytest.mark.parametrize(
    ("ending", "accept", "kind"),
    [
        (".webp", "", "WEBP"),
        (".png", "image/webp", "PNG"),
        (".jpg", "", "JPEG"),
        ("", "", "WEBP"),
        ("", "*/*", "WEBP"),
        ("", "image/png", "PNG"),
        ("", "image/jpeg;q=0.9, image/png;q=0.8", "JPEG"),
        ("", "image/*;q=0.3, image/jpeg", "JPEG"),
        ("", "image/webp;q=0, image/*", "PNG"),
        ("", "text/html, image/avif, */*;q=0.1", "WEBP"),
        ("", "image/png;q=nonsense, image/jpeg", "JPEG"),
    ],
)
def test_the_format_is_the_ending_or_what_is_accepted(
    web: Client, coast: str, ending: str, accept: str, kind: str
) -> None:
    answer = web.get(address(coast, MIDDLE, ending), headers={"accept": accept} if accept else {})
    assert answer.status_code == 200
    found = image(answer.content)
    assert (found.format, found.size) == (kind, (256, 256))
    assert answer["Content-Type"] == f"image/{kind.lower()}"
    assert ("Accept," in answer["Vary"] + "," and "Accept" in answer["Vary"].split(", ")) == (ending == "")


def test_nothing_acceptable_is_406(web: Client, coast: str) -> None:
    answer = web.get(address(coast, MIDDLE, ""), headers={"accept": "text/html, image/*;q=0"})
    assert answer.status_code == 406
    assert answer["Content-Type"] == "application/problem+json"


def test_a_double_tile_has_twice_the_pixels(web: Client, coast: str) -> None:
    assert image(web.get(address(coast, MIDDLE, "@2x.png")).content).size == (512, 512)


@pytest.mark.parametrize(
    "bad",
    [
        "17/1/1.gif", "17/1/1.", "17/1/1.webp.png", "17/1/1@3x.png", "17/1/1@2x@2x.png", "23/0/0.png", "-1/0/0.png",
        "3/8/0.png", "3/0/8.png", "3/-1/0.png", "x/0/0.png", "3/NaN/0.png", "3/1e0/0.png", "3/٣/0.png", "3/0/01.png",
        "3/0/99999999999999999999.png", "3/0/0.png?date=2026-02-30", "3/0/0.png?date=", "3/0/0.png?date=20260101",
        "3/0/0.png?date=2026-01-01&date=2026-01-02", "3/0/0.png?style=hillshade", "3/0/'.png", "3/0/%00.png",
        "3/0/0;--.png", "3/0/0.PNG",
    ],
)  # fmt: skip
def test_a_bad_address_is_400_with_problem_details(web: Client, coast: str, bad: str) -> None:
    details = []
    for language in ("ar", "en"):
        answer = web.get(f"/tiles/imagery/{coast}/{bad}", headers={"accept-language": language})
        assert answer.status_code == 400, answer.content
        assert answer["Content-Type"] == "application/problem+json" and answer["Content-Language"] == language
        said = answer.json()
        assert said["status"] == 400 and said["title"] and said["detail"]
        details.append(said["detail"])
    assert not details[0].isascii() and details[0] != details[1]


@pytest.mark.parametrize("name", ["nothing", "coast'", "COAST", "%00", "coast%00", "*", "..", "imagery:coast"])
def test_unknown_imagery_is_404(web: Client, coast: str, name: str) -> None:
    for path in (f"/tiles/imagery/{name}/17/0/0.png", f"/tiles/imagery/{name}.json"):
        answer = web.get(path)
        assert answer.status_code == 404, path


def test_outside_and_empty_tiles_are_204(web: Client, coast: str) -> None:
    for tile in ((17, 0, 0), tile_at(300, -2000), tile_at(900, 300, 18)):
        for ending in (".png", ".jpg", ".webp", ""):
            answer = web.get(address(coast, tile, ending))
            assert (answer.status_code, answer.content) == (204, b""), tile


def test_writing_is_not_allowed(web: Client, coast: str) -> None:
    for path in (address(coast, MIDDLE), f"/tiles/imagery/{coast}.json"):
        answer = web.post(path)
        assert answer.status_code == 405 and answer["Allow"] == "GET, HEAD"


def test_head_and_conditional_requests(web: Client, coast: str) -> None:
    whole = web.get(address(coast, MIDDLE))
    head = web.head(address(coast, MIDDLE))
    assert (head.status_code, head.content, head["ETag"]) == (200, b"", whole["ETag"])
    again = web.get(address(coast, MIDDLE), headers={"if-none-match": whole["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_description_says_where_and_how(web: Client, coast: str) -> None:
    said = web.get(f"/tiles/imagery/{coast}.json").json()
    assert said["tilejson"] == "3.0.0" and said["dates"] == ["2025-05-01"]
    lonlat = crs.transform_coordinates(np.array([[WEST, NORTH - 600], [WEST + 600, NORTH]]), 32639, 4326)
    west, south, east, north = said["bounds"]
    assert west <= lonlat[0][0] and south <= lonlat[0][1] and east >= lonlat[1][0] and north >= lonlat[1][1]
    assert east - west < 0.02 and said["minzoom"] < said["maxzoom"] == 16
    z, x, y = MIDDLE
    path = said["formats"]["png"].format(z=z, x=x, y=y).removeprefix("http://testserver")
    assert web.get(path).content == web.get(address(coast, MIDDLE)).content


def test_a_jpeg_has_white_where_there_is_nothing(web: Client, load: Load, tmp_path: Path) -> None:
    load("paper", plain(tmp_path / "a.tif", (10, 20, 200)))
    z, x, y = tile_at(0, 0)
    found = np.asarray(image(web.get(address("paper", (z, x, y), ".jpg")).content)).astype(int)
    shown = np.asarray(image(web.get(address("paper", (z, x, y), ".png")).content).convert("RGBA"))
    assert (shown[..., 3] == 0).any() and (shown[..., 3] == 255).any()
    far = np.ones((256, 256), bool)
    rows, columns = np.nonzero(shown[..., 3])
    far[max(rows.min() - 16, 0) : rows.max() + 17, max(columns.min() - 16, 0) : columns.max() + 17] = False
    assert far.any() and (found[far] >= 252).all()


# Mosaics and days -----------------------------------------------------------------------------------------------------


def test_the_newest_lies_on_top_and_a_day_shows_what_there_was(web: Client, load: Load, tmp_path: Path) -> None:
    load("years", plain(tmp_path / "new.tif", (0, 200, 0)), captured_on=date(2026, 1, 1))
    load("years", plain(tmp_path / "old.tif", (200, 0, 0)), captured_on=date(2024, 1, 1))
    load("years", plain(tmp_path / "undated.tif", (0, 0, 200)))
    shown = {
        "": {(0, 200, 0)},
        "?date=2026-01-01": {(0, 200, 0)},
        "?date=2099-01-01": {(0, 200, 0)},
        "?date=2025-12-31": {(200, 0, 0)},
        "?date=2024-01-01": {(200, 0, 0)},
        "?date=2023-12-31": {(0, 0, 200)},
        "?date=0001-01-01": {(0, 0, 200)},
    }
    for _ in range(2):  # made, then from the cache
        for query, wanted in shown.items():
            answer = web.get(address("years", MIDDLE) + query)
            assert colours(answer.content) == wanted, query


def test_two_sheets_meet_without_a_seam(web: Client, load: Load, tmp_path: Path) -> None:
    """One colour in two files that share an edge, turned against the tiles: no pixel along it is another colour."""
    load("sheets", plain(tmp_path / "w.tif", (180, 150, 90)), plain(tmp_path / "e.tif", (180, 150, 90), east_m=600))
    for zoom in (14, 15, 16, 17, 18):
        tile = tile_at(600, 300, zoom)
        assert colours(web.get(address("sheets", tile)).content) == {(180, 150, 90)}, zoom
    inner = np.asarray(image(web.get(address("sheets", tile_at(600, 300, 18))).content).convert("RGBA"))
    assert (inner[..., 3] > 0).all()


def test_a_hole_of_the_newer_shows_the_older(web: Client, load: Load, tmp_path: Path) -> None:
    holed = np.full((3, 300, 300), 250, np.uint8)
    holed[:, 100:200, 100:200] = 0
    load("holes", write(tmp_path / "new.tif", holed), captured_on=date(2026, 1, 1), nodata=0)
    load("holes", plain(tmp_path / "old.tif", (40, 90, 140)), captured_on=date(2020, 1, 1))
    assert colours(web.get(address("holes", tile_at(300, 300, 19))).content) == {(40, 90, 140)}
    assert colours(web.get(address("holes", tile_at(60, 60, 19))).content) == {(250, 250, 250)}


# Permissions ----------------------------------------------------------------------------------------------------------


def test_staffs_imagery_does_not_exist_for_others_even_when_warm(
    web: Client, planner_web: Client, resident_web: Client, load: Load, tmp_path: Path
) -> None:
    load("secret", plain(tmp_path / "a.tif", (9, 9, 9)), readers="staff")
    paths = [address("secret", MIDDLE, ending) for ending in (".png", ".webp", ".jpg", "", "@2x.png")]
    paths += ["/tiles/imagery/secret.json", address("secret", MIDDLE) + "?date=2026-01-01"]
    for path in paths:
        for _ in range(2):
            warm = planner_web.get(path)
            assert warm.status_code in (200, 204)
            assert "private" in warm["Cache-Control"]
            assert "Access-Control-Allow-Origin" not in warm, "other sites read what everyone may see, nothing else"
            for outsider in (web, resident_web):
                answer = outsider.get(path, headers={"if-none-match": warm.get("ETag", "")})
                assert answer.status_code == 404
                assert answer.content == web.get(path.replace("secret", "nobody")).content


def test_readers_can_be_changed_and_count_from_the_next_request(web: Client, load: Load, tmp_path: Path) -> None:
    path = plain(tmp_path / "a.tif", (9, 9, 9))
    load("opened", path, readers="staff")
    assert web.get(address("opened", MIDDLE)).status_code == 404
    load("opened", path, readers="everyone")
    assert web.get(address("opened", MIDDLE)).status_code == 200
    load("opened", path, readers="staff")
    assert web.get(address("opened", MIDDLE)).status_code == 404


# The cache ------------------------------------------------------------------------------------------------------------


def outcome(web: Client, name: str, tile: tuple[int, int, int]) -> str:
    return web.get(address(name, tile))["Server-Timing"].removeprefix("cache;desc=")


def test_a_new_file_empties_the_cache_where_it_lies_and_nowhere_else(web: Client, load: Load, tmp_path: Path) -> None:
    load("town", plain(tmp_path / "a.tif", (100, 0, 0), size=1000))
    near, far = tile_at(200, 200, 17), tile_at(1800, 1800, 17)
    whole = tile_at(1000, 1000, 13)
    for tile in (near, far, whole):
        assert [outcome(web, "town", tile) for _ in range(2)] == ["miss", "hit"]
    load("town", plain(tmp_path / "b.tif", (0, 0, 100), size=200), captured_on=date(2026, 1, 1))
    assert outcome(web, "town", far) == "hit"
    assert outcome(web, "town", near) == "miss"
    assert outcome(web, "town", whole) == "miss"
    assert (0, 0, 100) in colours(web.get(address("town", near)).content)
    assert (0, 0, 100) in colours(web.get(address("town", whole)).content)
    assert colours(web.get(address("town", far)).content) == {(100, 0, 0)}


def test_an_import_that_fails_leaves_every_tile_a_hit(web: Client, load: Load, tmp_path: Path) -> None:
    from tiles.raster.errors import RasterRefused

    load("calm", plain(tmp_path / "a.tif", (1, 100, 1)))
    assert [outcome(web, "calm", MIDDLE) for _ in range(2)] == ["miss", "hit"]
    bad = tmp_path / "bad.tif"
    bad.write_bytes(b"II*\0 nothing")
    with pytest.raises(RasterRefused):
        load("calm", plain(tmp_path / "b.tif", (1, 1, 100)), bad)
    assert outcome(web, "calm", MIDDLE) == "hit"
    assert colours(web.get(address("calm", MIDDLE)).content) == {(1, 100, 1)}


# Terrain --------------------------------------------------------------------------------------------------------------


def test_terrain_is_shaded_or_coloured_and_its_tiles_meet(web: Client, load: Load, tmp_path: Path) -> None:
    y, x = np.mgrid[0:400, 0:400]
    hills = (60 + 50 * np.sin(x / 25.0) * np.cos(y / 33.0)).astype(np.float32)
    load("hills", write(tmp_path / "hills.tif", hills[None]), kind="terrain")
    z, column, row = tile_at(400, 400, 17)
    one, east = (web.get(address("hills", (z, column + right, row))) for right in (0, 1))
    left, right = (np.asarray(image(a.content).convert("L")).astype(int) for a in (one, east))
    step = np.abs(np.diff(left, axis=1)).max()
    assert np.abs(left[:, -1] - right[:, 0]).max() <= step + 1
    assert left.std() > 10
    ramp = image(web.get(address("hills", (z, column, row)) + "?style=ramp").content)
    assert ramp.mode == "RGB" and len(set(ramp.getdata())) > 50
    assert web.get(address("hills", (z, column, row)) + "?style=purple").status_code == 400
    said = web.get("/tiles/imagery/hills.json").json()
    assert said["range_m"] == [10.0, 110.0] and set(said["styles"]) == {"hillshade", "ramp"}
