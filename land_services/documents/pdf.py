"""HTML to PDF/A-3b: local files only, parsed styles and fonts kept per thread, the document's data attached as JSON."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from weasyprint import CSS, HTML, Attachment
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from land_services.documents import dates, figures, words

TEMPLATES: Final = Path(__file__).parent / "templates"
REPOSITORY: Final = Path(__file__).resolve().parents[2]
FONT_FOLDERS: Final = (
    REPOSITORY / "gisportal" / "static" / "build",
    REPOSITORY / "node_modules" / "@fontsource" / "ibm-plex-sans-arabic" / "files",
)
"""Where the built pages keep IBM Plex Sans, the Latin face; without it Noto Sans of the system stands in.

Arabic is Noto Naskh Arabic (Debian ``fonts-noto-core``): the face whose letters are one glyph each, so that what a
reader copies or searches is what was written (``docs/adr``, drawing technique).
"""

FAMILY: Final = "Document"
"""Family of the bundled fonts in the style sheet: one family per subset (``Document latin``), because two files of one
family and weight are taken for one font when the PDF is written, and the glyphs of one stand for those of the other."""
_FONT_NAME: Final = re.compile(r"ibm-plex-sans-arabic-(latin|latin-ext)-(400|600)-normal[^/]*\.woff2$")
_RANGES: Final = {
    "latin": "U+0000-00FF, U+0131, U+0152-0153, U+2000-200B, U+2010-206F, U+2122, U+2212",
    "latin-ext": "U+0100-0130, U+0132-0151, U+0154-02FF, U+1E00-1EFF",
}

_state = threading.local()


class OutsideFetch(ValueError):
    """A document asked for something that is not one of its own files."""


class LocalFetcher(URLFetcher):  # type: ignore[misc]  # WeasyPrint has no types
    """Gives WeasyPrint files below the folders named and refuses all else: other schemes, other hosts, ``..``."""

    def __init__(self, *folders: Path) -> None:
        super().__init__(allowed_protocols=["file"], allow_redirects=False)
        self._folders = tuple(folder.resolve() for folder in folders)

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
        """Return the file's bytes.

        Raises
        ------
        OutsideFetch
            If the address is not a file below one of the folders.
        """
        parts = urlsplit(url)
        path = Path(unquote(parts.path)).resolve()
        if parts.scheme != "file" or parts.netloc not in ("", "localhost"):
            raise OutsideFetch(f"documents use local files only, not {url[:120]}")
        if not any(path.is_relative_to(folder) for folder in self._folders):
            raise OutsideFetch(f"{path} is not among the documents' files")
        return URLFetcherResponse(url, path.read_bytes())


@lru_cache(maxsize=4)
def font_files(folder: Path | None = None) -> tuple[tuple[str, str, Path], ...]:
    """Return (subset, weight, file) of the fonts found, from the first folder that has both weights of Latin."""
    for candidate in (folder,) if folder else FONT_FOLDERS:
        found = {}
        for path in sorted(candidate.rglob("*.woff2")) if candidate.is_dir() else ():
            match = _FONT_NAME.search(path.name)
            if match:
                found[match[1], match[2]] = path
        if all(("latin", weight) in found for weight in ("400", "600")):
            return tuple((subset, weight, path) for (subset, weight), path in sorted(found.items()))
    return ()


def font_css(folder: Path | None = None) -> str:
    """Return the @font-face rules of the fonts found; "" means that the style sheet's fallbacks are used."""
    return "".join(
        f'@font-face{{font-family:"{FAMILY} {subset}";font-weight:{weight};src:url("{path.as_uri()}") format("woff2");'
        f"unicode-range:{_RANGES[subset]}}}\n"
        for subset, weight, path in font_files(folder)
    )


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Return the template environment: everything escaped, every text cleaned of controls before it is printed."""
    env = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_printable,
    )
    env.filters.update(
        num_ar=lambda v, places=2: figures.isolated_number(v, places, "ar"),
        num_en=lambda v, places=2: figures.isolated_number(v, places, "en"),
        id_ar=lambda v: figures.isolated_identifier(v, "ar"),
        id_en=lambda v: figures.isolated_identifier(v, "en"),
        share_ar=lambda v: figures.isolate(figures.share_text(v, "ar")),
        share_en=lambda v: figures.isolate(figures.share_text(v, "en")),
        metres_ar=words.metres_in_words_ar,
        metres_en=words.metres_in_words_en,
        square_metres_ar=words.square_metres_in_words_ar,
        square_metres_en=words.square_metres_in_words_en,
        plain_en=lambda v, places=3: figures.isolate(figures.number_text(v, places, grouped=False)),
        digits_ar=figures.sentence_ar,
        sentence_en=figures.sentence_en,
        bidi=figures.isolate_by_script,
        hijri_ar=dates.hijri_text,
        hijri_en=lambda v: dates.hijri_text(v, "en"),
        gregorian_ar=dates.gregorian_text,
        gregorian_en=lambda v: dates.gregorian_text(v, "en"),
        hijri_long=dates.hijri_long,
        gregorian_long_en=dates.gregorian_long_en,
    )
    env.globals.update(parcels_ar=lambda n: words.counted_ar(n, words.PARCEL))
    return env


def _printable(value: Any) -> Any:
    return figures.clean_text(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _styles(folder: Path | None) -> tuple[FontConfiguration, list[CSS], LocalFetcher]:
    """Return this thread's fonts and parsed style sheet: Pango is not shared between threads."""
    cache: dict[Path | None, tuple[FontConfiguration, list[CSS], LocalFetcher]] = _state.__dict__.setdefault(
        "cache", {}
    )
    if folder not in cache:
        fonts = FontConfiguration()
        fetcher = LocalFetcher(TEMPLATES, *{path.parent for _, _, path in font_files(folder)})
        css = font_css(folder) + (TEMPLATES / "document.css").read_text(encoding="utf-8")
        cache[folder] = (fonts, [CSS(string=css, font_config=fonts, url_fetcher=fetcher)], fetcher)
    return cache[folder]


def html_to_pdf(
    html: str, *, data: bytes, data_name: str, issued_at: datetime, identifier: str, fonts: Path | None = None
) -> bytes:
    """Return a PDF/A-3b of the page, tagged, with the data attached; the same input gives the same bytes.

    Parameters
    ----------
    html : str
        A whole page, already escaped.
    data, data_name : bytes, str
        The JSON that the document prints, and its file name inside the PDF (associated file, relationship Data).
    issued_at : datetime
        The document's own time; the PDF says no other.
    identifier : str
        What the PDF's identifier is derived from, such as the document's number and hash.
    fonts : Path, optional
        Folder of the fonts, where not the usual ones.

    Raises
    ------
    OutsideFetch
        If the page refers to anything but the documents' own files.
    """
    font_config, stylesheets, fetcher = _styles(fonts)
    attachment = Attachment(
        string=data.decode("utf-8"),
        name=data_name,
        description="Data of this document",
        created=issued_at,
        modified=issued_at,
        relationship="Data",
        url_fetcher=fetcher,
    )
    pdf: bytes = HTML(string=html, base_url=TEMPLATES.as_uri() + "/", url_fetcher=fetcher).write_pdf(
        font_config=font_config,
        stylesheets=stylesheets,
        attachments=[attachment],
        pdf_variant="pdf/a-3b",
        pdf_tags=True,
        pdf_identifier=hashlib.sha256(identifier.encode()).digest()[:16],
        custom_metadata=False,
    )
    return pdf


@contextmanager
def fresh_fonts() -> Iterator[None]:
    """Run with fonts of its own and drop them afterwards (a long batch that must give memory back)."""
    kept = _state.__dict__.pop("cache", None)
    try:
        yield
    finally:
        _state.__dict__.pop("cache", None)
        if kept is not None:
            _state.cache = kept
