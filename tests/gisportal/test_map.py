"""The map of layers: what a person may see is in the page, in the tiles and in the list; nothing else is."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Callable

import pytest
from django.test import Client
from playwright.sync_api import expect

from layers.models import Parcel, Place
from layers.registry import LAYERS
from tests.browser import DESKTOP, PHONE, Site, axe_faults
from tests.sample import Sample
from tiles.raster.models import Imagery

STAFF_FIELDS = {field.name for layer in LAYERS.values() for field in layer.fields if field.readers == "staff"}


def page_data(html: str) -> dict[str, object]:
    found = re.search(r'<script id="explore-data" type="application/json">(.*?)</script>', html, re.S)
    assert found
    return dict(json.loads(found[1]))


@pytest.mark.django_db
def test_the_page_knows_every_public_layer_and_no_field_of_staff(client: Client) -> None:
    assert STAFF_FIELDS, "there is something to hide"
    Imagery.objects.create(name="hidden-survey", title_en="Hidden survey", readers="staff")
    Imagery.objects.create(name="open-survey", title_en="Open survey")
    html = client.get("/en/map/").content.decode()
    data = page_data(html)
    layers = data["layers"]
    assert isinstance(layers, list)
    assert {layer["code"] for layer in layers} == set(LAYERS)
    assert not STAFF_FIELDS & {name for layer in layers for name in layer["fields"]} - {
        field.name for layer in LAYERS.values() for field in layer.fields if field.readers == "everyone"
    }
    assert "open-survey" in html and "hidden-survey" not in html and "Hidden survey" not in html


@pytest.mark.django_db
def test_staff_see_the_imagery_that_is_theirs(client: Client, sample_land: Sample) -> None:
    Imagery.objects.create(name="hidden-survey", title_en="Hidden survey", readers="staff")
    client.force_login(sample_land.user("reviewer"))
    assert "hidden-survey" in client.get("/en/map/").content.decode()
    client.force_login(sample_land.user("surveyor"))
    assert "hidden-survey" not in client.get("/en/map/").content.decode()


@pytest.mark.browser
@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
@pytest.mark.parametrize(
    ("language", "size"), [("ar", PHONE), ("en", DESKTOP)], ids=["Arabic phone", "English desktop"]
)
def test_the_map_draws_tiles_and_tells_in_words_what_it_shows(
    site: Site, committed_sample: Callable[[str], Sample], language: str, size: tuple[int, int]
) -> None:
    committed_sample("land")
    page = site.open(f"/{language}/map/", size=size)
    page.wait_for_selector("[data-explore][data-ready=true]", timeout=60_000)
    fetched = page.evaluate("performance.getEntriesByType('resource').map(e => e.name).filter(n => n.endsWith('.mvt'))")
    assert any("/tiles/parcels/" in name for name in fetched)
    page.click("[data-explore-list]")
    region = page.get_by_role("region", name="قطع الأراضي" if language == "ar" else "Parcels")
    expect(region.locator("tbody tr").first).to_be_visible()
    link = region.locator("a").first.get_attribute("href")
    assert link and re.fullmatch(rf"/{language}/parcels/[0-9a-f-]{{36}}/", link)
    page.uncheck("input[value=parcels]")
    page.click("[data-explore-list]")
    expect(region).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "not wider than the screen"
    assert not axe_faults(page)
    assert re.search(r"#\d+(\.\d)?/26\.\d+/\d+\.\d+", page.url), "the address leads back to this place"


RED_TILE = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGN4ICAAAALUAQGyAqNSAAAAAElFTkSuQmCC")
# The commonest colour around the middle of the map, of all canvases together: red, green, blue.
MIDDLE = """([box, size]) => {
  const view = document.querySelector(box + " .map-view").getBoundingClientRect();
  const sum = document.createElement("canvas");
  sum.width = view.width; sum.height = view.height;
  const draw = sum.getContext("2d");
  for (const one of document.querySelectorAll(box + " canvas")) draw.drawImage(one, 0, 0, view.width, view.height);
  const seen = draw.getImageData((view.width - size) / 2, (view.height - size) / 2, size, size).data;
  const of = (band) => [...seen].filter((_, i) => i % 4 === band).sort((a, b) => a - b)[size * size / 2 | 0];
  return [of(0), of(1), of(2)];
}"""


@pytest.mark.browser
@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_imagery_is_seen_through_the_parcels(site: Site, committed_sample: Callable[[str], Sample]) -> None:
    sample = committed_sample("land")
    Imagery.objects.create(name="ortho", title_en="Orthophoto")
    middle = Parcel.objects.get(uid=sample.uid, end_lifespan_version=None).geom.point_on_surface.transform(
        4326, clone=True
    )
    page = site.open(f"/en/map/#19/{middle.y:.6f}/{middle.x:.6f}")
    page.route("**/imagery/ortho/**", lambda route: route.fulfill(body=RED_TILE, content_type="image/png"))
    page.wait_for_selector("[data-explore][data-ready=true]", timeout=60_000)
    page.get_by_label("Orthophoto").first.check(force=True)
    page.wait_for_timeout(1500)
    red, green, blue = page.evaluate(MIDDLE, ["[data-explore]", 80])
    assert red > 200 and green < 60 and blue < 60, "the picture, with a breath of the parcel's fill"
    page.get_by_label("Plain ground").check(force=True)
    page.wait_for_timeout(800)
    assert min(page.evaluate(MIDDLE, ["[data-explore]", 80])) > 200, "the parcel's own fill"


@pytest.mark.browser
@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_a_place_is_a_circle_on_as_much_ground_as_one_knows_it_by(
    site: Site, committed_sample: Callable[[str], Sample]
) -> None:
    sample = committed_sample("land")
    user = sample.user("gis_engineer")
    user.is_staff = True
    user.save()
    row = Place.objects.filter(end_lifespan_version=None).order_by("pk")[0]
    page = site.open(f"/en/admin/layers/place/{row.pk}/change/", user=user)
    page.wait_for_selector("#feature-map[data-ready=true]", timeout=60_000)
    scale = page.locator(".ol-scale-line-inner").inner_text()
    assert scale in ("10 m", "20 m"), scale
    red, green, blue = page.evaluate(MIDDLE, ["#feature-map", 8])
    assert green > red and max(red, green, blue) < 140, "the colour of outlines"
