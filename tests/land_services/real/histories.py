"""Worker: a long random history of every land service on one register, with its past looked at again at the end.

Run as ``python -m tests.land_services.real.histories FOLDER FABRIC SEED CHANGES PAIRS`` in a database of the fabric's
CRS: loads the fabric, gives it titles, moves boundaries between pairs of neighbours, then lives the history.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from fractions import Fraction
from io import StringIO
from pathlib import Path
from random import Random
from typing import Any, Final

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gisportal.settings")

CASE_EVERY: Final = 40
"""Of so many changes one is a whole case: filed, handed in as a file, passed on, decided, issued."""
MOMENT_EVERY: Final = 25
"""Of about so many changes one is followed by a look at the whole register, which the end compares with."""
ATTEMPTS: Final = 6
"""How many requests a wanted change may take before another service is tried."""
LOOKED_AT: Final = 60
"""How many parcels are looked at for them: a merger, for one, is asked for where neighbours have the same owners."""
IN_VAIN: Final = 40
"""After so many rounds without a change the history has come to its end, which none should."""
Say = Callable[..., None]


@dataclass(frozen=True)
class Moment:
    """The register as it was at a moment, told by queries of the test's own, and the export written then."""

    at: datetime
    parcels: str
    titles: str
    file: Path


@dataclass
class History:
    """A history and what it has told: ``say`` is given one mapping for each transaction, proof and comparison."""

    rng: Random
    folder: Path
    say: Say
    crs: str
    registry: Any
    cases_too: bool = True
    case_every: int = CASE_EVERY
    moment_every: int = MOMENT_EVERY
    prove_every: int = 100
    moments: list[Moment] = field(default_factory=list)
    asked: int = 0

    def live(self, changes: int) -> None:
        """Make so many changes; prove the register before, after each hundred and at the end."""
        from land_services.registry import SERVICES

        self.prove(0)
        self.look()
        wanted = sorted(SERVICES)
        done = in_vain = 0
        while done < changes:
            # Each service in turn at first, so that a short history has them all.
            code = wanted[done % len(wanted)] if done < 2 * len(wanted) else self.rng.choice(wanted)
            if not self.change(code, whole=self.cases_too and (done + 1) % self.case_every == 0):
                in_vain += 1
                assert in_vain < IN_VAIN, f"{code}: no request is applied any more"
                continue
            done, in_vain = done + 1, 0
            self.registry.catch_up()
            if self.rng.random() < 1 / self.moment_every:
                self.look()
            if done % self.prove_every == 0 or done == changes:
                self.prove(done)
        self.look_back()

    # Changes ----------------------------------------------------------------------------------------------------------

    def change(self, code: str, *, whole: bool) -> bool:
        """Try until a change of the service is applied, a few times; return whether one was."""
        from .drawings import draw

        asked = 0
        for _ in range(LOOKED_AT):
            self.asked += 1
            drawn = draw(code, self.chosen(), self.rng, f"N{self.asked}")
            if drawn is None:
                continue
            if whole:
                told = self.case(code, drawn)
            else:
                told = self.transaction(code, drawn)
            self.say(service=code, **told)
            asked += 1
            if told["outcome"] == "applied" or asked == ATTEMPTS:
                return bool(told["outcome"] == "applied")
        return False

    def chosen(self) -> str:
        """Return a current parcel: one in three was made by this history, one in two has titles with open deeds."""
        made = self.rng.random() < 0.33
        rows = _rows(
            """SELECT uid::text FROM layers_parcel p WHERE end_lifespan_version IS NULL
                 AND ST_NPoints(geom) < 400 AND calculated_area_m2 > 40
                 AND (NOT %s OR begin_entry_id > (SELECT min(id) FROM register_registerentry)) ORDER BY uid""",
            [made],
        )
        return str(self.rng.choice(rows or [(_any_parcel(),)])[0])

    def transaction(self, code: str, drawn: Any) -> dict[str, Any]:
        """Check, plan and apply, as a decision does, without the case."""
        from django.conf import settings
        from django.utils import timezone

        from land_services.cases.checking import check_plan, service_of
        from land_services.checks.engine import run_checks
        from land_services.domain import SurveyPlan
        from land_services.register.apply import apply_change_set
        from land_services.register.errors import ChangeRefused
        from land_services.surveys.measure import part_from_polygon

        reference = f"H-{self.asked}"
        plan = SurveyPlan(
            parts=tuple(part_from_polygon(number, polygon) for number, polygon in drawn.parts),
            outer=part_from_polygon("", drawn.outer) if drawn.outer is not None else None,
            crs=drawn.crs or f"EPSG:{settings.STORAGE_SRID}",
            unit="m",
            format="dxf",
            file_name=f"{reference}.dxf",
            sha256=hashlib.sha256(reference.encode()).hexdigest(),
            buildings=tuple(part_from_polygon("", house) for house in drawn.houses),
        )
        checked = check_plan(
            service_of(code), plan, drawn.uids, reference=reference, filed_on=timezone.localdate(),
            answers=self.answers(code, drawn),
        )  # fmt: skip
        if checked.change_set is None:
            return {"outcome": "found", "rules": _errors(checked.findings)}
        try:
            applied = apply_change_set(
                checked.change_set,
                reference=reference,
                acting_user_id=1,
                recheck=lambda facts: run_checks(checked.service, checked.inputs, facts, checked.rules),
                query=checked.service.needs(checked.inputs),
            )
        except ChangeRefused as refused:
            where = [one.where.wkt[:300] for one in refused.findings if one.where is not None]
            return {"outcome": "refused", "rules": [type(refused).__name__], "why": str(refused), "where": where}
        self.registry.answer(reference)
        return {"outcome": "applied", "amended": len(applied.amended), "created": len(applied.created)}

    def form(self, code: str, drawn: Any) -> Mapping[str, Any]:
        """Return what is filled into the form of a service: what the drawing means, and anything that it takes."""
        from gisportal.simulation.requests import draw_form
        from land_services.catalogue import load_catalogue

        card = load_catalogue()[code]
        known = {one.code for one in card.form}
        return {**draw_form(card, self.rng), **{key: told for key, told in drawn.answers.items() if key in known}}

    def answers(self, code: str, drawn: Any) -> Mapping[str, Any]:
        """Return the answers of the form as a case keeps them."""
        from land_services.catalogue import load_catalogue
        from land_services.catalogue.forms import check_form

        cleaned, findings = check_form(load_catalogue()[code], self.form(code, drawn))
        assert not findings, findings
        return cleaned

    def case(self, code: str, drawn: Any) -> dict[str, Any]:
        """File a whole case with a drawing, pass it through its stages to the issued papers, and have it confirmed."""
        from django.utils import timezone

        from land_services.cases import acts
        from land_services.deeds import Answer
        from land_services.register.deeds import deed_facts
        from tests.land_services.cases.land_cases import draft, draw, issued

        office = Office(self.folder)
        if any(polygon.interiors for _, polygon in drawn.parts):
            return {"outcome": "not drawn", "rules": ["a DXF polyline has no hole"]}
        case = draft(office, code, drawn.uids, self.form(code, drawn))  # type: ignore[arg-type]
        path = draw(self.folder, *drawn.parts, outer=drawn.outer, houses=drawn.houses)
        surveyor = office.viewer("surveyor")
        attempt, _ = acts.hand_in(case, path, viewer=surveyor, crs=drawn.crs or self.crs)
        if not attempt.fit:
            acts.withdraw(case, viewer=surveyor)
            found = {one["rule"] for one in attempt.report["findings"] if one["severity"] == "error"}
            return {"outcome": "found", "rules": sorted(found), "whole": True}
        case = issued(office, acts.submit(case, viewer=surveyor))  # type: ignore[arg-type]
        facts = deed_facts(case.reference)
        given = [deed for title in facts.titles for deed in self.registry.deeds_of(title, facts)]
        answer = Answer(f"K-{case.reference}", timezone.localdate())
        if any(run.kind == "registry" and run.state == "active" for run in case.stages.all()):
            acts.confirm(case, answer.number, answer.on, viewer=office.viewer("registrar"), deeds=given)
        papers = [document.kind for document in case.documents.order_by("pk")]
        return {"outcome": "applied", "whole": True, "papers": papers}

    # Proofs -----------------------------------------------------------------------------------------------------------

    def prove(self, done: int) -> None:
        """Tell what the proof of the register says, and measures of the test's own that share nothing with it."""
        from .before_after import audited

        begun = time.perf_counter()
        audit = audited()
        wrong = {name: promise["faults"][:3] for name, promise in audit["promises"].items() if not promise["ok"]}
        self.say(
            proof=done, ok=audit["ok"], wrong=wrong, entries=audit["entries"], parcels=audit["parcels"],
            known=audit["promises"]["coverage"]["known"], shares=_wrong_shares(), **land_measured(),
            seconds=round(time.perf_counter() - begun, 1),
        )  # fmt: skip

    def look(self) -> None:
        """Remember the register as it is now: hashes of its rows, and its export."""
        file = self.folder / f"moment-{len(self.moments)}.gpkg"
        exported(file)
        parcels, titles = parcels_now(), titles_now()
        ((at,),) = _rows("SELECT clock_timestamp()")
        self.moments.append(Moment(at, parcels, titles, file))

    def look_back(self) -> None:
        """Compare every moment with what the register says of it today."""
        for moment in self.moments:
            file = self.folder / "as-of.gpkg"
            exported(file, moment.at)
            self.say(
                moment=moment.at.isoformat(),
                export=frames_differ(moment.file, file),
                parcels=parcels_at_hash(moment.at) == moment.parcels,
                titles=titles_at_hash(moment.at) == moment.titles,
            )
            moment.file.unlink()


@dataclass(frozen=True)
class Office:
    """As much of ``tests.sample.Sample`` as filing a case needs: people by login, and a deed to attach."""

    folder: Path

    def user(self, login: str) -> Any:
        from gisportal.accounts.models import User

        return User.objects.get(login=login)

    def viewer(self, login: str) -> Any:
        from gisportal.accounts.viewer import viewer_of

        return viewer_of(self.user(login))

    @property
    def deed(self) -> Path:
        path = self.folder / "deed.pdf"
        path.write_bytes(b"%PDF-1.4\n% a deed, as far as its first bytes say\n%%EOF\n")
        return path


def _rows(sql: str, params: Any = None) -> list[tuple[Any, ...]]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


def _any_parcel() -> str:
    return str(
        _rows("SELECT uid::text FROM layers_parcel WHERE end_lifespan_version IS NULL ORDER BY uid LIMIT 1")[0][0]
    )


def _errors(findings: Any) -> list[str]:
    return sorted({f"{one.rule} {one.variant}".strip() for one in findings if one.severity == "error"})


# The state now, by queries of the test's own --------------------------------------------------------------------------


def _hash(rows: Any) -> str:
    digest = hashlib.sha256()
    for row in rows:
        digest.update(repr(row).encode())
    return digest.hexdigest()


def _bytes(geometry: Any) -> str:
    import shapely
    from shapely.geometry import MultiPolygon

    whole = geometry if isinstance(geometry, MultiPolygon) else MultiPolygon([geometry])
    return str(shapely.to_wkb(whole, hex=True, byte_order=1, include_srid=False))


def parcels_now() -> str:
    """Return the hash of all current parcels: key, identifier, numbers, use, areas, units, outline byte by byte."""
    import shapely

    rows = _rows(
        """SELECT uid::text, id, plan_no, block_no, parcel_no, land_use, official_area_m2, surveyed_area_m2,
             calculated_area_m2, building_area_m2, unit_count, begin_lifespan_version, ST_AsBinary(geom)
           FROM layers_parcel WHERE end_lifespan_version IS NULL ORDER BY uid::text"""
    )
    return _hash((*row[:-1], _bytes(shapely.from_wkb(bytes(row[-1])))) for row in rows)


def parcels_at_hash(at: datetime) -> str:
    """Return the same hash of what the register says the parcels were at a moment."""
    from land_services.register.selectors import parcels_at

    found = sorted(parcels_at(at), key=lambda parcel: parcel.uid)
    return _hash(
        (
            p.uid, p.version, p.plan_no, p.block_no, p.parcel_no, p.land_use, p.official_area_m2, p.surveyed_area_m2,
            p.calculated_area_m2, p.building_area_m2, p.unit_count, p.begin_lifespan_version, _bytes(p.geometry),
        )
        for p in found
    )  # fmt: skip


def titles_now() -> str:
    """Return the hash of all current titles: parcels, rights with exact shares, restrictions, deeds and their state."""
    titles: dict[int, tuple[str, list[Any], list[Any], list[Any], list[Any]]] = {
        key: (uid, [], [], [], [])
        for key, uid in _rows("SELECT id, uid::text FROM register_baunit WHERE end_entry_id IS NULL")
    }
    current = "end_entry_id IS NULL"
    for key, uid in _rows(f"SELECT ba_unit_id, parcel_uid::text FROM register_baunitparcel WHERE {current}"):
        titles[key][1].append(uid)
    for key, kind, party, above, below in _rows(
        f"SELECT ba_unit_id, kind, party_id, share_numerator, share_denominator FROM register_right WHERE {current}"
    ):
        titles[key][2].append((kind, party, str(Fraction(above, below))))
    for key, kind, reference, holder, parcel in _rows(
        f"SELECT ba_unit_id, kind, reference, holder, parcel_uid::text FROM register_restriction WHERE {current}"
    ):
        titles[key][3].append((kind, reference, holder, parcel or ""))
    last = dict(_rows("SELECT ba_unit_id, state FROM register_pendingdeedchange ORDER BY id"))
    pending = {key for (key,) in _rows("SELECT ba_unit_id FROM register_pendingdeedchange WHERE state = 'pending'")}
    for key, number, dated, issuer, area in _rows(
        f"""SELECT b.ba_unit_id, s.number, s.hijri_date, s.issuer, s.area_m2 FROM register_baunitsource b
            JOIN register_source s ON s.id = b.source_id AND s.kind = 'deed' WHERE b.{current}"""
    ):
        returned = key not in pending and last.get(key) == "returned"
        titles[key][4].append((number, dated, issuer, str(area), key in pending, returned))
    return _titles_hash(titles.values())


def titles_at_hash(at: datetime) -> str:
    """Return the same hash of what the register says the titles were at a moment."""
    from land_services.register.selectors import parcels_at, titles_of

    found = titles_of([parcel.uid for parcel in parcels_at(at)], at=at)
    return _titles_hash(
        (
            title.uid,
            list(title.parcel_uids),
            [(right.kind, right.party_id, str(right.share)) for right in title.rights],
            [(one.kind, one.reference, one.holder, one.parcel_uid or "") for one in title.restrictions],
            [(d.number, d.hijri_date, d.issuer, str(d.area_m2), d.pending, d.returned) for d in title.deeds],
        )
        for title in found
    )


def _titles_hash(titles: Any) -> str:
    return _hash(sorted((uid, *map(sorted, lists)) for uid, *lists in titles))


def _wrong_shares() -> list[int]:
    """Return current titles whose ownership does not sum to exactly 1, added up as fractions."""
    sums: dict[int, Fraction] = {key: Fraction(0) for (key,) in _rows(
        "SELECT id FROM register_baunit WHERE end_entry_id IS NULL"
    )}  # fmt: skip
    for key, above, below in _rows(
        """SELECT ba_unit_id, share_numerator, share_denominator FROM register_right
           WHERE kind = 'ownership' AND end_entry_id IS NULL"""
    ):
        sums[key] += Fraction(above, below)
    return [key for key, total in sums.items() if total != 1]


def land_measured() -> dict[str, float]:
    """Return the land of all current parcels together, and how much of it lies in several of them, in m2."""
    import numpy as np
    import shapely

    rows = _rows("SELECT ST_AsBinary(geom) FROM layers_parcel WHERE end_lifespan_version IS NULL")
    land = shapely.from_wkb([bytes(geom) for (geom,) in rows])
    east, north = shapely.total_bounds(land)[:2]
    near = shapely.transform(land, lambda points: points - np.array([east, north]))
    once = float(shapely.area(shapely.union_all(near)))
    gone = _rows("SELECT kind, ST_AsBinary(geom) FROM register_landmovement")
    moved = sum((1 if kind == "released" else -1) * shapely.from_wkb(bytes(geom)).area for kind, geom in gone)
    return {"land_m2": round(once + moved, 3), "twice_m2": round(float(np.sum(shapely.area(near))) - once, 3)}


# Exports --------------------------------------------------------------------------------------------------------------


def exported(path: Path, at: datetime | None = None) -> None:
    """Write the layer of parcels by the real command, now or as of a moment."""
    from django.core.management import call_command

    path.unlink(missing_ok=True)
    given = ["--as-of", at.isoformat()] if at is not None else []
    call_command("export_layer", "parcels", str(path), *given, stdout=StringIO(), stderr=StringIO())


def frames_differ(first: Path, second: Path) -> str:
    """Return how two exports differ, "" where they are the same: every field, every byte of every outline.

    Of a version that has ended since, the export of today says so: that must be its only news.
    """
    import geopandas
    import shapely

    ours, theirs = (geopandas.read_file(path).sort_values("uid").reset_index(drop=True) for path in (first, second))
    if list(ours.uid) != list(theirs.uid):
        return f"other parcels: {sorted(set(ours.uid) ^ set(theirs.uid))[:5]}"
    if shapely.to_wkb(ours.geometry.values).tolist() != shapely.to_wkb(theirs.geometry.values).tolist():
        return "other outlines"
    if ours.end_lifespan_version.notna().any():
        return "a current version that has an end"
    names = [name for name in ours.columns if name not in ("geometry", "end_lifespan_version")]
    differ = [name for name in names if not ours[name].equals(theirs[name])]
    return f"other values of {differ}" if differ else ""


# The worker -----------------------------------------------------------------------------------------------------------


def main(folder: Path, name: str, seed: int, changes: int, pairs: int) -> None:
    import django

    django.setup()
    from django.conf import settings
    from django.test import override_settings

    from land_services.register.load import load_fabric

    from .adjusting import Adjusting
    from .before_after import audited, say
    from .material import FABRICS, staged
    from .registry import Registry
    from .titled import give_titles, make_people

    parcels = [
        replace(parcel, unit_count=2) if parcel.row % 4 == 0 else parcel for parcel in staged(folder, FABRICS[name])
    ]
    report = load_fabric([parcels], source={"name": name, "sha256": "0" * 64})
    say(loaded=report.written, defects=dict(report.defects), titles=give_titles(seed), authority=settings.AUTHORITY)
    make_people()
    rng = Random(seed)
    registry = Registry(rng, say)
    with tempfile.TemporaryDirectory() as made, override_settings(MEDIA_ROOT=Path(made) / "media"):
        if pairs:
            Adjusting(rng, say, registry).pairs(pairs)
            say(proof="pairs", ok=audited()["ok"])
        if changes:
            small = changes < CASE_EVERY
            every = 3 if small else MOMENT_EVERY
            History(
                rng, Path(made), say, f"EPSG:{settings.STORAGE_SRID}", registry, cases_too=not small, moment_every=every
            ).live(changes)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], *map(int, sys.argv[3:6]))
