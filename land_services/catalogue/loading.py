"""All cards together: those of this folder and those that an installation adds, read once per process."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Final

from land_services.catalogue import reader
from land_services.catalogue.errors import CatalogueError
from land_services.catalogue.lines import Lines
from land_services.catalogue.model import Department, OfficeClass, ServiceCard
from land_services.catalogue.shared_facts import Shared, read_shared

__all__ = [
    "FOLDER",
    "added_folders",
    "departments",
    "load_catalogue",
    "office_classes",
    "read_card",
    "read_folders",
    "use_folders",
]

FOLDER: Final = Path(__file__).parent
SHARED: Final = "shared"

_added: tuple[Path, ...] = ()


def use_folders(folders: Iterable[str | Path]) -> None:
    """Add the cards of these folders to those that come with the software; the catalogue is read anew."""
    global _added  # set once at start, from a setting that this package cannot know
    _added = tuple(Path(folder) for folder in folders)
    _catalogue.cache_clear()


def added_folders() -> tuple[Path, ...]:
    """Return the folders whose cards stand beside those of the software."""
    return _added


def load_catalogue() -> dict[str, ServiceCard]:
    """Return every card by its code, in alphabetical order.

    Raises
    ------
    CatalogueError
        The first fault, with all others of all files in ``faults``.
    """
    return _catalogue()[0]


def departments() -> dict[str, Department]:
    """Return the departments by their code, in the order of their file."""
    return _catalogue()[1].departments


def office_classes() -> dict[str, OfficeClass]:
    """Return what offices may be classified for by its code, in the order of its file."""
    return _catalogue()[1].office_classes


def read_card(text: str, file: str, shared: Shared | None = None) -> ServiceCard:
    """Return the card that a TOML text describes; without ``shared``, with the shared facts of this folder."""
    return reader.read_card(text, file, read_shared(FOLDER / SHARED) if shared is None else shared)


def read_folders(folders: Iterable[Path]) -> tuple[dict[str, ServiceCard], Shared]:
    """Return the cards of folders by their code, and the shared facts; a later folder's shared facts win.

    Raises
    ------
    CatalogueError
        The first fault, with all others of all files in ``faults``.
    """
    folders = tuple(folders)
    shared = _shared(folders)  # its faults first: each card that names a broken fact would only repeat it
    faults: list[CatalogueError] = []
    cards: list[tuple[Path, ServiceCard]] = []
    for path in (path for folder in folders for path in sorted(folder.glob("*.toml"))):
        try:
            cards.append((path, reader.read_card(_text(path), path.name, shared)))
        except CatalogueError as error:
            faults.extend(error.faults)
    faults.extend(_given_twice(cards))
    if faults:
        raise CatalogueError.of(faults)
    return {card.code: card for _, card in sorted(cards, key=lambda pair: pair[1].code)}, shared


@lru_cache(maxsize=1)
def _catalogue() -> tuple[dict[str, ServiceCard], Shared]:
    return read_folders((FOLDER, *_added))


def _shared(folders: Iterable[Path]) -> Shared:
    shared = Shared()
    faults: list[CatalogueError] = []
    for folder in folders:
        if not folder.is_dir():
            faults.append(CatalogueError(str(folder), 1, "CATALOGUE_DIRS", "there is no such folder"))
        try:
            shared = read_shared(folder / SHARED, shared)
        except CatalogueError as error:
            faults.extend(error.faults)
    if faults:
        raise CatalogueError.of(faults)
    return shared


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise CatalogueError(path.name, 1, "TOML", f"the file is not UTF-8: {error}") from None


def _given_twice(cards: list[tuple[Path, ServiceCard]]) -> Iterable[CatalogueError]:
    """Yield cards whose code or prefix of references another card has: two cases could bear one reference."""
    for key, name in (("code", "code"), ("reference_prefix", "reference_prefix")):
        seen: dict[str, Path] = {}
        for path, card in cards:
            value = getattr(card, name)
            if value in seen:
                line = Lines(_text(path)).of(key)
                yield CatalogueError(path.name, line, key, f"{value!r} is already that of {seen[value]}")
            seen.setdefault(value, path)
