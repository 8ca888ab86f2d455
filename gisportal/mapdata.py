"""What the map component takes: GeoJSON in the storage CRS, completed here with the CRS, the words and the legend."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from layers.crs import for_browser

__all__ = ["LAYERS", "complete", "features", "legend"]

# In drawing order. Coordinates are metres in the storage CRS, whatever RFC 7946 says of degrees.
LAYERS = ("streets", "neighbours", "before", "after", "sides", "points", "findings", "remarks")


def features(data: Mapping[str, Any], layer: str) -> list[Any]:
    """Return the features of a layer given as a FeatureCollection, as a list, or not at all."""
    value = data.get(layer) or []
    found = value.get("features", []) if isinstance(value, Mapping) else value
    return list(found)


def legend(data: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return (key, words) for what the map holds, and nothing for what it does not."""
    words = {
        "before": ("subject", _("Parcel")) if not features(data, "after") else ("subject", _("Parcel before")),
        "after": ("new", _("Parcels after")),
        "neighbours": ("neighbour", _("Neighbours")),
        "streets": ("street", _("Streets")),
        "remarks": ("remark", _("Place of a remark")),
    }
    places = {
        "error": ("finding", _("Place of a finding")),
        "warning": ("warning", _("Place of a warning")),
        "info": ("note", _("Place of a note")),
    }
    found = {feature["properties"].get("severity", "error") for feature in features(data, "findings")}
    return [words[layer] for layer in words if features(data, layer)] + [places[one] for one in places if one in found]


def complete(data: Mapping[str, Any], language: str) -> dict[str, Any]:
    """Return the data with every layer as a FeatureCollection, the CRS of the view and the words of the map."""
    srid = int(data.get("srid") or settings.STORAGE_SRID)
    layers = {name: {"type": "FeatureCollection", "features": features(data, name)} for name in LAYERS}
    return {
        "crs": for_browser(srid),
        "language": language,
        "layers": layers,
        "fit": data.get("fit", "subject"),
        "words": {
            "swipe": _("Before and after: move the line"),
            "before_share": _("Share of the map that shows the state before"),
            "error": _("The map could not be drawn. The tables on this page hold the same facts."),
        },
    }
