"""Worker: random splits and merges of real parcels through the kernel and the one writer.

Run as ``python -m tests.land_services.real.changing FOLDER FABRIC SEED CHANGES`` in a database of the fabric's CRS:
loads the whole fabric, changes it, and proves the register before and after.
"""

from __future__ import annotations

import os
import random
import sys
import uuid
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gisportal.settings")


def main(folder: Path, name: str, seed: int, changes: int) -> None:
    import django

    django.setup()
    from land_services.register.load import load_fabric

    from .before_after import audited, say
    from .material import FABRICS, staged

    report = load_fabric([staged(folder, FABRICS[name])], source={"name": name, "sha256": "0" * 64})
    say(loaded=report.written, defects=dict(report.defects))
    say(proof=audited(), when="before")
    rng = random.Random(seed)
    uids = current()
    for n in range(changes):
        told = Changing(rng, rng.choice(uids), f"R-{seed}-{n}").run()
        say(**told)
        if told["outcome"] == "applied":
            uids = current()
    say(proof=audited(), when="after")


def current() -> list[str]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT uid::text FROM layers_parcel WHERE end_lifespan_version IS NULL ORDER BY uid")
        return [uid for (uid,) in cursor.fetchall()]


class Changing:
    """One random change of one parcel."""

    def __init__(self, rng: random.Random, uid: str, reference: str) -> None:
        from land_services.domain import FactsQuery

        self.rng = rng
        self.query = FactsQuery((uid,), 20.0)
        self.reference = reference

    def run(self) -> dict[str, Any]:
        from land_services.geometry.errors import GeometryError
        from land_services.register.apply import apply_change_set
        from land_services.register.errors import RegisterRefused
        from land_services.register.selectors import load_facts

        facts = load_facts(self.query)
        kind = self.rng.choice(("cut", "cut", "merge"))
        told: dict[str, Any] = {"change": self.reference, "kind": kind, "parcel": facts.parcels[0].uid}
        try:
            change_set = self.cut(facts) if kind == "cut" else self.merged(facts)
        except GeometryError as refused:
            return {**told, "outcome": "refused by the kernel", "why": refused.kind}
        try:
            apply_change_set(
                change_set, reference=self.reference, acting_user_id=1, recheck=lambda now: (), query=self.query
            )
        except RegisterRefused as refused:
            where = [f.where.wkt[:300] for f in refused.findings if f.where is not None]
            return {
                **told,
                "outcome": "refused by the guard",
                "why": refused.rule,
                "said": str(refused),
                "where": where,
            }
        return {**told, "outcome": "applied"}

    def cut(self, facts: Any) -> Any:
        from land_services.geometry.split import split_by_lines

        parent = facts.parcels[0]
        lines = [self.line(parent.geometry) for _ in range(self.rng.choice((1, 1, 1, 2, 3)))]
        result = split_by_lines(parent.geometry, lines, [n.geometry for n in facts.neighbours])
        return self.change_set([parent], result.parts, result.amended, facts.neighbours)

    def line(self, land: Any) -> Any:
        """A line somewhere through the land, along one of its sides, or from corner to corner."""
        import math

        import shapely
        from shapely.geometry import LineString

        corners = shapely.get_coordinates(land)
        middle = land.representative_point()
        way = self.rng.choice(("any", "side", "corners", "beside a corner"))
        if way == "corners":
            return LineString([tuple(p) for p in self.rng.sample(corners.tolist(), 2)])
        angle = self.rng.uniform(0, math.pi)
        if way == "side":
            i = self.rng.randrange(len(corners) - 1)
            (ax, ay), (bx, by) = corners[i], corners[i + 1]
            angle = math.atan2(by - ay, bx - ax)
        x, y = middle.x, middle.y
        if way == "beside a corner":
            x, y = self.rng.choice(corners.tolist())
            x, y = x + self.rng.uniform(-0.02, 0.02), y + self.rng.uniform(-0.02, 0.02)
        dx, dy = 5000 * math.cos(angle), 5000 * math.sin(angle)
        return LineString([(x - dx, y - dy), (x + dx, y + dy)])

    def merged(self, facts: Any) -> Any:
        from land_services.geometry.errors import NothingToDo
        from land_services.geometry.measure import touches_along_edge
        from land_services.geometry.merge import merge

        parent = facts.parcels[0]
        beside = [n for n in facts.neighbours if touches_along_edge(parent.geometry, n.geometry) > 0.1]
        if not beside:
            raise NothingToDo("no parcel lies beside this one")
        joined = [parent, *self.rng.sample(beside, min(len(beside), self.rng.choice((1, 1, 2, 3))))]
        others = self.around([parcel.uid for parcel in joined])
        result = merge([parcel.geometry for parcel in joined], [n.geometry for n in others])
        return self.change_set(joined, (result.outline,), result.amended, others)

    def around(self, uids: list[str]) -> tuple[Any, ...]:
        from land_services.domain import FactsQuery
        from land_services.register.selectors import load_facts

        return load_facts(FactsQuery(tuple(uids), 20.0)).neighbours

    def change_set(self, old: list[Any], new: Any, amended: Any, others: Any) -> Any:
        from land_services.domain import AmendBoundary, AttachSource, ChangeSet, CreateSpatialUnit, RetireSpatialUnit

        born = [
            CreateSpatialUnit(
                uid=str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self.reference}/{n}")),
                plan_no=old[0].plan_no,
                block_no=old[0].block_no,
                parcel_no=f"{n}/{self.reference}",
                land_use=old[0].land_use,
                geometry=part,
                parents=tuple(parcel.uid for parcel in old),
            )
            for n, part in enumerate(new, start=1)
        ]
        kept = [AmendBoundary(others[i].uid, others[i].version, outline) for i, outline in amended.items()]
        retired = [RetireSpatialUnit(parcel.uid, parcel.version) for parcel in old]
        service = "subdivision" if len(born) > 1 else "merge"
        return ChangeSet(service, (*retired, *born, *kept, AttachSource("survey_file", self.reference)))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
