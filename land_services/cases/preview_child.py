"""The process that makes one picture of one file: confined, fed through stdin, the PNG on stdout. See ``previews.py``.

Started as ``python -I preview_child.py <settings>``. Settings are trusted; the bytes on stdin are not. For a PDF the
process becomes ``pdftoppm``, under the same limits.
"""

from __future__ import annotations

import io
import json
import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL import Image

PDFTOPPM = "/usr/bin/pdftoppm"
MOST_PIXELS = 120_000_000
MOST_ENTITIES = 50_000
MARGIN_PX = 20


def main() -> None:
    """Confine, draw, answer."""
    asked = json.loads(sys.argv[1])
    sys.path.insert(0, asked["root"])
    from layers.files import confine

    limits = asked["limits"]
    confine.die_with_parent(asked["parent"])
    network = confine.leave_network()
    confine.limit_resources(limits["memory_bytes"], limits["cpu_s"], limits["open_files"])
    is_pdf = asked["kind"] == "pdf"
    if not confine.filter_system_calls(programs=is_pdf) and not network:
        os._exit(3)  # without any guarantee of the kernel nothing is read
    if is_pdf:
        _become_pdftoppm(asked)
    picture = _drawing(asked) if asked["kind"] == "dxf" else _photo(asked)
    out = io.BytesIO()
    picture.save(out, "PNG")
    view = memoryview(out.getvalue())
    while view:
        view = view[os.write(1, view) :]
    os._exit(0)


def _become_pdftoppm(asked: dict[str, Any]) -> None:
    page, longest = str(asked["page"]), str(asked["longest_px"])
    words = [PDFTOPPM, "-png", "-singlefile", "-f", page, "-l", page, "-scale-to", longest, "-q", "-"]
    os.execve(PDFTOPPM, words, {"LANG": "C.UTF-8"})  # noqa: S606 - a fixed program, its file on stdin


def _photo(asked: dict[str, Any]) -> Image.Image:
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    picture = Image.open(io.BytesIO(sys.stdin.buffer.read()), formats=["JPEG", "PNG", "TIFF"])
    if picture.width * picture.height > MOST_PIXELS:
        os._exit(4)
    picture.seek(asked["page"] - 1)
    picture.draft("RGB", (asked["longest_px"], asked["longest_px"]))
    picture.thumbnail((asked["longest_px"], asked["longest_px"]))
    return ImageOps.exif_transpose(picture).convert("RGB")


def _drawing(asked: dict[str, Any]) -> Image.Image:
    """Return the lines of a drawing, the whole of it in the frame, north up."""
    from PIL import Image, ImageDraw

    lines = list(_lines(sys.stdin.buffer.read(), asked["limits"]))
    if not lines:
        os._exit(5)
    xs, ys = [x for line in lines for x, _ in line], [y for line in lines for _, y in line]
    width, height = max(xs) - min(xs), max(ys) - min(ys)
    scale = (asked["longest_px"] - 2 * MARGIN_PX) / (max(width, height) or 1.0)
    size = (int(width * scale) + 2 * MARGIN_PX, int(height * scale) + 2 * MARGIN_PX)
    west, north = min(xs), max(ys)
    picture = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(picture)
    for line in lines:
        draw.line([(MARGIN_PX + (x - west) * scale, MARGIN_PX + (north - y) * scale) for x, y in line], "black", 2)
    return picture


def _lines(data: bytes, limits: dict[str, Any]) -> Iterator[list[tuple[float, float]]]:
    """Yield what is drawn in model space as runs of points: lines, polylines, arcs, circles, ellipses, splines."""
    from itertools import islice
    from math import isfinite

    from ezdxf import disassemble, path

    from land_services.surveys.dxf_open import open_drawing
    from land_services.surveys.limits import Limits
    from land_services.surveys.raw import Notes

    space = open_drawing(data, Limits(**limits), Notes()).modelspace()
    for entity in islice(disassemble.recursive_decompose(space), MOST_ENTITIES):
        try:
            drawn = path.make_path(entity)
        except (TypeError, ValueError, ArithmeticError):  # a text, a picture, a hatch: no line
            continue
        points = [(p.x, p.y) for p in drawn.flattening(0.05, segments=8)] if len(drawn) else []
        if len(points) > 1 and all(isfinite(x) and isfinite(y) for x, y in points):
            yield points


if __name__ == "__main__":
    main()
