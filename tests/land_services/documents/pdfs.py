"""What a test reads out of a PDF."""

from __future__ import annotations

import io
import math
import shutil
import subprocess
import tempfile
from itertools import pairwise
from pathlib import Path

import pdfplumber
import pytest
from pypdf import PdfReader

MM_PER_PT = 25.4 / 72


def poppler_text(pdf: bytes, *options: str) -> str:
    """Return the text that poppler extracts, direction marks removed."""
    if shutil.which("pdftotext") is None:
        pytest.skip("poppler-utils is not installed")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "document.pdf"
        path.write_bytes(pdf)
        done = subprocess.run(["pdftotext", *options, str(path), "-"], capture_output=True, check=True, text=True)
    return "".join(c for c in done.stdout if c not in "\u202a\u202b\u202c\u200e\u200f")


def reader(pdf: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(pdf))


def stroke_lengths_mm(pdf: bytes, page: int) -> list[float]:
    """Return the length of every stroked straight segment on a page, in mm of paper."""
    with pdfplumber.open(io.BytesIO(pdf)) as document:
        found = []
        shown = document.pages[page]
        for item in (*shown.lines, *shown.curves):
            if item.get("stroke"):
                found += [math.dist(a, b) * MM_PER_PT for a, b in pairwise(item["pts"])]
        return found


def printed_lines(pdf: bytes) -> list[str]:
    """Return the lines of all pages, the letters of each baseline as they lie from the left."""
    with pdfplumber.open(io.BytesIO(pdf)) as document:
        found = []
        for page in document.pages:
            lines: dict[int, list[tuple[float, str]]] = {}
            for char in page.chars:
                lines.setdefault(round(char["matrix"][5]), []).append((char["x0"], char["text"]))
            found += ["".join(text for _, text in sorted(letters)) for letters in lines.values()]
        return found


def outside_the_margins(pdf: bytes, margin_mm: float) -> list[str]:
    """Return the letters printed nearer than ``margin_mm`` to an edge of the paper."""
    margin = margin_mm / MM_PER_PT
    with pdfplumber.open(io.BytesIO(pdf)) as document:
        return [
            f"page {page.page_number}: {char['text']} at {char['x0']:.0f},{char['top']:.0f}"
            for page in document.pages
            for char in page.chars
            if char["text"].strip()
            and (
                char["x0"] < margin
                or char["x1"] > page.width - margin
                or char["top"] < margin
                or char["bottom"] > page.height - margin
            )
        ]
