"""Vector tiles: ours beside the limit L and a peer; cold and warm apart; one client and sixteen."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from tempfile import TemporaryDirectory

from django.db import connections

from layers.access import PUBLIC
from layers.querying import prefix
from layers.registry import LAYERS
from tiles.grid import WEB_MERCATOR
from tiles.sources.postgis import PostgisSource

from .bare import bare_rate
from .client import Seen
from .databases import BenchDatabase, address, attached, environment
from .peers import PeerMissing, peer_table, tipg
from .servers import Server, measured, ours
from .timing import ROUNDS, Measure, Section, by_turns

__all__ = ["generalised_section", "our_server", "tiles_section", "told", "warm_section"]

Progress = Callable[[str, int, int | None], None]
Tile = tuple[int, int, int]

COUNTS = {16: 400, 14: 80}
"""Tiles a round: each is asked for once a server, so that every one is cold."""

LEAST_SHARE = {16: 0.8, 14: 0.9}
CLIENTS = (1, 16)
EMPTY_TILE = "/tiles/parcels/16/0/0.mvt"
PLAIN = {"DEBUG": "0", "SECURE": "0", "ALLOWED_HOSTS": "127.0.0.1"}
"""As in production, but without the encryption that a proxy does."""


def tiles_section(database: BenchDatabase, progress: Progress) -> Section:
    """Measure cold tiles of parcels: ours, bare SQL, the limit and tipg, three rounds by turns."""
    section = Section(f"Vector tiles, cold, {database.size:,} parcels")
    with ExitStack() as stack:
        using = stack.enter_context(attached(database))
        peer_table(stack.enter_context(attached(database, owner=True)))
        server = stack.enter_context(our_server(database))
        peer = _peer(stack, database, section)
        _warm_up(using, server, peer)
        for z in COUNTS:
            pool = _inhabited(using, z)
            for clients in CLIENTS:
                _cold(section, (server, peer), database, using, (z, clients), pool, progress)
        section.add(Measure("memory of ours, peak", (server.memory_mib(),), "MiB"))
        if peer is not None:
            section.add(Measure("memory of tipg, peak", (peer.memory_mib(),), "MiB"))
    section.notes += [
        "Every tile is asked for once a server and round, of servers that have answered before. `bare SQL` is the "
        "statement of our tile by psycopg2 over two connections; `empty` the rate of /healthz of the same server; "
        "L = 1 / (1 / bare + 1 / empty).",
        "tipg reads a plain table of the same rows and columns without history; both servers have two workers.",
    ]
    return section


@contextmanager
def our_server(database: BenchDatabase, **values: str) -> Iterator[Server]:
    """Run our server on a database, as in production, with an empty cache of its own; ``values`` are settings."""
    with (
        TemporaryDirectory(prefix="tiles-") as folder,
        ours(environment(database.name) | {"TILES_CACHE_DIR": folder} | PLAIN | values) as server,
    ):
        yield server


def _peer(stack: ExitStack, database: BenchDatabase, section: Section) -> Server | None:
    try:
        return stack.enter_context(tipg(address("default", database.name)))
    except (PeerMissing, RuntimeError) as error:
        section.notes.append(f"tipg was not measured: {error}")
        return None


def _warm_up(using: str, server: Server, peer: Server | None) -> None:
    """Have every worker open its connections and read its code: tiles are cold, servers are not."""
    few = _inhabited(using, 15)[:200]
    measured(server, [path(*tile) for tile in few], 16)
    if peer is not None:
        measured(peer, [_peer_path(*tile) for tile in few], 16)


def _inhabited(using: str, z: int) -> list[Tile]:
    """Return tiles that hold parcels, in an order of chance that is the same each time."""
    side = WEB_MERCATOR.side(z)
    west, _, _, north = WEB_MERCATOR.box(0, 0, 0)
    with connections[using].cursor() as cursor:
        cursor.execute(
            """SELECT DISTINCT floor((ST_X(c) - %(west)s) / %(side)s)::int, floor((%(north)s - ST_Y(c)) / %(side)s)::int
               FROM (SELECT ST_Centroid(geom_3857) AS c FROM layers_parcel WHERE end_lifespan_version IS NULL) AS p
               ORDER BY 1, 2""",
            {"west": west, "north": north, "side": side},
        )
        tiles = [(z, x, y) for x, y in cursor.fetchall()]
    random.Random(z).shuffle(tiles)  # noqa: S311  an order, not a secret
    return tiles


def _cold(
    section: Section,
    servers: tuple[Server, Server | None],
    database: BenchDatabase,
    using: str,
    what: tuple[int, int],
    pool: list[Tile],
    progress: Progress,
) -> None:
    z, clients = what
    server, peer = servers
    count = min(COUNTS[z] if clients > 1 else COUNTS[z] // 4, len(pool) // (2 * ROUNDS))
    if count == 0:
        section.notes.append(f"z{z}, {clients} clients: the city has too few tiles for rounds that are cold.")
        return
    mine: list[Seen] = []
    theirs: list[Seen] = []
    bare: list[float] = []
    empty: list[float] = []
    for round_ in range(ROUNDS):
        few = [pool.pop() for _ in range(count)]
        for task in by_turns(["ours", "bare", "empty", "peer"], round_):
            if task == "ours":
                mine.append(measured(server, [path(*tile) for tile in few], clients))
            elif task == "bare":
                bare.append(bare_rate(address("default", database.name), [statement(using, *t) for t in few], 2))
            elif task == "empty":
                empty.append(measured(server, ["/healthz"], clients, seconds=1.5).rate)
            elif peer is not None:
                theirs.append(measured(peer, [_peer_path(*tile) for tile in few], clients))
        progress(f"cold tiles z{z}, {clients} clients", round_ + 1, ROUNDS)
    label = f"z{z}, {clients} client{'s' if clients > 1 else ''}"
    limit = tuple(1 / (1 / b + 1 / e) for b, e in zip(bare, empty, strict=True))
    of_ours = Measure(f"{label}: ours", tuple(s.rate for s in mine), "/s")
    least = LEAST_SHARE[z] if clients > 1 else None
    note = (
        f"p50 {_mid(mine, 'p50_ms'):.1f} ms, p99 {_mid(mine, 'p99_ms'):.1f} ms, {_mid(mine, 'mean_bytes'):,.0f} bytes"
    )
    section.compare(of_ours, Measure("L", limit, "/s"), at_least=least, note=f"{note}; {_statuses(mine)}")
    section.add(Measure(f"{label}: bare SQL", tuple(bare), "/s"))
    section.add(Measure(f"{label}: empty", tuple(empty), "/s"))
    if theirs:
        rates = Measure(f"{label}: tipg", tuple(s.rate for s in theirs), "/s")
        section.compare(of_ours, rates, at_least=2.0 if clients > 1 else None, note="ours against the peer")
        section.add(rates, note=told(theirs))


def warm_section(database: BenchDatabase, progress: Progress) -> Section:
    """Measure tiles that are kept, and answers that say "as before", against the empty answer."""
    section = Section(f"Vector tiles, warm, {database.size:,} parcels")
    with ExitStack() as stack:
        using = stack.enter_context(attached(database))
        server = stack.enter_context(our_server(database))
        paths = [path(*tile) for tile in _inhabited(using, 16)[:200]]
        measured(server, paths)
        for clients in CLIENTS:
            rates: dict[str, list[Seen]] = {"empty": [], "empty tile": [], "warm": [], "304": []}
            for round_ in range(ROUNDS):
                for task in by_turns(list(rates), round_):
                    asked = {"empty": ["/healthz"], "empty tile": [EMPTY_TILE]}.get(task, paths)
                    rates[task].append(measured(server, asked, clients, seconds=3, known=task == "304"))
                progress(f"warm tiles, {clients} clients", round_ + 1, ROUNDS)
            label = f"{clients} client{'s' if clients > 1 else ''}"
            empty = Measure(f"{label}: empty", tuple(s.rate for s in rates["empty"]), "/s")
            tile = Measure(f"{label}: empty tile", tuple(s.rate for s in rates["empty tile"]), "/s")
            for task in ("warm", "304"):
                seen = rates[task]
                rate = Measure(f"{label}: {task}", tuple(s.rate for s in seen), "/s")
                section.compare(rate, empty, at_least=0.7, note=told(seen))
                section.compare(rate, tile, at_least=0.7)
            section.add(empty)
            section.add(tile, note=told(rates["empty tile"]))
    section.notes += [
        "Tiles of zoom 16, each asked for many times; `304` sends the ETag that came with the tile.",
        "`empty` is /healthz, through every part of the server that a page goes through; `empty tile` is a tile where "
        "nothing lies (204), which goes the same short way as the tiles and is the stricter limit.",
    ]
    return section


def generalised_section(database: BenchDatabase, progress: Progress) -> Section:
    """Measure every tile of zooms 6 to 13 that holds parcels, cold, by one client."""
    section = Section(f"Vector tiles of small scales, cold, {database.size:,} parcels")
    with ExitStack() as stack:
        using = stack.enter_context(attached(database))
        server = stack.enter_context(our_server(database))
        _warm_up(using, server, None)
        with connections[using].cursor() as cursor:
            cursor.execute("SELECT count(*) FROM tiles_staleblock")
            waiting = cursor.fetchone()[0]
        section.notes.append(
            f"{waiting} changed blocks were not outlined yet: their plans are drawn from their rows, which is slower."
        )
        for z in range(6, 14):
            tiles = _inhabited(using, z)
            seen = measured(server, [path(*tile) for tile in tiles])
            slowest = Measure(f"z{z}: slowest of {len(tiles)}", (seen.worst_ms,))
            note = f"p50 {seen.p50_ms:.1f} ms; largest {seen.largest_bytes:,} bytes as sent; {_statuses([seen])}"
            section.compare(slowest, Measure("100 ms", (100.0,)), at_most=1.0, note=note)
            largest = Measure(f"z{z}: largest", (seen.largest_bytes / 1000,), "kB")
            section.compare(largest, Measure("250 kB", (250.0,), "kB"), at_most=1.0)
            progress(f"small scales z{z}", z - 5, 8)
    return section


def path(z: int, x: int, y: int) -> str:
    """Return the address of our tile of parcels."""
    return f"/tiles/parcels/{z}/{x}/{y}.mvt"


def statement(using: str, z: int, x: int, y: int) -> str:
    """Return the finished statement that our tile of parcels is made with."""
    sql, params = PostgisSource(LAYERS["parcels"], PUBLIC, using).statement(WEB_MERCATOR, z, x, y)
    with connections[using].cursor() as cursor:
        return str(cursor.mogrify(prefix("tile") + sql, params).decode())


def _peer_path(z: int, x: int, y: int) -> str:
    return f"/collections/public.peer_parcels/tiles/WebMercatorQuad/{z}/{x}/{y}"


def _mid(seen: Sequence[Seen], name: str) -> float:
    return sorted(float(getattr(s, name)) for s in seen)[len(seen) // 2]


def told(seen: Sequence[Seen]) -> str:
    """Return what was seen beside the rate, for a note: the rounds' middle times and sizes, all statuses."""
    times = f"p50 {_mid(seen, 'p50_ms'):.2f} ms, p99 {_mid(seen, 'p99_ms'):.2f} ms"
    return f"{times}, {_mid(seen, 'mean_bytes'):,.0f} bytes; {_statuses(seen)}"


def _statuses(seen: Sequence[Seen]) -> str:
    total: dict[str, int] = {}
    for one in seen:
        for status, count in one.statuses.items():
            total[status] = total.get(status, 0) + count
    return ", ".join(f"{count:,} x {status}" for status, count in sorted(total.items()))
