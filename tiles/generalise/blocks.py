"""Parcels at small scales: blocks at zooms 12 and 13, plans with their streets closed below, each with a count.

The counts of all features of a zoom add up to the parcels there are: nothing is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from tiles.generalise.local import array_of, boxes_of, simplified, simplify_around
from tiles.generalise.outlines import PARCELS, Dissolved, GroupKey, Outlines, dissolved_blocks, dissolved_plans
from tiles.generalise.session import Progress, Session, batched
from tiles.generalise.shapes import Shapes, close_streets, part_overlaps, without_flat_corners
from tiles.generalise.zooms import BLOCK_ZOOMS, PLAN_ZOOMS

__all__ = ["STREET_M", "make_all", "work_in"]

STREET_M: Final = 30.0
"""What is narrower than this between the blocks of a plan is street, and closed where plans are drawn."""

_REACH_M: Final = 4 * STREET_M  # of a closed outline beyond the box of its land, and of that beyond it, with room
_PLANS_AT_ONCE: Final = 100


def make_all(session: Session, progress: Progress) -> None:
    """Make the outlines of all parcels again."""
    blocks, plans = Outlines(session, of_plans=False), Outlines(session, of_plans=True)
    found = _all_blocks(session, progress)
    counts = {key: block.parcels for key, block in found.items()}
    exact = {key: block.shape for key, block in found.items()}
    blocks.drop_others(exact)
    blocks.write_exact(exact, counts)
    _simplify_all(blocks, exact, counts, BLOCK_ZOOMS, progress)
    closed, plan_counts = _closed(exact), _by_plan(counts)
    plans.drop_others(closed)
    plans.write_exact(closed, plan_counts)
    _simplify_all(plans, closed, plan_counts, PLAN_ZOOMS, progress)


def _simplify_all(
    outlines: Outlines,
    shapes: Mapping[GroupKey, BaseGeometry],
    counts: Mapping[GroupKey, int],
    zooms: range,
    progress: Progress,
) -> None:
    """Simplify for each zoom from the one above it, which is several times as fast as from the exact outlines."""
    for zoom in reversed(zooms):
        shapes = simplified(shapes, zoom, progress)
        outlines.write(zoom, shapes, counts)


def _all_blocks(session: Session, progress: Progress) -> dict[GroupKey, Dissolved]:
    numbers = [row[0] for row in session.rows(f"SELECT DISTINCT r.plan_no FROM {PARCELS} r ORDER BY 1")]
    found: dict[GroupKey, Dissolved] = {}
    done = 0
    for batch in batched(numbers, _PLANS_AT_ONCE):
        found |= dissolved_plans(session, batch)
        done += len(batch)
        progress("plans dissolved", done, len(numbers))
    return found


def _by_plan(counts: Mapping[GroupKey, int]) -> dict[GroupKey, int]:
    found: dict[GroupKey, int] = {}
    for key, count in counts.items():
        found[key.plan] = found.get(key.plan, 0) + count
    return found


def _closed(blocks: Mapping[GroupKey, BaseGeometry]) -> dict[GroupKey, BaseGeometry]:
    """Return plans with their streets closed, no two of them over the same land."""
    by_plan: dict[GroupKey, list[BaseGeometry]] = {}
    for key in sorted(blocks):
        by_plan.setdefault(key.plan, []).append(without_flat_corners(blocks[key]))
    exact = array_of(shapely.union_all(array_of(shapes)) for shapes in by_plan.values())
    closed = array_of(close_streets(shape, STREET_M) for shape in exact)
    return dict(zip(by_plan, part_overlaps(closed, exact), strict=True))


# A change ------------------------------------------------------------------------------------------------------------


def work_in(session: Session, keys: Iterable[GroupKey]) -> Shapes:
    """Make the outlines of blocks again whose parcels have changed, and of what depends on them.

    Returns
    -------
    array of Polygon
        Boxes, in EPSG:3857, of everything that was drawn anew.

    Raises
    ------
    TooFar
        The change reaches more outlines than are looked at while somebody waits.
    """
    touched = set(keys)
    if not touched:
        return array_of(())
    blocks = Outlines(session, of_plans=False)
    before = blocks.exact(touched)
    now = dissolved_blocks(session, touched)
    after = {key: block.shape for key, block in now.items()}
    blocks.drop(touched - now.keys())
    blocks.write_exact(after, {key: block.parcels for key, block in now.items()})
    boxes = np.concatenate([boxes_of(before.values()), boxes_of(after.values())])
    drawn = [boxes, *_draw(blocks, boxes, BLOCK_ZOOMS, after.keys())]
    changed = {key.plan for key in touched if not _is_same_land(before.get(key), after.get(key))}
    counted = {key.plan for key in touched} - changed
    plans = Outlines(session, of_plans=True)
    plans.count(counted)
    drawn.append(boxes_of(plans.exact(counted).values()))
    return np.concatenate([*drawn, _work_in_plans(session, changed)] if changed else drawn)


def _is_same_land(before: BaseGeometry | None, after: BaseGeometry | None) -> bool:
    """Return whether a block's outline makes no difference to its plan's: lots inside it were divided or merged."""
    if before is None or after is None:
        return before is after
    return shapely.to_wkb(without_flat_corners(before)) == shapely.to_wkb(without_flat_corners(after))


def _draw(outlines: Outlines, boxes: Shapes, zooms: range, changed: Iterable[GroupKey]) -> list[Shapes]:
    """Simplify around a change for each zoom; return the boxes of what came out differently.

    What has changed is written in any case: its count may have changed alone.
    """
    again = list(changed)
    drawn = []
    source = outlines
    for zoom in reversed(zooms):
        shapes = simplify_around(source, boxes, zoom)
        stored = outlines.stored(zoom, {*again, *shapes})
        before = {key: shapely.from_wkb(wkb) for key, wkb in stored.items()}
        outlines.write(zoom, before | shapes, outlines.counts | source.counts)
        drawn += [boxes_of(shapes.values()), boxes_of(before[key] for key in shapes if key in before)]
        boxes = np.concatenate([boxes, *drawn[-2:]])
        source = Outlines(outlines.session, of_plans=outlines.of_plans, zoom=zoom)
    return drawn


def _work_in_plans(session: Session, changed: set[GroupKey]) -> Shapes:
    blocks, plans = Outlines(session, of_plans=False), Outlines(session, of_plans=True)
    before = plans.exact(changed)
    parts = blocks.of_plan(changed)
    boxes = np.concatenate([boxes_of(before.values(), _REACH_M), boxes_of(parts.values(), _REACH_M)])
    rings = [set(changed)]
    for _ in range(3):  # those that a change can part anew, those that these were parted from, and theirs
        near = plans.near(boxes)
        rings.append(near.keys() | rings[-1])
        boxes = np.concatenate([boxes, boxes_of(near.values(), _REACH_M)])
    made = _closed(blocks.of_plan(rings[3]))
    counts = _by_plan(blocks.counts)
    plans.drop(changed - made.keys())
    new = {key: made[key] for key in rings[1] if key in made}
    old = plans.exact(new)
    different = {k: s for k, s in new.items() if k in changed or shapely.to_wkb(old.get(k)) != shapely.to_wkb(s)}
    plans.write_exact(different, counts)
    boxes = np.concatenate([boxes_of(before.values()), boxes_of(old.values()), boxes_of(different.values())])
    return np.concatenate([boxes, *_draw(plans, boxes, PLAN_ZOOMS, different.keys())])
