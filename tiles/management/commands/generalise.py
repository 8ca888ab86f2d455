"""`manage.py generalise`: outlines for small scales, made again."""

from __future__ import annotations

import argparse
import logging
import signal
import time
from types import FrameType
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError
from django.db import InterfaceError, OperationalError, connection

from layers.added import all_layers
from tiles.generalise.changes import work_in_stale
from tiles.generalise.kinds import kind_of
from tiles.generalise.run import generalise

log = logging.getLogger(__name__)
_MOMENT_S: Final = 1.0


def _end(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


class Command(BaseCommand):
    help = "Make the outlines that tiles of small scales are drawn from, for one layer or all. Safe to repeat."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("layer", nargs="?", help="code of a layer; all of them without it")
        parser.add_argument(
            "--changed",
            action="store_true",
            help="only what changes have marked and nobody has made again (after a crash)",
        )

        parser.add_argument(
            "--watch", action="store_true", help="outline what changes, as it changes, until it is ended"
        )

    def handle(self, *args: Any, layer: str | None = None, changed: bool = False, **options: Any) -> None:
        if options["watch"]:
            self._watch()
            return
        if changed:
            self.stdout.write(f"{work_in_stale('default')} blocks outlined again")
            return
        layers = all_layers()
        if layer is not None and layer not in layers:
            raise CommandError(f"there is no layer {layer}; there are {', '.join(layers)}")
        for code in [layer] if layer is not None else list(layers):
            if kind_of(layers[code]).kind is None:
                if layer is not None:
                    self.stdout.write(f"{code} is drawn as it is stored at every zoom")
                continue
            generalise(layers[code], "default", self._progress)

    def _watch(self) -> None:
        """Work in what is marked, look again a moment later. A database that is away for a while is waited for."""
        signal.signal(signal.SIGTERM, _end)
        try:
            while True:
                try:
                    if done := work_in_stale("default"):
                        log.info("%s blocks outlined again", done)
                except (OperationalError, InterfaceError):
                    log.warning("the database does not answer; trying again")
                    connection.close()
                time.sleep(_MOMENT_S)
        except KeyboardInterrupt:
            return

    def _progress(self, stage: str, done: int, total: int) -> None:
        self.stdout.write(f"{stage}: {done:,} of {total:,}", ending="\n" if done >= total else "\r")
        self.stdout.flush()
