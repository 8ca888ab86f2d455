"""A ``SurveyPlan`` or findings as JSON and back: what passes the pipe between the reading child and its parent.

The parent trusts nothing: every value is type-checked by its constructor here, geometry is rebuilt from numbers.
"""

from __future__ import annotations

import json
import math
from typing import Any

import shapely
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from land_services.domain import SHOWN, Arc, Finding, SurveyPart, SurveyPlan, SurveyPoint, SurveySide
from land_services.surveys.errors import SurveyUnreadable


def dump_plan(plan: SurveyPlan) -> dict[str, Any]:
    """Return the plan as JSON values."""
    return {
        "parts": [_part(p) for p in plan.parts],
        "outer": _part(plan.outer) if plan.outer else None,
        **{name: [_part(p) for p in getattr(plan, name)] for name in SHOWN},
        "crs": plan.crs,
        "unit": plan.unit,
        "format": plan.format,
        "sha256": plan.sha256,
        "points": [[p.number, p.x, p.y, p.z, p.code] for p in plan.points],
        "labels": [list(label) for label in plan.labels],
        "remarks": dump_findings(plan.remarks),
    }


def load_plan(value: dict[str, Any], file_name: str) -> SurveyPlan:
    """Return the plan of ``dump_plan``; raise ValueError, KeyError or TypeError for anything else."""
    return SurveyPlan(
        parts=tuple(_load_part(p) for p in value["parts"]),
        outer=_load_part(value["outer"]) if value["outer"] is not None else None,
        crs=_text(value["crs"]),
        unit=_text(value["unit"]),
        format=_text(value["format"]),
        file_name=file_name,
        sha256=_text(value["sha256"]),
        points=tuple(
            SurveyPoint(_text(n), _number(x), _number(y), None if z is None else _number(z), _text(c))
            for n, x, y, z, c in value["points"]
        ),
        labels=tuple((_text(t), _number(x), _number(y)) for t, x, y in value["labels"]),
        remarks=load_findings(value["remarks"]),
        **_load_shown(value),
    )


def _load_shown(value: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(_load_part(p) for p in value[name]) for name in SHOWN}


def dump_findings(findings: tuple[Finding, ...]) -> list[dict[str, Any]]:
    """Return findings of the reading as JSON values (they have no parcels, source or measures)."""
    return [
        {
            "rule": f.rule,
            "severity": f.severity,
            "variant": f.variant,
            "params": {k: _plain(v) for k, v in f.params.items()},
            "where": None if f.where is None else shapely.to_wkb(f.where, hex=True),
        }
        for f in findings
    ]


def load_findings(values: list[dict[str, Any]]) -> tuple[Finding, ...]:
    """Return the findings of ``dump_findings``."""
    return tuple(_load_finding(v) for v in values)


def _load_finding(value: dict[str, Any]) -> Finding:
    severity = value["severity"]
    if severity not in ("error", "warning", "info"):
        raise ValueError("severity")
    where: BaseGeometry | None = None
    if value["where"] is not None:
        where = shapely.from_wkb(_text(value["where"]))
    return Finding(
        rule=_text(value["rule"]),
        severity=severity,
        variant=_text(value["variant"]),
        params={_text(k): _plain(v) for k, v in value["params"].items()},
        where=where,
    )


def _part(part: SurveyPart) -> dict[str, Any]:
    rings = [part.geometry.exterior, *part.geometry.interiors]
    return {
        "number": part.number,
        "rings": [[list(c[:2]) for c in ring.coords] for ring in rings],
        "sides": [_side(s) for s in part.sides],
        "stated_area_m2": part.stated_area_m2,
        "attributes": {str(k)[:200]: _plain(v) for k, v in part.attributes.items()},
        "where": part.where_in_file,
    }


def _side(side: SurveySide) -> list[Any]:
    arc = side.arc
    curve = None if arc is None else [*arc.centre, arc.radius_m, arc.sense, arc.length_m]
    return [*side.start, *side.end, curve, side.start_point, side.end_point]


def _load_part(value: dict[str, Any]) -> SurveyPart:
    rings = [[(_number(x), _number(y)) for x, y in ring] for ring in value["rings"]]
    stated = value["stated_area_m2"]
    return SurveyPart(
        number=_text(value["number"]),
        geometry=Polygon(rings[0], rings[1:]),
        sides=tuple(_load_side(s) for s in value["sides"]),
        stated_area_m2=None if stated is None else _number(stated),
        attributes={_text(k): _plain(v) for k, v in value["attributes"].items()},
        where_in_file=_text(value["where"]),
    )


def _load_side(value: list[Any]) -> SurveySide:
    x1, y1, x2, y2, curve, first, last = value
    arc = None
    if curve is not None:
        cx, cy, radius, sense, length = curve
        if sense not in ("cw", "ccw"):
            raise ValueError("sense")
        arc = Arc((_number(cx), _number(cy)), _number(radius), sense, _number(length))
    return SurveySide((_number(x1), _number(y1)), (_number(x2), _number(y2)), arc, _text(first), _text(last))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("text expected")
    return value


def _number(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError("finite number expected")
    return number


def _plain(value: Any) -> Any:
    """Return a value that JSON can hold; what it cannot becomes text."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")[:2000]
    return json.dumps(value, ensure_ascii=False, default=str)[:2000]


def load_answer(data: bytes, file_name: str) -> SurveyPlan:
    """Return the plan in the child's answer, or raise the ``SurveyUnreadable`` in it.

    Raises ValueError, KeyError or TypeError where the answer is neither.
    """
    value = json.loads(data)
    if "plan" in value:
        return load_plan(value["plan"], file_name)
    raise SurveyUnreadable(load_findings(value["findings"]), crs=_text(value["crs"]))
