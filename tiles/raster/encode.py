"""Pixels as WebP, PNG or JPEG. The settings were measured: docs/adr/0029-raster-copies-and-encoders.md.

Pillow's WebP and JPEG took a third and a quarter of the time of GDAL's drivers; the PNG half of it, no larger.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tiles.raster.sheets import Pixels

__all__ = ["BACKGROUND", "FORMATS", "Format", "flattened", "png"]

BACKGROUND: Final = (255, 255, 255)
"""What shows through where a JPEG has nothing: white paper. It has no alpha."""

_GREY, _RGB, _GREY_ALPHA, _RGB_ALPHA = 0, 2, 4, 6
_COLOUR_TYPE: Final = {1: _GREY, 2: _GREY_ALPHA, 3: _RGB, 4: _RGB_ALPHA}
_SUB: Final = 1


def _interleaved(pixels: Pixels) -> NDArray[np.uint8]:
    """Return (row, column, band) with alpha last where there is any; colours of nothing are 0."""
    bands, height, width = pixels.values.shape
    if pixels.alpha is None:
        return np.ascontiguousarray(pixels.values.transpose(1, 2, 0), dtype=np.uint8)
    joined = np.empty((height, width, bands + 1), np.uint8)
    joined[:, :, :bands] = pixels.values.transpose(1, 2, 0)
    joined[:, :, bands] = pixels.alpha
    joined[pixels.alpha == 0] = 0
    return joined


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(body, zlib.crc32(kind)))


def png(pixels: Pixels) -> bytes:
    """Return 8-bit pixels as PNG: every row filtered by its left neighbour, and runs coded only.

    For photographs longer matches find next to nothing and cost most of the time.

    References
    ----------
    Portable Network Graphics (Third Edition), W3C 2025, sections 9 and 10; zlib's ``Z_RLE``.
    """
    image = _interleaved(pixels)
    height, width, bands = image.shape
    rows = image.reshape(height, width * bands)
    filtered = np.empty((height, 1 + width * bands), np.uint8)
    filtered[:, 0] = _SUB
    filtered[:, 1 : 1 + bands] = rows[:, :bands]
    np.subtract(rows[:, bands:], rows[:, :-bands], out=filtered[:, 1 + bands :])
    packer = zlib.compressobj(1, zlib.DEFLATED, 15, 9, zlib.Z_RLE)
    data = packer.compress(filtered.data) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 8, _COLOUR_TYPE[bands], 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def flattened(pixels: Pixels) -> NDArray[np.uint8]:
    """Return (row, column, band) laid on ``BACKGROUND``."""
    if pixels.alpha is None:
        return _interleaved(pixels)
    image = np.ascontiguousarray(np.broadcast_to(pixels.values, (3, *pixels.alpha.shape)).transpose(1, 2, 0))
    image[pixels.alpha == 0] = BACKGROUND
    partly = (pixels.alpha > 0) & (pixels.alpha < 255)
    if partly.any():
        share = (pixels.alpha[partly].astype(np.float32) / 255)[:, None]
        image[partly] = np.rint(image[partly] * share + np.array(BACKGROUND, np.float32) * (1 - share))
    return image


def _image(array: NDArray[np.uint8]) -> Image.Image:
    return Image.fromarray(array[:, :, 0] if array.shape[2] == 1 else array)


def _saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def _webp(pixels: Pixels) -> bytes:
    if len(pixels.values) == 1:  # WebP has no grey
        pixels = Pixels(np.repeat(pixels.values, 3, axis=0), pixels.alpha)
    return _saved(_image(_interleaved(pixels)), "WEBP", quality=80, method=1)


def _jpeg(pixels: Pixels) -> bytes:
    return _saved(_image(flattened(pixels)), "JPEG", quality=80)


@dataclass(frozen=True)
class Format:
    """A picture format: its ending in addresses, its media type, and how pixels become it."""

    ending: str
    media_type: str
    encode: Callable[[Pixels], bytes]


FORMATS: Final[dict[str, Format]] = {
    "webp": Format("webp", "image/webp", _webp),
    "png": Format("png", "image/png", png),
    "jpg": Format("jpg", "image/jpeg", _jpeg),
}
"""By ending, in the order that is preferred where a client does not care."""
