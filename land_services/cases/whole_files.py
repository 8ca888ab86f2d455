"""Files of people and issued papers on the disk: there whole or not at all, and lasting before their row is."""

from __future__ import annotations

import os
import time
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from django.core.files.storage import FileSystemStorage

__all__ = ["BEGUN", "WholeFiles", "clear_begun"]

BEGUN: Final = ".begun"
"""How the name of a file ends while it is written."""
_LEFT_AFTER: Final = timedelta(days=1)


class WholeFiles(FileSystemStorage):
    """A folder in which a name stands for a whole file, wherever the process that wrote it ended.

    A file is written under another name, forced to the disk and renamed; so is the folder's entry, before the row that
    refers to it is committed. What is written under one name at once is one content: names are hashes, or numbers of a
    case that is held.
    """

    def _save(self, name: str, content: Any) -> str:
        saved = super()._save(f"{name}.{uuid.uuid4().hex}{BEGUN}", content)  # type: ignore[misc]  # not in the stubs
        begun = Path(self.path(saved))
        kept = Path(self.path(name))
        _force(begun)
        begun.replace(kept)
        for folder in (kept.parent, kept.parent.parent):  # a new folder is an entry of its own
            _force(folder)
        return name


def _force(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def clear_begun(folder: Path) -> int:
    """Take away what processes left half-written that ended more than a day ago; return how many."""
    before = time.time() - _LEFT_AFTER.total_seconds()
    gone = 0
    for path in folder.rglob(f"*{BEGUN}"):
        if path.stat().st_mtime < before:
            path.unlink(missing_ok=True)
            gone += 1
    return gone
