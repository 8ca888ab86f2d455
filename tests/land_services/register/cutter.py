"""A process of its own that cuts, merges and amends lots of one block through the real writer, and says what happened.

Run as ``python -m tests.land_services.register.cutter SEED CHANGES``; prints one JSON line a change.
"""

from __future__ import annotations

import json
import math
import os
import random
import sys
import uuid
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gisportal.settings")


def main(seed: int, changes: int) -> None:
    import django

    django.setup()
    from django.db import connection

    rng = random.Random(seed)
    for n in range(changes):
        with connection.cursor() as cursor:
            cursor.execute("SELECT uid::text FROM layers_parcel WHERE end_lifespan_version IS NULL ORDER BY uid")
            uids = [row[0] for row in cursor.fetchall()]
        print(json.dumps(change(rng, rng.choice(uids), f"C-{seed}-{n}")), flush=True)  # noqa: T201  the protocol


def change(rng: random.Random, uid: str, reference: str) -> dict[str, Any]:
    """Cut one lot by a random line through its middle and apply it; return the outcome and what it collided with."""
    from land_services.domain import FactsQuery
    from land_services.geometry.errors import GeometryError
    from land_services.register.apply import apply_change_set
    from land_services.register.errors import ChangeRefused
    from land_services.register.selectors import load_facts

    query = FactsQuery((uid,), 30.0)
    facts = load_facts(query)
    if not facts.parcels:
        return {"outcome": "gone"}
    try:
        change_set = cut(rng, facts, reference)
    except GeometryError as error:
        return {"outcome": "refused by the kernel", "why": type(error).__name__}
    try:
        applied = apply_change_set(
            change_set, reference=reference, acting_user_id=1, recheck=lambda now: (), query=query
        )
    except ChangeRefused as error:
        rule = getattr(error, "rule", "")
        return {
            "outcome": type(error).__name__,
            "why": rule or str(error),
            "told": bool(error.findings) and all(f.parcels for f in error.findings),
        }
    return {"outcome": "applied", "entry": applied.entry_id, "created": list(applied.created)}


def cut(rng: random.Random, facts: Any, reference: str) -> Any:
    from shapely.geometry import LineString

    from land_services.domain import AmendBoundary, AttachSource, ChangeSet, CreateSpatialUnit, RetireSpatialUnit
    from land_services.geometry.split import split_by_lines

    parent = facts.parcels[0]
    middle, angle = parent.geometry.representative_point(), rng.uniform(0, math.pi)
    dx, dy = 500 * math.cos(angle), 500 * math.sin(angle)
    line = LineString([(middle.x - dx, middle.y - dy), (middle.x + dx, middle.y + dy)])
    result = split_by_lines(parent.geometry, [line], [n.geometry for n in facts.neighbours])
    parts = [
        CreateSpatialUnit(
            uid=str(uuid.uuid5(uuid.NAMESPACE_OID, f"{reference}/{n}")),
            plan_no=parent.plan_no,
            block_no=parent.block_no,
            parcel_no=f"{n}/{reference}",
            land_use=parent.land_use,
            geometry=part,
            parents=(parent.uid,),
        )
        for n, part in enumerate(result.parts, start=1)
    ]
    amended = [
        AmendBoundary(facts.neighbours[i].uid, facts.neighbours[i].version, outline)
        for i, outline in result.amended.items()
    ]
    return ChangeSet(
        "subdivision",
        (RetireSpatialUnit(parent.uid, parent.version), *parts, *amended, AttachSource("survey_file", reference)),
    )


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
