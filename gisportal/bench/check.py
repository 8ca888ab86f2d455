"""Checking a subdivision of twenty parts: it must not take longer in a larger city."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from django.conf import settings
from django.db import connections

from land_services.cases.checking import check_file, check_plan, service_of
from land_services.domain import SurveyPlan
from land_services.surveys.write_dxf import write_subdivision_dxf

from .databases import BenchDatabase, attached
from .lots import FILED_ON, LARGE_M2, SERVICE, Lot, large_lots, plan_of
from .timing import ROUNDS, Measure, Section, interleaved, timed

__all__ = ["GROWTH", "check_section"]

PARTS = 20
GROWTH = 1.25
"""How much longer a check may take in a larger city than in the smallest: the work is the same, the rest is noise."""

Progress = Callable[[str, int, int | None], None]
Drawn = tuple[Lot, SurveyPlan]


def check_section(databases: list[BenchDatabase], *, count: int, progress: Progress) -> Section:
    """Check ``count`` lots a round in each size, by turns: as a plan in memory, and from a DXF file in the sandbox."""
    section = Section("Checking a subdivision of 20 parts")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        aliases = {database.size: stack.enter_context(attached(database)) for database in databases}
        work = {size: (using, _drawn(using, size, count)) for size, using in aliases.items()}
        cold = {size: _cold(using, drawn[0]) for size, (using, drawn) in work.items()}
        warm = interleaved({str(size): _task(using, drawn, progress, size) for size, (using, drawn) in work.items()})
        files = interleaved(
            {str(size): _file_task(using, drawn[0], folder / f"{size}.dxf") for size, (using, drawn) in work.items()}
        )
    _rows(section, "plan in memory, warm", {int(size): runs for size, runs in warm.items()})
    _rows(section, "DXF file in the sandbox, warm", {int(size): runs for size, runs in files.items()})
    _rows(section, "plan in memory, new connection", {size: (value,) for size, value in cold.items()}, limited=False)
    section.notes = [
        f"In each city the {count} convex lots next to {LARGE_M2:,} m2, cut into two rows of {PARTS // 2}; "
        f"{ROUNDS} rounds, sizes by turns; a value is the median of its round. "
        "The lots are not the same, their surroundings are alike.",
        "A check reads the facts around the lot and makes every check of the service; nothing is kept between checks.",
    ]
    return section


def _drawn(using: str, size: int, count: int) -> list[Drawn]:
    plans = ((lot, plan_of(lot, PARTS)) for lot in large_lots(using))
    found = list(islice(((lot, plan) for lot, plan in plans if plan is not None), count))
    if not found:
        raise LookupError(f"the city of {size} parcels has no lot that divides into {PARTS}")
    return found


def _check(using: str, drawn: Drawn) -> float:
    lot, plan = drawn
    service = service_of(SERVICE)
    return timed(lambda: check_plan(service, plan, [lot.uid], reference="bench", filed_on=FILED_ON, using=using))


def _cold(using: str, drawn: Drawn) -> float:
    connections[using].close()
    return _check(using, drawn)


def _task(using: str, drawn: list[Drawn], progress: Progress, size: int) -> Callable[[int], float]:
    def task(round_: int) -> float:
        value = median(_check(using, each) for each in drawn)
        progress(f"check in {size:,} parcels", round_ + 1, ROUNDS)
        return value

    return task


def _file_task(using: str, drawn: Drawn, path: Path) -> Callable[[int], float]:
    lot, plan = drawn
    write_subdivision_dxf(path, plan.parts, plan.outer)
    crs = f"EPSG:{settings.STORAGE_SRID}"
    return lambda _: timed(
        lambda: check_file(SERVICE, path, [lot.uid], reference="bench", filed_on=FILED_ON, crs=crs, using=using)
    )


def _rows(section: Section, name: str, runs: Mapping[int, tuple[float, ...]], *, limited: bool = True) -> None:
    sizes = sorted(runs)
    smallest = Measure(f"{sizes[0]:,} parcels: {name}", runs[sizes[0]])
    section.add(smallest)
    for size in sizes[1:]:
        measure = Measure(f"{size:,} parcels: {name}", runs[size])
        section.compare(measure, smallest, at_most=GROWTH if limited else None)
