"""Asking the API as a client does: addresses and headers in, documents out."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.http import HttpResponseBase
from django.test import Client

from gisportal.accounts.models import User

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"


class Answer:
    """An answer with its body read, streamed or not."""

    def __init__(self, response: HttpResponseBase) -> None:
        self.response = response
        self.status = response.status_code
        if getattr(response, "streaming", False):
            self.body = b"".join(response.streaming_content)  # type: ignore[attr-defined]
        else:
            self.body = response.content  # type: ignore[attr-defined]

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def type(self) -> str:
        return str(self.response["Content-Type"])

    def header(self, name: str) -> str:
        return str(self.response.get(name, ""))

    @property
    def ids(self) -> list[str]:
        """The names of the features of a page."""
        return [feature["id"] for feature in self.json["features"]]

    def link(self, rel: str, type: str = "") -> str:
        """Return the address of the first link of a relation, "" where there is none."""
        for link in self.json.get("links", []):
            if link["rel"] == rel and (not type or link.get("type") == type):
                return str(link["href"])
        return ""


class Api:
    """``get("/collections")`` asks below ``/ogc``; an absolute address is asked as it is."""

    def __init__(self, user: User | None = None, language: str = "en") -> None:
        self.client = Client(headers={"accept-language": language} if language else {})
        if user is not None:
            self.client.force_login(user)

    def ask(self, method: str, address: str, headers: dict[str, str] | None = None, **query: Any) -> Answer:
        parts = urlsplit(address)
        path = parts.path if parts.scheme else f"/ogc{parts.path}"
        asked = "&".join(
            part for part in (parts.query, urlencode({k.rstrip("_"): v for k, v in query.items()})) if part
        )
        return Answer(self.client.generic(method, f"{path}?{asked}" if asked else path, headers=headers or {}))

    def get(self, address: str, headers: dict[str, str] | None = None, **query: Any) -> Answer:
        return self.ask("GET", address, headers, **query)

    def good(self, address: str, headers: dict[str, str] | None = None, **query: Any) -> Answer:
        """Ask and expect 200."""
        answer = self.get(address, headers, **query)
        assert answer.status == 200, (address, query, answer.status, answer.text[:500])
        return answer

    def items(self, collection: str = "parcels", **query: Any) -> Answer:
        return self.good(f"/collections/{collection}/items", **query)

    def refused(self, address: str, status: int = 400, headers: dict[str, str] | None = None, **query: Any) -> Any:
        """Ask, expect a refusal with problem details, and return them."""
        answer = self.get(address, headers, **query)
        assert answer.status == status, (address, query, answer.status, answer.text[:500])
        assert answer.type == "application/problem+json"
        problem = answer.json
        assert problem["status"] == status and problem["detail"] and problem["title"]
        return problem

    def walk(self, collection: str = "parcels", **query: Any) -> list[Any]:
        """Return the features of all pages, following the next links."""
        answer = self.items(collection, **query)
        features = list(answer.json["features"])
        while following := answer.link("next"):
            answer = self.good(following)
            assert answer.json["features"], "a next link leads to features"
            features += answer.json["features"]
        return features
