"""Which services are shown in which states, and the run that files what is missing."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from django.db import connections, transaction

from gisportal.sample.city import City
from gisportal.sample.deed import write_deed
from land_services.cases.errors import ActionRefused
from land_services.cases.models import Case
from land_services.catalogue import load_catalogue
from land_services.register.errors import ChangeRefused
from layers.models import Parcel

from .land import Lot, LotFinder
from .requests import REQUESTS, Request
from .ways import STATES, DoesNotFit, Papers, State, Way, states_of

__all__ = ["SERVICES", "Shown", "file_cases"]

PROCESSES: Final = 2
Progress = Callable[[str, int, int | None], None]


@dataclass(frozen=True)
class Service:
    """A service that is shown: its kind of request, another kind for some states, and states that are left out.

    The states in ``last`` are given their land after all the others: they came later, and land once given stays.
    """

    request: str
    instead: Mapping[str, str] = field(default_factory=dict)
    without: frozenset[str] = frozenset()
    last: frozenset[str] = frozenset()

    def request_for(self, state: State) -> Request:
        return REQUESTS[self.instead.get(state.code, self.request)]


_ANSWERED: Final = frozenset({"registry_returned", "confirmed"})
# A service is added at the end: land once given stays.
SERVICES: Final[Mapping[str, Service]] = {
    "merge": Service("merge", last=frozenset({"registry_returned"})),
    "boundary_adjustment": Service("boundary_adjustment", last=_ANSWERED),
    "update_and_subdivide": Service("update_and_subdivide", last=frozenset({"registry_returned"})),
    "deed_update": Service("deed_update", dict.fromkeys(("committee", "payment", "decision", "confirmed"), "surplus")),
    "duplex_subdivision": Service(
        "duplex", {"issued": "floors", "registry_returned": "floors"}, last=frozenset({"confirmed"})
    ),
    # The subdivision that the demonstration carries through before is the one that is issued.
    "subdivision": Service("subdivision", without=frozenset({"issued"}), last=_ANSWERED),
    "survey_decision": Service("measured"),
}
"""Those with the scarcest land first."""


@dataclass(frozen=True)
class Shown:
    """A case to look at; without a ``reference`` it says why there is none."""

    service: str
    state: State
    reference: str = ""
    is_new: bool = False
    why: str = ""


@dataclass(frozen=True)
class _Slot:
    """One case that is shown, with its land."""

    service: str
    state: State
    request: Request
    lots: tuple[Lot, ...]

    @property
    def uids(self) -> list[str]:
        return [lot.uid for lot in self.lots]


def file_cases(city: City, folder: Path, progress: Progress) -> list[Shown]:
    """File each case that is missing and return all of them; what is there is left as it stands.

    Papers take seconds each, so two processes share the services; a service's cases are filed in their order by one.
    """
    finder = LotFinder(city)
    slots = list(_slots(finder))
    work = _Work(slots, finder, folder)
    found: dict[int, Shown] = {}
    connections.close_all()  # a process has connections of its own
    # Forked, so that what is filed need not be sent.
    fork = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(PROCESSES, mp_context=fork, initializer=_begin, initargs=(work,)) as pool:
        for future in as_completed([pool.submit(_file_all, code) for code in SERVICES]):
            for number, (reference, new, why) in future.result().items():
                found[number] = Shown(slots[number].service, slots[number].state, reference, new, why)
            progress("demonstration cases", len(found), len(slots))
    services, states = list(SERVICES), list(STATES)
    return sorted(found.values(), key=lambda one: (services.index(one.service), states.index(one.state.code)))


@dataclass(frozen=True)
class _Work:
    slots: list[_Slot]
    finder: LotFinder
    folder: Path


_work: list[_Work] = []


def _begin(work: _Work) -> None:
    _work[:] = [work]


def _file_all(service: str) -> dict[int, tuple[str, bool, str]]:
    """File the cases of one service, in a process of its own; return references, which are new, and why one lacks."""
    try:
        slots = enumerate(_work[0].slots)
        return {number: _filed(slot, _work[0]) for number, slot in slots if slot.service == service}
    finally:
        connections.close_all()


def _filed(slot: _Slot, work: _Work) -> tuple[str, bool, str]:
    there = _there(slot)
    if there:
        return there, False, ""
    if not _is_free(slot):
        return "", False, "the register does not hold its land (any more)"
    try:
        return _file(slot, work), True, ""
    except (DoesNotFit, ActionRefused, ChangeRefused) as refused:
        return "", False, str(refused)


def _slots(finder: LotFinder) -> Iterator[_Slot]:
    cards = load_catalogue()
    for late in (False, True):
        for code, service in SERVICES.items():
            for state in states_of(cards[code]):
                if state.code not in service.without and (state.code in service.last) is late:
                    request = service.request_for(state)
                    yield _Slot(code, state, request, finder.take(request.find))


def _there(slot: _Slot) -> str:
    """Return the case that an earlier run filed on this land."""
    ours = Case.objects.filter(service=slot.service, parcel_uids=slot.uids, filed_by__login="demo_surveyor")
    found = ours.order_by("pk").first() if slot.lots else None
    return found.reference if found else ""


def _is_free(slot: _Slot) -> bool:
    """Whether the sample has land for it, which the register still holds."""
    current = Parcel.objects.filter(uid__in=slot.uids, end_lifespan_version=None).count()
    return bool(slot.lots) and current == len(slot.lots)


def _file(slot: _Slot, work: _Work) -> str:
    """File a case and bring it into its state, all of it or nothing; return its reference."""
    ask = slot.request.careless if slot.state.is_careless else slot.request.proper
    drawing, papers = work.folder / f"{slot.service}-{slot.state.code}.dxf", _papers(work.folder, slot.service)
    try:
        with transaction.atomic():
            way = Way(slot.service, ask(work.finder, slot.lots), slot.uids, papers, drawing)
            slot.state.come(way)
    finally:
        drawing.unlink(missing_ok=True)
    return way.case.reference


def _papers(folder: Path, service: str) -> Papers:
    """Write the papers of a service: a file that is kept is held until its case is whole, so no two share it."""
    papers = Papers(folder / f"{service}-deed.pdf", folder / f"{service}-document.pdf")
    for path, title in ((papers.deed, "صك ملكية"), (papers.other, "وثيقة مرفقة بالطلب")):
        if not path.exists():
            write_deed(path, {"البلدية": "مرسى الخليج", "الخدمة": load_catalogue()[service].name_ar}, title=title)
    return papers
