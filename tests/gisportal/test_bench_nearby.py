"""The bench of the locator asks for what it says it does: its own statement gives the places that we give."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connections

from gisportal.bench import nearby
from gisportal.bench.client import Job, ask
from gisportal.bench.databases import PLACES_SQL
from layers.locator.search import NearbyQuery
from layers.locator.search import nearby as find_nearby


@pytest.mark.django_db
def test_the_bare_statement_gives_the_places_that_we_give() -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute(PLACES_SQL.read_text(encoding="utf-8"), {"count": 3_000, "srid": settings.STORAGE_SRID})
    for question in nearby._questions(30, 5):
        with connections["default"].cursor() as cursor:
            cursor.execute(nearby._STATEMENT.format(**question))
            bare = [json.loads(row[0]) for row in cursor.fetchall()]
        lon, lat = (float(str(question[name])) for name in ("lon", "lat"))
        ours = find_nearby(NearbyQuery(lon, lat, (str(question["category"]),)))

        assert [feature["id"] for feature in bare] == [str(one.uid) for one in ours]
        assert len(bare) == 10
        assert {"distance_m", "opening_hours", "phone"} <= bare[0]["properties"].keys()


class _Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = self.path.encode()
        self.send_response(200 if self.path.startswith("/a") else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def test_times_are_told_apart_by_the_beginning_of_the_path(port: int) -> None:
    seen = ask(Job(port, ["/a/1", "/b/1", "/a/2", "/b/2"], clients=2, groups=["/a", "/b", "/c"]))

    assert seen.statuses == {"200": 2, "404": 2}
    assert seen.groups.keys() == {"/a", "/b"}
    assert all(0 < p50 <= p99 for p50, p99 in seen.groups.values())
