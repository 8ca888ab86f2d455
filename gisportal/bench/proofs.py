"""Loading and proving: processes of their own, so that their memory can be seen."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from .databases import BenchDatabase
from .timing import Measure, Section

__all__ = ["audit_section", "load_section"]

AUDIT_MINUTES = 15.0
AUDIT_MIB = 2048.0
Progress = Callable[[str, int, int | None], None]


def load_section(databases: list[BenchDatabase]) -> Section:
    """Report the loadings that were made for this run."""
    section = Section("Loading the sample city")
    for database in databases:
        spent = database.loaded
        if spent is None:
            section.notes.append(f"{database.size:,} parcels: kept from an earlier run, not loaded (--fresh loads it).")
            continue
        inner = re.search(r"loaded in ([\d.]+) s", spent.output)
        seconds = float(inner[1]) if inner else spent.seconds
        size = f"{database.size:,} parcels"
        section.add(Measure(size, (seconds,), "s"), note=f"{database.size / seconds:,.0f} parcels/s")
        section.add(Measure(f"{size}: peak memory of the process", (spent.peak_mib,), "MiB"))
    section.notes.append("Made, staged by COPY, checked as a coverage and written with titles; one run, it is long.")
    return section


def audit_section(database: BenchDatabase, progress: Progress) -> Section:
    """Prove the register of the largest database in a process of its own."""
    progress("audit", 0, 1)
    database.run("seal_audit", "--once")
    spent = database.run("audit_register", "--json", accepted=(0, 1))
    told = json.loads(spent.output)
    progress("audit", 1, 1)
    size = f"{database.size:,} parcels"
    section = Section("Proving the register: audit_register")
    allowed = 60 * AUDIT_MINUTES * max(1.0, database.size / 1_000_000)
    limit = Measure(f"{AUDIT_MINUTES:g} minutes a million", (allowed,), "s")
    rate = f"{database.size / spent.seconds:,.0f} parcels/s, {told['entries']:,} entries"
    section.compare(Measure(size, (spent.seconds,), "s"), limit, at_most=1.0, note=rate)
    memory = Measure(f"{AUDIT_MIB:,.0f} MiB", (AUDIT_MIB,), "MiB")
    section.compare(Measure(f"{size}: peak memory", (spent.peak_mib,), "MiB"), memory, at_most=1.0)
    section.notes.append("The register holds." if told["ok"] else "THE REGISTER DOES NOT HOLD: see audit_register.")
    section.notes.append("One run of the whole command, start of Python included.")
    return section
