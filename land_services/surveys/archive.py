"""Zip archives: what is inside, unpacked in memory within limits. Names inside are read, never used as paths."""

from __future__ import annotations

import io
import lzma
import stat
import struct
import zipfile
import zlib

from land_services.surveys.errors import refusal
from land_services.surveys.limits import Limits
from land_services.surveys.numbers import clean_text
from land_services.surveys.raw import Notes

UNREADABLE = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError, ValueError, KeyError, IndexError,
    OverflowError, NotImplementedError, RuntimeError,
)  # fmt: skip
"""What the zip module raises for damaged archives, methods it does not know, and passwords."""

OTHER_ENDINGS = ("geojson", "json", "gpkg", "dxf", "xml", "landxml", "csv", "txt")


def unpack(data: bytes, limits: Limits, notes: Notes) -> tuple[str, bytes]:
    """Return (format, content) of the one survey file in an archive.

    A Shapefile is returned as the archive itself (its parts are opened by ``shapefile.read``).
    """
    from land_services.surveys.sniff import sniff

    archive = open_archive(data, limits)
    names = [name for name in archive.namelist() if name and not name.endswith("/")]
    if any(name.lower().endswith(".shp") for name in names):
        return "shapefile", data
    useful = [n for n in names if n.lower().rpartition(".")[2] in OTHER_ENDINGS and not _is_litter(n)]
    if len(useful) != 1:
        listed = ", ".join(clean_text(n)[:40] for n in names[:5])
        raise refusal("SRV-03", "several" if useful else "nothing", names=listed, count=len(useful))
    content = read_member(archive, useful[0], limits)
    kind = sniff(content)
    if kind == "shapefile":
        raise refusal("SRV-03", "nested", names=clean_text(useful[0])[:80])
    notes.add("info", "SRV-03", "member", names=clean_text(useful[0])[:80])
    return kind, content


def _is_litter(name: str) -> bool:
    return name.startswith("__MACOSX/") or name.rpartition("/")[2].startswith(".")


def open_archive(data: bytes, limits: Limits) -> zipfile.ZipFile:
    """Open an archive after looking at its list: links, outside paths, passwords and bombs are refused."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        members = archive.infolist()
    except UNREADABLE as error:
        raise refusal("SRV-03", "broken", detail=str(error)[:120]) from None
    if len(members) > limits.zip_members:
        raise refusal("SRV-03", "many", count=len(members), limit=limits.zip_members)
    total = 0
    for info in members:
        name = clean_text(info.filename)[:80]
        parts = info.filename.replace("\\", "/").split("/")
        if ".." in parts or info.filename.startswith(("/", "\\")) or ":" in parts[0]:
            raise refusal("SRV-03", "outside", names=name)
        if stat.S_ISLNK(info.external_attr >> 16):
            raise refusal("SRV-03", "link", names=name)
        if info.flag_bits & 0x1:
            raise refusal("SRV-03", "password", names=name)
        total += info.file_size
        if total > limits.unzipped_bytes or info.file_size > limits.zip_ratio * max(info.compress_size, 1024):
            raise refusal("SRV-03", "bomb", names=name, limit=limits.unzipped_bytes // 2**20)
    return archive


def read_member(archive: zipfile.ZipFile, name: str, limits: Limits) -> bytes:
    """Return one member's content, stopped at the limit whatever its header claims."""
    try:
        with archive.open(name) as member:
            content = member.read(limits.unzipped_bytes + 1)
    except UNREADABLE as error:
        raise refusal("SRV-03", "broken", detail=f"{clean_text(name)[:60]}: {str(error)[:100]}") from None
    if len(content) > limits.unzipped_bytes:
        raise refusal("SRV-03", "bomb", names=clean_text(name)[:80], limit=limits.unzipped_bytes // 2**20)
    return content
