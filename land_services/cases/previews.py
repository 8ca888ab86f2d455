"""Pictures of documents that were handed in: of a page of a PDF, a photo or scan, a drawing.

The file is read by a confined process (``preview_child.py``) and only its picture comes back: a PNG of our own making.
It is kept under the hash of the content; a page of which none can be made is remembered too.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path
from typing import Final

from django.conf import settings

from land_services.surveys.errors import SurveyUnreadable
from land_services.surveys.limits import Limits
from land_services.surveys.sandbox import open_regular, run_confined

from .models import CaseFile
from .sniffing import SHOWN

__all__ = ["MOST_PAGES", "preview_of"]

MOST_PAGES: Final = 200
LONGEST_PX: Final = 1400
LONGEST_S = 30.0
_MB: Final = 1024 * 1024
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_CHILD: Final = Path(__file__).with_name("preview_child.py")
_AT_ONCE = threading.BoundedSemaphore(2)
"""So many pictures a process makes at a time: each may take a processor for seconds."""


def preview_of(file: CaseFile, page: int = 1) -> Path | None:
    """Return where the picture of a page lies, made where it is not there yet; None where there is none to be had."""
    paged = file.type in ("pdf", "tif")
    if file.type not in SHOWN or not 1 <= page <= (MOST_PAGES if paged else 1):
        return None
    kept = Path(settings.MEDIA_ROOT) / "previews" / file.sha256[:2] / f"{file.sha256}-{page}.png"
    if not kept.exists():
        _keep(kept, _picture(Path(file.file.path), file.type, page))
    return kept if kept.stat().st_size else None


def _picture(path: Path, kind: str, page: int) -> bytes:
    """Return the PNG, b"" where the file cannot be shown within the limits."""
    limits = Limits(
        file_bytes=settings.PAPER_MAX_MB * _MB,
        memory_bytes=1024 * _MB,
        cpu_s=20,
        wall_s=LONGEST_S,
        output_bytes=16 * _MB,
        open_files=64,
    )
    asked = {
        "root": str(Path(__file__).resolve().parents[2]),
        "parent": os.getpid(),
        "kind": kind,
        "page": page,
        "longest_px": LONGEST_PX,
        "limits": limits.to_json(),
    }
    try:
        with _AT_ONCE, open_regular(path, limits) as source:
            made = run_confined([sys.executable, "-I", "-B", str(_CHILD), json.dumps(asked)], source, limits)
    except SurveyUnreadable:
        return b""
    return made if made.startswith(_PNG) else b""


def _keep(path: Path, content: bytes) -> None:
    """Put the picture in its place in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    draft.write_bytes(content)
    draft.replace(path)
