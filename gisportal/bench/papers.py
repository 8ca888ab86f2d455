"""Survey files in and documents out."""

from __future__ import annotations

import re
import sys
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.utils import timezone

from land_services.documents import build
from land_services.documents.decision import render_decision
from land_services.documents.letter import render_letter
from land_services.documents.model import Authority, Text
from land_services.documents.subdivision_drawing import render_subdivision_drawing
from land_services.register.selectors import load_facts
from land_services.surveys.pipeline import read_bytes
from land_services.surveys.reader import read_survey
from land_services.surveys.write_dxf import write_subdivision_dxf
from land_services.surveys.write_files import write_landxml

from .databases import run_child
from .lots import PlannedLot, large_lots, plan_of, planned
from .timing import ROUNDS, Measure, Section, interleaved, timed

__all__ = ["documents_section", "reading_section"]

PARTS = 20
PAGE = re.compile(rb"/Type\s*/Page\b(?!s)")
READ_ONCE = "import sys; from land_services.surveys.reader import read_survey; read_survey(sys.argv[1])"
Progress = Callable[[str, int, int | None], None]


def reading_section(using: str, progress: Progress) -> Section:
    """Read a plan of 20 parts from DXF and LandXML: against parsing alone, and in a process started for it."""
    section = Section("Reading a survey file of 20 parts")
    lot, plan = next((lot, plan) for lot in large_lots(using) if (plan := plan_of(lot, PARTS)) is not None)
    with TemporaryDirectory() as folder:
        paths = {"DXF": Path(folder) / "plan.dxf", "LandXML": Path(folder) / "plan.xml"}
        write_subdivision_dxf(paths["DXF"], plan.parts, plan.outer)
        write_landxml(paths["LandXML"], plan)
        tasks = {}
        for name, path in paths.items():
            tasks[f"{name}, parsed in this process"] = _parser(path)
            tasks[f"{name}, in its sandbox"] = _reader(path)
            tasks[f"{name}, whole process from the start of Python"] = _whole(path)
        runs = interleaved(tasks)
    progress("reading", ROUNDS, ROUNDS)
    for name, values in runs.items():
        measure = Measure(name, values)
        if name.endswith("sandbox"):
            section.compare(
                measure, Measure(parsed := name.replace("in its sandbox", "parsed in this process"), runs[parsed])
            )
        else:
            section.add(measure)
    section.notes.append(
        f"Lot {lot.uid}, {ROUNDS} rounds by turns. Each reading is a confined process of its own, forked from one that "
        "waits; what is above parsing is the fork, the confinement and the plan's way back."
    )
    return section


def _parser(path: Path) -> Callable[[int], float]:
    data = path.read_bytes()
    read_bytes(data, path.name)
    return lambda _: timed(lambda: read_bytes(data, path.name))


def _reader(path: Path) -> Callable[[int], float]:
    read_survey(path)
    return lambda _: timed(lambda: read_survey(path))


def _whole(path: Path) -> Callable[[int], float]:
    command = [sys.executable, "-c", READ_ONCE, str(path)]
    return lambda _: 1000 * run_child(command, {"PATH": "/usr/bin:/bin"}).seconds


def documents_section(using: str, progress: Progress) -> Section:
    """Render the three papers of a subdivision into 20 parts."""
    section = Section("Rendering documents")
    item = next(i for lot in large_lots(using) if (i := planned(lot, PARTS, "BENCH-DOC", using)) is not None)
    file = _case_file(item, using)
    unit = build.result_units(file)[0]
    makers: dict[str, Callable[[], bytes]] = {
        "survey decision": lambda: render_decision(build.decision(file, unit, "BENCH-D1", "0" * 32)),
        "subdivision drawing": lambda: render_subdivision_drawing(build.subdivision_drawing(file, "BENCH-P", "0" * 32)),
        "letter to the registry": lambda: render_letter(build.letter(file, "BENCH-L", "0" * 32)),
    }
    pages = {name: _pages(make()) for name, make in makers.items()}
    runs = interleaved({name: _page_time(make, pages[name]) for name, make in makers.items()})
    progress("documents", ROUNDS, ROUNDS)
    for name, values in runs.items():
        section.add(Measure(f"{name}: a page", values), note=f"{pages[name]} pages")
    section.notes.append(
        f"{PARTS} parts, fonts warm, {ROUNDS} rounds by turns; time of a document divided by its pages."
    )
    return section


def _page_time(make: Callable[[], bytes], pages: int) -> Callable[[int], float]:
    return lambda _: timed(make) / pages


def _pages(pdf: bytes) -> int:
    """Return how many pages a PDF of ours has; its page objects lie in compressed streams."""
    count = len(PAGE.findall(pdf))
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL):
        with suppress(zlib.error):
            count += len(PAGE.findall(zlib.decompress(stream)))
    return max(1, count)


def _case_file(item: PlannedLot, using: str) -> Any:
    municipality = Text(settings.MUNICIPALITY_NAME_AR, settings.MUNICIPALITY_NAME_EN)
    return build.CaseFile(
        reference="BENCH",
        issued_at=timezone.now(),
        base_url=settings.PUBLIC_URL,
        authority=Authority(amanah=Text(""), municipality=municipality),
        crs=f"EPSG:{settings.STORAGE_SRID}",
        facts=load_facts(item.query, using=using),
        change_set=item.change_set,
        owners={},
        city=municipality,
        districts={},
        sign_offs=(),
        rules=item.rules,
    )
