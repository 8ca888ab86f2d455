"""The report as text for a terminal and as a page of the documentation."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from pathlib import Path

from django.db import connection
from django.utils import timezone

from .timing import Line, Section

__all__ = ["machine", "markdown", "plain"]

COLUMNS = ("what", "median", "runs", "ratio", "limit", "")
PAGE = """# Benchmarks

Written by `make bench` (`manage.py bench --write`); do not edit. Ratios compare what was measured by turns in the same
run, and are what to look at: absolute times are those of the machine named here. Cold and warm are told apart. A limit
that was missed is marked; no test fails for it. A section says when it was measured; a run replaces its own sections.
"""


def machine() -> list[str]:
    """Return lines that say what the figures were taken on."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version'), postgis_lib_version()")
        server, postgis = cursor.fetchone()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1024**3
    day = timezone.localdate().isoformat()
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return [
        f"{_processor()}, {os.cpu_count()} cores, {memory} GiB; Python {platform.python_version()}, "
        f"PostgreSQL {server}, PostGIS {postgis}",
        f"load average at the end of the run: {load} (a quiet machine shows little more than 1)",
        day,
    ]


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())


def _cells(line: Line) -> list[str]:
    measure = line.measure
    ratio = "" if line.ratio is None else f"{line.ratio:.2f}" + (f" to {line.peer}" if line.peer else "")
    verdict = {True: "holds", False: "MISSED", None: ""}[line.holds]
    runs = " ".join(_number(value) for value in measure.runs)
    notes = "; ".join(filter(None, (verdict, line.note)))
    return [measure.name, f"{_number(measure.median)} {measure.unit}", runs, ratio, line.limit, notes]


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def plain(sections: Iterable[Section], facts: Iterable[str] = ()) -> str:
    """Return the report for a terminal."""
    out: list[str] = []
    for section in sections:
        rows = [list(COLUMNS), *map(_cells, section.lines)]
        widths = [max(len(row[i]) for row in rows) for i in range(len(COLUMNS))]
        out += ["", section.title, "-" * len(section.title)]
        out += ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
        out += [f"  {note}" for note in section.notes]
    return "\n".join([*out, "", *facts, ""])


def markdown(sections: Iterable[Section], facts: Iterable[str] = (), before: str = "") -> str:
    """Return ``docs/benchmarks.md``; sections of the page ``before`` that were not measured again stay as they are."""
    told = "; ".join(facts)
    pages = dict(map(_titled, before.split("\n## ")[1:]))
    for section in sections:
        pages[section.title] = _page(section, told)
    return PAGE + "\n" + "\n".join(f"## {title}\n\n{text}\n" for title, text in pages.items())


def _titled(text: str) -> tuple[str, str]:
    title, _, rest = text.partition("\n")
    return title.strip(), rest.strip()


def _page(section: Section, facts: str) -> str:
    out = [f"{note}\n" for note in section.notes]
    out.append("| what | median | runs | ratio | limit | |\n|---|---|---|---|---|---|")
    out += ["| " + " | ".join(_cells(line)) + " |" for line in section.lines]
    return "\n".join([*out, f"\n{facts}" if facts else ""]).strip()
