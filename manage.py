#!/usr/bin/env python
"""Command line of gisportal."""

from __future__ import annotations

import os
import sys

UNREACHABLE = 3
"""How a command ends that could not ask the database: 1 and 2 are answers of some."""


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gisportal.settings")
    from django.core.management import execute_from_command_line
    from django.db import Error

    from layers.reaching import is_unreachable

    try:
        execute_from_command_line(sys.argv)
    except Error as error:
        if not is_unreachable(error):
            raise
        sys.stderr.write(f"The database cannot be reached; nothing was done.\n{error}")
        sys.exit(UNREACHABLE)


if __name__ == "__main__":
    main()
