"""Parameters of lists: how many, from where on, and the link to what follows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest

from layers.ogc.asking import JSON
from layers.problems import Problem, bad_parameter

__all__ = ["bad_after", "next_link", "read_limit"]


def read_limit(asked: Mapping[str, str], usual: int, most: int) -> int:
    """Return how many rows a page may hold."""
    text = asked.get("limit", str(usual))
    if not re.fullmatch(r"[0-9]{1,6}", text) or not 1 <= int(text) <= most:
        raise bad_parameter("limit", f"عدد من 1 إلى {most}.", f"must be a number from 1 to {most}.")
    return int(text)


def next_link(request: HttpRequest, after: str) -> dict[str, Any]:
    """Return the link to the page that follows."""
    query = request.GET.copy()
    query["after"] = after
    href = request.build_absolute_uri(f"{request.path}?{query.urlencode(safe=':,~')}")
    return {"rel": "next", "type": JSON, "href": href}


def bad_after() -> Problem:
    """Return the refusal of an ``after`` that no answer gave."""
    return bad_parameter(
        "after",
        "ليس من رابط next لصفحة سابقة. خذه من هناك كما هو.",
        "is not from the next link of an earlier page. Take it from there as it is.",
    )
