"""The form that returns a case: its rows as they were typed, shown again where one more is wanted or one is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from land_services.cases.acts import RemarkMade
from land_services.cases.errors import Incomplete
from land_services.cases.models import Remark
from layers.digits import parse_decimal, to_latin_digits

from .uploads import plain_text

__all__ = ["ADD", "FULL", "MOST_REMARKS", "RemarkRow", "next_number", "remarks_of", "rows_of", "typed"]

ADD: Final = "add_remark"
"""The word of the button that asks for one more row where no script adds it."""
MOST_REMARKS: Final = 50
FULL: Final = Incomplete(
    f"تُرسل {MOST_REMARKS} ملاحظة على الأكثر دفعة واحدة؛ اجمع ما يتعلق منها بموضع واحد. ما كتبته باقٍ في النموذج.",
    f"At most {MOST_REMARKS} remarks are sent at once: join those about one place. Nothing that you wrote is lost.",
)
LONG, SHORT = 4000, 200
MOST_METRES: Final = 100_000_000
_NAME: Final = re.compile(r"remark-([0-9]{1,4})-(reason|place|text|east|north|page)")


@dataclass(frozen=True)
class RemarkRow:
    """One row as it was typed; ``number`` is the remark's where no row before it stays empty."""

    number: int
    reason: str = ""
    place: str = ""
    text: str = ""
    east: str = ""
    north: str = ""
    page: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was typed or chosen; a reason is always chosen."""
        return not (self.place or self.text or self.east or self.north or self.page)


def next_number(remarks: list[Remark]) -> int:
    """Return the number of the next remark of a case that has these."""
    return max((one.number for one in remarks), default=0) + 1


def typed(post: Mapping[str, Any], first: int) -> list[RemarkRow]:
    """Return every row of a posted form, in the order of the page."""
    given: dict[int, dict[str, str]] = {}
    for name in post:
        found = _NAME.fullmatch(name)
        if found is not None:
            text = plain_text(post.get(name), LONG if found[2] == "text" else SHORT)
            given.setdefault(int(found[1]), {})[found[2]] = text
    return [RemarkRow(first + n, **given[key]) for n, key in enumerate(sorted(given))]


def rows_of(post: Mapping[str, Any], stage: str, first: int) -> list[RemarkRow]:
    """Return the rows that the form of a stage shows: those typed in it, one more where it was asked for."""
    action = post.get("action")
    rows = typed(post, first) if post.get("stage") == stage and action in (ADD, "return") else []
    if not rows or (action == ADD and len(rows) < MOST_REMARKS):
        rows.append(RemarkRow(first + len(rows)))
    return rows


def remarks_of(post: Mapping[str, Any], first: int) -> list[RemarkMade]:
    """Return the remarks of a posted form; rows in which nothing was typed are none.

    Raises
    ------
    Incomplete
        If there are too many, or one says two places or not where; nothing typed is passed over.
    """
    rows = [row for row in typed(post, first) if not row.is_empty]
    if len(rows) > MOST_REMARKS:
        raise FULL
    return [_made(row) for row in rows]


def _made(row: RemarkRow) -> RemarkMade:
    if not row.text:
        raise _refused(row, "اكتب المطلوب تعديله.", "write what is to be mended.")
    place, _, what = row.place.partition(":")
    if (row.east or row.north) and place not in ("", "map"):
        raise _refused(
            row,
            "لها موضع واحد؛ اختر «نقطة على الخريطة» أو اترك الإحداثيين فارغين.",
            "it is about one place: choose “a point of the map”, or leave easting and northing empty.",
        )
    if row.page and place != "file":
        raise _refused(row, "رقم الصفحة لوثيقة؛ اخترها.", "a page is one of a document: choose the document.")
    made: dict[str, Any] = {"reason": row.reason, "text": row.text}
    if place == "map" or row.east or row.north:
        made["point"] = (_metres(row, row.east), _metres(row, row.north))
    elif place in ("part", "field"):
        made[place] = what
    elif place == "file":
        made |= {"file": _key(what), "page": _page(row)}
    return RemarkMade(**made)


def _metres(row: RemarkRow, text: str) -> float:
    try:
        metres = float(parse_decimal(text))
    except ValueError:
        metres = MOST_METRES
    if abs(metres) >= MOST_METRES:
        raise _refused(
            row,
            "اكتب الإحداثيين بالمتر، أو حدد الموضع على الخريطة.",
            "write easting and northing in metres, or point at the place on the map.",
        )
    return metres


def _key(text: str) -> int:
    """Return the key of a document; 0, which none has, where it can be none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else 0


def _page(row: RemarkRow) -> int | None:
    text = to_latin_digits(row.page)
    if text and not (text.isascii() and text.isdecimal() and 0 < int(text[:9]) and len(text) < 7):
        raise _refused(row, "اكتب رقم الصفحة بالأرقام.", "write the page as a number.")
    return int(text) if text else None


def _refused(row: RemarkRow, arabic: str, english: str) -> Incomplete:
    return Incomplete(f"الملاحظة {row.number}: {arabic}", f"Remark {row.number}: {english}")
