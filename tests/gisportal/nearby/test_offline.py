"""The locator without a network, as the server makes it: what may be kept, by whom, and what a neighbourhood holds."""

from __future__ import annotations

import gzip
import json
import re
import uuid
from collections.abc import Callable

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client
from django.utils import timezone
from PIL import Image

from gisportal.accounts.models import User
from gisportal.nearby import keeping, offline
from gisportal.nearby.offline import MARK
from layers.models import District, Place
from layers.querying import TooSlow
from tests.browser import BUILD
from tests.gisportal.nearby.test_list import get, somewhere
from tests.sample import Sample


def district() -> District:
    return District.objects.filter(end_lifespan_version=None).order_by("id")[0]


def marked(client: Client, address: str) -> bool:
    return client.get(address).get(MARK) == "yes"


@pytest.mark.django_db
class TestWhatMayBeKept:
    def test_lists_and_places_that_say_the_same_to_everybody(self, client: Client, sample_land: Sample) -> None:
        lon, lat = somewhere()
        place = Place.objects.filter(end_lifespan_version=None).order_by("id")[0]
        for path in ("", f"?lon={lon}&lat={lat}&category=food&open=now", f"?district={district().uid}"):
            assert marked(client, f"/ar/nearby/{path}")
        assert marked(client, f"/en/nearby/places/{place.uid}/")

    def test_nothing_typed_nothing_exact_and_no_screen_of_everybody(self, client: Client, sample_land: Sample) -> None:
        lon, lat = somewhere()
        for path in (
            "?q=clinic",
            f"?lon={lon}1234&lat={lat}",
            f"?lon={lon}&lat=26.4199",
            "?lon=x&lat=1",
            "?kiosk=1",
            f"?kiosk=1&lon={lon}&lat={lat}",
            f"embed/?lon={lon}&lat={lat}",
            f"map/?lon={lon}&lat={lat}",
            f"places/{uuid.uuid4()}/",
            "kept/",
        ):
            assert not marked(client, f"/en/nearby/{path}"), path

    def test_nothing_of_who_signed_in_or_was_told_something(
        self, client: Client, sample_land: Sample, make_user: Callable[..., User]
    ) -> None:
        address = "/en/nearby/"
        assert marked(client, address)
        client.cookies["messages"] = "something said to one person"
        assert not marked(client, address)
        del client.cookies["messages"]
        client.force_login(make_user("sara"))
        assert not marked(client, address)
        assert "Sara" in get(client, address)  # what would be kept
        client.cookies[settings.SESSION_COOKIE_NAME] = "another one's, long over"
        assert not marked(client, address)

    def test_a_page_with_a_form_of_ones_own(self, sample_land: Sample, rf: object) -> None:
        from django.http import HttpResponse
        from django.middleware.csrf import get_token
        from django.test import RequestFactory

        def with_form(request: object) -> HttpResponse:
            return HttpResponse(get_token(request))  # type: ignore[arg-type]

        assert MARK not in offline.may_be_kept(with_form)(RequestFactory().get("/"))
        assert MARK in offline.may_be_kept(lambda request: HttpResponse(""))(RequestFactory().get("/"))
        assert MARK not in offline.may_be_kept(lambda request: HttpResponse(""))(RequestFactory().post("/"))

    def test_no_page_outside_the_locator(self, client: Client, sample_land: Sample) -> None:
        for path in ("/ar/", "/en/map/", "/en/accounts/login/", "/healthz", "/api/v1/nearby?lon=1&lat=1"):
            assert not marked(client, path)


@pytest.mark.django_db
class TestTheApplication:
    @pytest.mark.parametrize(("language", "direction"), [("ar", "rtl"), ("en", "ltr")])
    def test_the_manifest(self, client: Client, language: str, direction: str) -> None:
        answer = client.get(f"/{language}/nearby/manifest.webmanifest")
        found = json.loads(answer.content)
        assert answer["Content-Type"].startswith("application/manifest+json") and not answer.cookies
        assert found["scope"] == found["start_url"] == found["id"] == f"/{language}/nearby/"
        assert found["lang"] == language and found["dir"] == direction and found["display"] == "standalone"
        assert {icon["purpose"] for icon in found["icons"]} == {"any", "maskable"}
        for icon in found["icons"]:
            path = finders.find(icon["src"].removeprefix("/static/"))
            assert isinstance(path, str)
            if icon["type"] == "image/png":
                with Image.open(path) as image:
                    assert "{}x{}".format(*image.size) == icon["sizes"]

    def test_the_worker_is_another_one_with_each_release_and_the_same_for_everybody(
        self, client: Client, sample_land: Sample, make_user: Callable[..., User], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def text() -> str:
            offline._worker_text.cache_clear()
            return client.get("/ar/nearby/worker.js").content.decode()

        first = text()
        assert first == text() and "Service-Worker-Allowed" not in client.get("/ar/nearby/worker.js")
        shell = json.loads(first.partition("const SHELL = ")[2].partition(";\n")[0])
        assert shell["scope"] == "/ar/nearby/" and shell["language"] == "ar"
        for file in shell["files"]:
            assert finders.find(file.removeprefix("/static/")), file
        assert client.get("/en/nearby/worker.js").content.decode() != first
        client.force_login(make_user("sara"))
        assert text() == first
        monkeypatch.setattr(offline, "_content", lambda name: "changed")
        assert text() != first
        monkeypatch.undo()
        monkeypatch.setattr(offline, "_page_for_nobody", lambda: "other words")
        assert text() != first
        monkeypatch.undo()
        assert text() == first

    def test_scripts_are_small(self) -> None:
        scripts = [BUILD / name for name in ("site.js", "nearby.js", "kept.js")] + [offline._WORKER]
        assert sum(len(gzip.compress(path.read_bytes())) for path in scripts) < 120_000

    def test_pages_name_manifest_and_worker_except_where_nothing_is_kept(
        self, client: Client, sample_land: Sample
    ) -> None:
        lon, lat = somewhere()
        page = get(client, f"/ar/nearby/?lon={lon}&lat={lat}")
        assert 'rel="manifest" href="/ar/nearby/manifest.webmanifest"' in page
        assert re.search(r'data-keep="/ar/nearby/keep/[0-9a-f-]{36}/"\s+hidden', page)
        for path in ("?kiosk=1", f"?kiosk=1&lon={lon}&lat={lat}", f"embed/?lon={lon}&lat={lat}"):
            assert "worker.js" not in get(client, f"/ar/nearby/{path}")


@pytest.mark.django_db
class TestANeighbourhood:
    def test_it_holds_every_place_of_the_district_and_no_other(self, client: Client, sample_land: Sample) -> None:
        one = district()
        answer = client.get(f"/en/nearby/keep/{one.uid}/")
        kept = json.loads(answer.content)
        inside = {
            str(place.uid)
            for place in Place.objects.filter(end_lifespan_version=None)
            if place.geom.intersects(one.geom)
        }
        assert {place["uid"] for place in kept["places"]} == inside and len(kept["places"]) == len(inside) > 20
        assert kept["district"] == {"uid": str(one.uid), "name": one.name_en} and not kept["cut"]
        assert kept["until"] - kept["from"] == keeping.DAYS * 24 * 60
        assert answer["Cache-Control"] == "no-store" and not answer.cookies
        for place in kept["places"]:
            row = Place.objects.get(uid=place["uid"], end_lifespan_version=None)
            assert place["name"] == row.name_en and place.get("phone", "") == (row.phone or "")
            spans = kept["hours"][place["hours"]].get("spans", [])
            moments = [m for n in range(0, len(spans), 3) for m in spans[n : n + 2]]
            assert moments == sorted(moments) and all(kept["from"] <= m <= kept["until"] for m in moments)

    def test_it_is_the_same_for_whoever_signed_in(
        self, client: Client, sample_land: Sample, make_user: Callable[..., User], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        now = timezone.now()
        monkeypatch.setattr("gisportal.nearby.keeping.timezone.now", lambda: now)
        address = f"/ar/nearby/keep/{district().uid}/"
        before = client.get(address).content
        client.force_login(make_user("sara", "administrator"))
        assert client.get(address).content == before

    def test_a_district_with_too_many_places_says_so(
        self, client: Client, sample_land: Sample, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(keeping, "MOST_PLACES", 5)
        kept = json.loads(get(client, f"/en/nearby/keep/{district().uid}/"))
        assert kept["cut"] and len(kept["places"]) == 5

    def test_who_asks_too_often_is_told_to_wait(
        self, client: Client, sample_land: Sample, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(keeping, "PER_MINUTE", 1)
        monkeypatch.setattr(keeping, "BURST", 1)
        address = f"/ar/nearby/keep/{district().uid}/"
        assert client.get(address).status_code == 200
        answer = client.get(address)
        assert answer.status_code == 429 and 1 <= int(answer["Retry-After"]) <= 60

    def test_none_and_too_slow(self, client: Client, sample_land: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
        get(client, f"/en/nearby/keep/{uuid.uuid4()}/", 404)

        def slow(*_: object) -> None:
            raise TooSlow("page")

        monkeypatch.setattr(keeping, "list_places", slow)
        answer = client.get(f"/en/nearby/keep/{district().uid}/")
        assert answer.status_code == 503 and answer["Retry-After"] and "too long" in answer.content.decode()
