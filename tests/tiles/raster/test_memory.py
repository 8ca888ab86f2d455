"""Memory stays flat however many tiles are made."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.budget import budget
from tests.tiles.raster.rasters import copied, picture, write

ROOT = Path(__file__).resolve().parents[3]
ALLOWED_MB = 24

CODE = """
import json, random, resource, sys
from tiles.raster.encode import FORMATS
from tiles.raster.mosaic import mosaic
from tiles.raster.sheets import Square
from tiles.raster.terrain import hillshade
from tests.tiles.raster.rasters import tiles_of
paths, zooms, box, count = json.loads(sys.argv[1])
tiles = [(z, x, y) for z in zooms for x, y in tiles_of(box, z)]
chance, formats, resident = random.Random(1), list(FORMATS.values()), []
for number in range(count):
    z, x, y = chance.choice(tiles)
    pixels = mosaic(paths[:2], Square.of_tile(z, x, y, chance.choice((256, 256, 512))))
    if pixels is not None:
        formats[number % 3].encode(pixels)
    square = Square.of_tile(z, x, y, margin=1)
    heights = mosaic(paths[2:], square)
    if heights is not None:
        hillshade(heights, square)
    if number % (count // 4) == count // 4 - 1:
        resident.append(int(open('/proc/self/statm').read().split()[1]) * resource.getpagesize() >> 20)
print(json.dumps(resident))
"""


def test_resident_memory_is_flat_over_many_tiles(tmp_path: Path) -> None:
    """The second quarter of the tiles may still fill GDAL's cache of blocks; from then on nothing grows."""
    paths = []
    for number, kind in enumerate(("ortho", "ortho", "terrain")):
        folder = tmp_path / str(number)
        bands = picture(1200, 1200, seed=number)
        bands = bands[:1].astype("float32") if kind == "terrain" else bands
        folder.mkdir()
        found = copied(write(folder / "a.tif", bands), folder, kind=kind)
        paths.append(str(folder / "copy.tif"))
    import shapely

    box = shapely.from_wkb(found["footprint"]).bounds
    zooms = list(range(found["zoom"] - 3, found["zoom"] + 2))
    settings = json.dumps([paths, zooms, box, budget(1200, 20_000)])
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "MALLOC_ARENA_MAX": "1"}
    run = subprocess.run(
        [sys.executable, "-c", CODE, settings], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    _, second, third, fourth = json.loads(run.stdout)
    assert max(third, fourth) - second <= ALLOWED_MB, run.stdout
