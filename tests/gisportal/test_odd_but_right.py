"""What an outside caller sends that is odd and legitimate: each is answered, clearly, and nothing is half done."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyogrio.raw
import pytest
import shapely
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import InterfaceError, OperationalError
from django.test import Client, RequestFactory

from gisportal.errors import server_error
from land_services.api.answers import _of_database
from land_services.cases import acts
from land_services.cases.errors import ActionRefused, NotYours
from land_services.cases.models import Case
from land_services.surveys.crs import epsg_code
from layers.access import STAFF
from layers.catalog.reading import count_features, read_features
from layers.crs import clipped
from layers.files.reader import FileUnreadable, open_vector
from layers.registry import LAYERS
from tests.land_services.cases.test_documents_only import file_request
from tests.sample import Sample

WORLD = [
    (-180, -90, 180, 90),
    (-180, -60, 180, 60),
    (-170, -80, 170, 80),
    (-180, 0, 180, 80),
    (-179, 1, 179, 60),
    (40, 20, 60, 30),
]


@pytest.mark.django_db
@pytest.mark.parametrize("box", WORLD)
def test_a_box_wider_than_the_city_holds_all_of_it(sample_land: Sample, box: tuple[float, float, float, float]) -> None:
    layer, everything = LAYERS["parcels"], count_features(LAYERS["parcels"], STAFF)
    assert everything > 0 and count_features(layer, STAFF, bbox=box) == everything
    assert sum(len(batch.wkb) for batch in read_features(layer, STAFF, bbox=box)) == everything
    assert count_features(layer, STAFF, bbox=(-120.0, 30.0, -100.0, 40.0)) == 0


@pytest.mark.parametrize("srid", [32639, 9358, 2154])
def test_what_a_system_can_hold_of_the_world_is_its_own_area(srid: int) -> None:
    whole = clipped((-180, -90, 180, 90), srid)
    assert whole is not None and whole[0] > -180 and whole[2] < 180
    assert clipped(whole, srid) == whole and clipped((170, -80, 175, -70), srid) is None


@pytest.mark.parametrize(
    "name", ["EPSG:12345032639", "32639::32639", "EPSG:99999999", "EPSG:1.2.32639", "urn:ogc:def:crs:32639"]
)
def test_a_name_that_is_no_crs_is_not_read_as_another(name: str) -> None:
    assert epsg_code(name) == ""


def test_a_flatgeobuf_that_was_cut_is_said_to_be(tmp_path: Path) -> None:
    path = tmp_path / "a.fgb"
    shapes = shapely.to_wkb([shapely.box(50 + k / 1e3, 26, 50 + (k + 1) / 1e3, 26.001) for k in range(500)])
    numbers = np.array([str(k) for k in range(500)], dtype=object)
    pyogrio.raw.write(
        path, shapes, [numbers], ["parcel_no"], geometry_type="Polygon", driver="FlatGeobuf", crs="EPSG:4326"
    )
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(FileUnreadable, match=r"damaged|early|cut short"), open_vector(path) as source:
        list(source.iter_batches(["parcel_no"]))


def test_moments_and_mappings_that_cannot_be_are_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="beyond all dates"):
        call_command("export_layer", "parcels", tmp_path / "a.gpkg", "--as-of", "0001-01-01T00:00:00+14:00")
    with pytest.raises(CommandError, match="gives parcel_no twice: A and B"):
        call_command("import_layer", "parcels", tmp_path / "a.gpkg", "--map", "parcel_no=A", "parcel_no=B", "--dry-run")


@pytest.mark.django_db(databases=["default", "owner"])
def test_a_parcel_named_twice_is_one(sample_land: Sample) -> None:
    uid = sample_land.uid
    case = acts.open_case("building_permit", [uid, uid], viewer=sample_land.viewer("resident"))
    assert case.parcel_uids == [uid]


@pytest.mark.django_db(databases=["default", "owner"])
def test_an_act_that_is_done_twice_hears_where_the_case_stands(client: Client, sample_land: Sample) -> None:
    case = file_request(sample_land, "building_permit")
    steps = (
        ("clerk", lambda who: acts.finish(case, viewer=who), "not under way"),
        ("building_reviewer", lambda who: acts.finish(case, viewer=who), "not under way"),
        ("building_head", lambda who: acts.approve(case, viewer=who), "is approved"),
        ("cashier", lambda who: acts.pay(case, "R-1", viewer=who), "not under way"),
    )
    for login, act, words in steps:
        act(sample_land.viewer(login))
        with pytest.raises(ActionRefused, match=words) as refused:
            act(sample_land.viewer(login))
        assert not isinstance(refused.value, NotYours)
    with pytest.raises(NotYours):
        acts.approve(case, viewer=sample_land.viewer("resident"))
    assert Case.objects.get(pk=case.pk).state == "approved"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/tiles/parcels/14/1/1.mvt", "/tiles/parcels.json", "/tiles/imagery/x.json", "/verify/x"]
)
def test_what_only_answers_says_which_methods_it_has(path: str) -> None:
    client = Client(enforce_csrf_checks=True)
    for method in ("post", "put", "delete"):
        answer = getattr(client, method)(path, follow=False)
        assert answer.status_code in (405, 301, 302), (method, path, answer.status_code)
        if answer.status_code == 405:
            assert "GET" in answer["Allow"]


# A database that cannot be reached -----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/ar/map/", "/ogc/collections", "/tiles/parcels/14/1/1.mvt", "/api/v1/nearby"])
@pytest.mark.parametrize("error", [OperationalError("no route"), InterfaceError("connection already closed")])
def test_a_database_that_cannot_be_reached_is_503_and_asks_to_come_again(path: str, error: Exception) -> None:
    try:
        raise error
    except Exception:
        answer = server_error(RequestFactory().get(path))
    assert answer.status_code == 503 and answer["Retry-After"] == "30"
    machine = path.startswith(("/ogc/", "/tiles/", "/api/"))
    assert ("problem+json" in answer["Content-Type"]) is machine
    assert _of_database(error).status == 503


def test_another_fault_stays_a_fault() -> None:
    try:
        raise ValueError("x")
    except ValueError:
        assert server_error(RequestFactory().get("/ar/")).status_code == 500


@pytest.mark.parametrize(
    "command", [["audit_register"], ["check_survey", "x.dxf", "--service", "subdivision", "--parcel", "1/1/1"]]
)
def test_a_command_without_a_database_says_so_and_ends_with_a_code_of_its_own(
    command: list[str], tmp_path: Path
) -> None:
    address = "postgresql://nobody:x@127.0.0.1:1/nowhere"
    env = {**os.environ, "DATABASE_URL": address, "DATABASE_OWNER_URL": address}
    done = subprocess.run(
        [sys.executable, settings.BASE_DIR / "manage.py", *command],
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 3 and "cannot be reached" in done.stderr and "Traceback" not in done.stderr
