"""What is kept of a page is nobody's own: another language, another viewer and another place are seen at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from django.db import connection
from django.template import Context, Engine, Template
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from gisportal.accounts.models import User
from gisportal.nearby.markup import place_rows
from gisportal.nearby.rows import PlaceRow
from gisportal.templatetags import made_once
from layers.locator.hours_words import Line
from layers.models import Place
from tests.gisportal.nearby.test_list import get, somewhere
from tests.sample import Sample

MakeUser = Callable[..., User]


def template(text: str) -> Template:
    return Template("{% load i18n made_once %}" + text)


class Counted:
    """A value that counts how often it is printed."""

    def __init__(self) -> None:
        self.times = 0

    def __str__(self) -> str:
        self.times += 1
        return "x"


class TestThePart:
    def test_it_is_made_once_for_each_value_and_language(self) -> None:
        part, counted = template("{% made_once of %}{{ of }}{{ counted }}{% endmade_once %}"), Counted()
        for language in ("ar", "en", "ar"):
            with translation.override(language):
                for of in ("a", "b", "a"):
                    assert part.render(Context({"of": of, "counted": counted})) == f"{of}x"
        assert counted.times == 4

    def test_each_language_has_its_own_words(self) -> None:
        part = template('{% made_once %}{% translate "Near you" %}{% endmade_once %}')
        said = {}
        for language in ("ar", "en", "ar", "en"):
            with translation.override(language):
                assert said.setdefault(language, part.render(Context())) == part.render(Context())
        assert said["en"] == "Near you" and said["ar"] != said["en"]

    def test_two_parts_of_a_template_are_two(self) -> None:
        part = template("{% made_once %}1{% endmade_once %}{{ between }}{% made_once %}2{% endmade_once %}")
        assert [part.render(Context({"between": b})) for b in "ab"] == ["1a2", "1b2"]

    def test_many_values_do_not_fill_the_memory(self) -> None:
        part = template("{% made_once of %}{{ of }}{% endmade_once %}")
        (node,) = (node for node in part.nodelist if isinstance(node, made_once.MadeOnce))
        for n in range(3 * made_once._MOST_KEPT):
            assert part.render(Context({"of": n})) == str(n)
            assert len(node.made) <= made_once._MOST_KEPT

    def test_what_is_put_in_is_escaped_as_everywhere(self) -> None:
        part = template("{% made_once of %}{{ of }}{% endmade_once %}")
        assert [part.render(Context({"of": "<b>"})) for _ in range(2)] == ["&lt;b&gt;"] * 2
        assert Engine.get_default().autoescape


@pytest.mark.django_db
class TestThePage:
    def test_who_signed_in_is_told_so_and_nobody_else_is(
        self, client: Client, sample_land: Sample, make_user: MakeUser
    ) -> None:
        lon, lat = somewhere()
        address = f"/en/nearby/?lon={lon}&lat={lat}"
        planner = Client()
        planner.force_login(make_user("planner-1", "planner"))
        nobodys = get(client, address)
        of_planner = get(planner, address)
        again = get(client, address)

        assert "Sign in" in nobodys and "account-link" not in nobodys and "nearby/coverage/" not in nobodys
        assert "account-link" in of_planner and "nearby/coverage/" in of_planner and "Sign in" not in of_planner
        assert _header(again) == _header(nobodys)

    def test_each_language_and_theme_is_its_own(self, client: Client, sample_land: Sample) -> None:
        lon, lat = somewhere()
        for _ in range(2):
            arabic = get(client, f"/ar/nearby/?lon={lon}&lat={lat}")
            english = get(client, f"/en/nearby/?lon={lon}&lat={lat}")
            assert 'lang="ar" dir="rtl"' in arabic and "قريب منك" in _header(arabic)
            assert 'lang="en" dir="ltr"' in english and "Near you" in _header(english)
            assert 'href="/en/nearby/"' in _header(arabic) and 'href="/ar/nearby/"' in _header(english)
        client.cookies["theme"] = "dark"
        assert 'data-theme="dark"' in get(client, f"/ar/nearby/?lon={lon}&lat={lat}")
        client.cookies["theme"] = "light"
        assert 'data-theme="dark"' not in get(client, f"/ar/nearby/?lon={lon}&lat={lat}")

    def test_a_kiosk_has_its_own_header_and_its_visitors_have_none_of_it(
        self, client: Client, sample_land: Sample
    ) -> None:
        lon, lat = somewhere()
        for _ in range(2):
            assert "kiosk-bar" in get(client, f"/en/nearby/?lon={lon}&lat={lat}&kiosk=1")
            assert "kiosk-bar" not in get(client, f"/en/nearby/?lon={lon}&lat={lat}")
            assert "data-locate " not in get(client, f"/en/nearby/?lon={lon}&lat={lat}&kiosk=1")
            assert "data-locate " in get(client, f"/en/nearby/?lon={lon}&lat={lat}")

    def test_each_page_has_its_own_nonce_in_every_script(self, client: Client, sample_land: Sample) -> None:
        lon, lat = somewhere()
        seen = set()
        for _ in range(2):
            answer = client.get(f"/en/nearby/?lon={lon}&lat={lat}")
            (nonce,) = set(re.findall(r'nonce="([^"]*)"', answer.content.decode()))
            assert f"'nonce-{nonce}'" in answer["Content-Security-Policy"]
            seen.add(nonce)
        assert len(seen) == 2

    def test_the_first_page_after_a_change_shows_it(self, client: Client, sample_land: Sample) -> None:
        place = Place.objects.filter(end_lifespan_version=None, category="mosque").order_by("id")[0]
        address = f"/en/nearby/?lon={place.geog.x:.3f}&lat={place.geog.y:.3f}&category=mosque"
        was, started = get(client, address), get(client, "/en/nearby/")
        assert str(place.uid) in was and "data-keep=" in was and started.count("<option") > 1
        for table, condition in (("place", f"uid = '{place.uid}'"), ("district", "end_lifespan_version IS NULL")):
            ended = f"UPDATE layers_{table} SET end_lifespan_version = clock_timestamp() + interval '1 s'"
            with connection.cursor() as cursor:
                cursor.execute(f"{ended} WHERE {condition}")
        page = get(client, address)
        assert "nearby-row" in page and str(place.uid) not in page and "data-keep=" not in page
        assert get(client, "/en/nearby/").count("<option") == 1

    def test_it_asks_the_database_five_times(self, client: Client, sample_land: Sample) -> None:
        lon, lat = somewhere()
        address = f"/en/nearby/?lon={lon}&lat={lat}&category=food"
        get(client, address)  # streets and hours are read once
        with CaptureQueriesContext(connection) as asked:
            assert "nearby-row" in get(client, address)
        assert len(asked) <= 5, [query["sql"][:200] for query in asked.captured_queries]


def _header(page: str) -> str:
    return page[page.index("<header") : page.index("</header>")]


@pytest.fixture
def row() -> Iterator[PlaceRow]:
    hostile = "\"><script>alert('1')</script>&"
    yield PlaceRow(
        number=1,
        uid="00000000-0000-0000-0000-000000000007",
        name=hostile,
        kind=hostile,
        icon="map-pin",
        distance=("350", "m"),
        minutes=5,
        line=Line("open", hostile),
        chip="ok",
        chip_icon="clock",
        phone=hostile,
        geo=f"geo:1,2?q={hostile}",
        address="",
        wheelchair="yes",
        lon=50.0,
        lat=26.0,
    )


def test_a_row_is_text_whatever_is_in_it(row: PlaceRow) -> None:
    made = place_rows([row])
    assert "<script" not in made and "&#x27;1&#x27;" in made and "&amp;" in made
    assert made.count("&lt;script&gt;") == 7  # name, kind, state, link to dial, its label, directions, their label
