"""What a camera writes beside a picture is taken out: where a photo was taken, with which device, by whom."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

from .errors import ActionRefused

__all__ = ["stripped"]

MOST_PIXELS = 120_000_000


def stripped(path: Path, kind: str) -> bytes | None:
    """Return a photo (jpg or png) without its metadata, upright as the camera meant it; None where there is none.

    The picture's points stay: a JPEG is written anew at its own tables, a PNG without loss.

    Raises
    ------
    ActionRefused
        If it is no picture after all, or too large to be looked at.
    """
    try:
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
