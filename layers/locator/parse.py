"""What somebody who types a text may be looking for: a parcel's number, a position, a kind of place, or a name.

Nothing is looked up here. A text may be several things at once ("414" is a plan and may be a name), so all that it may
be is returned.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from layers.digits import to_latin_digits
from layers.locator.normalise import LONGEST, fold
from layers.locator.positions import BadPosition, Position

__all__ = ["Number", "Question", "read_question"]


@dataclass(frozen=True)
class Number:
    """Parts of a parcel's number. None was not said; "" is said to be absent ("-")."""

    plan_no: str | None = None
    block_no: str | None = None
    parcel_no: str | None = None


@dataclass(frozen=True)
class Question:
    """What a text may mean. ``folded`` is the whole text; ``rest`` what is left of it without the word of a kind.

    ``category`` and ``kind`` are codes: a kind comes with its category, a category may come alone.
    """

    folded: str = ""
    numbers: tuple[Number, ...] = ()
    position: Position | None = None
    category: str = ""
    kind: str = ""
    rest: str = ""


_DEGREES: Final = re.compile(r"\s*([+-]?\d{1,3}(?:\.\d{1,15})?)\s*[,،;\s]\s*([+-]?\d{1,3}(?:\.\d{1,15})?)\s*", re.A)
_PART: Final = r"\s*(?:رقم|no\.?|number|#|:)?\s*([^\s/،,]+(?:/[^\s/،,]+)*)"
_SAID: Final[Mapping[str, re.Pattern[str]]] = {
    "plan_no": re.compile(rf"(?:^|\s)(?:ال)?(?:مخطط|plan)\b{_PART}", re.I),
    "block_no": re.compile(rf"(?:^|\s)(?:ال)?(?:بلوك|بلك|block)\b{_PART}", re.I),
    "parcel_no": re.compile(rf"(?:^|\s)(?:ال)?(?:قطعة|قطعه|ارض|أرض|parcel|plot|lot)\b{_PART}", re.I),
}
_ONE: Final = re.compile(r"[^\s/]*\d[^\s/]*")
_LONGEST_NUMBER: Final = 60


def read_question(text: str, words: Mapping[str, tuple[str, str]]) -> Question:
    """Return all that a text may mean.

    Parameters
    ----------
    text : str
        As somebody typed it, in either language and either digit system; only the first characters count.
    words : mapping of str to (category, kind)
        The words for categories (kind "") and kinds, folded.

    Examples
    --------
    >>> words = {"صيدليه": ("health", "pharmacy"), "pharmacy": ("health", "pharmacy")}
    >>> read_question("الصيدلية", words).kind, read_question("صيدلية النخيل", words).rest
    ('pharmacy', 'نخيل')
    >>> read_question("٤١٤/٧/٢٠٨", words).numbers
    (Number(plan_no='414', block_no='7', parcel_no='208'),)
    >>> read_question("قطعة ٢٠٨ مخطط ش د ٤١٤", {}).numbers[0].parcel_no
    '208'
    >>> read_question("26.43، 50.1", {}).position
    Position(lon=50.1, lat=26.43)
    >>> read_question("", {})
    Question(folded='', numbers=(), position=None, category='', kind='', rest='')
    """
    text = text[:LONGEST]
    plain = to_latin_digits(text.replace("\x00", " ")).strip()
    folded = fold(plain)
    code, rest = _category(folded, words)
    category, kind = code or ("", "")
    return Question(folded, _numbers(plain), _position(plain), category, kind, rest)


def _position(plain: str) -> Position | None:
    """Return the position that two numbers of degrees are: latitude first, as maps and phones write it."""
    match = _DEGREES.fullmatch(plain)
    # Whole numbers are rather a plan and a block.
    if match is None or "." not in match[1] + match[2]:
        return None
    try:
        return Position(float(match[2]), float(match[1]))
    except BadPosition:
        return None


def _numbers(plain: str) -> tuple[Number, ...]:
    if len(plain) > _LONGEST_NUMBER:
        return ()
    said = {name: match[1] for name, pattern in _SAID.items() if (match := pattern.search(plain))}
    if said:
        return (Number(**said),)
    if not any(c.isdigit() for c in plain):
        return ()
    pieces = [piece.strip() for piece in plain.split("/", 2)]
    if len(pieces) == 3 and pieces[2]:
        plan, block = (_part(piece) for piece in pieces[:2])
        return (Number(plan, block, pieces[2]),)
    if len(pieces) == 2 and all(pieces):
        # A plan and a parcel, a plan and a block, or the parcel "slice/parent".
        first, second = (_part(piece) for piece in pieces)
        return (
            Number(plan_no=first, parcel_no=second),
            Number(plan_no=first, block_no=second),
            Number(parcel_no=plain),
            Number(plan_no=plain),
        )
    if _ONE.fullmatch(plain):
        return (Number(parcel_no=plain), Number(plan_no=_part(plain)))
    return ()


def _part(piece: str) -> str:
    return "" if piece == "-" else unquote(piece)


def _category(folded: str, words: Mapping[str, tuple[str, str]]) -> tuple[tuple[str, str] | None, str]:
    """Return the kind that a text begins or ends with, by the longest word for one, and what else it says."""
    pieces = folded.split(" ") if folded else []
    for length in range(len(pieces), 0, -1):
        for at in dict.fromkeys((0, len(pieces) - length)):
            found = words.get(" ".join(pieces[at : at + length]))
            if found is not None:
                return found, " ".join(pieces[:at] + pieces[at + length :])
    return None, folded
