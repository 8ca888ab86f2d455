"""Draw the plots behind the home page: two streets of lots, one lot on each side being divided into parts.

Run: ``python gisportal/frontend/tools/hero.py > gisportal/templates/gisportal/_hero.svg``
"""

from __future__ import annotations

import math
import sys

WIDTH, HEIGHT = 1440, 430
LOT_WIDTH, LOT_DEPTH, COLUMNS = 52, 46, 16
ROWS_Y = (-24.0, 116.0, 256.0, 396.0, 536.0)
Corner = tuple[float, float]


def lots(x: float, y: float, turn_deg: float, first: int) -> dict[int, list[Corner]]:
    """Return the corners of two rows of lots around a point, by number."""
    cos, sin = math.cos(math.radians(turn_deg)), math.sin(math.radians(turn_deg))
    found = {}
    for row in range(2):
        for column in range(COLUMNS):
            left, top = (column - COLUMNS / 2) * LOT_WIDTH, (row - 1.0) * LOT_DEPTH
            right, bottom = left + LOT_WIDTH, top + LOT_DEPTH
            square = [(left, top), (right, top), (right, bottom), (left, bottom)]
            corners = [(x + cos * u - sin * v, y + sin * u + cos * v) for u, v in square]
            found[first + row * COLUMNS + column] = corners
    return found


def path(corners: list[Corner]) -> str:
    return "M" + "L".join(f"{x:.0f} {y:.0f}" for x, y in corners) + "Z"


def between(a: Corner, b: Corner, share: float) -> Corner:
    return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share


def divided(left: list[Corner], right: list[Corner], parts: int, number: int) -> list[str]:
    """Draw two lots as one parcel cut into parts, each with its slice number."""
    a, b, c, d = left[0], right[1], right[2], left[3]
    drawn = [f'<path class="subject" d="{path([a, b, c, d])}"/>']
    for k in range(1, parts):
        (x1, y1), (x2, y2) = between(a, b, k / parts), between(d, c, k / parts)
        drawn.append(f'<path class="cut" d="M{x1:.0f} {y1:.0f}L{x2:.0f} {y2:.0f}"/>')
    for k in range(parts):
        x, y = between(between(a, b, (k + 0.5) / parts), between(d, c, (k + 0.5) / parts), 0.5)
        drawn.append(f'<text class="part" x="{x:.0f}" y="{y + 4:.0f}">{k + 1}/{number}</text>')
    return drawn


def main() -> None:
    found: dict[int, list[Corner]] = {}
    for row, street in enumerate(ROWS_Y):
        found |= lots(250, street, -7, 200 + 40 * row)
        found |= lots(1190, street, 8, 400 + 40 * row)
    chosen = {285: 3, 464: 3}
    hidden = set(chosen) | {number + 1 for number in chosen}
    out = [
        f'<svg class="hero-map" viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="xMidYMid slice" '
        'aria-hidden="true" focusable="false">',
        f'<path class="lot" d="{"".join(path(corners) for corners in found.values())}"/>',
    ]
    for number, corners in found.items():
        x, y = sum(c[0] for c in corners) / 4, sum(c[1] for c in corners) / 4
        if number not in hidden and -30 < x < WIDTH + 30 and -30 < y < HEIGHT + 30:
            out.append(f'<text x="{x:.0f}" y="{y + 4:.0f}">{number}</text>')
    for number, parts in chosen.items():
        out += divided(found[number], found[number + 1], parts, number)
    sys.stdout.write("\n".join([*out, "</svg>", ""]))


if __name__ == "__main__":
    main()
