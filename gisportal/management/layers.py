"""The layer that a command's caller named."""

from __future__ import annotations

from difflib import get_close_matches

from django.core.management.base import CommandError

from layers.added import all_layers, find_layer
from layers.catalog.base import Layer

__all__ = ["layer_of"]


def layer_of(code: str, using: str = "default") -> Layer:
    """Return a layer by its code, built-in or added; CommandError lists those that exist."""
    layer = find_layer(code, using)
    if layer is not None:
        return layer
    known = all_layers(using)
    close = get_close_matches(code, known, n=1)
    meant = f" Did you mean {close[0]}?" if close else ""
    listed = ", ".join(known)
    raise CommandError(
        f"There is no layer {code[:60]!r}.{meant} The layers: {listed}.\n"
        f"  لا توجد طبقة بالرمز {code[:60]}. الطبقات: {listed}."
    )
