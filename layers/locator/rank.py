"""Which of several names is most like what somebody typed. Texts are folded (``normalise``); nothing is looked up."""

from __future__ import annotations

from typing import Final

__all__ = ["likeness", "rank", "trigrams"]

EXACT: Final = 4.0
BEGINS: Final = 3.0
HOLDS: Final = 2.0
WORDS: Final = 1.0


def trigrams(word: str) -> frozenset[str]:
    """Return the runs of three letters of a word with two spaces before it and one after, as pg_trgm takes them.

    >>> sorted(trigrams("cat"))
    ['  c', ' ca', 'at ', 'cat']
    """
    padded = f"  {word} "
    return frozenset(padded[i : i + 3] for i in range(len(padded) - 2))


def _alike(one: str, other: str) -> float:
    a, b = trigrams(one), trigrams(other)
    return len(a & b) / len(a | b)


def likeness(asked: str, name: str) -> float:
    """Return how well a name answers to a text, from 0 to 5: the same, beginning with it, holding it, its words.

    Within each of these a name that says little more than was asked for is better. Below them each word asked for
    counts by the word of the name that is most like it, so that a slip costs little and a missing word much.

    Examples
    --------
    >>> names = ["صيدليه نخيل pharmacy", "صيدليه نخيل", "نخله", "حي صيدليه", "نخيل"]
    >>> sorted(names, key=lambda n: -likeness("نخيل", n))
    ['نخيل', 'صيدليه نخيل', 'صيدليه نخيل pharmacy', 'نخله', 'حي صيدليه']
    >>> likeness("nakheel", "nakhel") > likeness("nakheel", "nadeem")
    True
    >>> likeness("", "x"), likeness("x", "")
    (0.0, 0.0)
    """
    if not asked or not name:
        return 0.0
    share = len(asked) / max(len(asked), len(name))
    if asked == name:
        return EXACT + 1.0
    if f"{name} ".startswith(f"{asked} "):
        return EXACT + share
    if name.startswith(asked):
        return BEGINS + share
    if f" {asked} " in f" {name} ":
        return HOLDS + 0.5 + share / 2
    if f" {asked}" in f" {name}":
        return HOLDS + share / 2
    held = name.split(" ")
    best = [max(_alike(word, one) for one in held) for word in asked.split(" ")]
    worth = sum(best) / len(best)
    return worth + share / 10 if worth < 1 else WORDS + share


def rank(asked: str, names: list[str]) -> list[int]:
    """Return the places of names in the list, the best first; equal ones stay in their order.

    >>> rank("b", ["a", "b", "b c", "b"])
    [1, 3, 2, 0]
    """
    worth = [likeness(asked, name) for name in names]
    return sorted(range(len(names)), key=lambda i: -worth[i])
