"""Which rules exist: the key, unit and type of every municipal number that a check or a document may ask for.

A rule pack must give each of them; a pack that gives another key is refused, so that a misspelt rule is found when
the pack is loaded and not when a citizen's case depends on it.

A key of a ``service`` that is in the catalogue and not yet open may wait for its check: authorities set such numbers,
and may propose new ones, before the service starts. Once the service is open, a test demands that something asks.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

__all__ = ["BASES", "KEYS", "Key", "add_checks", "known_checks"]

Kind = Literal["number", "integer", "flag", "codes"]


@dataclass(frozen=True)
class Key:
    """One rule that a pack gives a value to. ``by_zone`` says whether a planning zone may have a value of its own.

    ``service`` is the code of the one service that the rule belongs to; empty where shared checks ask for it.
    """

    kind: Kind
    unit: str
    by_zone: bool = False
    service: str = ""


KEYS: Final[dict[str, Key]] = {
    # Lots
    "min_lot_area_m2": Key("number", "m2", by_zone=True),
    "min_frontage_m": Key("number", "m", by_zone=True),
    "min_width_m": Key("number", "m", by_zone=True),
    "max_parts": Key("integer", "1", by_zone=True),
    # Streets
    "street_access_required": Key("flag", "", by_zone=True),
    "min_access_contact_m": Key("number", "m", by_zone=True),
    "min_access_street_width_m": Key("number", "m", by_zone=True),
    # Corner cuts
    "corner_cut_required": Key("flag", "", by_zone=True),
    "corner_cut_leg_m": Key("number", "m", by_zone=True),
    "corner_cut_tolerance_m": Key("number", "m"),
    "corner_cut_min_street_width_m": Key("number", "m"),
    "corner_cut_min_angle_deg": Key("number", "deg"),
    "corner_cut_max_angle_deg": Key("number", "deg"),
    # Areas
    "deed_tolerance_percent": Key("number", "%"),
    "deed_tolerance_m2": Key("number", "m2"),
    "grant_surplus_ceiling_percent": Key("number", "%"),
    "stated_area_tolerance_m2": Key("number", "m2"),
    # Survey files
    "outline_tolerance_m": Key("number", "m"),
    "min_segment_m": Key("number", "m"),
    "placement_tolerance_m": Key("number", "m"),
    "max_crs_accuracy_m": Key("number", "m"),
    "legacy_crs": Key("codes", ""),
    # Land that may not be divided
    "title_required": Key("flag", ""),
    "pending_deed_blocks": Key("flag", ""),
    "blocking_restrictions": Key("codes", ""),
    "min_overlap_m2": Key("number", "m2"),
    "allowed_land_uses": Key("codes", "", service="subdivision"),
    "approved_plan_required": Key("flag", "", service="subdivision"),
    # Survey decision
    "survey_decision_validity_years": Key("integer", "a", service="survey_decision"),
    "survey_accuracy_finest_m": Key("number", "m", service="survey_decision"),
    "survey_accuracy_coarsest_m": Key("number", "m", service="survey_decision"),
    "national_reference_required": Key("flag", "", service="survey_decision"),
    "national_reference_crs": Key("codes", "", service="survey_decision"),
    "both_instruments_required": Key("flag", "", service="survey_decision"),
    # Merge
    "max_merged_parcels": Key("integer", "1", service="merge"),
    "merge_across_land_uses": Key("flag", "", service="merge"),
    "merge_across_plans": Key("flag", "", service="merge"),
    # Duplexes and floors of a villa as units
    "duplex_min_half_area_m2": Key("number", "m2", by_zone=True, service="duplex_subdivision"),
    "duplex_min_half_frontage_m": Key("number", "m", by_zone=True, service="duplex_subdivision"),
    "floors_min_frontage_detached_m": Key("number", "m", by_zone=True, service="duplex_subdivision"),
    "floors_min_frontage_attached_m": Key("number", "m", by_zone=True, service="duplex_subdivision"),
    "max_coverage_percent": Key("number", "%", by_zone=True, service="duplex_subdivision"),
    "max_annex_coverage_percent": Key("number", "%", by_zone=True, service="duplex_subdivision"),
    "parking_bays_per_unit": Key("integer", "1", by_zone=True, service="duplex_subdivision"),
    "villa_small_plot_max_m2": Key("number", "m2", by_zone=True, service="duplex_subdivision"),
    "villa_small_plot_bays": Key("integer", "1", by_zone=True, service="duplex_subdivision"),
    "villa_large_plot_bays": Key("integer", "1", by_zone=True, service="duplex_subdivision"),
    # Deed update
    "reduction_consent_required": Key("flag", "", service="deed_update"),
    # Layouts
    "layout_free_share_percent": Key("number", "%", service="layout_approval"),
    "layout_reserve_share_percent": Key("number", "%", service="layout_approval"),
    "layout_min_street_width_m": Key("number", "m", by_zone=True, service="layout_approval"),
    "layout_facility_street_width_m": Key("number", "m", service="layout_approval"),
}

BASES: Final[tuple[str, ...]] = (
    "LND-01", "LND-02", "LND-03", "LND-04", "LND-05", "LND-06", "LND-07", "LND-08", "LND-09", "LND-10",
    "LND-20", "LND-21", "LND-22", "LND-23", "LND-24", "LND-25", "LND-26", "LND-90",
    "LND-31", "LND-32", "LND-33", "LND-34", "LND-35",
    "SUB-01", "SUB-02", "SUB-03", "SUB-04", "SUB-05", "SUB-06", "SUB-07", "SUB-08", "SUB-09", "SUB-10",
    "SUB-11", "SUB-12", "SUB-13", "SUB-14", "SUB-15", "SUB-20",
    "MRG-01", "MRG-02", "MRG-03", "MRG-04", "MRG-05", "MRG-06", "MRG-07", "MRG-08", "MRG-09", "MRG-10",
    "BDA-01", "BDA-02", "BDA-03", "BDA-04",
    "DED-01", "DED-02", "DED-03", "DED-04", "DED-05", "DED-06", "DED-07", "DED-08",
    "DED-09",
    "DUP-01", "DUP-02", "DUP-03", "DUP-04", "DUP-05", "DUP-06", "DUP-07", "DUP-08", "DUP-09", "DUP-10",
    "SVD-01", "SVD-02", "SVD-03", "SVD-04", "SVD-05", "SVD-06", "SVD-07", "SVD-08", "SVD-09", "SVD-10",
    "SVD-11", "SVD-12", "SVD-13", "SVD-14",
)  # fmt: skip
"""Every check id: a pack says on what each of them rests, so that no finding is without a source."""

_added: Final[list[str]] = []


def add_checks(ids: Iterable[str]) -> None:
    """Add the check ids of a land service of an installation's own."""
    _added.extend(ids)


def known_checks() -> tuple[str, ...]:
    """Return every check id, those of an installation's own services last."""
    return (*BASES, *_added)
