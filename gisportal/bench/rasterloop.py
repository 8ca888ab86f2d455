"""The raw limit of raster tiles: rio-tiler alone, in as many processes as the servers have workers.

Run as ``python -m gisportal.bench.rasterloop`` with a job as JSON on standard input; prints tiles a second.
"""

from __future__ import annotations

import json
import multiprocessing
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from multiprocessing.synchronize import Barrier

from django.conf import settings
from rio_tiler.io import Reader
from rio_tiler.profiles import img_profiles

__all__ = ["LoopJob", "loop_rate"]


@dataclass(frozen=True)
class LoopJob:
    """Tiles (z, x, y) of one file in one format, shared out over ``workers`` processes."""

    path: str
    form: str
    tiles: list[tuple[int, int, int]]
    workers: int = 2


def _work(job: LoopJob, number: int, together: Barrier) -> None:
    profile = {key: value for key, value in img_profiles.get(job.form, {}).items() if key != "driver"}
    with Reader(job.path) as reader:
        reader.tile(*_xyz(job.tiles[0]), tilesize=256)
        together.wait()
        for tile in job.tiles[number :: job.workers]:
            image = reader.tile(*_xyz(tile), tilesize=256)
            image.render(img_format=job.form.upper(), add_mask=job.form != "jpeg", **profile)
    together.wait()


def _xyz(tile: Sequence[int]) -> tuple[int, int, int]:
    z, x, y = tile
    return (x, y, z)


def run(job: LoopJob) -> float:
    """Return tiles a second of all processes together."""
    context = multiprocessing.get_context("spawn")
    together = context.Barrier(job.workers + 1)
    workers = [context.Process(target=_work, args=(job, n, together)) for n in range(job.workers)]
    for worker in workers:
        worker.start()
    together.wait()
    started = time.perf_counter()
    together.wait()
    seconds = time.perf_counter() - started
    for worker in workers:
        worker.join()
    return len(job.tiles) / seconds


def loop_rate(path: str, form: str, tiles: Sequence[tuple[int, int, int]], workers: int) -> float:
    """Return tiles a second, made in processes of their own."""
    done = subprocess.run(
        [sys.executable, "-m", "gisportal.bench.rasterloop"],
        cwd=settings.BASE_DIR,
        input=json.dumps(asdict(LoopJob(path, form, list(tiles), workers))),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return float(done.stdout)


if __name__ == "__main__":
    print(run(LoopJob(**json.load(sys.stdin))))  # noqa: T201  the result is what the caller reads
