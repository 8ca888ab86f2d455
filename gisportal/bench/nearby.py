"""The locator: searches beside the limit L, a day of visits, and what a hundred times as many places cost."""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import chain
from random import Random
from tempfile import TemporaryDirectory

from .bare import bare_rate
from .client import Seen
from .databases import BenchDatabase, address, environment, prepare_places, run_child
from .servers import Server, measured, ours
from .tiles import PLAIN, told
from .timing import ROUNDS, Measure, Section, by_turns

__all__ = ["growth_section", "nearby_section", "visits_section"]

Progress = Callable[[str, int, int | None], None]

FEW, MANY = 10_000, 1_000_000
VISITS = 133_151
LEAST_SHARE = 0.6
MOST_MINUTES = 15.0
MOST_P99_MS = 100.0
MOST_GROWTH = 1.5
CLIENTS = (1, 8)
SEARCH, PAGE = "/api/v1/nearby", "/ar/nearby/"
CATEGORIES = ("food", "health", "gas", "water", "repair", "mosque", "school", "municipal", "park", "fuel")

# The same features by hand: candidates by the sphere, sorted by the spheroid; whether they are proven nobody looks.
_STATEMENT = """SELECT '{{"type":"Feature","id":"' || t.uid || '","geometry":' || ST_AsGeoJSON(t.geog, 7)
    || ',"properties":' || row_to_json((SELECT p FROM (SELECT t.distance_m, t.uid, t.name_ar, t.name_en, t.category,
       t.kind, t.opening_hours, t.ramadan_hours, t.prayer_pause, t.phone, t.address_ar, t.address_en, t.wheelchair,
       t.source, t.source_on) p))::text || '}}'
FROM (SELECT *, ST_Distance(t.geog, ST_Point({lon}, {lat})::geography) AS distance_m FROM (
    SELECT * FROM layers_place t WHERE t.end_lifespan_version IS NULL AND t.category = '{category}'
    ORDER BY t.geog <-> ST_Point({lon}, {lat})::geography LIMIT 16) t ORDER BY distance_m, uid LIMIT 10) t"""


def _questions(count: int, seed: int) -> list[dict[str, object]]:
    """Return random positions in the city, each with a category."""
    chance = Random(seed)  # noqa: S311  places to ask for, no secret
    return [
        {
            "lon": round(chance.uniform(49.94, 50.25), 5),
            "lat": round(chance.uniform(26.29, 26.57), 5),
            "category": chance.choice(CATEGORIES),
        }
        for _ in range(count)
    ]


def _path(question: dict[str, object], start: str = SEARCH) -> str:
    return f"{start}?lon={question['lon']}&lat={question['lat']}&category={question['category']}"


def _server_of(database: BenchDatabase) -> dict[str, str]:
    # One machine asks for everybody here, which the limit is there to refuse.
    return environment(database.name) | PLAIN | {"API_PER_MINUTE": "0"}


def nearby_section(progress: Progress, *, places: int = MANY, fresh: bool = False) -> Section:
    """Measure searches by one client and by eight, three rounds by turns."""
    progress(f"database ({places:,} places)", 1, 1)
    database = prepare_places(places, fresh=fresh)
    section = Section(f"Searches for the nearest ten, {places:,} places")
    questions = _questions(4_000, 1)
    paths = [_path(question) for question in questions]
    open_paths = [f"{path}&open_at=2026-03-01T21:30:00%2B03:00" for path in paths]
    statements = [_STATEMENT.format(**question) for question in questions]
    with ours(_server_of(database)) as server:
        measured(server, paths[:400] + open_paths[:400], 8)
        for clients in CLIENTS:
            seen: dict[str, list[Seen]] = {"ours": [], "empty": [], "open": []}
            raw: list[float] = []
            for round_ in range(ROUNDS):
                for task in by_turns([*seen, "bare"], round_):
                    if task == "bare":
                        raw.append(bare_rate(address("default", database.name), statements, min(clients, 2)))
                    else:
                        asked = {"ours": paths, "open": open_paths, "empty": ["/healthz"]}[task]
                        seen[task].append(measured(server, asked, clients, seconds=4 if task != "empty" else 2))
                progress(f"searches by {clients}", round_ + 1, ROUNDS)
            _compare(section, clients, seen, raw)
        section.add(Measure("memory of ours, peak", (server.memory_mib(),), "MiB"))
    section.notes += [
        "`bare SQL` is a statement of the same features by psycopg2, over as many connections as clients, two at most;"
        " L = 1 / (1 / bare + 1 / empty). Two workers; nothing of an answer is kept.",
        "`open at night` keeps only what is open at half past nine and tells until when: hours, closures and lists for"
        " an emergency are looked at for changes each time.",
    ]
    return section


def _compare(section: Section, clients: int, seen: dict[str, list[Seen]], raw: list[float]) -> None:
    label = f"{clients} client" + "s" * (clients > 1)
    rates = {name: Measure(f"{label}: {name}", tuple(one.rate for one in each), "/s") for name, each in seen.items()}
    limit = tuple(1 / (1 / b + 1 / e) for b, e in zip(raw, rates["empty"].runs, strict=True))
    section.compare(rates["ours"], Measure("L", limit, "/s"), at_least=LEAST_SHARE, note=told(seen["ours"]))
    section.compare(rates["open"], Measure("L", limit, "/s"), note=f"open at night; {told(seen['open'])}")
    section.add(Measure(f"{label}: bare SQL", tuple(raw), "/s"))
    section.add(rates["empty"])
    worst = Measure(f"{label}: p99", tuple(one.p99_ms for one in seen["ours"]))
    if clients == CLIENTS[-1]:
        section.compare(worst, Measure("100 ms", (MOST_P99_MS,) * ROUNDS), at_most=1.0)
    else:
        section.add(worst)


def visits_section(progress: Progress, *, visits: int = VISITS, places: int = MANY, fresh: bool = False) -> Section:
    """Measure a day of the busiest kind: a page and a search for each visit, at random places, by eight clients."""
    database = prepare_places(places, fresh=fresh)
    section = Section(f"{visits:,} visits, {places:,} places")
    questions = _questions(visits, 2)
    paths = list(chain.from_iterable((_path(question, PAGE), _path(question)) for question in questions))
    with TemporaryDirectory() as folder, ours(_with_static_files(_server_of(database), folder)) as server:
        measured(server, paths[:200], 8)
        progress(f"{visits:,} visits", 0, 1)
        seen = measured(server, paths, CLIENTS[-1], groups=(PAGE, SEARCH))
        progress(f"{visits:,} visits", 1, 1)
        if seen.statuses.keys() != {"200"}:
            raise RuntimeError(f"visits were answered with other than 200: {seen.statuses}")
        _tell_visits(section, seen, visits, server)
    return section


def _with_static_files(variables: dict[str, str], folder: str) -> dict[str, str]:
    """Return the variables of a server that finds the static files its pages name: without them it answers 500."""
    variables = variables | {"STATIC_ROOT": folder}
    run_child([sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity=0"], variables)
    return variables


def _tell_visits(section: Section, seen: Seen, visits: int, server: Server) -> None:
    minutes = 2 * visits / seen.rate / 60
    allowed = MOST_MINUTES * visits / VISITS
    section.compare(
        Measure("all of them, client included", (minutes,), "min"),
        Measure(f"{allowed:.1f} min", (allowed,)),
        at_most=1.0,
        note=told([seen]),
    )
    for name, group in (("page", PAGE), ("search", SEARCH)):
        if group in seen.groups:
            p50, p99 = seen.groups[group]
            section.add(Measure(f"{name}: p50", (p50,)))
            section.compare(Measure(f"{name}: p99", (p99,)), Measure("100 ms", (MOST_P99_MS,)), at_most=1.0)
    section.add(Measure("memory, peak", (server.memory_mib(),), "MiB"))
    section.notes.append(
        f"Eight clients on the same two cores; a visit is the page {PAGE} and one search, at a random place."
    )


def growth_section(progress: Progress, *, few: int = FEW, many: int = MANY, fresh: bool = False) -> Section:
    """Measure the median time of a search among few and among many places, by turns."""
    section = Section(f"Searches from {few:,} to {many:,} places")
    small, large = prepare_places(few, fresh=fresh), prepare_places(many, fresh=fresh)
    paths = [_path(question) for question in _questions(3_000, 3)]
    with ours(_server_of(small)) as one, ours(_server_of(large)) as other:
        servers = {"few": one, "many": other}
        for server in servers.values():
            measured(server, paths, 2)
        seen: dict[str, list[Seen]] = {name: [] for name in servers}
        for round_ in range(ROUNDS):
            for name in by_turns(list(servers), round_):
                seen[name].append(measured(servers[name], paths, 1, seconds=4))
            progress("few and many places", round_ + 1, ROUNDS)
    times = {
        name: Measure(f"p50 among {count:,}", tuple(s.p50_ms for s in seen[name]))
        for name, count in (("few", few), ("many", many))
    }
    section.add(times["few"], note=told(seen["few"]))
    section.compare(times["many"], times["few"], at_most=MOST_GROWTH, note=told(seen["many"]))
    return section
