"""What a tile says over HTTP: validators, encodings, who may store it."""

from __future__ import annotations

import gzip

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from layers.access import PUBLIC, STAFF, Scope
from tiles.cache import CachedTile
from tiles.http import tile_response

MVT = "application/vnd.mapbox-vector-tile"
BODY = b"tile" * 500
TILE = CachedTile.of(BODY, "mvt")
PICTURE = CachedTile.of(BODY, "webp")


def request(method: str = "GET", **headers: str) -> HttpRequest:
    return RequestFactory().generic(method, "/tiles/x", headers={k.replace("_", "-"): v for k, v in headers.items()})


def answer(tile: CachedTile = TILE, scope: Scope = PUBLIC, method: str = "GET", **headers: str) -> HttpResponse:
    return tile_response(request(method, **headers), tile, MVT, scope)


def test_a_client_that_reads_gzip_gets_what_is_stored() -> None:
    response = answer(accept_encoding="gzip, br")
    assert response.content == TILE.packed
    assert gzip.decompress(response.content) == BODY
    assert response["Content-Encoding"] == "gzip"
    assert response["Content-Type"] == MVT
    assert response["Content-Length"] == str(len(TILE.packed))


@pytest.mark.parametrize("header", ["", "br", "identity", "gzip;q=0", "*;q=0"])
def test_a_client_that_does_not_gets_it_plain(header: str) -> None:
    response = answer(accept_encoding=header)
    assert response.content == BODY
    assert "Content-Encoding" not in response
    assert response["Content-Length"] == str(len(BODY))


def test_a_picture_is_sent_as_it_is() -> None:
    assert answer(PICTURE, accept_encoding="gzip").content == BODY


def test_two_encodings_are_two_strong_validators() -> None:
    packed, plain = answer(accept_encoding="gzip")["ETag"], answer()["ETag"]
    assert packed != plain
    assert all(tag.startswith('"') and tag.endswith('"') for tag in (packed, plain))


@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', '{}, "other"', "*"])
@pytest.mark.parametrize("encoding", ["gzip", ""])
def test_who_has_it_is_told_so(form: str, encoding: str) -> None:
    first = answer(accept_encoding=encoding)
    response = answer(accept_encoding=encoding, if_none_match=form.format(first["ETag"]))
    assert response.status_code == 304
    assert response.content == b""
    for name in ("ETag", "Cache-Control", "Vary", "Access-Control-Allow-Origin"):
        assert response[name] == first[name]
    assert "Content-Type" not in response


@pytest.mark.parametrize("given", ['"other"', "nonsense", "", '"', "W/", '"a", b'])
def test_who_has_something_else_gets_it(given: str) -> None:
    assert answer(if_none_match=given).status_code == 200


def test_an_empty_tile_has_no_content() -> None:
    response = answer(CachedTile.of(b"", "mvt"))
    assert (response.status_code, response.content) == (204, b"")
    assert response["Cache-Control"] == "public, no-cache"
    assert "Content-Type" not in response


def test_head_tells_the_same_without_the_body() -> None:
    get, head = answer(accept_encoding="gzip"), answer(method="HEAD", accept_encoding="gzip")
    assert head.content == b""
    assert dict(head.headers) == dict(get.headers)


def test_what_everyone_sees_may_be_stored_and_read_elsewhere_but_is_asked_for_again() -> None:
    response = answer()
    assert response["Cache-Control"] == "public, no-cache"
    assert response["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in response
    assert set(response["Vary"].split(", ")) == {"Cookie", "Accept-Encoding"}


@pytest.mark.parametrize("scope", [STAFF, Scope(is_staff=True, areas=("east",))])
@pytest.mark.parametrize("given", ["", "*"])
def test_what_staff_sees_is_nobody_elses(scope: Scope, given: str) -> None:
    response = answer(scope=scope, if_none_match=given)
    assert response.status_code == (304 if given else 200)
    assert response["Cache-Control"] == "private, no-cache"
    assert "Access-Control-Allow-Origin" not in response


def test_an_address_that_names_a_version_is_never_asked_for_again() -> None:
    response = tile_response(request(), TILE, MVT, PUBLIC, immutable=True, vary="Accept", outcome="hit")
    assert response["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response["Vary"] == "Cookie, Accept-Encoding, Accept"
    assert response["Server-Timing"] == "cache;desc=hit"
