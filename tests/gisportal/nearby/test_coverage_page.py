"""The planner's coverage: right against an independent measure, seen by the municipality's own only, without script."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from collections.abc import Callable
from typing import Any

import geopandas
import networkx
import numpy as np
import pytest
import shapely
from django.conf import settings
from django.db import connection
from django.test import Client

from gisportal.accounts.models import User
from gisportal.nearby import coverage_wait
from gisportal.nearby.coverage_asked import CoverageAsked
from gisportal.nearby.coverage_drawing import drawing
from gisportal.nearby.coverage_rows import legend, table
from layers import crs
from layers.locator.coverage import Coverage, District, coverage, gaps
from layers.locator.network.store import Mode, _read
from layers.registry import LAYERS
from tests.layers.locator.street_oracle import Oracle
from tests.sample import Sample

MakeUser = Callable[..., User]
PAGE = "/en/nearby/coverage/"
ADDRESSES = ["", "map/", "files/districts.csv", "files/districts.geojson", "files/gaps.geojson", "files/coverage.gpkg"]


@pytest.fixture
def planner(make_user: MakeUser) -> Client:
    client = Client()
    client.force_login(make_user("planner-1", "planner"))
    return client


def get(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, address
    return answer.content.decode()


def figures(page: str) -> dict[str, list[float]]:
    """Return the numbers of each row of the table by district, ``all`` for the last; without the shares' signs."""
    found = {}
    body = page[page.index('<table class="table cover-table"') : page.index("</table>")]
    for uid, row in re.findall(r"<tr(?: data-uid=\"([^\"]*)\")?>(.*?)</tr>", body, re.S)[1:]:
        cells = row.split("</th>")[1]
        numbers = re.findall(r'<span class="number" dir="ltr">\+?([\d.,]+)</span>', cells)
        found[uid or ("outside" if "<bdi>" in row else "all")] = [float(text.replace(",", "")) for text in numbers]
    return found


def degrees(x: float, y: float) -> tuple[float, float]:
    at = crs.transform_coordinates(np.array([(x, y)]), settings.STORAGE_SRID, crs.WGS84, allow_legacy=True)
    lon, lat = at[0].round(5).tolist()
    return lon, lat


# Who ----------------------------------------------------------------------------------------------------------------

OUTSIDERS = [None, "resident", "surveyor", "agency", "cashier"]
INSIDERS = [("planner", ""), ("planner", "west"), ("reviewer", ""), ("gis_engineer", ""), ("director", "")]


@pytest.mark.django_db
@pytest.mark.parametrize("role", OUTSIDERS)
@pytest.mark.parametrize("method", ["get", "head", "post", "put"])
def test_to_outsiders_it_is_an_unknown_address(role: str | None, method: str, make_user: MakeUser) -> None:
    client = Client(enforce_csrf_checks=True)
    if role:
        client.force_login(make_user("out", role))

    def told(address: str) -> tuple[int, dict[str, str], str]:
        answer = getattr(client, method)(address)
        text = answer.content.decode().replace(address, "@").replace(address.replace("/en/", "/ar/"), "@")
        text = re.sub(r'(nonce=|name="csrfmiddlewaretoken" value=)"[^"]+"', r"\1", text)
        heads = {k: re.sub(r"nonce-[^']+", "", v) for k, v in answer.headers.items() if k != "Content-Length"}
        return answer.status_code, heads, text

    for address in ADDRESSES:
        unknown = told("/en/nearby/coverless/" + address)
        assert told(PAGE + address) == unknown and unknown[0] in (404, 405), address
    if method == "get":
        assert "nearby/coverage" not in get(client, "/en/") + get(client, "/en/nearby/")


@pytest.mark.django_db
@pytest.mark.parametrize(("role", "area"), INSIDERS)
def test_the_municipalitys_own_see_it_and_write_nothing(
    role: str, area: str, make_user: MakeUser, sample_land: Sample
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_user("in", role, area=area))
    for address in ADDRESSES:
        answer = client.get(PAGE + address)
        assert answer.status_code == 200, address
        assert "private" in answer["Cache-Control"]
        assert client.post(PAGE + address).status_code == 405
    assert get(client, PAGE + "files/other.csv", 404)
    assert PAGE in get(client, "/en/nearby/")


def test_what_is_counted_is_what_everybody_may_see() -> None:
    """So a role of one area sees the whole city here, as on the map."""
    for code in ("addresses", "parcels", "places", "streets", "districts"):
        assert LAYERS[code].readers == "everyone"
    assert next(f for f in LAYERS["parcels"].fields if f.name == "land_use").readers == "everyone"


# Right --------------------------------------------------------------------------------------------------------------


def read(sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def minutes_by_networkx(homes: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return minutes on foot from each home to the nearest place, over a graph of segments, by networkx."""
    oracle = Oracle(_read("default"), Mode.FOOT)
    per_m = 60 / 4500
    at = [oracle._snap(place) for place in places]
    on: dict[int, list[tuple[float, float]]] = {}
    for number, found in enumerate(at):
        if found is None:
            continue
        segment, share, metres = found
        (u, v), cost = oracle.keys[segment], oracle.costs[segment]
        on.setdefault(segment, []).append((share * cost, metres * per_m))
        oracle.graph.add_edge(("place", number), u, minutes=cost * share + metres * per_m)
        oracle.graph.add_edge(("place", number), v, minutes=cost * (1 - share) + metres * per_m)
    sources = {node for node in oracle.graph if node[0] == "place"}
    told = networkx.multi_source_dijkstra_path_length(oracle.graph, sources, weight="minutes") if sources else {}
    minutes = []
    for home in homes:
        found = oracle._snap(home)
        if found is None:
            minutes.append(np.inf)
            continue
        segment, share, metres = found
        (u, v), cost = oracle.keys[segment], oracle.costs[segment]
        ways = [told.get(u, np.inf) + cost * share, told.get(v, np.inf) + cost * (1 - share)]
        ways += [abs(cost * share - along) + off for along, off in on.get(segment, [])]
        minutes.append(min(ways) + metres * per_m)
    return np.array(minutes)


def strips() -> None:
    """Put three strips in place of the sample's districts, and leave the east outside all."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(ST_X(geom)), min(ST_Y(geom)), max(ST_X(geom)), max(ST_Y(geom)) FROM layers_address"
            " WHERE end_lifespan_version IS NULL"
        )
        x0, y0, x1, y1 = cursor.fetchone()
        cursor.execute("UPDATE layers_district SET end_lifespan_version = clock_timestamp()")
        for n in range(3):
            west, east = (x0 + (x1 - x0) * k / 4 for k in (n, n + 1))
            cursor.execute(
                "INSERT INTO layers_district (uid, begin_lifespan_version, name_ar, name_en, code, municipality, geom)"
                " VALUES (gen_random_uuid(), clock_timestamp(), %s, %s, '', '',"
                " ST_Multi(ST_MakeEnvelope(%s, %s, %s, %s, %s)))",
                [f"حي {n}", f"Strip {n}", west, y0 - 1, east, y1 + 1, settings.STORAGE_SRID],
            )


@pytest.mark.django_db
def test_the_table_is_that_of_networkx_and_geopandas(planner: Client, sample_land: Sample) -> None:
    strips()
    homes = np.array(read("SELECT ST_X(geom), ST_Y(geom) FROM layers_address WHERE end_lifespan_version IS NULL"))
    rows = read(
        "SELECT uid::text, ST_AsBinary(geom) FROM layers_district WHERE end_lifespan_version IS NULL ORDER BY id"
    )
    areas = geopandas.GeoDataFrame(
        {"uid": [uid for uid, _ in rows]}, geometry=[shapely.from_wkb(bytes(g)) for _, g in rows]
    )
    points = geopandas.GeoDataFrame({"home": range(len(homes))}, geometry=shapely.points(homes))
    joined = points.sjoin(areas, how="left", predicate="intersects").sort_values("index_right").groupby("home").first()
    assert len(homes) > 100 and joined.uid.nunique() == 3 and joined.uid.isna().any()

    for kind, where in (
        ("mosque", "category = 'mosque'"),
        ("pharmacy", "kind = 'pharmacy'"),
        ("food", "category = 'food'"),
    ):
        places = np.array(
            read(f"SELECT ST_X(geom), ST_Y(geom) FROM layers_place WHERE end_lifespan_version IS NULL AND {where}")
        ).reshape(-1, 2)
        joined["minutes"] = minutes_by_networkx(homes, places)
        assert not any(np.isclose(joined.minutes, limit, atol=1e-6).any() for limit in (5, 10, 15))
        wanted = {}
        for uid, some in [*joined.groupby(joined.uid.fillna("outside")), ("all", joined)]:
            within = [(some.minutes <= limit).sum() for limit in (5, 10, 15)]
            shares = [float(f"{100 * n / len(some) + 1e-9:.1f}") for n in within]
            wanted[uid] = [len(some), *(x for pair in zip(shares, within, strict=True) for x in pair)]
        told = figures(get(planner, f"{PAGE}?kind={kind}"))
        assert {uid: row for uid, row in told.items() if row[0]} == wanted, kind


@pytest.mark.django_db
def test_totals_are_the_sums_and_the_worst_comes_first(planner: Client, sample_land: Sample) -> None:
    for kind, minutes in (("health", 5), ("pharmacy", 10), ("fuel", 15)):
        page = get(planner, f"{PAGE}?kind={kind}&minutes={minutes}")
        rows = figures(page)
        total = rows.pop("all")
        for column in (0, 2, 4, 6):
            assert sum(row[column] for row in rows.values() if len(row) > column) == total[column]
        chosen = 1 + 2 * (5, 10, 15).index(minutes)
        shares = [row[chosen] for row in rows.values() if len(row) > chosen]
        assert shares == sorted(shares)
        classes = re.findall(r"(\d+) districts?, ([\d,]+) homes", page.split('aria-labelledby="classes"')[1])
        assert sum(int(n) for n, _ in classes[:6]) == len([uid for uid in rows if uid != "outside"])
        inside = sum(row[0] for uid, row in rows.items() if uid != "outside")
        assert sum(int(homes.replace(",", "")) for _, homes in classes[:6]) == inside


@pytest.mark.django_db
def test_what_would_be_is_what_is_once_it_stands(planner: Client, sample_land: Sample) -> None:
    """And the next look after a change shows it."""
    first = gaps("pharmacy", limit_min=5)[0]
    lon, lat = degrees(first.x, first.y)
    address = f"{PAGE}?kind=pharmacy&minutes=5"
    page = get(planner, address)
    assert f"lon={lon:.5f}&amp;lat={lat:.5f}" in page  # the gap leads there

    asked = get(planner, f"{address}&lon={lon}&lat={lat}")
    then = figures(asked)
    before = figures(page)
    for uid, row in before.items():
        homes_then, gained = then[uid][8], then[uid][-1]
        assert then[uid][:7] == row and homes_then - row[2] == gained
    assert then["all"][-1] > 0

    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO layers_place (uid, begin_lifespan_version, name_ar, name_en, category, kind, opening_hours,"
            " phone, geom) VALUES (gen_random_uuid(), clock_timestamp(), '', '', 'health', 'pharmacy', '', '',"
            " ST_Transform(ST_SetSRID(ST_MakePoint(%s, %s), 4326), %s))",
            [lon, lat, settings.STORAGE_SRID],
        )
    now = figures(get(planner, address))
    assert {uid: row[2] for uid, row in now.items()} == {uid: row[8] for uid, row in then.items()}


# What is shown ------------------------------------------------------------------------------------------------------


def made_up(homes: int, within: list[list[int]] | None) -> Coverage:
    districts = (District(shapely_uid(1), "<b>حي</b>", "<b>A</b>", homes), District(shapely_uid(2), "ب", "B", 0))
    counts = None if within is None else np.array([[*within, [0, 0, 0], [0, 0, 0]]])
    outlines = (shapely.box(0, 0, 900, 900), shapely.box(900, 0, 1800, 900))
    nowhere = (*districts, District(None, "", "", 0))
    return Coverage("addresses", homes, 0, ("health",), (1,), nowhere, (5.0, 10.0, 15.0), counts, outlines)


def shapely_uid(n: int) -> Any:
    from uuid import UUID

    return UUID(int=n)


def test_what_is_not_known_is_a_class_of_its_own_and_stands_last() -> None:
    told = table(made_up(10, [[0, 2, 10]]), CoverageAsked("en"))
    assert [(row.code, row.chosen.text) for row in told.rows] == [("1", "20.0"), ("none", "—")]
    assert told.total.chosen.homes == 2
    classes = {one.code: (one.districts, one.homes) for one in legend(told.rows)}
    assert classes == {"4": (0, "0"), "3": (0, "0"), "2": (0, "0"), "1": (1, "10"), "0": (0, "0"), "none": (1, "0")}
    unknown = table(made_up(10, None), CoverageAsked("en"))
    assert {row.code for row in unknown.rows} == {"none"} and unknown.total.chosen.text == "—"


def test_the_drawing_has_a_number_beside_each_colour() -> None:
    told = made_up(10, [[0, 2, 10]])
    rows = {row.uid: row for row in table(told, CoverageAsked("en")).rows}
    drawn = drawing(told, rows, (450.0, 450.0))
    assert drawn is not None and (drawn.width, drawn.height) == (1000, 512)
    first, second = drawn.shapes
    assert (first.code, first.text, first.x, first.y) == ("1", "20.0", 256, 256)
    assert (second.code, second.text) == ("none", "—")
    assert drawn.mark == (256, 256) and drawn.km == pytest.approx(542.22)
    assert drawing(told, rows, (1e9, 0.0)).mark is None  # type: ignore[union-attr]


BAD = [
    "kind=none", "kind=%00", "minutes=7", "minutes=10.0", "minutes=1e999", "mode=boat", "lon=NaN&lat=26",
    "lon=1e999&lat=0", "lon=50", "lat=26", "lon=x&lat=y", "lon=%ED%A0%80&lat=1", "lon=%00&lat=%00", "lon=180&lat=26",
    "lon=-180&lat=-90", f"lon={'9' * 5000}&lat=1", "lon=200&lat=100", "kind=<script>alert(1)</script>",
]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("query", BAD)
def test_whatever_stands_in_the_address_becomes_a_sentence(query: str, planner: Client, sample_land: Sample) -> None:
    for language, word in (("en", "Coverage of services"), ("ar", "تغطية الخدمات")):
        page = get(planner, f"/{language}/nearby/coverage/?{query}")
        assert word in page and page.count("alert-warning") == 1, query
        assert "<script>alert" not in page
    assert get(planner, f"{PAGE}map/?{query}")


@pytest.mark.django_db
def test_digits_of_both_systems_are_read(planner: Client, sample_land: Sample) -> None:
    here = coverage(["health"]).outlines[0].centroid
    lon, lat = degrees(here.x, here.y)
    arabic = str.maketrans("0123456789.", "٠١٢٣٤٥٦٧٨٩٫")
    one = get(planner, f"{PAGE}?lon={lon}&lat={lat}")
    other = get(planner, f"{PAGE}?lon={str(lon).translate(arabic)}&lat={str(lat).translate(arabic)}")
    assert figures(one) == figures(other) and "With one more here" in other


@pytest.mark.django_db
def test_names_are_text_whatever_they_hold(planner: Client, sample_land: Sample) -> None:
    bad = "</script><script>alert(1)</script>\"'<img src=x onerror=alert(3)>"
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO layers_district (uid, begin_lifespan_version, name_ar, name_en, code, municipality, geom)"
            " SELECT gen_random_uuid(), clock_timestamp(), %s, %s, '', '', ST_Translate(geom, 30000, 0)"
            " FROM layers_district LIMIT 1",
            [bad, bad],
        )
    for address in (PAGE, PAGE + "map/"):
        page = get(planner, address)
        assert "alert(1)" in page and "<script>alert" not in page and "<img" not in page


# Files --------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_files_say_what_the_page_says(planner: Client, sample_land: Sample, tmp_path: Any) -> None:
    query = "?kind=pharmacy&minutes=5"
    told = figures(get(planner, PAGE + query))
    answer = planner.get(f"{PAGE}files/districts.csv{query}")
    assert answer["Content-Disposition"] == 'attachment; filename="pharmacy-foot-5min-districts.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.content.decode().removeprefix("\ufeff"))))
    names = {"whole": "all", "": "outside"}
    for row in rows:
        numbers = told.get(names.get(row["district"], row["district"]), [0.0])
        assert float(row["homes"]) == numbers[0]
        assert [float(row[f"within_{n}_min"] or 0) for n in (5, 10, 15)] == (numbers[2:8:2] or [0, 0, 0])
    features = json.loads(planner.get(f"{PAGE}files/districts.geojson{query}").content)["features"]
    assert {f["id"]: f["properties"]["pharmacy_within_5_min"] for f in features if f["properties"]["homes"]} == {
        uid: row[2] for uid, row in told.items() if uid not in ("all", "outside") and len(row) > 1
    }
    path = tmp_path / "c.gpkg"
    path.write_bytes(planner.get(f"{PAGE}files/coverage.gpkg{query}").content)
    districts, holes = (geopandas.read_file(path, layer=layer) for layer in ("districts", "gaps"))
    assert districts.crs.to_epsg() == holes.crs.to_epsg() == 4326
    assert dict(zip(districts.district, districts.homes, strict=True)) == {
        f["id"]: f["properties"]["homes"] for f in features
    }
    wanted = gaps("pharmacy", limit_min=5)
    assert holes.homes.tolist() == [gap.homes for gap in wanted]
    told_gaps = json.loads(planner.get(f"{PAGE}files/gaps.geojson{query}").content)["features"]
    assert [f["properties"]["homes"] for f in told_gaps] == [gap.homes for gap in wanted]
    page = html.unescape(get(planner, PAGE + query))
    gap_list = page.split('<ol class="cover-gaps">')[1]
    shown = [
        int(n.replace(",", "")) for n in re.findall(r'<li><span><b><span class="number" dir="ltr">([\d,]+)', gap_list)
    ]
    assert shown == [gap.homes for gap in wanted][:40]


# A large city -------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_a_large_city_is_read_beside_the_request(
    make_user: MakeUser, monkeypatch: pytest.MonkeyPatch, committed_sample: Callable[[str], Sample]
) -> None:
    import threading

    committed_sample("land")
    client = Client()
    client.force_login(make_user("planner-2", "planner"))
    may_go = threading.Event()
    real = coverage_wait.city_of

    def slow(mode: Mode) -> Any:
        may_go.wait(30)
        return real(mode=mode)

    monkeypatch.setattr(coverage_wait, "city_of", slow)
    monkeypatch.setattr(coverage_wait, "MANY_ROWS", 0)
    monkeypatch.setattr(coverage_wait, "WAIT_S", 0.05)
    for address in ADDRESSES:
        answer = client.get(PAGE + address)
        assert answer.status_code == 202 and answer["Refresh"] == "3", address
        assert "being brought to their streets" in answer.content.decode()
    assert len({thread for thread, _ in coverage_wait._working.values() if thread.is_alive()}) == 1
    may_go.set()
    monkeypatch.setattr(coverage_wait, "WAIT_S", 30)
    assert "Districts, the worst first" in get(client, PAGE)
