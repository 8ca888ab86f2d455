"""Which format a file is, by its content; what its name says only warns."""

from __future__ import annotations

import codecs
import re

from land_services.surveys.errors import refusal

HEAD = 4096
EXTENSIONS = {
    "geojson": (".geojson", ".json"),
    "gpkg": (".gpkg",),
    "shapefile": (".zip",),
    "dxf": (".dxf",),
    "landxml": (".xml", ".landxml"),
    "csv": (".csv", ".txt"),
    "gsi": (".gsi", ".txt"),
}
_BINARY = (
    (b"%PDF", "pdf"),
    (b"\x89PNG", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"II*\x00", "image"),
    (b"MM\x00*", "image"),
    (b"GIF8", "image"),
    (b"\xd0\xcf\x11\xe0", "office"),
    (b"Rar!", "archive"),
    (b"7z\xbc\xaf", "archive"),
    (b"\x1f\x8b", "archive"),
    (b"BZh", "archive"),
    (b"fgb\x03", "flatgeobuf"),
)
_GSI = re.compile(r"\*?11[\d.]{4}[+-]\S{8,16} ")
_FIELD_BOOKS = (
    (re.compile(r"\{\d+ [^{}]*\}"), "GeoEasy"),
    (re.compile(r"(?:\x02\s*)?00NM"), "Sokkia SDR"),
    (re.compile(r"CO,[^\r\n]*Raw data", re.IGNORECASE), "Nikon RAW"),
    (re.compile(r"\d+ *, *\d+ *, *MD *,"), "Nikon RAW"),
    (re.compile(r"[A-Z]?,SET\d"), "Sokkia SET"),
    (re.compile(r"For M5\|"), "Trimble M5"),
    (re.compile(r"\d{1,3}=[^\r\n]*[\r\n]+\d{1,3}="), "Geodimeter"),
    (re.compile(r"TopSURV|_'\d"), "Topcon GTS"),
    (re.compile(r"HEADER\s+VERSION"), "Leica IDX"),
    (re.compile(r"GJK,\d"), "GeoZseni"),
    (re.compile(r"AR [^\r\n]*[\r\n]+FN"), "GeoProfi"),
    (re.compile(r"[^\r\n]*[\r\n]+A,[^\r\n]*[\r\n]+B,DEFAULT,"), "FOIF"),
)
"""How the files begin that instruments and their programs keep for themselves: mostly angles and distances."""
_ROOT = re.compile(r"<(?![?!])(?:[\w.-]+:)?([\w.-]+)")
_OTHER_XML = {"OGRVRTDataSource": "vrt", "VRTDataset": "vrt", "kml": "kml", "FeatureCollection": "gml", "svg": "svg"}


def decode_head(data: bytes) -> str:
    """Return the beginning of a text file, whatever its Unicode form, without a byte order mark."""
    head = data[:HEAD]
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if head.startswith(mark):
            return head[: len(head) // 2 * 2].decode(encoding, errors="replace")
    if head[1:2] == b"\x00" and head[:1] in b"<{":
        return head.decode("utf-16-le", errors="replace")
    return head.decode("latin-1")


def sniff(data: bytes) -> str:
    """Return ``geojson gpkg shapefile dxf landxml csv gsi`` (``shapefile`` for any zip); raise a refusal otherwise."""
    if not data.strip(b"\x00 \t\r\n\x1a"):
        raise refusal("SRV-01", "empty")
    if data.startswith(b"SQLite format 3\x00"):
        return "gpkg"
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "shapefile"
    if data.startswith(b"AutoCAD Binary DXF"):
        return "dxf"
    if re.match(rb"AC10\d\d\x00", data) or data.startswith((b"AC1.", b"AC2.")):
        raise refusal("SRV-02", "dwg")
    if data.startswith(b"\x00\x00\x27\x0a"):
        raise refusal("SRV-02", "bare_shp")
    for magic, kind in _BINARY:
        if data.startswith(magic):
            raise refusal("SRV-02", "known", kind=kind)
    return _sniff_text(decode_head(data), data)


def _sniff_text(head: str, data: bytes) -> str:
    text = head.lstrip("\ufeff \t\r\n\x00")
    if _GSI.match(text):
        return "gsi"
    for beginning, kind in _FIELD_BOOKS:
        if beginning.match(text):
            raise refusal("SRV-02", "field_book", kind=kind)
    if text.startswith(("{", "[", '"')) or re.match(r"(?:true|false|null)\s*$", text):
        return "geojson"
    if text.startswith("<"):
        return _sniff_xml(text)
    if _looks_like_dxf(text):
        return "dxf"
    if b"\x00" not in data[:HEAD] and _looks_like_points(text):
        return "csv"
    raise refusal("SRV-02", "unknown")


def _sniff_xml(text: str) -> str:
    if re.search(r"<!DOCTYPE|<!ENTITY", text):
        raise refusal("SRV-25")
    body = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    root = _ROOT.search(body)
    name = root.group(1) if root else ""
    if name == "LandXML" or not name:
        return "landxml"
    if name in _OTHER_XML:
        raise refusal("SRV-02", "vrt" if _OTHER_XML[name] == "vrt" else "known", kind=_OTHER_XML[name])
    raise refusal("SRV-02", "xml", root=name[:60])


def _looks_like_dxf(text: str) -> bool:
    lines = [line.strip() for line in text.splitlines()[:400]]
    pairs = list(zip(lines[0::2], lines[1::2], strict=False))
    while pairs and pairs[0][0] == "999":
        pairs.pop(0)
    return bool(pairs) and pairs[0][0] == "0" and pairs[0][1].upper() in ("SECTION", "EOF")


def _looks_like_points(text: str) -> bool:
    """Return whether the text is a table: cells in its first line, numbers after the first cell in the next ones."""
    # Not splitlines: byte 0x85, a part of many Arabic letters, would end a line.
    lines = [line.strip(" ") for line in re.split(r"\r\n|\r|\n", text)[:6] if line.strip()]
    if len(lines) < 2:
        return False
    mark = r"[,;\t]" if re.search(r"[,;\t]", lines[0]) else r"[ ]"
    numbers = re.compile(mark + r"\s*\"?-?(?:\d|[\xd9\xd8])")
    return bool(re.search(mark, lines[0])) and all(numbers.search(line) for line in lines[1:-1] or lines[1:])


def extension_agrees(file_name: str, kind: str) -> bool:
    """Return whether the file's ending is one of its format (no ending agrees with all)."""
    dot = file_name.rfind(".")
    return dot < 0 or file_name[dot:].lower() in EXTENSIONS[kind]
