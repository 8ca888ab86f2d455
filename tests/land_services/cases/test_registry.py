"""The registry's answer: what is confirmed, what is returned, and what the register says of both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from land_services.cases import acts
from land_services.cases.at_work import look_at
from land_services.cases.errors import ActionRefused, Incomplete, NotYours
from land_services.cases.issued import is_superseded
from land_services.cases.models import Case, IssuedDocument
from land_services.cases.proof import case_faults
from land_services.deeds import DeedGiven
from land_services.domain import Finding, TitleFact
from land_services.notices.models import Outbox
from land_services.register.deed_state import deed_history, deed_states, state_words
from land_services.register.models import BAUnit, PendingDeedChange, RegisterEntry, Source
from land_services.register.selectors import titles_of
from layers.models import AuditRow, Parcel
from tests.sample import Sample

pytestmark = pytest.mark.django_db(databases=["default", "owner"])
ISSUER = "كتابة العدل الأولى بالدمام"


@pytest.fixture
def sample(sample_issued: Sample) -> Sample:
    return sample_issued


def parts_of(case: Case) -> list[Parcel]:
    found = Parcel.objects.filter(begin_entry_id=case.entry_id or 0, parcel_no__contains="/", end_lifespan_version=None)
    return list(found.order_by("parcel_no"))


def deed(n: int, *parcels: Parcel, **changes: Any) -> DeedGiven:
    area = sum((p.official_area_m2 or p.surveyed_area_m2 or Decimal(0) for p in parcels), Decimal(0))
    given = DeedGiven(
        f"3301{n:05d}", timezone.localdate(), ISSUER, "electronic", area, "", tuple(str(p.uid) for p in parcels)
    )
    return replace(given, **changes)


def one_each(case: Case) -> list[DeedGiven]:
    return [deed(n, parcel) for n, parcel in enumerate(parts_of(case), start=1)]


def confirm(
    sample: Sample, deeds: Sequence[DeedGiven], number: str = "K-1", confirmed_on: date | None = None
) -> tuple[Case, tuple[Finding, ...]]:
    on = confirmed_on or timezone.localdate()
    return acts.confirm(sample.case(), number, on, viewer=sample.viewer("registrar"), deeds=deeds)


def give_back(sample: Sample, reason: str = "area_differs", **more: Any) -> Case:
    return acts.deed_returned(
        sample.case(), "R-9", timezone.localdate(), reason, viewer=sample.viewer("registrar"), **more
    )


def guarded() -> None:
    """Let the guard look now, as it does at commit."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def proved() -> None:
    guarded()
    assert list(case_faults()) == []


def shares(title: TitleFact) -> set[tuple[int, Fraction]]:
    return {(right.party_id, right.share) for right in title.rights if right.kind == "ownership"}


def test_a_deed_for_each_parcel_makes_a_title_of_each_with_the_same_owners(sample: Sample) -> None:
    case = sample.case()
    parcels = parts_of(case)
    uids = [str(parcel.uid) for parcel in parcels]
    (before,) = titles_of(uids)
    assert len(parcels) >= 2 and before.deeds[0].pending
    moment = timezone.now()
    _, warnings = confirm(sample, one_each(case))
    assert warnings == ()
    after = titles_of(uids)
    assert len(after) == len(parcels)
    for title in after:
        assert len(title.parcel_uids) == 1 and shares(title) == shares(before)
        assert sum(share for _, share in shares(title)) == 1
        (only,) = title.deeds
        assert only.is_valid and not only.pending and only.issuer == ISSUER and only.hijri_date
    assert BAUnit.objects.get(pk=before.id).end_entry_id is not None
    assert titles_of(uids, at=moment) == (before,), "as of before, the old title with its deed stands"
    case.refresh_from_db()
    assert case.state == "closed"
    assert set(PendingDeedChange.objects.filter(ba_unit_id=before.id).values_list("state", flat=True)) == {"confirmed"}
    proved()


def test_one_deed_for_all_parcels_keeps_the_title(sample: Sample) -> None:
    case = sample.case()
    parcels = parts_of(case)
    (before,) = titles_of([str(parcels[0].uid)])
    confirm(sample, [deed(1, *parcels)])
    (after,) = titles_of([str(parcel.uid) for parcel in parcels])
    assert (after.id, after.rights, after.parcel_uids) == (before.id, before.rights, before.parcel_uids)
    assert [d.number for d in after.deeds] == ["330100001"]
    assert before.deeds[0].number not in {d.number for d in after.deeds}
    proved()


def test_the_state_is_told_of_each_parcel_at_each_moment(sample: Sample) -> None:
    case = sample.case()
    uid = str(parts_of(case)[0].uid)
    pending = deed_states([uid])[uid]
    assert (pending.kind, pending.reference, pending.agrees) == ("pending", case.reference, False)
    give_back(sample)
    returned = deed_states([uid])[uid]
    assert (returned.kind, returned.reason) == ("returned", "area_differs")
    acts.send_again(sample.case(), viewer=sample.viewer("registrar"))
    assert deed_states([uid])[uid].kind == "pending"
    confirm(sample, one_each(case))
    confirmed = deed_states([uid])[uid]
    assert (confirmed.kind, confirmed.agrees, confirmed.reference) == ("confirmed", True, case.reference)
    assert confirmed.deeds == ("330100001",)
    events = deed_history(uid)
    assert [event.state.kind for event in events] == ["confirmed", "pending", "returned", "pending"]
    for language in ("ar", "en"):
        told = {state_words(event.state, language) for event in events}
        assert len(told) == 3 and all("330100001" not in words for words in told)  # both pendings on one day
    plainly = [state_words(event.state, "en") for event in events[1:3]]
    assert all("as in the municipal decision" in words.lower() for words in plainly), "land, and who owns it, is not so"
    assert "330100001" in state_words(confirmed, "ar", with_deeds=True)
    assert "areas" not in state_words(returned, "en") and "areas" in state_words(returned, "en", with_deeds=True)
    assert "المساحات" not in state_words(returned, "ar") and "المساحات" in state_words(returned, "ar", with_deeds=True)
    assert deed_states([sample.uid])[sample.uid].kind == "none", "the parcel that ended has no title"
    assert deed_states([sample.uid], at=case.filed_at)[sample.uid].kind == "on_record"
    proved()


def test_a_return_changes_nothing_and_the_case_is_on_the_list_anew(sample: Sample) -> None:
    case = sample.case()
    uids = [str(parcel.uid) for parcel in parts_of(case)]
    (before,) = titles_of(uids)
    give_back(sample, text="المساحة في الضبط 600")
    (after,) = titles_of(uids)
    assert (after.rights, after.parcel_uids) == (before.rights, before.parcel_uids)
    assert [(d.id, d.pending, d.returned) for d in after.deeds] == [(before.deeds[0].id, False, True)]
    case.refresh_from_db()
    run = case.stages.get(kind="registry")
    assert (case.state, run.state, run.round) == ("issued", "active", 2) and run.due_at is not None
    entry = RegisterEntry.objects.latest("pk")
    assert "الضبط" not in str(entry.change_set), "what people write stays out of the register's change set"
    guarded()
    for row in AuditRow.objects.order_by("-pk")[:3]:
        assert "الضبط" not in str(row.payload)
    told = set(Outbox.objects.filter(reference=case.reference).values_list("event", flat=True))
    assert "deed_returned" in told
    with pytest.raises(ActionRefused, match="send it again"):
        confirm(sample, one_each(case))
    with pytest.raises(ActionRefused):
        give_back(sample)
    proved()


def test_sent_again_it_goes_out_with_a_letter_of_its_own(sample: Sample) -> None:
    case = sample.case()
    give_back(sample)
    first = case.documents.get(kind="registry_letter")
    acts.send_again(sample.case(), viewer=sample.viewer("registrar"), note="صُححت المساحة")
    letters = list(case.documents.filter(kind="registry_letter").order_by("pk"))
    assert [letter.number for letter in letters] == [first.number, f"{case.reference}-L2"]
    first.refresh_from_db()
    assert first.superseded_by_id == letters[1].pk and is_superseded(first) and not is_superseded(letters[1])
    assert not IssuedDocument.objects.filter(case=case, kind="survey_decision").exclude(superseded_by=None).exists()
    with pytest.raises(ActionRefused):
        acts.send_again(sample.case(), viewer=sample.viewer("registrar"))
    confirm(sample, one_each(case))
    proved()


def test_given_up_the_land_is_municipal_alone(sample: Sample) -> None:
    case = sample.case()
    registrar = sample.viewer("registrar")
    with pytest.raises(ActionRefused):
        acts.give_up_deed(case, "no", viewer=registrar)
    give_back(sample, "dispute")
    with pytest.raises(Incomplete):
        acts.give_up_deed(sample.case(), " ", viewer=registrar)
    acts.give_up_deed(sample.case(), "نزاع أمام المحكمة", viewer=registrar)
    case.refresh_from_db()
    assert case.state == "closed" and case.stages.get(kind="registry").outcome == "municipal_only"
    uid = str(parts_of(case)[0].uid)
    assert deed_states([uid])[uid].kind == "returned"
    proved()


TOMORROW = timedelta(days=1)


def _wrong(case: Case, sample_uid: str) -> dict[str, tuple[list[DeedGiven], str, str]]:
    own, parcels = one_each(case), parts_of(case)
    first, rest = own[0], own[1:]
    today = timezone.localdate()
    assert first.area_m2 is not None
    return {
        "a parcel without a deed": (rest, "LND-31", "none"),
        "no deed": ([], "LND-31", "none"),
        "a parcel with two": ([*own, deed(99, parcels[0])], "LND-31", "twice"),
        "another's parcel": (
            [replace(first, parcel_uids=(*first.parcel_uids, sample_uid)), *rest], "LND-31", "unknown"
        ),
        "a deed of nothing": ([*own, deed(98)], "LND-31", "empty"),
        "no number": ([replace(first, number=" "), *rest], "LND-33", "no_number"),
        "no issuer": ([replace(first, issuer=""), *rest], "LND-33", "no_issuer"),
        "another form": ([replace(first, form="stone"), *rest], "LND-33", "form"),
        "one number twice": ([first, replace(rest[0], number=first.number), *rest[1:]], "LND-33", "twice"),
        "no date": ([replace(first, dated=None), *rest], "LND-34", "missing"),
        "a date to come": ([replace(first, dated=today + TOMORROW), *rest], "LND-34", "future"),
        "before the decision": ([replace(first, dated=today - TOMORROW), *rest], "LND-34", "before"),
        "no area": ([replace(first, area_m2=None), *rest], "LND-35", "missing"),
        "another area": ([replace(first, area_m2=first.area_m2 * 2), *rest], "LND-35", "beyond"),
    }  # fmt: skip


def test_what_does_not_agree_is_told_all_at_once_and_nothing_is_kept(sample: Sample) -> None:
    case = sample.case()
    entries, sources = RegisterEntry.objects.count(), Source.objects.count()
    for name, (deeds, rule, variant) in _wrong(case, sample.uid).items():
        with pytest.raises(Incomplete) as refused:
            confirm(sample, deeds)
        assert (rule, variant) in {(f.rule, f.variant) for f in refused.value.findings}, name
        assert refused.value.message_ar and refused.value.message_en
    case.refresh_from_db()
    assert (case.state, RegisterEntry.objects.count(), Source.objects.count()) == ("issued", entries, sources)
    first, *rest = one_each(case)
    many = [replace(first, number="", issuer="", dated=None, area_m2=None), *rest[1:]]
    with pytest.raises(Incomplete) as refused:
        confirm(sample, many)
    assert {f.rule for f in refused.value.findings} == {"LND-31", "LND-33", "LND-34", "LND-35"}


def test_a_deed_of_two_titles_is_refused(sample: Sample) -> None:
    """LND-32 needs two titles that wait: checked on the facts alone."""
    from land_services.checks.issued_deeds import check_deeds
    from land_services.deeds import Answer
    from land_services.register.deeds import deed_facts
    from tests.fabric import rules

    case = sample.case()
    facts = deed_facts(case.reference)
    (title,) = facts.titles
    half = len(title.parcel_uids) // 2
    two = (
        replace(title, parcel_uids=title.parcel_uids[:half]),
        replace(title, id=title.id + 1, parcel_uids=title.parcel_uids[half:]),
    )
    answer = Answer("1", timezone.localdate())
    found = check_deeds(replace(facts, titles=two), [deed(1, *parts_of(case))], answer, rules())
    assert [f.rule for f in found if f.severity == "error"] == ["LND-32"]
    assert "LND-32" in {f.rule for f in found}


def test_a_difference_within_the_tolerance_is_told_and_recorded(sample: Sample) -> None:
    case = sample.case()
    first, *rest = one_each(case)
    assert first.area_m2 is not None
    _, warnings = confirm(sample, [replace(first, area_m2=first.area_m2 + Decimal("0.50")), *rest])
    assert [(w.rule, w.severity, w.variant) for w in warnings] == [("LND-35", "warning", "differs")]
    assert case.steps.filter(act="confirm").latest("pk").details["warnings"] == ["LND-35"]
    proved()


def test_a_number_is_the_same_in_either_figures(sample: Sample) -> None:
    case = sample.case()
    arabic = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
    first, *rest = one_each(case)
    with pytest.raises(Incomplete) as refused:
        confirm(sample, [first, replace(rest[0], number=first.number.translate(arabic)), *rest[1:]])
    assert ("LND-33", "twice") in {(f.rule, f.variant) for f in refused.value.findings}
    confirm(sample, [replace(first, number=first.number.translate(arabic)), *rest])
    assert Source.objects.filter(kind="deed", number=first.number).exists()


def test_the_answer_has_a_number_and_a_day_since_the_decision(sample: Sample) -> None:
    deeds, today = one_each(sample.case()), timezone.localdate()
    for number, on in ((" ", today), ("K-1", today + TOMORROW), ("K-1", date(2020, 1, 1))):
        with pytest.raises(Incomplete):
            confirm(sample, deeds, number, on)
    for reason, text in (("", ""), ("whatever", ""), ("other", " ")):
        with pytest.raises(Incomplete):
            give_back(sample, reason, text=text)
    with pytest.raises(Incomplete):
        acts.deed_returned(sample.case(), "1", date(2020, 1, 1), "other", viewer=sample.viewer("registrar"), text="x")


@pytest.mark.parametrize("login", ["surveyor", "reviewer", "survey_head", "mayor", "archive", "outsider", "agency"])
def test_only_the_registrar_answers_for_the_registry(sample: Sample, login: str) -> None:
    case, viewer, today = sample.case(), sample.viewer(login), timezone.localdate()
    before = AuditRow.objects.count()
    for do in (
        lambda: acts.confirm(case, "1", today, viewer=viewer, deeds=one_each(case)),
        lambda: acts.deed_returned(case, "1", today, "dispute", viewer=viewer),
        lambda: acts.send_again(case, viewer=viewer),
        lambda: acts.give_up_deed(case, "x", viewer=viewer),
    ):
        with pytest.raises(NotYours):
            do()
    assert AuditRow.objects.count() == before


def test_what_is_offered_follows_the_state(sample: Sample) -> None:
    def offered() -> set[str]:
        from land_services.cases.may import offers

        return set(offers(look_at(sample.case(), sample.viewer("registrar")))) & {
            "confirm", "deed_returned", "send_again", "give_up_deed",
        }  # fmt: skip

    assert offered() == {"confirm", "deed_returned"}
    give_back(sample)
    assert offered() == {"send_again", "give_up_deed"}
    acts.send_again(sample.case(), viewer=sample.viewer("registrar"))
    assert offered() == {"confirm", "deed_returned"}
    confirm(sample, one_each(sample.case()))
    assert offered() == set()


def test_a_further_change_is_blocked_while_land_and_deed_differ(sample: Sample) -> None:
    from land_services.checks.land import check_valid_deed
    from land_services.domain import FactsQuery
    from land_services.register.selectors import load_facts
    from tests.fabric import rules

    class Inputs:
        parcel_uids = (str(parts_of(sample.case())[0].uid),)

    def found(**values: Any) -> list[tuple[str, str]]:
        facts = load_facts(FactsQuery(Inputs.parcel_uids))
        return [
            (f.variant, f.severity) for f in check_valid_deed(Inputs(), facts, rules(**values)) if f.rule == "LND-03"
        ]

    assert found() == [("pending", "error")]
    assert found(pending_deed_blocks=False) == [("pending", "warning")]
    give_back(sample)
    assert found() == [("returned", "error")]
    acts.send_again(sample.case(), viewer=sample.viewer("registrar"))
    confirm(sample, one_each(sample.case()))
    assert found() == []
