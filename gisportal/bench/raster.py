"""Raster tiles: ours beside rio-tiler alone and a peer, in every format, and the memory of many."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

from django.conf import settings
from django.test.utils import override_settings

from gisportal.sample.city import City
from gisportal.sample.imagery import draw_ortho
from tiles.grid import WEB_MERCATOR
from tiles.raster.importing import Options, import_files
from tiles.raster.models import ImageryFile

from .client import Seen
from .databases import SEED, BenchDatabase, attached
from .peers import PeerMissing, titiler
from .rasterloop import loop_rate
from .servers import WORKERS, Server, measured
from .tiles import our_server, told
from .timing import ROUNDS, Measure, Section, by_turns

__all__ = ["raster_section"]

Progress = Callable[[str, int, int | None], None]
Tile = tuple[int, int, int]

NAME = "ortho"
SIZE_PX = 8192
"""Of the orthophoto's longer side: half a metre or less, as surveys are flown."""

COUNT = 240
MANY = 20_000
LEAST_SHARE = 0.9
ZOOMS = (15, 16, 17, 18, 19)


def raster_section(database: BenchDatabase, progress: Progress) -> Section:
    """Measure tiles of the sample's orthophoto that nobody asked for before, three rounds by turns."""
    section = Section("Raster tiles, cold")
    with ExitStack() as stack:
        media = Path(settings.BASE_DIR) / ".local" / "bench" / "media" / database.name
        path, box = _imagery(stack.enter_context(attached(database, owner=True)), database, media, progress)
        server = stack.enter_context(our_server(database, MEDIA_ROOT=str(media)))
        peer = _peer(stack, section)
        pool = _tiles(box, ZOOMS)
        _warm_up(server, peer, path, pool)
        for form in ("webp", "png", "jpeg"):
            _measure(section, (server, peer), path, form, pool, progress)
        _memory(section, server, box, progress)
        if peer is not None:
            section.add(Measure("memory of titiler, peak", (peer.memory_mib(),), "MiB"))
    section.notes.append(
        f"The sample's orthophoto of {SIZE_PX:,} pixels, zooms {ZOOMS[0]} to {ZOOMS[-1]}, 256 pixels, 16 clients; "
        f"all with {WORKERS} workers on the same file. `rio-tiler alone` reads and encodes with its own profiles, "
        "without a server."
    )
    return section


def _imagery(
    using: str, database: BenchDatabase, media: Path, progress: Progress
) -> tuple[str, tuple[float, float, float, float]]:
    """Return the file that tiles are read from, and its box in EPSG:3857; draw and take it in where it is missing."""
    files = ImageryFile.objects.using(using).filter(imagery__name=NAME, end_lifespan_version=None)
    if not files.exists():
        with TemporaryDirectory() as folder, override_settings(MEDIA_ROOT=media):
            drawn = Path(folder) / "ortho.tif"
            progress("orthophoto: drawing", 0, 1)
            draw_ortho(City(database.size, SEED), drawn, SIZE_PX)
            words = {"title_ar": "صورة جوية", "title_en": "Orthophoto"}
            import_files(NAME, [drawn], Options(kind="ortho", words=words), using=using, progress=progress)
    file = files.get()
    return str(media / file.copy), file.footprint.extent


def _peer(stack: ExitStack, section: Section) -> Server | None:
    try:
        return stack.enter_context(titiler())
    except (PeerMissing, RuntimeError) as error:
        section.notes.append(f"titiler was not measured: {error}")
        return None


def _warm_up(server: Server, peer: Server | None, path: str, pool: list[Tile]) -> None:
    """Have every worker open the file and read its code: tiles are cold, servers are not."""
    few = [pool.pop() for _ in range(min(120, len(pool) // 4))]
    measured(server, [f"/tiles/imagery/{NAME}/{z}/{x}/{y}.webp" for z, x, y in few], 16)
    if peer is not None:
        ask = f"?tilesize=256&url={quote(path)}"
        measured(peer, [f"/cog/tiles/WebMercatorQuad/{z}/{x}/{y}.webp{ask}" for z, x, y in few], 16)


def _tiles(box: tuple[float, float, float, float], zooms: tuple[int, ...]) -> list[Tile]:
    """Return the tiles inside a box, in an order of chance that is the same each time."""
    west, south, east, north = box
    left, _, _, top = WEB_MERCATOR.box(0, 0, 0)
    found = []
    for z in zooms:
        side = WEB_MERCATOR.side(z)
        columns = range(int((west - left) / side), int((east - left) / side) + 1)
        rows = range(int((top - north) / side), int((top - south) / side) + 1)
        found += [(z, x, y) for x in columns for y in rows]
    random.Random(len(found)).shuffle(found)  # noqa: S311  an order, not a secret
    return found


def _measure(
    section: Section,
    servers: tuple[Server, Server | None],
    path: str,
    form: str,
    pool: list[Tile],
    progress: Progress,
) -> None:
    server, peer = servers
    ending = "jpg" if form == "jpeg" else form
    mine: list[Seen] = []
    theirs: list[Seen] = []
    alone: list[float] = []
    for round_ in range(ROUNDS):
        few = [pool.pop() for _ in range(min(COUNT, len(pool)))]
        for task in by_turns(["ours", "alone", "peer"], round_):
            if task == "ours":
                paths = [f"/tiles/imagery/{NAME}/{z}/{x}/{y}.{ending}" for z, x, y in few]
                mine.append(measured(server, paths, 16))
            elif task == "alone":
                alone.append(loop_rate(path, form, few, WORKERS))
            elif peer is not None:
                ask = f"?tilesize=256&url={quote(path)}"
                paths = [f"/cog/tiles/WebMercatorQuad/{z}/{x}/{y}.{ending}{ask}" for z, x, y in few]
                theirs.append(measured(peer, paths, 16))
        progress(f"raster tiles, {form}", round_ + 1, ROUNDS)
    rate = Measure(f"{form}: ours", tuple(s.rate for s in mine), "/s")
    limit = Measure(f"{form}: rio-tiler alone", tuple(alone), "/s")
    section.compare(rate, limit, at_least=LEAST_SHARE, note=told(mine))
    section.add(limit)
    if theirs:
        other = Measure(f"{form}: titiler", tuple(s.rate for s in theirs), "/s")
        section.compare(rate, other, at_least=1.0, note=f"titiler: {told(theirs)}")
        section.add(other)


def _memory(section: Section, server: Server, box: tuple[float, float, float, float], progress: Progress) -> None:
    """Ask for many tiles and see that the workers do not grow."""
    tiles = _tiles(box, (17, 18, 19, 20))[:MANY]
    paths = [f"/tiles/imagery/{NAME}/{z}/{x}/{y}.jpg" for z, x, y in tiles]
    first = len(paths) // 5
    measured(server, paths[:first], 16)
    early = server.memory_mib(peak=False)
    progress("memory over many raster tiles", 1, 2)
    measured(server, paths[first:], 16)
    late = server.memory_mib(peak=False)
    progress("memory over many raster tiles", 2, 2)
    before = Measure(f"memory after {first:,} tiles", (early,), "MiB")
    section.compare(Measure(f"memory after {len(paths):,} tiles", (late,), "MiB"), before, at_most=1.1)
    section.add(before)
