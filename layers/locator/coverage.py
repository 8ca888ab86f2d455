"""Coverage of services, for the planner and for layouts: the share of homes within 5, 10 and 15 minutes, by district;
the gaps; and what it would be with places, homes or streets more.

Homes are the addresses, where any are loaded, otherwise a point in each parcel of residential use; every answer says
which. What was computed is kept until streets, places, districts or homes change (``layers.locator.coverage_city``).
Minutes are on foot unless a mode is named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal
from uuid import UUID

import numpy as np
from numpy.typing import ArrayLike
from shapely.geometry.base import BaseGeometry

from layers.locator.categories import CATEGORIES, KINDS
from layers.locator.coverage_city import HOME_USES, City, District, HomesFrom, city_of
from layers.locator.coverage_measure import LIMITS_MIN, clusters, count_within, district_of, walking_minutes
from layers.locator.network.graph import Floats, Ints, Mode, Streets
from layers.locator.network.store import net_with

__all__ = ["HOME_USES", "Coverage", "District", "Gap", "HomesFrom", "WhatIf", "coverage", "gaps", "what_if"]


@dataclass(frozen=True)
class Coverage:
    """Homes near services. ``within`` counts them: shape (services, districts, limits); None without streets, when
    nobody knows the minutes.

    The last district is what lies outside all. ``off_streets`` are homes with no street near: they count as homes.
    """

    homes_from: HomesFrom
    homes: int
    off_streets: int
    services: tuple[str, ...]
    places: tuple[int, ...]
    districts: tuple[District, ...]
    limits_min: tuple[float, ...]
    within: Ints | None
    outlines: tuple[BaseGeometry, ...] = field(repr=False, default=())

    def share(self, service: str, limit_min: float, district: UUID | Literal["all"] | None = "all") -> float | None:
        """Return a share of homes, 0 to 1; None where there are no homes or no streets."""
        if self.within is None:
            return None
        counts = self.within[self.services.index(service), :, self.limits_min.index(limit_min)]
        if district == "all":
            return int(counts.sum()) / self.homes if self.homes else None
        at = [one.uid for one in self.districts].index(district)
        return int(counts[at]) / self.districts[at].homes if self.districts[at].homes else None


@dataclass(frozen=True)
class Gap:
    """Homes of a district, near each other, that have no place of a service within the limit; where they are."""

    service: str
    district: District
    homes: int
    x: float
    y: float

    @property
    def is_whole_district(self) -> bool:
        return self.homes == self.district.homes


@dataclass(frozen=True)
class WhatIf:
    """The same figures before, and with more; ``off_streets`` are the numbers of the new places with no street near.

    ``home_minutes`` are those of each new home to the nearest place, infinite where none can be reached: shape (n,).
    """

    before: Coverage
    after: Coverage
    off_streets: tuple[int, ...]
    home_minutes: Floats

    @property
    def gained(self) -> Ints | None:
        """Homes that would be within each limit and are not now: shape (districts, limits). New homes count too."""
        if self.after.within is None or self.before.within is None:
            return None
        return self.after.within[0] - self.before.within[0]


def coverage(services: Sequence[str] | None = None, *, mode: Mode = Mode.FOOT, using: str = "default") -> Coverage:
    """Return how many homes are near places of each service.

    Parameters
    ----------
    services : sequence of str, optional
        Codes of categories or of kinds; all categories without it.

    Raises
    ------
    KeyError
        No category or kind has this code.
    """
    codes = tuple(CATEGORIES) if services is None else tuple(dict.fromkeys(services))
    _require(*codes)
    city = city_of(using, mode)
    if not len(city.net.u):
        return _told(city, codes, None)
    shape = (len(codes), len(city.zones.districts), len(LIMITS_MIN))
    return _told(city, codes, city.counts(codes).reshape(shape))


def gaps(
    service: str,
    *,
    limit_min: float = 15.0,
    least_homes: int = 1,
    mode: Mode = Mode.FOOT,
    using: str = "default",
) -> list[Gap]:
    """Return where homes lie that have no place of a service within the limit, the most homes first.

    Empty also where there are no streets: then nobody knows (``Coverage.within`` is None).
    """
    _require(service)
    if not 0 <= limit_min < np.inf:
        raise ValueError("a limit is a finite number of minutes, 0 or more")
    city = city_of(using, mode)
    if not len(city.net.u):
        return []
    far = ~(city.minutes(service) <= limit_min)
    found = clusters(city.homes.xy[far], city.zones.district[far])
    return [
        Gap(service, city.zones.districts[one.district], one.homes, one.x, one.y)
        for one in found
        if one.homes >= least_homes
    ]


def what_if(
    service: str,
    points: ArrayLike = (),
    *,
    homes: ArrayLike = (),
    streets: Streets | None = None,
    mode: Mode = Mode.FOOT,
    using: str = "default",
) -> WhatIf:
    """Return the figures of a service as they are, and as they would be with places, homes and streets more.

    Parameters
    ----------
    service : str
        Code of a category or kind.
    points, homes : array of shape (n, 2)
        Places of the service, and homes, that do not stand yet: x, y in the storage CRS; n may be 0. What is no
        position (NaN) is reached by nobody.
    streets : Streets, optional
        Streets that are not on the map yet. They meet those that are where ends and vertices say so, as all do; the
        graph is made for this question, which takes as long as after a change of streets.

    Raises
    ------
    KeyError
        No category or kind has this code.
    """
    more, new = _xy(points), _xy(homes)
    before = coverage((service,), mode=mode, using=using)
    city = city_of(using, mode)
    net, at = city.net, city.at
    if streets is not None:
        net = net_with(streets, mode, using=using)
        at = net.snap(city.homes.xy)
    off = tuple(np.flatnonzero(net.snap(more).edge < 0).tolist())
    if not len(net.u):
        return WhatIf(before, _told(city, (service,), None, len(more)), off, np.full(len(new), np.inf))
    there = city.places_of(service)
    now = city.minutes(service) if streets is None else walking_minutes(net, at, there)
    minutes = np.minimum(now, walking_minutes(net, at, more, limit_min=max(LIMITS_MIN)))
    new_minutes = walking_minutes(net, new, np.concatenate([there, more]))
    new_district = district_of(new, city.zones.outlines)
    counts = count_within(
        np.concatenate([minutes, new_minutes]),
        np.concatenate([city.zones.district, new_district]),
        len(city.zones.outlines),
    )
    after = _told(city, (service,), counts[None], len(more))
    off_homes = int((at.edge < 0).sum()) + int((net.snap(new).edge < 0).sum())
    grown = np.bincount(new_district, minlength=len(after.districts)).tolist()
    after = replace(
        after,
        homes=after.homes + len(new),
        off_streets=off_homes,
        districts=tuple(replace(d, homes=d.homes + n) for d, n in zip(after.districts, grown, strict=True)),
    )
    return WhatIf(before, after, off, new_minutes)


def _told(city: City, codes: tuple[str, ...], within: Ints | None, extra: int = 0) -> Coverage:
    return Coverage(
        city.homes.source,
        len(city.homes.xy),
        int((city.at.edge < 0).sum()),
        codes,
        tuple(len(city.places_of(code)) + extra for code in codes),
        city.zones.districts,
        LIMITS_MIN,
        within,
        city.zones.outlines,
    )


def _require(*codes: str) -> None:
    for code in codes:
        if code not in CATEGORIES and code not in KINDS:
            raise KeyError(code)


def _xy(value: ArrayLike) -> Floats:
    return np.asarray(value, dtype=np.float64).reshape(-1, 2)
