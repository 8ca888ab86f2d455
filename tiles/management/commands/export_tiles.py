"""`manage.py export_tiles`: a layer's vector tiles as one PMTiles file, for everyone to see."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError

from layers.access import PUBLIC
from layers.querying import TooSlow
from tiles.api import readable_layer
from tiles.archive import NothingToWrite, write_archive
from tiles.grid import MAX_ZOOM
from tiles.sources.base import CannotRead

_LAST_ZOOM: Final = 16
_TOLD_EVERY: Final = 50


class Command(BaseCommand):
    help = "Write the vector tiles of a layer, as everyone may see them, to one PMTiles file."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("layer", help="code of a layer")
        parser.add_argument("file", type=Path, help="what to write; its name ends with .pmtiles")
        parser.add_argument(
            "--max-zoom",
            type=int,
            default=_LAST_ZOOM,
            help=f"the last zoom written; clients enlarge it for the next ones ({_LAST_ZOOM})",
        )

    def handle(self, *args: Any, layer: str = "", file: Path = Path(), max_zoom: int = 0, **options: Any) -> None:
        if file.suffix.lower() != ".pmtiles":
            raise CommandError(f"{file} must end with .pmtiles")
        if not 0 <= max_zoom <= MAX_ZOOM:
            raise CommandError(f"--max-zoom goes from 0 to {MAX_ZOOM}")
        try:
            found = readable_layer(layer, PUBLIC)
            done = write_archive(found, PUBLIC, file, last_zoom=max_zoom, progress=self._progress)
        except CannotRead:
            raise CommandError(f"there is no layer {layer} that everyone may see") from None
        except NothingToWrite as nothing:
            raise CommandError(str(nothing)) from nothing
        except TooSlow:
            raise CommandError("a tile took too long to make; run `manage.py generalise` first") from None
        except OSError as error:
            raise CommandError(f"{file} cannot be written: {error}") from error
        size = f"{done.bytes / 1e6:.1f} MB"
        self.stdout.write(f"{done.tiles:,} tiles of zooms {done.first_zoom} to {done.last_zoom}, {size}: {file}")

    def _progress(self, zoom: int, done: int, total: int) -> None:
        if done % _TOLD_EVERY == 0 or done == total:
            self.stdout.write(f"zoom {zoom}: {done:,} of {total:,}", ending="\n" if done == total else "\r")
            self.stdout.flush()
