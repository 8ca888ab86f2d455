"""What the buttons of the case page do: from the fields of a form to one act."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language

from land_services.cases import acts
from land_services.cases.acts import RemarkMade
from land_services.cases.errors import ActionRefused, Incomplete
from land_services.cases.models import Case, Referral
from land_services.catalogue.forms import day_of
from land_services.deeds import DeedGiven, area_of
from land_services.isolated import shown
from layers.digits import parse_decimal, to_latin_digits
from layers.viewer import Viewer

from .case_remarks import next_number, remarks_of
from .uploads import plain_text

__all__ = ["DOING", "Asked"]

LONG, SHORT, MOST_DEEDS = 4000, 200, 1000


class Asked:
    """One posted form of the case page: its fields as plain text."""

    def __init__(self, request: HttpRequest, case: Case, viewer: Viewer) -> None:
        self.request, self.post, self.case, self.viewer = request, request.POST, case, viewer
        self.stage = self.text("stage", 60)

    def text(self, name: str, longest: int = SHORT) -> str:
        return plain_text(self.post.get(name), longest)

    def number(self, name: str) -> int | None:
        """Return a whole number below a thousand million; None where there is none."""
        text = to_latin_digits(self.text(name, 12))
        return int(text) if text.isdecimal() and len(text) < 10 else None

    def decimal(self, name: str) -> Decimal | None:
        """Return a number, in either digit system; None where it was left empty. Incomplete where it is none."""
        text = self.text(name, 30)
        try:
            return parse_decimal(text) if text else None
        except ValueError:
            raise Incomplete(f"«{text}» ليس عددًا.", f"“{text}” is not a number.") from None

    def day(self, name: str) -> Any:
        """Return a date, Gregorian or Hijri; Incomplete where it is none."""
        found = day_of(self.text(name, 20))
        if found is None:
            raise Incomplete(
                "اكتب تاريخًا مثل 2026-11-29 أو 1448/06/19.", "Write a date such as 2026-11-29 or 1448/06/19."
            )
        return found

    def moment(self, day: str, time: str) -> datetime:
        """Return a date and a time of the municipality's clock."""
        hour = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", to_latin_digits(self.text(time, 8)))
        if hour is None:
            raise Incomplete("اكتب الساعة مثل 09:30.", "Write the hour such as 09:30.")
        naive = datetime.combine(self.day(day), datetime.min.time()).replace(hour=int(hour[1]), minute=int(hour[2]))
        return timezone.make_aware(naive)

    def deeds(self) -> list[DeedGiven]:
        """Return the deeds that were written down, each with the parcels that name it; rows left empty are none."""
        covered: dict[int, list[str]] = {}
        for name in self.post:
            if name.startswith("covers-") and (n := self.number(name)) is not None:
                covered.setdefault(n, []).append(plain_text(name.removeprefix("covers-"), 40))
        found = (self._deed(n, covered.get(n, [])) for n in range(1, min(len(self.post), MOST_DEEDS) + 1))
        return [deed for deed in found if deed is not None]

    def _deed(self, n: int, parcels: list[str]) -> DeedGiven | None:
        number, dated = self.text(f"deed-{n}-number"), self.text(f"deed-{n}-dated", 20)
        if not (parcels or number or dated):
            return None
        return DeedGiven(
            number=number,
            dated=day_of(dated),
            issuer=self.text(f"deed-{n}-issuer"),
            form=self.text(f"deed-{n}-form", 20),
            area_m2=area_of(self.text(f"deed-{n}-area", 20)),
            registry_no=self.text(f"deed-{n}-registry_no"),
            parcel_uids=tuple(parcels),
        )

    def remarks(self) -> list[RemarkMade]:
        """Return the remarks that were typed, however many there are; rows left empty are none."""
        return remarks_of(self.post, next_number(list(self.case.remarks.all())))


def _finish(asked: Asked) -> Any:
    return acts.finish(
        asked.case, asked.stage, viewer=asked.viewer, note=asked.text("note", LONG), attempt=asked.number("attempt")
    )


def _return(asked: Asked) -> Any:
    return acts.send_back(asked.case, asked.remarks(), asked.stage, viewer=asked.viewer, note=asked.text("note", LONG))


def _reject(asked: Asked) -> Any:
    return acts.reject(asked.case, asked.text("note", LONG), asked.stage, viewer=asked.viewer)


def _refer(asked: Asked) -> Any:
    return acts.refer(
        asked.case,
        asked.text("agency", 60),
        asked.stage,
        viewer=asked.viewer,
        component=asked.text("component", 40) or "case",
        question=asked.text("question", LONG),
    )


def _answer_referral(asked: Asked) -> Any:
    referral = Referral.objects.filter(pk=asked.number("referral") or 0, case=asked.case).first()
    if referral is None:
        raise ActionRefused("لا يوجد سؤال كهذا.", "There is no such question.")
    return acts.answer_referral(referral, asked.text("answer", 40), viewer=asked.viewer, text=asked.text("text", LONG))


def _minute(asked: Asked) -> Any:
    return acts.minute(
        asked.case,
        asked.stage,
        viewer=asked.viewer,
        number=asked.text("number", 60),
        held_on=asked.day("held_on"),
        present=asked.text("present", LONG),
        outcome=asked.text("outcome", 40),
        text=asked.text("text", LONG),
        price_per_m2=asked.decimal("price_per_m2"),
    )


def _assign(asked: Asked) -> Any:
    return acts.assign(asked.case, asked.stage, asked.number("to") or 0, viewer=asked.viewer)


def _propose_visit(asked: Asked) -> Any:
    return acts.propose_visit(asked.case, asked.moment("day", "time"), asked.stage, viewer=asked.viewer)


def _confirm(asked: Asked) -> Any:
    found = acts.confirm(
        asked.case, asked.text("number", 60), asked.day("confirmed_on"), viewer=asked.viewer, deeds=asked.deeds()
    )
    english = get_language() == "en"
    for finding in found[1]:
        messages.warning(asked.request, shown(finding, "en" if english else "ar"))
    return found


DOING: Final[Mapping[str, Callable[[Asked], Any]]] = {
    "submit": lambda asked: acts.submit(asked.case, viewer=asked.viewer),
    "answer": lambda asked: acts.answer(
        asked.case, asked.number("remark") or 0, asked.text("text", LONG), viewer=asked.viewer
    ),
    "withdraw": lambda asked: acts.withdraw(asked.case, viewer=asked.viewer, reason=asked.text("note", LONG)),
    "stop": lambda asked: acts.stop(asked.case, asked.text("note", LONG), viewer=asked.viewer),
    "reopen": lambda asked: acts.reopen(asked.case, asked.text("note", LONG), viewer=asked.viewer),
    "say": lambda asked: acts.say(asked.case, asked.text("text", LONG + 1), viewer=asked.viewer),
    "take": lambda asked: acts.take(asked.case, asked.stage, viewer=asked.viewer),
    "give_back": lambda asked: acts.give_back(asked.case, asked.stage, viewer=asked.viewer),
    "assign": _assign,
    "finish": _finish,
    "return": _return,
    "reject": _reject,
    "refer": _refer,
    "answer_referral": _answer_referral,
    "minute": _minute,
    "propose_visit": _propose_visit,
    "agree_visit": lambda asked: acts.agree_visit(asked.case, asked.number("visit") or 0, viewer=asked.viewer),
    "hold_visit": lambda asked: acts.hold_visit(
        asked.case, asked.number("visit") or 0, asked.text("report", LONG), viewer=asked.viewer
    ),
    "pay": lambda asked: acts.pay(asked.case, asked.text("receipt", 60), asked.stage, viewer=asked.viewer),
    "issue": lambda asked: acts.issue(asked.case, viewer=asked.viewer),
    "confirm": _confirm,
    "deed_returned": lambda asked: acts.deed_returned(
        asked.case,
        asked.text("number", 60),
        asked.day("returned_on"),
        asked.text("reason", 40),
        viewer=asked.viewer,
        text=asked.text("text", LONG),
    ),
    "send_again": lambda asked: acts.send_again(asked.case, viewer=asked.viewer, note=asked.text("note", LONG)),
    "give_up_deed": lambda asked: acts.give_up_deed(asked.case, asked.text("reason", LONG), viewer=asked.viewer),
}
"""Approving stands apart: it issues the papers too."""
