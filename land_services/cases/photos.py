"""What a camera writes beside a picture is taken out: where a photo was taken, with which device, by whom."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

from .errors import ActionRefused
from .tiffs import without_metadata

__all__ = ["PICTURES", "stripped"]

PICTURES = ("jpg", "png", "tif")
"""Kinds whose metadata is taken out."""

MOST_PIXELS = 120_000_000


def stripped(path: Path, kind: str) -> bytes | None:
    """Return a picture (jpg, png or tif) without its metadata; None where there is none.

    A photo is upright as the camera meant it. The picture's points stay: a JPEG is written anew at its own tables, a
    PNG without loss; of a TIFF the bytes are copied, all its pages and where on earth it lies.

    Raises
    ------
    ActionRefused
        If it is no picture after all, or too large to be looked at.
    """
    try:
        if kind == "tif":
            whole = path.read_bytes()
            plain = without_metadata(whole)
            return None if plain == whole else plain
        with Image.open(path) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise ActionRefused("الصورة أكبر من أن تُفتح.", "The picture is too large to be opened.")
            picture.verify()  # before anything else is asked of it, and nothing after
        with Image.open(path) as picture:
            return _again(picture, kind) if _tells(picture) else None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise ActionRefused(
            "تعذر فتح الصورة؛ لعلها تالفة.", "The picture cannot be opened; it may be damaged."
        ) from error


def _tells(picture: Image.Image) -> bool:
    told = {"exif", "xmp", "XML:com.adobe.xmp", "comment", "photoshop", "Raw profile type exif", "Comment", "iptc"}
    return bool(picture.getexif()) or not told.isdisjoint(picture.info) or bool(getattr(picture, "text", None))


def _again(picture: Image.Image, kind: str) -> bytes:
    upright = ImageOps.exif_transpose(picture)
    kept = {"icc_profile": picture.info["icc_profile"]} if picture.info.get("icc_profile") else {}
    plain = Image.new(upright.mode, upright.size)
    if upright.palette is not None:
        plain.putpalette(upright.getpalette() or [])
    plain.paste(upright)
    written = io.BytesIO()
    if kind == "jpg":
        same = {"qtables": picture.quantization} if hasattr(picture, "quantization") else {"quality": 92}
        plain.save(written, "JPEG", subsampling=0, **same, **kept)
    else:
        plain.save(written, "PNG", **kept)
    return written.getvalue()
