"""What cannot be taken is refused with a reason, before a pixel of it is believed; each in the confined child."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio import Affine
from rasterio.control import GroundControlPoint

from tests.tiles.raster.rasters import picture, write
from tiles.raster import checks, sandbox
from tiles.raster.errors import RasterRefused


def _tiff(width: int, height: int) -> bytes:
    """Return a TIFF of a few bytes that declares a picture of any size, placed on the ground in EPSG:32639."""
    entries: list[tuple[int, int, int, bytes | int]] = [
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, 1, 8),
        (259, 3, 1, 8),
        (262, 3, 1, 1),
        (273, 4, 1, 8),
        (277, 3, 1, 1),
        (278, 4, 1, height),
        (279, 4, 1, 16),
        (33550, 12, 3, struct.pack("<3d", 1.0, 1.0, 0.0)),
        (33922, 12, 6, struct.pack("<6d", 0, 0, 0, 412_000.0, 2_923_000.0, 0)),
        (34735, 3, 16, struct.pack("<16H", 1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, 32639)),
    ]
    start = 8 + 16
    table = start + 2 + 12 * len(entries) + 4
    out, more = b"", b""
    for tag, kind, count, value in entries:
        if isinstance(value, bytes):
            out += struct.pack("<HHII", tag, kind, count, table + len(more))
            more += value
        else:
            out += struct.pack("<HHII", tag, kind, count, value)
    return b"II*\0" + struct.pack("<I", start) + b"\0" * 16 + struct.pack("<H", len(entries)) + out + b"\0" * 4 + more


def _no_crs(path: Path) -> None:
    write(path, picture(), crs=None)


def _no_place(path: Path) -> None:
    write(path, picture(), transform=Affine.identity())


def _control_points(path: Path) -> None:
    points = [GroundControlPoint(r, c, 412_000 + c, 2_923_000 - r) for r, c in ((0, 0), (0, 400), (300, 0))]
    write(path, picture(), transform=Affine.identity())
    with rasterio.open(path, "r+") as out:
        out.gcps = (points, rasterio.CRS.from_epsg(32639))


def _complex(path: Path) -> None:
    write(path, np.ones((1, 50, 50), np.complex64))


def _beyond_the_map(path: Path) -> None:
    write(path, picture(), crs="EPSG:4326", corner=(10.0, 89.9), cell_m=0.001)


def _metres_as_degrees(path: Path) -> None:
    write(path, picture(), crs="EPSG:4326")


def _local(path: Path) -> None:
    write(path, picture(), crs='LOCAL_CS["site grid",UNIT["metre",1]]')


def _cut_short(path: Path) -> None:
    write(path, np.random.default_rng(1).integers(0, 255, (3, 600, 600), np.uint8), compress="DEFLATE", tiled=True)
    path.write_bytes(path.read_bytes()[:400_000])


def _scrambled(path: Path) -> None:
    write(path, picture(600, 600), compress="DEFLATE")
    body = bytearray(path.read_bytes())
    body[2000:20000] = np.random.default_rng(2).bytes(18000)
    path.write_bytes(body)


def _empty(path: Path) -> None:
    write(path, np.zeros((3, 300, 300), np.uint8), nodata=0)


def _too_large(path: Path) -> None:
    path.write_bytes(_tiff(1_000_000, 1_000_000))


def _bomb(path: Path) -> None:
    path.write_bytes(_tiff(120_000, 120_000))


def _one_strip(path: Path) -> None:
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=20_000,
        height=20_000,
        count=1,
        dtype="uint8",
        crs="EPSG:32639",
        transform=Affine(1, 0, 412_000, 0, -1, 2_923_000),
        sparse_ok=True,
        blockysize=20_000,
        compress="DEFLATE",
    ):
        pass
    path.write_bytes(path.read_bytes() + b"\0" * 100_000)


def _virtual(path: Path) -> None:
    path.write_text(
        '<VRTDataset rasterXSize="9" rasterYSize="9"><VRTRasterBand dataType="Byte" band="1"><SimpleSource>'
        '<SourceFilename relativeToVRT="0">/etc/hostname</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>'
    )


def _another_format(path: Path) -> None:
    with rasterio.open(path, "w", driver="PNG", width=50, height=50, count=3, dtype="uint8") as out:
        out.write(picture(50, 50))


def _words(path: Path) -> None:
    path.write_bytes(b"II*\0 this is no picture")


CASES: dict[str, Callable[[Path], None]] = {
    "no_crs": _no_crs,
    "not_georeferenced": _no_place,
    "not_georeferenced ": _control_points,
    "data_type": _complex,
    "bad_place": _beyond_the_map,
    "bad_place ": _metres_as_degrees,
    "not_horizontal": _local,
    "unreadable": _cut_short,
    "unreadable  ": _scrambled,
    "unreadable   ": _virtual,
    "unreadable    ": _another_format,
    "unreadable     ": _words,
    "empty": _empty,
    "too_large": _too_large,
    "bomb": _bomb,
    "unreadable      ": _one_strip,
}


def refused(path: Path, tmp_path: Path, kind: str = "ortho", **options: object) -> RasterRefused:
    folder = tmp_path / "out"
    folder.mkdir()
    asked = {"kind": kind, "crs": "", "nodata": None, "low": None, "high": None, "bytes": path.stat().st_size}
    with pytest.raises(RasterRefused) as caught:
        sandbox.run_child("convert", path, folder, asked | options)
    return caught.value


@pytest.mark.parametrize("case", CASES)
def test_it_is_refused_with_a_reason_in_both_languages(tmp_path: Path, case: str) -> None:
    path = tmp_path / "given.tif"
    CASES[case](path)
    fault = refused(path, tmp_path)
    assert fault.what == case.strip()
    assert fault.message_en and any("\u0600" < letter < "\u06ff" for letter in fault.message_ar)
    assert str(tmp_path) not in str(fault)


def test_a_block_that_would_not_fit_the_cache_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a.tif", picture(300, 400), tiled=True, blockxsize=256, blockysize=256)
    monkeypatch.setattr(checks, "MAX_BLOCK_BYTES", 256 * 256 * 3 - 1)
    with pytest.raises(RasterRefused) as caught:
        checks.inspect(str(path), {"kind": "ortho", "crs": "", "nodata": None, "bytes": path.stat().st_size})
    assert caught.value.what == "block_too_large"


def test_terrain_has_one_band(tmp_path: Path) -> None:
    assert refused(write(tmp_path / "a.tif", picture()), tmp_path, "terrain").what == "not_terrain"


def test_a_height_that_means_nothing_must_be_said_to(tmp_path: Path) -> None:
    heights = np.full((1, 100, 100), 12.0, np.float32)
    heights[0, 40:60] = -32768
    fault = refused(write(tmp_path / "a.tif", heights), tmp_path, "terrain")
    assert fault.what == "undeclared_nodata" and "--nodata -32768" in fault.todo


def test_reading_stops_at_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "CPU_S", 0)
    monkeypatch.setattr(sandbox, "BYTES_PER_CPU_S", 10**12)
    path = write(tmp_path / "a.tif", picture(3000, 4000), compress="DEFLATE")
    assert refused(path, tmp_path).what == "time"


def test_reading_stops_at_its_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "MEMORY_BYTES", 200 << 20)
    path = write(tmp_path / "a.tif", picture(1000, 1000), compress="DEFLATE")
    assert refused(path, tmp_path).what in {"memory", "unreadable"}


def test_the_child_writes_and_reads_where_it_may_only(tmp_path: Path) -> None:
    """The kernel holds it, where it can: the answer is taken from the child's own confinement."""
    import subprocess
    import sys

    inside, secret = tmp_path / "in", tmp_path / "secret"
    inside.mkdir()
    secret.write_text("x")
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from tiles.raster import confine\n"
        "held = confine.stay_in_folder(sys.argv[2], ['/usr', '/lib', sys.prefix])\n"
        "open(sys.argv[2] + '/a', 'w').close()\n"
        "done = []\n"
        "for mode, path in (('r', sys.argv[3]), ('w', sys.argv[3] + '2'), ('r', '/etc/hostname')):\n"
        "    try: open(path, mode).close(); done.append(path)\n"
        "    except PermissionError: pass\n"
        "print(held, len(done))\n"
    )
    root = str(Path(sandbox.ROOT))
    run = subprocess.run(
        [sys.executable, "-I", "-c", code, root, str(inside), str(secret)], capture_output=True, text=True, check=True
    )
    held, done = run.stdout.split()
    if held != "True":
        pytest.skip("this kernel has no Landlock")
    assert done == "0"
