"""How the front of a row of lots is divided: ordinary lots of one width, special ones among them."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True)
class Cell:
    """A piece of a row's front: what stands there and how wide it is."""

    kind: str
    width_m: float


SPECIAL_CELLS: dict[str, Cell] = {
    "wide": Cell("wide", 60.0),
    "L": Cell("L", 36.0),
    "flag": Cell("flag", 27.0),
    "alley": Cell("alley", 46.0),
    "remnant": Cell("remnant", 3.0),
    "narrow": Cell("narrow", 8.5),
    "duplex": Cell("duplex", 20.0),
    "pair": Cell("pair", 30.0),
}


def plan_cells(length_m: float, lot_m: float, specials: list[str], rng: Random) -> list[Cell]:
    """Divide a front into cells: lots of one width, special cells among them, the rest given to both end lots."""
    chosen: list[Cell] = []
    left_m = length_m - 2 * lot_m
    while specials and left_m - SPECIAL_CELLS[specials[-1]].width_m > 0:
        cell = SPECIAL_CELLS[specials.pop()]
        chosen.append(cell)
        left_m -= cell.width_m
    count = max(int(left_m / lot_m), 0) if left_m > 0 else 0
    rest = length_m - sum(c.width_m for c in chosen) - count * lot_m
    cells = [Cell("lot", lot_m)] * count
    step = 0
    for cell in chosen:
        step = min(step + 1 + int(rng.random() * max(len(cells) - step, 1)), len(cells))
        cells.insert(step, cell)
        step += 1
    if rest < 1.5 * lot_m:
        return [*cells, Cell("lot", rest)]
    return [Cell("lot", rest / 2), *cells, Cell("lot", rest / 2)]
