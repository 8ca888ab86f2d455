"""Days on which rules lay their hours, one over the other, in minutes by the wall clock from the first midnight."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from layers.locator.hours_rules import DAY, Follows, Rule, Sky, Status

__all__ = ["IsDay", "Laid", "Sheet", "Wall", "doubted", "merged"]


IsDay = Callable[[date], bool]


class Laid(NamedTuple):
    """A time that is not just closed; ``day`` counts from the first and is the one whose hours these are."""

    begin: int
    end: int
    status: Status
    comment: str
    day: int


class Sheet:
    """Days that are counted from a first one. -1 is the day before it, whose night belongs to the first too."""

    def __init__(self, first: date, sky: Sky | None) -> None:
        self.first, self.sky = first, sky

    def whole(self, days: Sequence[int], status: Status) -> list[Laid]:
        return [Laid(n * DAY, (n + 1) * DAY, status, "", n) for n in days]

    def lay(
        self, rules: Iterable[Rule], days: Sequence[int], is_holiday: IsDay, is_school_holiday: IsDay
    ) -> list[Laid]:
        """Return what the rules give to days, apart from each other.

        A rule takes the place of those before it on the days that it selects (``;``), or adds to them (``,``). ``off``
        without times empties its days, with times it cuts them out of whatever stands there. A fallback (``||``) holds
        where nothing was said: not on a day, nor at a time, that is off.
        """
        page = _Page()
        for rule in rules:
            held = [n for n in days if rule.days.hold(self.first + timedelta(n), is_holiday, is_school_holiday)]
            if rule.follows is Follows.OTHERWISE:
                self._fill(page, rule, [n for n in held if n not in page.off])
                continue
            self._clear(page, rule, held)
            if rule.status is Status.CLOSED and not rule.times:
                continue  # the night before is not its day's
            for n in held:
                for begin, end, status, comment in rule.pieces(self.first + timedelta(n), self.sky):
                    begin, end = begin + n * DAY, end + n * DAY
                    page.cut(begin, end, n)
                    if status is Status.CLOSED:
                        page.closed.append((begin, end))
                    else:
                        page.by_day.setdefault(n, []).append(Laid(begin, end, status, comment, n))
        return [laid for n in page.by_day for laid in page.by_day[n]]

    @staticmethod
    def _clear(page: _Page, rule: Rule, days: Iterable[int]) -> None:
        if rule.status is Status.CLOSED and rule.times:
            return
        for n in days:
            if rule.status is Status.CLOSED or rule.follows is Follows.INSTEAD:
                page.by_day.pop(n, None)
            (page.off.add if rule.status is Status.CLOSED else page.off.discard)(n)

    def _fill(self, page: _Page, rule: Rule, days: Iterable[int]) -> None:
        for n in days:
            for begin, end, status, comment in rule.pieces(self.first + timedelta(n), self.sky):
                if status is Status.CLOSED:
                    continue
                free = [(begin + n * DAY, end + n * DAY)]
                taken = [(laid.begin, laid.end) for m in (n - 1, n, n + 1) for laid in page.by_day.get(m, ())]
                for taken_begin, taken_end in [*taken, *page.closed]:
                    free = [part for span in free for part in _cut(span, taken_begin, taken_end)]
                page.by_day.setdefault(n, []).extend(Laid(*span, status, comment, n) for span in free)


class _Page:
    def __init__(self) -> None:
        self.by_day: dict[int, list[Laid]] = {}
        self.off: set[int] = set()
        self.closed: list[tuple[int, int]] = []

    def cut(self, begin: int, end: int, day: int) -> None:
        """Take a time out of what was laid; a piece of a day reaches into its neighbours at most."""
        for n in (day - 1, day, day + 1):
            if n in self.by_day:
                self.by_day[n] = [
                    laid._replace(begin=b, end=e)
                    for laid in self.by_day[n]
                    for b, e in _cut((laid.begin, laid.end), begin, end)
                ]


def _cut(span: tuple[int, int], begin: int, end: int) -> list[tuple[int, int]]:
    if end <= span[0] or begin >= span[1]:
        return [span]
    return [(b, e) for b, e in ((span[0], begin), (end, span[1])) if b < e]


def doubted(one: list[Laid], other: list[Laid]) -> list[Laid]:
    """Return what two readings of the same hours agree on; where they do not, it is unknown."""
    bounds = sorted({bound for laid in (*one, *other) for bound in (laid.begin, laid.end)})
    found = []
    for begin, end in pairwise(bounds):
        a, b = _at(one, begin), _at(other, begin)
        shown = a or b
        if shown is None:
            continue
        same = a is not None and b is not None and a.status is b.status
        found.append(shown._replace(begin=begin, end=end, status=shown.status if same else Status.UNKNOWN))
    return found


def _at(pieces: list[Laid], minute: int) -> Laid | None:
    return next((laid for laid in pieces if laid.begin <= minute < laid.end), None)


_RANK = {Status.NOT_UNDERSTOOD: 0, Status.OPEN: 1, Status.UNKNOWN: 2, Status.CLOSED: 3}


def merged(pieces: list[Laid], count: int) -> list[Laid]:
    """Return pieces in order and apart, within the days; where two meet, the one that is not understood, or is open."""
    inside = [
        laid._replace(begin=max(laid.begin, 0), end=min(laid.end, count * DAY))
        for laid in pieces
        if laid.begin < count * DAY and laid.end > 0
    ]
    inside.sort()
    if all(last.end <= laid.begin for last, laid in pairwise(inside)):
        return inside
    found: list[Laid] = []
    for laid in sorted(inside, key=lambda laid: _RANK[laid.status]):
        free = [(laid.begin, laid.end)]
        for other in found:
            free = [part for span in free for part in _cut(span, other.begin, other.end)]
        found += [laid._replace(begin=begin, end=end) for begin, end in free]
    return sorted(found)


class Wall:
    """The clock on the wall, in minutes from the midnight of a day, and the moments at which it shows them."""

    def __init__(self, first: date, tz: ZoneInfo) -> None:
        self.midnight, self.tz = datetime.combine(first, time()), tz

    def moment(self, minutes: int) -> datetime:
        """Return the first moment at which the clock shows a time, or has jumped over it."""
        shown = self.midnight + timedelta(minutes=minutes)
        before = shown.replace(tzinfo=self.tz).astimezone(UTC)
        if before.astimezone(self.tz).replace(tzinfo=None) == shown:
            return before
        after = shown.replace(tzinfo=self.tz, fold=1).astimezone(UTC)
        jumps = [after + timedelta(minutes=n) for n in range(int((before - after).total_seconds() // 60) + 1)]
        for last, now in pairwise(jumps):
            if last.astimezone(self.tz).utcoffset() != now.astimezone(self.tz).utcoffset():
                return now
        return before
