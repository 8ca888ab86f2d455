"""Pages of features: ours beside the limit L and two peers, at the first page and after 900,000 features."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from django.db import connections

from .bare import bare_rate
from .client import Seen
from .databases import BenchDatabase, address, attached
from .peers import PeerMissing, peer_table, pygeoapi, tipg
from .servers import Server, measured
from .tiles import our_server, told
from .timing import ROUNDS, Measure, Section, by_turns

__all__ = ["features_section"]

Progress = Callable[[str, int, int | None], None]

ITEMS = "/ogc/collections/parcels/items?f=json&limit=100"
PEER_TIMES = 20.0
LEAST_SHARE = 0.6
CLIENTS = 4

_STATEMENT = """SELECT r.id, '{"type":"Feature","id":' || to_json(r.uid)::text || ',"geometry":'
    || ST_AsGeoJSON(ST_Transform(r.geom, 4326), 7, 0) || ',"properties":' || row_to_json((SELECT p FROM (SELECT r.uid,
       r.plan_no, r.block_no, r.parcel_no, r.land_use, r.official_area_m2, r.surveyed_area_m2, r.calculated_area_m2,
       r.begin_lifespan_version, r.end_lifespan_version) p))::text || '}'
FROM layers_parcel r WHERE r.end_lifespan_version IS NULL AND r.id > {key} ORDER BY r.id LIMIT 101"""


def features_section(database: BenchDatabase, progress: Progress) -> Section:
    """Measure pages of 100 parcels, three rounds by turns."""
    section = Section(f"Pages of 100 features, {database.size:,} parcels")
    with ExitStack() as stack:
        using = stack.enter_context(attached(database))
        peer_table(stack.enter_context(attached(database, owner=True)))
        server = stack.enter_context(our_server(database))
        peers = _peers(stack, database, using, section)
        deep = database.size * 9 // 10
        firsts: dict[str, Measure] = {}
        for skipped in (0, deep):
            paths = {
                "ours": ITEMS if skipped == 0 else _deep_page(server, skipped),
                "tipg": f"/collections/public.peer_parcels/items?f=geojson&limit=100&offset={skipped}",
                "pygeoapi": f"/collections/parcels/items?f=json&limit=100&offset={skipped}",
            }
            statement = _STATEMENT.replace("{key}", str(_key_of(using, skipped)))
            _measure(section, (server, peers, paths), (database, statement), skipped, firsts, progress)
        for name, running in {"ours": server, **peers}.items():
            section.add(Measure(f"memory of {name}, peak", (running.memory_mib(),), "MiB"))
    section.notes += [
        f"{CLIENTS} clients (a peer needs seconds for a deep page), two workers each. `bare SQL` is a statement of the "
        "same features by psycopg2 over two connections; L = 1 / (1 / bare + 1 / empty). The peers read a plain table "
        "of the same rows.",
        "Nothing of a page is kept: each answer is read from the database.",
    ]
    return section


def _peers(stack: ExitStack, database: BenchDatabase, using: str, section: Section) -> dict[str, Server]:
    folder = Path(stack.enter_context(TemporaryDirectory(prefix="peer-")))
    found: dict[str, Server] = {}
    for name, start in {
        "tipg": lambda: tipg(address("default", database.name)),
        "pygeoapi": lambda: pygeoapi(using, folder),
    }.items():
        try:
            found[name] = stack.enter_context(start())
        except (PeerMissing, RuntimeError) as error:
            section.notes.append(f"{name} was not measured: {error}")
    return found


def _key_of(using: str, skipped: int) -> int:
    """Return the key before the page that begins after so many features."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT id - 1 FROM layers_parcel WHERE end_lifespan_version IS NULL ORDER BY id OFFSET %s LIMIT 1",
            [skipped],
        )
        return int(cursor.fetchone()[0])


def _deep_page(server: Server, skipped: int) -> str:
    """Return the address of the page after so many features, found as a client finds it: by the next links."""
    path, step = "/ogc/collections/parcels/items?f=json&limit=0&properties=parcel_no", 0
    while step < skipped:
        path = re.sub(r"limit=\d+", f"limit={min(10_000, skipped - step)}", path)
        with urllib.request.urlopen(f"http://127.0.0.1:{server.port}{path}", timeout=120) as answer:
            page = json.load(answer)
        step += page["numberReturned"]
        address_ = next(link["href"] for link in page["links"] if link["rel"] == "next")
        path = "/" + address_.split("/", 3)[3]
    cursor = re.search(r"[?&]cursor=([^&]+)", path)
    if cursor is None:
        raise RuntimeError(f"a next link without a cursor: {path}")
    return f"{ITEMS}&cursor={cursor[1]}"


def _measure(
    section: Section,
    asked: tuple[Server, dict[str, Server], dict[str, str]],
    bare: tuple[BenchDatabase, str],
    skipped: int,
    firsts: dict[str, Measure],
    progress: Progress,
) -> None:
    server, peers, paths = asked
    database, statement = bare
    seen: dict[str, list[Seen]] = {name: [] for name in ("ours", "empty", *peers)}
    raw: list[float] = []
    for round_ in range(ROUNDS):
        for task in by_turns([*seen, "bare"], round_):
            if task == "bare":
                raw.append(bare_rate(address("default", database.name), [statement] * 1500, 2))
            elif task == "empty":
                seen[task].append(measured(server, ["/healthz"], CLIENTS, seconds=2))
            else:
                where = server if task == "ours" else peers[task]
                seen[task].append(measured(where, [paths[task]], CLIENTS, seconds=4))
        progress(f"pages after {skipped:,}", round_ + 1, ROUNDS)
    label = "first page" if skipped == 0 else f"after {skipped:,}"
    rates = {name: Measure(f"{label}: {name}", tuple(s.rate for s in each), "/s") for name, each in seen.items()}
    limit = tuple(1 / (1 / b + 1 / e) for b, e in zip(raw, rates["empty"].runs, strict=True))
    section.compare(rates["ours"], Measure("L", limit, "/s"), at_least=LEAST_SHARE, note=told(seen["ours"]))
    section.add(Measure(f"{label}: bare SQL", tuple(raw), "/s"))
    section.add(rates["empty"])
    for name in peers:
        section.compare(rates["ours"], rates[name], at_least=PEER_TIMES, note=f"{name}: {told(seen[name])}")
        section.add(rates[name])
    if skipped:
        section.compare(rates["ours"], firsts["ours"], at_least=0.9, note="as fast as the first page")
    firsts.update(rates)
