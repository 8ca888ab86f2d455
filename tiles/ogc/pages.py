"""The documents of OGC API - Tiles as pages in the look of the site."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string

from layers.catalog.base import Layer
from layers.ogc import documents
from layers.ogc.asking import Asked
from layers.ogc.words import words

__all__ = ["page"]

_WORDS = {
    "tileMatrixSets": ("شبكات البلاطات", "Tile matrix sets"),
    "tiles": ("البلاطات", "Tiles"),
    "scale": ("المقياس", "Scale"),
    "cell": ("ضلع الخلية (م)", "Cell (m)"),
    "columns": ("الأعمدة", "Columns"),
    "rows": ("الصفوف", "Rows"),
    "zoom": ("المستوى", "Zoom"),
    "layers": ("الطبقات داخل البلاطة", "Layers in a tile"),
    "limits": ("حدود الصفوف والأعمدة", "Limits of rows and columns"),
    "address": ("عنوان البلاطة", "Address of a tile"),
}


def page(request: HttpRequest, asked: Asked, template: str, document: dict[str, Any], **more: Any) -> str:
    """Return a document as a page; ``layer`` and ``heading`` come with ``more``."""
    request.language_addresses = {code: asked.here(lang=code) for code in ("ar", "en")}  # type: ignore[attr-defined]
    w = words(asked.language) | {key: asked.text(*pair) for key, pair in _WORDS.items()}
    context = {
        "w": w,
        "doc": document,
        "as_json": asked.here(f="json"),
        "crumbs": _crumbs(asked, more.get("layer"), template, w),
        **more,
    }
    return render_to_string(f"tiles/ogc/{template}.html", context, request=request)


def _crumbs(asked: Asked, layer: Layer | None, template: str, w: dict[str, str]) -> list[tuple[str, str]]:
    crumbs = [(asked.url("/", f="html"), w["home"])]
    if layer is not None:
        path = f"/collections/{layer.code}"
        crumbs.append((asked.url("/collections", f="html"), w["collections"]))
        crumbs.append((asked.url(path, f="html"), documents.title(asked, layer)))
        if template == "tileset":
            crumbs.append((asked.url(f"{path}/tiles", f="html"), w["tiles"]))
    elif template == "tile_matrix_set":
        crumbs.append((asked.url("/tileMatrixSets", f="html"), w["tileMatrixSets"]))
    return crumbs
