"""Check cards without starting anything: ``python -m land_services.catalogue [--only] [FOLDER …]``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from land_services.catalogue import FOLDER, CatalogueError, read_folders


def main(arguments: Sequence[str]) -> int:
    """Print every fault with file and line; return 1 where there is one."""
    parser = argparse.ArgumentParser(prog="python -m land_services.catalogue", description="Check service cards.")
    parser.add_argument("folders", nargs="*", type=Path, metavar="FOLDER", help="cards beside those of the software")
    parser.add_argument("--only", action="store_true", help="leave the software's own cards and shared facts out")
    asked = parser.parse_args(arguments)
    own = [] if asked.only else [FOLDER]
    try:
        cards, _ = read_folders(dict.fromkeys(path.resolve() for path in (*own, *asked.folders)))
    except CatalogueError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{len(cards)} cards, no fault\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
