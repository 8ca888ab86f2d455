"""Path items of the OpenAPI document for the addresses that extensions add."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from layers.ogc.asking import HTML, Asked

__all__ = ["get"]

_ERRORS: Final = {"400": "BadRequest", "404": "NotFound", "406": "NotAcceptable", "503": "TooSlow"}


def get(
    asked: Asked,
    name: str,
    summary: str,
    content: Mapping[str, Mapping[str, Any]],
    *,
    tag: str,
    parameters: Sequence[Mapping[str, Any]] = (),
    has_page: bool = True,
) -> dict[str, Any]:
    """Return the path item of an address that is read.

    Parameters
    ----------
    name : str
        The operation's identifier.
    content : mapping of str to mapping
        Schema of the answer by media type.
    parameters : sequence of mapping
        Those of its own; ``f`` and ``lang`` come with every address that has a page.
    """
    types: dict[str, Any] = {type: {"schema": dict(schema)} for type, schema in content.items()}
    shared = [{"$ref": "#/components/parameters/lang"}]
    if has_page:
        types[HTML] = {"schema": {"type": "string"}}
        shared.insert(0, {"$ref": "#/components/parameters/f"})
    answer = {
        "description": summary,
        "headers": {"ETag": {"schema": {"type": "string"}}},
        "content": types,
    }
    return {
        "get": {
            "tags": [tag],
            "operationId": name,
            "summary": summary,
            "parameters": [*(dict(p) for p in parameters), *shared],
            "responses": {
                "200": answer,
                "304": {"description": asked.text("لم يتغير شيء", "Nothing has changed")},
                **{status: {"$ref": f"#/components/responses/{error}"} for status, error in _ERRORS.items()},
            },
        }
    }
