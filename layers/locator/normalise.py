"""How names are compared: one form for every way to write the same word, in Arabic and English.

The database has the same function, ``layers_fold`` (``layers/sql/locator_functions.sql``); a test holds both equal.
Nothing here depends on the locale or on tables of letters that differ between systems: what is a mark, a letter of
another form or a separator is written out.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

__all__ = ["LONGEST", "fold"]

LONGEST: Final = 200
"""Characters of a question that are looked at; no name is longer."""

# Diacritics of all scripts that decompose, tashkeel, tatweel, Quranic marks, the lone hamza, invisible joiners and
# direction marks: they go without leaving a space.
_DROPPED: Final = re.compile(
    "[\u0300-\u036f\u0610-\u061a\u0621\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed\u08d3-\u08ff"
    "\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)
# Whatever stands between words. Surrogates are no characters of a database; here they come from broken input.
_BETWEEN: Final = re.compile(
    "[\x00-/:-@\\[-`{-\u00bf\u00d7\u00f7\u0600-\u060f\u061b-\u061f\u066a-\u066d\u06d4\u06dd\u06de\u06e9\u06fd\u06fe"
    "\u2000-\u2bff\u2e00-\u2e7f\u3000-\u3004\u3008-\u3020\u3030\ud800-\uf8ff\ufd3e-\ufd4f\ufdfc-\ufdff\ufe10-\ufe6f"
    "\uff00-\uff0f\ufff0-\uffff\U0001f000-\U0001faff]+"
)
# Alef wasla, alef maqsura, ta marbuta, and the letters of Persian, Urdu and Gulf spelling, by the Arabic letter that
# people type for them; both other digit systems.
_FROM: Final = "ٱىیېےةہھەۃکڪگڭپچژڤڥڨٹڈڑںٯٮ٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹ıς"
_TO: Final = "اييييهههههككككبجزففقتدرنقب01234567890123456789iσ"
_LETTERS: Final = str.maketrans(_FROM, _TO)
_ARTICLE: Final = re.compile("(^| )ال(?=[^ ]{2})")
_LATIN_ARTICLE: Final = re.compile("(^| )(?:al|el) (?=[^ ])")


def fold(text: str) -> str:
    """Return the form of a text that names are compared in: words with single spaces between them.

    The article goes where two letters follow it, a lone one stays ("ال راشد"). Twin of the SQL function
    ``layers_fold``.

    Examples
    --------
    >>> fold("صَيْدَلِيَّة النَّخيل") == fold("الصيدليه  نخيل") == "صيدليه نخيل"
    True
    >>> fold("شارع ١٢ - أبي بكر"), fold("Café Al-Rashid №۷"), fold("شاطئ"), fold("شاطيء")
    ('شارع 12 ابي بكر', 'cafe rashid no7', 'شاطي', 'شاطي')
    >>> fold("ـــ !"), fold("")
    ('', '')
    """
    # Python lowers the Turkish dotted capital to two characters; decomposed before, it is none.
    plain = unicodedata.normalize("NFKD", text).lower()
    plain = _DROPPED.sub("", plain).translate(_LETTERS)
    plain = _BETWEEN.sub(" ", plain).strip(" ")
    return _LATIN_ARTICLE.sub(r"\1", _ARTICLE.sub(r"\1", plain))
