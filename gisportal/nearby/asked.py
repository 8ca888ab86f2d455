"""What a page of the locator is asked for. The address holds the whole search, so that a link is a search.

Whatever is wrong in an address becomes a sentence on the page; the rest of the search is answered all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from layers.locator.asking import read_after, read_moment
from layers.locator.categories import CATEGORIES, KINDS
from layers.locator.find import Hit, Hits, find
from layers.locator.nearest import Key
from layers.locator.network.store import Mode
from layers.locator.parse import Question
from layers.locator.positions import BadPosition, Position
from layers.locator.search import NearbyQuery
from layers.locator.where import DistrictFound, district_at
from layers.models import District
from layers.problems import Problem
from layers.querying import TooSlow

__all__ = ["FIRST_CATEGORIES", "LIMIT", "Asked", "key_text", "read_asked"]

FIRST_CATEGORIES: Final = ("food", "health", "gas", "water", "repair", "mosque")
"""What people ask for most, before the rest."""

LIMIT: Final = 10
MOST_LISTED: Final = 50
DECIMALS: Final = 3
"""A position in an address is rounded to these: some hundred metres, enough for a search and for nobody's door."""

_LONGEST_TEXT: Final = 120
_MOST_BEFORE: Final = 9999
_SURE: Final = 1.0
_OPEN: Final = ("now", "arrive")


@dataclass(frozen=True)
class Asked:
    """A search. ``query`` is None where it is not known from where to look; ``hits`` are what a text may mean then.

    ``label`` names the start in words; ``first`` is the number of the first place that is listed. ``problems`` are
    sentences for the person who asked.
    """

    language: str
    text: str = ""
    label: str = ""
    position: Position | None = None
    district: DistrictFound | None = None
    categories: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    open: str = ""
    open_at: datetime | None = None
    inside: bool = False
    wheelchair: bool = False
    after: Key | None = None
    limit: int = LIMIT
    first: int = 1
    hits: tuple[Hit, ...] = ()
    problems: tuple[str, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def moment(self) -> datetime:
        """The moment that states are told for."""
        return self.open_at or timezone.now()

    @property
    def query(self) -> NearbyQuery | None:
        if self.position is None:
            return None
        return NearbyQuery(
            lon=self.position.lon,
            lat=self.position.lat,
            categories=self.categories,
            kinds=self.kinds,
            limit=self.limit,
            open_at=self.moment if self.open else None,
            within=self.district.uid if self.inside and self.district else None,
            mode=Mode.FOOT,
            before_closing=self.open == "arrive",
            wheelchair=self.wheelchair,
            after=self.after,
        )

    @property
    def district_name(self) -> str:
        return "" if self.district is None else name_of(self.district, self.language)

    # Addresses that the page leads to.

    @property
    def is_now(self) -> bool:
        return self.open == "now"

    @property
    def is_arrive(self) -> bool:
        return self.open == "arrive"

    @property
    def is_of_others(self) -> bool:
        """Whether a category is asked for that is not among the first."""
        return any(code not in FIRST_CATEGORIES for code in self.categories)

    @property
    def link_now(self) -> str:
        return self.link(open=None if self.is_now else "now", open_at=None)

    @property
    def link_arrive(self) -> str:
        return self.link(open=None if self.is_arrive else "arrive", open_at=None)

    @property
    def link_inside(self) -> str:
        return self.link(inside=None if self.inside else "1")

    @property
    def link_wheelchair(self) -> str:
        return self.link(wheelchair=None if self.wheelchair else "1")

    @property
    def link_no_kind(self) -> str:
        return self.link(kind=None)

    @property
    def link_no_category(self) -> str:
        return self.link(category=None, kind=None)

    @property
    def link_here(self) -> str:
        """The same search at the same page of its list."""
        if self.after is None:
            return self.link()
        return self.link(after=key_text(self.after), n=self.first - 1)

    def link(self, **changes: Any) -> str:
        """Return the query of the same search with other values; None takes one away. A page begins anew."""
        given = {**self.parameters, "after": None, **changes}
        pairs = [(k, v) for k, value in given.items() if value is not None for v in _listed(value) if v != ""]
        return "?" + urlencode(pairs, safe=":,~")


def _listed(value: Any) -> Iterable[str]:
    return [str(v) for v in value] if isinstance(value, list | tuple) else [str(value)]


def key_text(key: Key) -> str:
    """Return where a page ended as an address holds it."""
    metres, uid = key
    return f"{metres!r}~{uid}"


def read_asked(request: HttpRequest, *, keep: Iterable[str] = ()) -> Asked:
    """Return the search that an address holds. ``keep`` names what else the page's own links carry on."""
    asked = _Reading(request.GET).asked()
    kept = {name: request.GET[name][:_LONGEST_TEXT] for name in keep if request.GET.get(name)}
    limit = request.GET.get("limit", "")
    before = request.GET.get("n", "") if asked.after is not None else ""
    return replace(
        asked,
        first=1 + (min(int(before[:9]), _MOST_BEFORE) if before.isascii() and before.isdigit() else 0),
        limit=min(max(int(limit), 1), MOST_LISTED) if limit.isascii() and limit.isdigit() and len(limit) < 4 else LIMIT,
        parameters={**asked.parameters, **kept},
    )


class _Reading:
    def __init__(self, given: QueryDict) -> None:
        self.given = given
        self.language = "en" if get_language() == "en" else "ar"
        self.problems: list[str] = []

    def text(self, name: str) -> str:
        return self.given.get(name, "").replace("\x00", " ").strip()[:_LONGEST_TEXT]

    def asked(self) -> Asked:
        text = self.text("q")
        categories = self._codes("category", CATEGORIES)
        kinds = self._codes("kind", KINDS)
        hits: tuple[Hit, ...] = ()
        position, district, label = self._given_start()
        if text and position is None:
            found = self._find(text)
            question, hits = found.question, found.hits
            if question.category and not (categories or kinds):
                categories, kinds = (question.category,), (question.kind,) if question.kind else ()
            if question.position is not None:
                position, label = _rounded(question.position), _("the position you typed")
            elif hits and _is_sure(hits):
                position, label = _rounded(Position(hits[0].lon, hits[0].lat)), self._name(hits[0])
                hits = ()
            elif not hits and not found.is_kind_only and not self.problems:
                self.problems.append(_("Nothing here is called “%(text)s”. Check the spelling.") % {"text": text})
        if position is not None and district is None:
            district = district_at(position.lon, position.lat)
        open_ = self.text("open")
        open_at = self._moment()
        parameters: dict[str, Any] = {"q": text or None, "category": list(categories), "kind": list(kinds)}
        if position is not None:
            parameters |= {"q": None, "lon": f"{position.lon:.{DECIMALS}f}", "lat": f"{position.lat:.{DECIMALS}f}"}
            parameters |= {"at_name": label or None}
        flags = {name: self.text(name) in ("1", "yes", "on") for name in ("inside", "wheelchair")}
        parameters |= {name: "1" if on else None for name, on in flags.items()}
        parameters |= {"open": open_ if open_ in _OPEN else None}
        parameters |= {"open_at": self.text("open_at") if open_at else None}
        return Asked(
            language=self.language,
            text=text,
            label=label or (name_of(district, self.language) if district else ""),
            position=position,
            district=district,
            categories=categories,
            kinds=kinds,
            open=open_ if open_ in _OPEN else ("now" if open_at else ""),
            open_at=open_at,
            inside=flags["inside"],
            wheelchair=flags["wheelchair"],
            after=self._after(),
            hits=hits,
            problems=tuple(self.problems),
            parameters=parameters,
        )

    def _find(self, text: str) -> Hits:
        try:
            return find(text)
        except TooSlow:
            self.problems.append(_("Too many names are like this one. Type more of it."))
            return Hits(Question(), ())

    # Where from -----------------------------------------------------------------------------------------------------

    def _given_start(self) -> tuple[Position | None, DistrictFound | None, str]:
        lon, lat = self.text("lon"), self.text("lat")
        if lon or lat:
            try:
                return _rounded(Position(float(lon), float(lat))), None, self.text("at_name")
            except (ValueError, BadPosition):
                self.problems.append(_("The position in this address is none. Share yours, or type a place."))
        if uid := self.text("district"):
            return self._of_district(uid)
        return None, None, ""

    def _of_district(self, uid: str) -> tuple[Position | None, DistrictFound | None, str]:
        try:
            row = District.objects.filter(uid=UUID(uid), end_lifespan_version=None).first()
        except ValueError:
            row = None
        if row is None:
            self.problems.append(_("There is no such district. Choose one from the list."))
            return None, None, ""
        point = row.geom.point_on_surface.transform(4326, clone=True)
        found = DistrictFound(row.uid, row.name_ar, row.name_en, row.code, row.municipality)
        return _rounded(Position(point.x, point.y)), found, name_of(found, self.language)  # type: ignore[attr-defined]  # GEOS names a point no point

    def _name(self, hit: Hit) -> str:
        return hit.number or name_of(hit, self.language)

    # What -----------------------------------------------------------------------------------------------------------

    def _codes(self, name: str, known: Mapping[str, object]) -> tuple[str, ...]:
        given = [code for part in self.given.getlist(name) for code in part.split(",") if code]
        unknown = [code for code in given if code not in known]
        if unknown:
            said = "، ".join(code[:40] for code in unknown[:3])
            self.problems.append(_("There is no such kind of place: %(c)s.") % {"c": said})
        return tuple(dict.fromkeys(code for code in given if code in known))

    def _moment(self) -> datetime | None:
        text = self.text("open_at")
        if not text:
            return None
        try:
            return read_moment({"open_at": text}, "open_at")
        except Problem:
            self.problems.append(_("The time in this address is none. The list shows what is open now."))
            return None

    def _after(self) -> Key | None:
        try:
            return read_after({"after": self.text("after")}) if self.text("after") else None
        except Problem:
            self.problems.append(_("The list begins anew: the page in this address is none."))
            return None


def name_of(named: DistrictFound | Hit, language: str) -> str:
    """Return a name in a language, else in the other."""
    return (named.name_en or named.name_ar) if language == "en" else (named.name_ar or named.name_en)


def _rounded(position: Position) -> Position:
    return Position(round(position.lon, DECIMALS), round(position.lat, DECIMALS))


def _is_sure(hits: tuple[Hit, ...]) -> bool:
    """Tell whether the first of what a text may mean is meant: its name or number is just so, or there is no other."""
    first = hits[0]
    if len(hits) == 1:
        return first.what != "place"
    return first.what != "place" and first.worth >= _SURE and hits[1].worth < first.worth
