"""Lists in pages: several on one page each keep the place of the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

__all__ = ["PER_PAGE", "ListPage", "page_of"]

PER_PAGE = 50


@dataclass(frozen=True)
class ListPage:
    """One page of a list: its rows, which of how many it is, and the addresses beside it, "" where there is none."""

    rows: list[Any]
    number: int
    of: int
    before: str
    after: str


def page_of(
    request: HttpRequest,
    found: QuerySet[Any] | Sequence[Any],
    rows: Callable[[list[Any]], list[Any]],
    name: str = "page",
) -> ListPage:
    """Return the page that the address asks for by a name of its own; ``rows`` makes of its items what is shown."""
    page = Paginator(found, PER_PAGE).get_page(request.GET.get(name))

    def address(there: bool, number: int) -> str:
        query = request.GET.copy()
        query[name] = str(number)
        return f"?{query.urlencode()}" if there else ""

    before = address(page.has_previous(), page.number - 1)
    after = address(page.has_next(), page.number + 1)
    return ListPage(rows(list(page)), page.number, page.paginator.num_pages, before, after)
