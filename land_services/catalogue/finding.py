"""Finding a service by what people call it: folded words, their beginnings, names before keywords before the rest.

The index is built once for a catalogue. A question costs one folding of itself and one look into the sorted words for
each of its words, however many cards there are.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from land_services.catalogue.loading import departments, load_catalogue
from land_services.catalogue.model import ServiceCard
from layers.locator.normalise import LONGEST, fold

__all__ = ["Index", "index", "search"]

MOST_WORDS: Final = 8
LEAST_LETTERS: Final = 2
NAME, KEYWORD, SUMMARY, REST = 1000, 100, 10, 1
WHOLE_WORD: Final = 2
WHOLE_NAME: Final = 8000
# "and", "with", "for", "like" are written onto an Arabic word, the article with them; a lone letter of them only where
# enough of a word is left.
_JOINED: Final = re.compile(r"^(?:وال|بال|كال|فال|لل)(?=..)")


class Index:
    """The words of cards, sorted, with the cards that hold them and how much that counts."""

    def __init__(self, cards: Iterable[ServiceCard], names: Mapping[str, str] | None = None) -> None:
        """``names`` holds the words of departments by their code."""
        self.cards = {card.code: card for card in cards}
        self.names: dict[str, tuple[str, ...]] = {}
        weights: dict[str, dict[str, int]] = {}
        for card in self.cards.values():
            self.names[card.code] = (fold(card.name_ar), fold(card.name_en))
            for word, weight in _weighted(card, (names or {}).get(card.department, "")):
                of_word = weights.setdefault(word, {})
                of_word[card.code] = max(weight, of_word.get(card.code, 0))
        self.words = sorted(weights)
        self.weights = [weights[word] for word in self.words]

    def search(self, text: str, among: Collection[str] | None = None) -> list[ServiceCard]:
        """Return the cards that hold every word of a text, best first; where none does, those that hold most.

        Parameters
        ----------
        among : collection of str, optional
            Codes of the cards that may be found; all of them where it is not given.
        """
        asked = fold(text[:LONGEST])
        words = list(dict.fromkeys(_bare(word) for word in asked.split()))[:MOST_WORDS]
        scores: dict[str, list[int]] = {}
        for word in words:
            for code, score in self._scores(word).items():
                if among is None or code in among:
                    scores.setdefault(code, []).append(score)
        if not scores:
            return []
        most = max(len(found) for found in scores.values())
        ranked = {code: sum(found) + self._bonus(code, asked) for code, found in scores.items() if len(found) == most}
        return [self.cards[code] for code in sorted(ranked, key=lambda code: (-ranked[code], code))]

    def named(self, text: str) -> list[str]:
        """Return the codes of the cards whose name, in one language, has a word that begins with each word of a text.

        No card for a text without words, and for a single letter.
        """
        words = [_bare(word) for word in fold(text[:LONGEST]).split()]
        if len("".join(words)) < LEAST_LETTERS:
            return []
        return [code for code, names in self.names.items() if any(_has_all(name, words) for name in names)]

    def _scores(self, word: str) -> dict[str, int]:
        """Return how well each card fits a word: every word that begins with it counts, the whole word double."""
        best: dict[str, int] = {}
        for position in range(bisect_left(self.words, word), len(self.words)):
            known = self.words[position]
            if not known.startswith(word):
                break
            factor = WHOLE_WORD if known == word else 1
            for code, weight in self.weights[position].items():
                best[code] = max(best.get(code, 0), weight * factor)
        return best

    def _bonus(self, code: str, asked: str) -> int:
        """Return what it counts that the words stand in a name as they were asked for."""
        bonus = 0
        for name in self.names[code]:
            if name == asked:
                bonus = max(bonus, WHOLE_NAME)
            elif name.startswith(asked):
                bonus = max(bonus, WHOLE_NAME // 4)
            elif asked in name:
                bonus = max(bonus, WHOLE_NAME // 8)
        return bonus


_built: tuple[dict[str, ServiceCard], Index] | None = None


def index() -> Index:
    """Return the index of the whole catalogue, built when it is first asked for and kept as long as the catalogue."""
    global _built
    cards = load_catalogue()
    if _built is None or _built[0] is not cards:
        names = {code: f"{department.ar} {department.en}" for code, department in departments().items()}
        _built = (cards, Index(cards.values(), names))
    return _built[1]


def search(cards: Iterable[ServiceCard], text: str) -> list[ServiceCard]:
    """Return the cards among these that a text finds, best first; cards of the catalogue are found by its index."""
    cards = list(cards)
    known = load_catalogue()
    if all(known.get(card.code) is card for card in cards):
        return index().search(text, {card.code for card in cards})
    return Index(cards).search(text)


def _bare(word: str) -> str:
    return _JOINED.sub("", word)


def _has_all(name: str, words: Iterable[str]) -> bool:
    own = {form for word in name.split() for form in (word, _bare(word))}
    return all(any(known.startswith(word) for known in own) for word in words)


def _weighted(card: ServiceCard, department: str) -> Iterable[tuple[str, int]]:
    rest = [item for items in (card.conditions, card.documents, card.outputs) for item in items]
    texts = (
        (NAME, (card.name_ar, card.name_en, card.reference_prefix, card.code)),
        (KEYWORD, (*card.keywords_ar, *card.keywords_en)),
        (SUMMARY, (card.summary_ar, card.summary_en)),
        (REST, (department, *(text for item in rest for text in (item.ar, item.en)))),
    )
    for weight, of_weight in texts:
        for text in of_weight:
            for word in fold(text).split():
                yield word, weight
                if _bare(word) != word:
                    yield _bare(word), max(weight * 9 // 10, 1)
