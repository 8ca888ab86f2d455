"""Land services of an installation's own: a package outside of this tree brings the service and all that it needs.

The setting ``LAND_SERVICES`` names modules; each has an ``OWN_SERVICE``. What they bring joins the registries of the
software when it starts: nothing of ours can be replaced by it, and what does not fit stops the start.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from land_services.documents.model import Text
from land_services.domain import LandService
from land_services.messages import MESSAGES
from land_services.registry import SERVICES
from land_services.rules import use_added
from land_services.rules.schema import KEYS, Key, add_checks, known_checks

__all__ = ["OwnService", "OwnServiceError", "PaperWords", "use_services"]

NAME: Final = "OWN_SERVICE"


class OwnServiceError(ValueError):
    """A service of an installation's own that cannot be used: which module, and everything that is wrong with it."""

    def __init__(self, module: str, faults: Iterable[str]) -> None:
        self.module, self.faults = module, tuple(faults)
        super().__init__(f"LAND_SERVICES: {module}: " + "; ".join(self.faults))


@dataclass(frozen=True)
class PaperWords:
    """How the papers of a service are headed, and what its letter asks of the registry.

    ``sheet`` heads the drawing, ``drawing`` names it among the letter's attachments, ``subject`` heads the letter.
    ``request`` is its sentence, with ``{approval}`` where the owner's approval is named.
    """

    sheet: Text
    drawing: Text
    subject: Text
    request: Text


@dataclass(frozen=True)
class OwnService:
    """A land service and what it brings.

    ``cards`` is the folder with its card. ``messages`` are the texts of its own checks, by their ids. ``keys`` are its
    own rules; ``rules`` is the file with their values and what the checks rest on, in the form of ``rules/shared``: it
    comes before every pack, so that an authority's pack may say otherwise. ``outputs`` says of each output that only
    its card knows like which of ours it is made.
    """

    service: LandService
    cards: Path
    messages: Mapping[str, Mapping[str, Mapping[str, str]]]
    words: PaperWords
    keys: Mapping[str, Key] = field(default_factory=dict)
    rules: Path | None = None
    outputs: Mapping[str, str] = field(default_factory=dict)


def use_services(modules: Iterable[str]) -> tuple[Path, ...]:
    """Add the services of these modules to ours; return the folders of their cards.

    Raises
    ------
    OwnServiceError
        Naming a module that cannot be imported, or everything of its service that is taken or missing.
    """
    found = [(name, _of(name)) for name in modules]
    for name, own in found:
        _add(name, own)
    use_added(own.rules for _, own in found if own.rules is not None)
    return tuple(own.cards for _, own in found)


def _of(name: str) -> OwnService:
    try:
        own = getattr(import_module(name), NAME, None)
    except ImportError as error:
        raise OwnServiceError(name, [f"cannot be imported: {error}"]) from error
    if not isinstance(own, OwnService):
        raise OwnServiceError(name, [f"has no {NAME} that is an OwnService"])
    return own


def _add(name: str, own: OwnService) -> None:
    # Here, and not above: most installations have no such service, and these bring in all that prints.
    from land_services.cases.land_papers import MAKERS
    from land_services.documents import build, letter

    faults = [*_taken(own, MAKERS), *_lacking(own, MAKERS)]
    if faults:
        raise OwnServiceError(name, faults)
    code = own.service.code
    SERVICES[code] = own.service
    MESSAGES.update(own.messages)
    KEYS.update(own.keys)
    add_checks(own.messages)
    MAKERS.update({output: MAKERS[like] for output, like in own.outputs.items()})
    build.SHEETS[code], build.DRAWING_NAMES[code] = own.words.sheet, own.words.drawing
    letter.SUBJECTS[code], letter.REQUESTS[code] = own.words.subject, own.words.request


def _taken(own: OwnService, makers: Mapping[str, Any]) -> Iterator[str]:
    """Yield what has a name that something else has already."""
    for kind, names, known in (
        ("service", [own.service.code], SERVICES),
        ("check", own.messages, {*MESSAGES, *known_checks()}),
        ("rule", own.keys, KEYS),
        ("output", own.outputs, makers),
    ):
        yield from (f"the {kind} {name!r} exists already" for name in names if name in known)


def _lacking(own: OwnService, makers: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is missing before the service can be used."""
    if not own.cards.is_dir():
        yield f"there is no folder {own.cards} with its card"
    if own.rules is None and (own.messages or own.keys):
        yield "its checks and rules need a file of values and sources (rules)"
    elif own.rules is not None and not own.rules.is_file():
        yield f"there is no file {own.rules} with its rules"
    for output, like in own.outputs.items():
        if like not in makers:
            yield f"the output {output!r} is made like {like!r}, which is no output; there are {', '.join(makers)}"
    for rule, variants in own.messages.items():
        if any(not texts.get("ar") or not texts.get("en") for texts in variants.values()):
            yield f"a text of {rule} lacks Arabic or English"
