"""Tiles over HTTP: validators, encodings and who may store them."""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.utils.http import parse_etags

from layers.access import Scope
from layers.problems import Problem
from tiles.cache import CachedTile, Outcome
from tiles.grid import OutsideGrid

__all__ = ["no_such_tile", "not_allowed", "tile_response"]

_IMMUTABLE: Final = ", max-age=31536000, immutable"


def tile_response(
    request: HttpRequest,
    tile: CachedTile,
    media_type: str,
    scope: Scope,
    *,
    outcome: Outcome | None = None,
    immutable: bool = False,
    vary: str = "",
) -> HttpResponse:
    """Answer with a tile: 200, 204 where it is empty, 304 where the client has it.

    Parameters
    ----------
    scope
        What the answer was made for. What everyone may see may be kept by shared caches and read by other sites; both
        ask again each time (``no-cache``), so that nobody sees yesterday's map (design promise 5).
    outcome
        Where the tile came from, told in ``Server-Timing``.
    immutable
        The address names a version of the content: it need never be asked for again.
    vary
        More headers of the request that the answer was chosen by: ``Accept``.
    """
    meta = request.META
    is_packed = _takes_gzip(meta.get("HTTP_ACCEPT_ENCODING", "")) and bool(tile.packed)
    etag = f'{tile.etag[:-1]}-gz"' if is_packed else tile.etag
    asked = meta.get("HTTP_IF_NONE_MATCH")
    if tile.is_empty:
        response = HttpResponse(status=204)
        del response.headers["Content-Type"]
    elif asked is not None and (asked == etag or _matches(asked, etag)):
        response = HttpResponse(status=304)
        del response.headers["Content-Type"]
    else:
        body = tile.packed if is_packed else tile.body
        response = HttpResponse(b"" if request.method == "HEAD" else body, content_type=media_type)
        response.headers["Content-Length"] = str(len(body))
        if is_packed:
            response.headers["Content-Encoding"] = "gzip"
    headers = response.headers
    headers["ETag"] = etag
    is_open = not scope.is_staff
    who = "public" if is_open else "private"
    headers["Cache-Control"] = who + _IMMUTABLE if immutable else who + ", no-cache"
    headers["Vary"] = f"Cookie, Accept-Encoding, {vary}" if vary else "Cookie, Accept-Encoding"
    if is_open:
        headers["Access-Control-Allow-Origin"] = "*"
    if outcome is not None:
        headers["Server-Timing"] = f"cache;desc={outcome}"
    return response


def _takes_gzip(header: str) -> bool:
    """Return whether a client reads gzip (RFC 9110, 12.5.3).

    >>> [_takes_gzip(h) for h in ("gzip, br", "gzip;q=0", "br", "*", "", "br, gzip; q=0.5", "gzip;q=0.0, *")]
    [True, False, False, True, False, True, False]
    """
    if "gzip" in header and "q=" not in header:
        return True
    qualities: dict[str, float] = {}
    for part in header.lower().split(","):
        name, _, weight = part.partition(";")
        try:
            qualities[name.strip()] = float(weight.partition("=")[2] or 1)
        except ValueError:
            continue
    return qualities.get("gzip", qualities.get("*", 0.0)) > 0


def _matches(asked: str, etag: str) -> bool:
    """Return whether a list of validators holds this one, compared weakly (RFC 9110, 13.1.2).

    >>> _matches('"a", W/"b"', '"b"'), _matches("*", '"b"'), _matches('"c"', '"b"'), _matches("nonsense", '"b"')
    (True, True, False, False)
    """
    given = parse_etags(asked)
    return "*" in given or any(each.removeprefix("W/") == etag for each in given)


def not_allowed(methods: str) -> Problem:
    """Return the refusal of a method that tiles do not know; ``methods`` are those they do."""
    return Problem(
        405, "تُقرأ البلاطات بطريقة GET أو HEAD.", "Tiles are read with GET or HEAD.", headers={"Allow": methods}
    )


def no_such_tile(outside: OutsideGrid) -> Problem:
    """Return the refusal of numbers that the grid has no tile for."""
    return Problem(400, "لا توجد بلاطة بهذه الأرقام: z ثم x ثم y.", f"There is no such tile: {outside}.")
