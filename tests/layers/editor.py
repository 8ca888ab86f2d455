"""A process of its own that edits features of one layer through the real writer, and says what happened.

Run as ``python -m tests.layers.editor NAME GO UID BEGIN [UID BEGIN …]``: it waits for the file GO, then gives each
feature the name, all in one transaction and in the order given; it prints one line of JSON.
"""

from __future__ import annotations

import json
import os
import sys
import time
import uuid
from datetime import datetime
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gisportal.settings")


def main(name: str, go: str, *pairs: str) -> None:
    import django

    django.setup()
    from layers.editing import Edit, StaleVersion, apply_edits
    from layers.registry import LAYERS

    edits = [
        Edit("change", uuid.UUID(uid), {"name_en": name}, expected=datetime.fromisoformat(begin))
        for uid, begin in zip(pairs[::2], pairs[1::2], strict=True)
    ]
    print("ready", flush=True)  # noqa: T201  the protocol
    while not Path(go).exists():
        time.sleep(0.005)
    try:
        written = apply_edits(LAYERS["places"], edits, acting_user_id=len(name))
        told = {"outcome": "written", "ids": [w.id for w in written]}
    except StaleVersion as stale:
        told = {"outcome": "stale", "by": stale.actor_id, "at": stale.at.isoformat()}
    print(json.dumps(told), flush=True)  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
