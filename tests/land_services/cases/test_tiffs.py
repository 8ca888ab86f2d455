"""TIFFs as scanners, cameras and drawing programs write them: pages and place stay, what was told beside them goes."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

import numpy
import pytest
import rasterio
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageSequence, TiffImagePlugin
from rasterio.transform import from_origin

from land_services.cases import acts
from land_services.cases.errors import ActionRefused
from land_services.cases.photos import stripped
from land_services.cases.tiffs import without_metadata
from tests.sample import Sample

TELLING = (b"Somebody", b"Camera of", b"x:xmpmeta", b"City of", b"maker note", b"2026:01:02", b"Remarked")
EXIF, GPS, XMP, IPTC, PHOTOSHOP, MAKER_NOTE = 34665, 34853, 700, 33723, 34377, 37500
PRIVATE = {EXIF, GPS, XMP, IPTC, PHOTOSHOP, 270, 271, 272, 305, 306, 315, 316, 33432}


def noise(mode: str = "RGB", size: tuple[int, int] = (300, 220)) -> Image.Image:
    return Image.effect_noise(size, 60).convert(mode)


def told(*, exif: bool = True) -> TiffImagePlugin.ImageFileDirectory_v2:
    """Return tags as a camera and an editor write them."""
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    texts = {270: "Remarked", 271: "Camera of", 272: "Camera of X", 305: "Editor", 306: "2026:01:02", 315: "Somebody",
             316: "PC of Somebody", 33432: "Somebody"}  # fmt: skip
    for tag, text in texts.items():
        tags[tag] = text
    for tag, content in ((XMP, b"<x:xmpmeta>Somebody</x:xmpmeta>"), (IPTC, b"City of Somebody"), (PHOTOSHOP, b"8BIM")):
        tags.tagtype[tag] = 1 if tag == XMP else 7
        tags[tag] = content
    if exif:
        tags[EXIF] = {MAKER_NOTE: b"maker note of Somebody", 36867: "2026:01:02 03:04:05"}
        tags[GPS] = {1: "N", 2: (26.0, 25.0, 1.5), 3: "E", 4: (50.0, 5.0, 2.5)}
    return tags


def with_exif(content: bytes) -> bytes:
    """Add an EXIF directory with a maker's note, at the end of a file that the compressor wrote without."""
    (at,) = struct.unpack_from("<I", content, 4)
    (count,) = struct.unpack_from("<H", content, at)
    note, end = b"maker note of Somebody", len(content) + len(content) % 2
    rows = [content[at + 2 + 12 * n : at + 14 + 12 * n] for n in range(count)]
    rows = sorted([*rows, struct.pack("<HHII", EXIF, 4, 1, end)], key=lambda row: struct.unpack("<H", row[:2]))
    table = struct.pack("<H", len(rows)) + b"".join(rows) + content[at + 2 + 12 * count : at + 6 + 12 * count]
    exif = struct.pack("<HHHIII", 1, MAKER_NOTE, 7, len(note), end + 18, 0) + note
    whole = content.ljust(end, b"\0") + exif
    return whole[:4] + struct.pack("<I", len(whole)) + whole[8:] + table


def saved(path: Path, *pages: Image.Image, **options: Any) -> Path:
    tags = told(exif=not options.get("compression"))
    pages[0].save(path, "TIFF", save_all=len(pages) > 1, append_images=pages[1:], tiffinfo=tags, **options)
    if options.get("compression"):
        path.write_bytes(with_exif(path.read_bytes()))
    assert all(word in path.read_bytes() for word in TELLING), "the fixture tells"
    return path


def read_back(content: bytes) -> list[tuple[Image.Image, set[int]]]:
    with Image.open(io.BytesIO(content)) as picture:
        return [(page.copy(), set(page.tag_v2)) for page in ImageSequence.Iterator(picture)]  # type: ignore[attr-defined]


def assert_plain(before: bytes, plain: bytes | None) -> None:
    """The same pages to the point, and nothing told beside them."""
    assert plain is not None and len(plain) == len(before)
    assert not [word for word in TELLING if word in plain]
    old, new = read_back(before), read_back(plain)
    assert len(old) == len(new)
    for (page, _), (again, tags) in zip(old, new, strict=True):
        assert (page.mode, page.size, page.tobytes()) == (again.mode, again.size, again.tobytes())
        assert not tags & PRIVATE
    assert without_metadata(plain) == plain


@pytest.mark.parametrize(
    ("mode", "compression"),
    [("RGB", None), ("RGB", "tiff_lzw"), ("RGB", "tiff_adobe_deflate"), ("RGB", "jpeg"), ("L", "packbits"),
     ("1", "group4"), ("1", "group3"), ("P", "tiff_lzw"), ("CMYK", None), ("I;16", None), ("F", None)],
)  # fmt: skip
def test_what_a_camera_tells_goes_and_every_point_stays(tmp_path: Path, mode: str, compression: str | None) -> None:
    picture = Image.effect_noise((300, 220), 60).convert({"I;16": "L"}.get(mode, mode)).convert(mode)
    path = saved(tmp_path / "told.tif", picture, compression=compression)
    assert_plain(path.read_bytes(), stripped(path, "tif"))


def test_all_pages_stay(tmp_path: Path) -> None:
    pages = [noise("1"), noise("RGB", (90, 40)), noise("L", (33, 77))]
    path = saved(tmp_path / "pages.tif", *pages)
    assert_plain(path.read_bytes(), stripped(path, "tif"))
    assert len(read_back(stripped(path, "tif") or b"")) == 3


def test_which_side_is_up_and_how_large_it_prints_stay(tmp_path: Path) -> None:
    tags = told()
    tags[274] = 6
    path = tmp_path / "turned.tif"
    noise().save(path, "TIFF", tiffinfo=tags, dpi=(300, 300))
    with Image.open(io.BytesIO(stripped(path, "tif") or b"")) as plain:
        assert (plain.tag_v2[274], plain.info["dpi"]) == (6, (300.0, 300.0))  # type: ignore[attr-defined]


def test_one_that_tells_nothing_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "plain.tif"
    noise("1").save(path, "TIFF", compression="group4")
    assert stripped(path, "tif") is None


@pytest.mark.parametrize(
    "how",
    [{}, {"tiled": True, "blockxsize": 64, "blockysize": 64, "compress": "lzw"}, {"BIGTIFF": "YES"},
     {"compress": "jpeg", "photometric": "ycbcr", "tiled": True}, {"ENDIANNESS": "BIG"}],
    ids=str,
)  # fmt: skip
def test_a_georeferenced_drawing_keeps_its_place(tmp_path: Path, how: dict[str, Any]) -> None:
    path = tmp_path / "drawing.tif"
    points = numpy.random.default_rng(7).integers(0, 255, (3, 200, 256), dtype="uint8")
    place = {"crs": "EPSG:32639", "transform": from_origin(412_000.5, 2_924_000.25, 0.5, 0.5), "nodata": 0}
    with rasterio.open(
        path, "w", driver="GTiff", width=256, height=200, count=3, dtype="uint8", **place, **how
    ) as made:
        made.write(points)
        made.update_tags(TIFFTAG_ARTIST="Somebody", TIFFTAG_SOFTWARE="Editor", note="Remarked by Somebody")
        made.build_overviews([2])
    with rasterio.open(path) as before:
        points = before.read()
    plain = stripped(path, "tif")
    assert plain is not None and b"Somebody" in path.read_bytes() and b"Somebody" not in plain
    path.write_bytes(plain)
    with rasterio.open(path) as after:
        assert (after.crs, after.transform, after.nodata) == (place["crs"], place["transform"], 0)
        assert (after.read() == points).all() and after.overviews(1) == [2]
        assert not {"TIFFTAG_ARTIST", "TIFFTAG_SOFTWARE", "note"} & set(after.tags())


def test_a_camera_within_a_jpeg_within_is_silent_too(tmp_path: Path) -> None:
    """A scanning app puts the file of the camera into a strip as it is."""
    exif = Image.Exif()
    exif[0x010F] = "Camera of Somebody"
    photo = io.BytesIO()
    noise("L", (64, 48)).save(photo, "JPEG", exif=exif, comment=b"Remarked")
    content = photo.getvalue()
    tags = [(256, 4, 64), (257, 4, 48), (258, 3, 8), (259, 3, 7), (262, 3, 1), (273, 4, 0), (277, 3, 1), (278, 4, 48),
            (279, 4, len(content))]  # fmt: skip
    table = 2 + 12 * len(tags) + 4
    rows = b"".join(struct.pack("<HHII", tag, kind, 1, 8 + table if tag == 273 else n) for tag, kind, n in tags)
    path = tmp_path / "app.tif"
    path.write_bytes(struct.pack("<2sHIH", b"II", 42, 8, len(tags)) + rows + bytes(4) + content)
    plain = stripped(path, "tif")
    assert plain is not None and b"Somebody" not in plain and b"Remarked" not in plain
    assert read_back(plain)[0][0].tobytes() == read_back(path.read_bytes())[0][0].tobytes()


@pytest.mark.parametrize("cut", [6, 9, 60, 200])
def test_a_broken_one_is_refused(tmp_path: Path, cut: int) -> None:
    path = saved(tmp_path / "broken.tif", noise())
    whole = path.read_bytes()
    at = int.from_bytes(whole[4:8], "little")
    path.write_bytes(whole[:cut] if cut < 10 else whole[: at + cut])
    with pytest.raises(ActionRefused):
        stripped(path, "tif")


def test_pages_in_a_ring_and_strips_without_end_are_an_end() -> None:
    ring = struct.pack("<2sHIH", b"II", 42, 8, 0) + struct.pack("<I", 8)
    assert without_metadata(ring) == ring
    strips = 500
    rows = struct.pack("<HHII", 273, 4, strips, 64) + struct.pack("<HHII", 279, 4, strips, 64 + 4 * strips)
    values = struct.pack(f"<{strips}I", *range(strips)) + struct.pack(f"<{strips}I", *[4000] * strips)
    head = struct.pack("<2sHIH", b"II", 42, 8, 2) + rows + bytes(4)
    with pytest.raises(ValueError, match="more than there is"):
        without_metadata(head + bytes(64 - len(head)) + values)


@given(st.binary(max_size=200), st.booleans())
def test_anything_at_all_is_refused_or_comes_out_as_long_as_it_was(noise: bytes, big: bool) -> None:
    data = (b"II+\x00\x08\x00\x00\x00\x10" + bytes(7) if big else b"II*\x00\x08\x00\x00\x00") + noise
    try:
        assert len(without_metadata(data)) == len(data)
    except ValueError:
        pass


@pytest.mark.django_db
def test_what_is_attached_is_kept_without_it(sample_land: Sample, tmp_path: Path) -> None:
    case, me = sample_land.open(), sample_land.viewer("surveyor")
    path = saved(tmp_path / "deed.tif", noise("RGB", (60, 40)), noise("1", (60, 40)))
    file = acts.attach(case, path, viewer=me, file_name="deed.tif")
    assert (file.type, file.stripped) == ("tif", True)
    assert_plain(path.read_bytes(), Path(file.file.path).read_bytes())
