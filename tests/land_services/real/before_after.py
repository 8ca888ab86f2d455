"""Worker: real changes of the Cambridge cadastre between two years, applied to the state before.

Run as ``python -m tests.land_services.real.before_after FOLDER`` in a database of STORAGE_SRID 26986.
"""

from __future__ import annotations

import json
import os
import sys
import uuid
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gisportal.settings")

TOLERANCE_M = 0.6
"""How far the two years' drawings of one unchanged line lie apart: their coordinates are rounded to 0.8 m x 0.6 m."""

AROUND_M = 30.0
FILED_ON = date(2026, 11, 22)
RELAXED = {
    # Lots of another country: what is asked here is the geometry, not the sizes that a Saudi rule wants.
    "outline_tolerance_m": TOLERANCE_M,
    "min_lot_area_m2": 1.0,
    "min_frontage_m": 0.0,
    "min_width_m": 0.1,
    "street_access_required": False,
    "corner_cut_required": False,
    "merge_across_land_uses": True,
    "merge_across_plans": True,
    "max_merged_parcels": 50,
    "allowed_land_uses": (),
    "approved_plan_required": False,
}
NOT_GEOMETRY = {"LND-03", "LND-04", "LND-05"}
"""Findings on deeds and owners: the file has none."""


@dataclass
class Case:
    """One real change: parcels before and after, in the storage CRS on the grid."""

    number: int
    kind: str
    before: list[Any] = field(default_factory=list)
    after: list[Any] = field(default_factory=list)


def read_cases(folder: Path) -> dict[int, Case]:
    from pyogrio import read_dataframe

    from .material import BEFORE_AFTER, staged

    rows = read_dataframe(folder / BEFORE_AFTER.path, read_geometry=False)
    cases: dict[int, Case] = {}
    for parcel in staged(folder, BEFORE_AFTER):
        row = rows.iloc[parcel.row - 1]
        case = cases.setdefault(int(row["case"]), Case(int(row["case"]), str(row["kind"])))
        (case.before if row["state"] == "before" else case.after).append(parcel)
    return cases


def before_state(cases: dict[int, Case], around: list[Any]) -> list[Any]:
    """Return the parcels before all changes with those of the later year around them that stay and fit."""
    import shapely

    before = [parcel for case in cases.values() for parcel in case.before]
    changed = [parcel.geometry for case in cases.values() for parcel in (*case.before, *case.after)]
    tree = shapely.STRtree(changed)
    fitting = []
    for parcel in around:
        near: Any = tree.query(parcel.geometry, predicate="dwithin", distance=AROUND_M) if parcel.geometry else []
        if len(near) and all(_fits(parcel.geometry, changed[i]) for i in near):
            fitting.append(parcel)
    return _counted([*before, *fitting])


def _fits(shape: Any, other: Any) -> bool:
    """Return whether two parcels share no land wider than the rounding of their coordinates explains."""
    return bool(shape.intersection(other).buffer(-TOLERANCE_M / 2, join_style="mitre").is_empty)


def _counted(parcels: list[Any]) -> list[Any]:
    from dataclasses import replace

    return [
        replace(parcel, row=row, uid=str(uuid.uuid5(uuid.NAMESPACE_OID, f"real/{row}")))
        for row, parcel in enumerate(parcels, 1)
    ]


def main(folder: Path) -> None:
    import django

    django.setup()
    from land_services.register.load import load_fabric

    from .material import CAMBRIDGE, outline_distance_m, staged

    cases = read_cases(folder)
    parcels = before_state(cases, staged(folder, CAMBRIDGE))
    report = load_fabric([parcels], source={"name": "before", "sha256": "0" * 64})
    say(loaded=report.written, defects=dict(report.defects))
    uids = iter(parcels)
    for case in cases.values():
        case.before = [next(uids) for _ in case.before]
    for case in cases.values():
        moved_m = outline_distance_m(_land(case.before), _land(case.after))
        try:
            told = Changing(case, moved_m).run()
        except Exception as error:
            raise RuntimeError(f"case {case.number}") from error
        say(case=case.number, kind=case.kind, moved_m=round(moved_m, 3), **told)
    say(audit=audited())


def say(**values: Any) -> None:
    print(json.dumps(values), flush=True)  # noqa: T201  the protocol


def audited() -> dict[str, Any]:
    from land_services.register.proof import audit_register
    from layers import audit

    while audit.seal() > 0:
        pass
    return audit_register()


def _land(parcels: list[Any]) -> Any:
    import shapely

    return shapely.union_all([parcel.geometry for parcel in parcels])


class Changing:
    """One case carried through: applied where its outline stayed, else asked where it moved."""

    def __init__(self, case: Case, moved_m: float) -> None:
        self.case = case
        self.moved_m = moved_m
        alone = len(case.before) == len(case.after) == 1
        self.service = {"merge": "merge", "subdivision": "subdivision", "boundary_change": "deed_update"}[case.kind]
        self.stays = moved_m <= TOLERANCE_M and (alone or self.service != "deed_update")
        self.reference = f"REAL-{case.number}"

    def run(self) -> dict[str, Any]:
        if not self.stays:
            return {"outcome": "asked", "asked": [self.ask(parcel) for parcel in self.case.before]}
        change_set = self.planned()
        from land_services.register.apply import apply_change_set

        apply_change_set(
            change_set, reference=self.reference, acting_user_id=1, recheck=lambda facts: (), query=self.query()
        )
        return {"outcome": "applied", **self.compared()}

    def query(self) -> Any:
        from land_services.domain import FactsQuery

        return FactsQuery(tuple(parcel.uid for parcel in self.case.before), AROUND_M)

    def checked(self, parcels: list[Any], parts: list[Any], rules: Any, code: str) -> tuple[Any, Any, Any, Any]:
        """Return (service, inputs, facts, findings) for the parts drawn on parcels."""
        from land_services.checks.engine import run_checks
        from land_services.domain import SurveyPart, SurveyPlan
        from land_services.register.selectors import load_facts
        from land_services.registry import SERVICES

        plan = SurveyPlan(
            parts=tuple(SurveyPart(p.parcel_no.replace("\n", ""), p.geometry.geoms[0]) for p in parts),
            outer=None,
            crs="EPSG:26986",
            unit="m",
            format="geojson",
            file_name="after.geojson",
            sha256="1" * 64,
        )
        service = SERVICES[code]
        inputs = service.inputs(
            parcel_uids=tuple(parcel.uid for parcel in parcels),
            survey=plan,
            reference=self.reference,
            filed_on=FILED_ON,
        )
        facts = load_facts(service.needs(inputs))
        assert not facts.missing_uids
        return service, inputs, facts, run_checks(service, inputs, facts, rules)

    def planned(self) -> Any:
        """Return the change that the service of the case plans, which finds nothing against it."""
        from land_services.rules import load_rules

        rules = load_rules("eastern_province", FILED_ON).replaced(**RELAXED)
        service, inputs, facts, findings = self.checked(self.case.before, self.case.after, rules, self.service)
        errors = [(f.rule, f.variant) for f in findings if f.severity == "error" and f.rule not in NOT_GEOMETRY]
        assert not errors, errors
        return service.plan(inputs, facts, rules)

    def ask(self, parcel: Any) -> dict[str, Any]:
        """Draw the later outline on the earlier parcel: what is found, and how it lies to what really moved."""
        import shapely

        from land_services.rules import load_rules

        parts = [p for p in self.case.after if p.geometry.intersection(parcel.geometry).area > 1.0]
        rules = load_rules("eastern_province", FILED_ON)
        tolerance = rules.value("outline_tolerance_m")
        *_, findings = self.checked([parcel], parts, rules, "subdivision")
        drawn = _land(parts)
        moved = parcel.geometry.symmetric_difference(drawn)
        wide = moved.buffer(-tolerance, join_style="mitre")
        places = [f.where for f in findings if f.severity == "error" and f.where is not None and not f.where.is_empty]
        shown = shapely.union_all([shapely.buffer(place, tolerance) for place in places]) if places else shapely.Point()
        return {
            "parcel": parcel.parcel_no,
            "rules": sorted({f.rule for f in findings if f.severity == "error"}),
            "places": sum(place.intersects(moved.buffer(tolerance)) for place in places),
            "moved_m2": round(moved.area, 2),
            "unshown_m2": round(wide.difference(shown).area, 3),
            "moved_m": round(outline(parcel.geometry, drawn), 3),
        }

    def compared(self) -> dict[str, Any]:
        """Return how the register now lies to the real state after."""
        from land_services.domain import FactsQuery
        from land_services.register.selectors import load_facts

        from .material import outline_distance_m

        now = self.current()
        facts = load_facts(FactsQuery(tuple(now.values()), 1.0))
        ours = {parcel.parcel_no: parcel.geometry for parcel in facts.parcels}
        theirs = {parcel.parcel_no.replace("\n", ""): parcel.geometry for parcel in self.case.after}
        tail = f"/{self.case.before[0].parcel_no}" if self.case.kind == "subdivision" else ""
        ours = {number.removesuffix(tail): shape for number, shape in ours.items()}
        deviations = {
            number: round(outline_distance_m(shape, theirs[number]), 3)
            for number, shape in ours.items()
            if number in theirs
        }
        around = {n.uid: n.geometry for n in facts.neighbours}
        return {
            "numbers": sorted(ours),
            "expected": sorted(theirs),
            "retired": len(self.case.before),
            "deviations_m": deviations,
            "adjacency": self.adjacency(ours, theirs, around),
            "neighbours": len(around),
        }

    def current(self) -> dict[str, str]:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT p.parcel_no, p.uid::text FROM layers_parcel p WHERE p.end_lifespan_version IS NULL
                   AND (p.uid = ANY(%(before)s::uuid[]) OR p.uid IN (
                     SELECT child_uid FROM register_lineage WHERE parent_uid = ANY(%(before)s::uuid[])))""",
                {"before": [parcel.uid for parcel in self.case.before]},
            )
            return dict(cursor.fetchall())

    def adjacency(self, ours: dict[str, Any], theirs: dict[str, Any], around: dict[str, Any]) -> dict[str, int]:
        """Count the pairs that run beside each other in both states, and those that do so in one only.

        The two years' lines lie up to the tolerance apart, so contacts between 2 and 6 m may count as either.
        """
        from .material import contact_m

        both = only = 0
        for number in ours.keys() & theirs.keys():
            for other in (*ours, *around):
                if other == number:
                    continue
                here = contact_m(ours[number], {**around, **ours}[other], TOLERANCE_M)
                there = contact_m(theirs[number], {**around, **theirs}[other], TOLERANCE_M)
                both += here > 2 and there > 2
                only += (here > 6 and there < 2) or (there > 6 and here < 2)
        return {"both": both, "only_one": only}


def outline(first: Any, second: Any) -> float:
    from .material import outline_distance_m

    return outline_distance_m(first, second)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
