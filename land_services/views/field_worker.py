"""The worker that keeps the page of one field visit: its text holds a hash over all that it keeps."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from django.conf import settings
from django.contrib.staticfiles import finders
from django.templatetags.static import static
from django.urls import reverse

from .field_words import field_words

__all__ = ["worker_text"]

_WORKER: Final = Path(__file__).with_name("field_worker.js")
_TEMPLATE: Final = Path(__file__).parents[1] / "templates" / "land_services" / "field.html"
_LOCALE: Final = Path(__file__).parents[1] / "locale"
_FONTS: Final = ("arabic-400", "arabic-600", "latin-400", "latin-600")
_IMPORT: Final = re.compile(r"""(?:from|import)\s*["']\./([\w.-]+\.js)["']""")


def worker_text(language: str, reference: str, visit: int) -> str:
    """Return the worker of a visit's page in a language; another release is another text."""
    files, version = _kept.__wrapped__(language) if settings.DEBUG else _kept(language)
    shell = {
        "name": f"field-{language}-{reference}-{visit}-",
        "page": reverse("case-field", args=[reference, visit]),
        "files": files,
        "version": version,
    }
    return f"const SHELL = {json.dumps(shell)};\n{_WORKER.read_text(encoding='utf-8')}"


@lru_cache(maxsize=4)
def _kept(language: str) -> tuple[list[str], str]:
    """Return the addresses of the files that the page needs, and what tells this release apart."""
    named = ["build/site.css", "build/site.js", "build/field.js", "build/icons.svg", "gisportal/mark.svg"]
    named += [f"build/ibm-plex-sans-arabic-{name}-normal.woff2" for name in _FONTS]
    parts = _parts("build/field.js")
    # A script names its parts without the hash that collected files have in their names.
    files = [static(name) for name in named] + [f"{settings.STATIC_URL}{name}" for name in parts]
    told = [
        language,
        json.dumps(field_words()),
        *files,
        _WORKER.read_text(encoding="utf-8"),
        _TEMPLATE.read_text(encoding="utf-8"),
    ]
    told += [_content(name) for name in [*named, *parts]]
    told += [sha256(path.read_bytes()).hexdigest() for path in sorted(_LOCALE.glob("*/LC_MESSAGES/django.mo"))]
    return files, sha256("\n".join(told).encode()).hexdigest()[:12]


def _parts(name: str) -> list[str]:
    """Return the scripts that a built script imports, and those that they import."""
    found: list[str] = []
    ahead = [name]
    while ahead:
        for part in _IMPORT.findall(_read(ahead.pop()).decode("utf-8", "replace")):
            if f"build/{part}" not in found:
                found.append(f"build/{part}")
                ahead.append(f"build/{part}")
    return found


def _read(name: str) -> bytes:
    path = finders.find(name)
    return Path(path).read_bytes() if isinstance(path, str) else b""


def _content(name: str) -> str:
    return sha256(_read(name)).hexdigest()
