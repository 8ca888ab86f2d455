"""The registry as a long history has it: it answers most changes at once and the others later, none never."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from random import Random
from typing import Final

from django.db import connection
from django.utils import timezone

from land_services.checks.issued_deeds import check_deeds
from land_services.checks.land import measured_area_m2
from land_services.deeds import Answer, DeedFacts, DeedGiven, plan_again, plan_confirmation, plan_return
from land_services.domain import TitleFact
from land_services.register.deeds import apply_deed_change, deed_facts
from land_services.rulebook.in_force import rules_on

__all__ = ["Registry"]

ISSUER: Final = "كتابة العدل الأولى"
LATE: Final = 10
"""How many changes may wait for the registry at a time: where all land waited, nothing could be changed any more."""


class Registry:
    """Answers changes of the register by their references; ``say`` is given one mapping for each answer."""

    def __init__(self, rng: Random, say: Callable[..., None]) -> None:
        self.rng, self.say = rng, say
        self._deeds = 0

    def answer(self, reference: str) -> None:
        """Answer a change: mostly with deeds, seldom with a return, and sometimes not yet."""
        facts, chance = deed_facts(reference), self.rng.random()
        if not facts.titles or chance > 0.97:
            return
        if chance > 0.94:
            answer = Answer(f"K-{reference}", timezone.localdate())
            apply_deed_change(reference, acting_user_id=1, plan=lambda held: plan_return(held, answer, "area_differs"))
            self.say(service="registry", outcome="returned")
            return
        self._confirm(reference, facts)

    def catch_up(self) -> None:
        """Answer the oldest of the changes that wait, until only so many are left as may; returned ones again."""
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT reference, state FROM (
                     SELECT DISTINCT ON (p.ba_unit_id) p.id, e.reference, p.state FROM register_pendingdeedchange p
                     JOIN register_registerentry e ON e.id = p.entry_id ORDER BY p.ba_unit_id, p.id DESC) AS last
                   WHERE state <> 'confirmed' ORDER BY id"""
            )
            waiting: dict[str, str] = {}
            for reference, state in cursor.fetchall():
                waiting.setdefault(reference, state)
        for reference, state in list(waiting.items())[: max(0, len(waiting) - LATE)]:
            if state == "returned":
                apply_deed_change(reference, acting_user_id=1, plan=lambda held: plan_again(held, "again"))
            self._confirm(reference, deed_facts(reference))

    def deeds_of(self, title: TitleFact, facts: DeedFacts) -> Iterator[DeedGiven]:
        """Yield what is issued for a title: one deed, or one for each parcel."""
        together = self.rng.random() < 0.5
        parcels = {parcel.uid: parcel for parcel in facts.parcels}
        for uids in [title.parcel_uids] if together else [(uid,) for uid in title.parcel_uids]:
            self._deeds += 1
            areas = [parcels[uid].official_area_m2 or measured_area_m2(parcels[uid]) for uid in uids]
            area = sum(areas, Decimal("0.00"))
            yield DeedGiven(f"33{self._deeds:08d}", timezone.localdate(), ISSUER, "electronic", area, "", uids)

    def _confirm(self, reference: str, facts: DeedFacts) -> None:
        answer = Answer(f"K-{reference}", timezone.localdate())
        given = [deed for title in facts.titles for deed in self.deeds_of(title, facts)]
        findings = check_deeds(facts, given, answer, rules_on(timezone.localdate()))
        errors = [finding for finding in findings if finding.severity == "error"]
        assert not errors, (reference, errors)
        numbers = [deed.number for deed in given]
        apply_deed_change(
            reference, acting_user_id=1, numbers=numbers, plan=lambda held: plan_confirmation(held, given, answer)
        )
        self.say(service="registry", outcome="confirmed")
