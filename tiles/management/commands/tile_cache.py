"""``manage.py tile_cache --status | --clear | --trim``: look at the kept tiles, forget them, or bring them to size."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tiles.cache.changes import resolve
from tiles.cache.journal import JournalBroken
from tiles.cache.place import Place, fault, here, remove_others

__all__ = ["Command"]


class Command(BaseCommand):
    help = (
        "Kept map tiles. --clear after the data was changed past the application (a restore into the same database, "
        "SQL by hand): every process makes every tile anew from then on."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        chosen = parser.add_mutually_exclusive_group()
        chosen.add_argument("--status", action="store_true", help="say what is kept (also without any option)")
        chosen.add_argument("--clear", action="store_true", help="forget every tile, at once and in every process")
        chosen.add_argument(
            "--trim", action="store_true", help="bring the files within TILES_CACHE_MB; remove those of lost databases"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        found = fault()
        if found:
            raise CommandError(found)
        try:
            place = here()
            if place is None:
                self.stdout.write("off: TILES_CACHE_MB is 0, so every tile is made anew")
                return
            if options["clear"]:
                place.index.journal.begin_anew()
                place.store.clear()
            resolve(place.index, place.index.all_open())
            removed = remove_others(place) if options["trim"] else []
            self._report(place, *place.store.trim() if options["trim"] else place.store.usage())
        except JournalBroken as error:
            raise CommandError(str(error)) from error
        for folder in removed:
            self.stdout.write(f"removed  {folder}, whose database is no more")

    def _report(self, place: Place, files: int, used: int) -> None:
        standing = place.index.standing()
        self.stdout.write(f"folder   {place.folder}")
        self.stdout.write(f"tiles    {files} files, {used / 2**20:.1f} of {place.store.limit / 2**20:.0f} MB")
        self.stdout.write(
            f"journal  {standing.position} changes since it began, {standing.open} open, {standing.filled:.0%} full"
        )
