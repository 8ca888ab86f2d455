"""Two registrars at the same moment, and a confirmation that meets another change of the same title: real commits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from land_services.cases import acts
from land_services.cases.errors import ActionRefused
from land_services.cases.models import Case
from land_services.deeds import DeedGiven
from land_services.domain import AttachSource, ChangeSet, FactsQuery, TransferRight
from land_services.register.apply import apply_change_set
from land_services.register.errors import ChangeRefused
from land_services.register.models import PendingDeedChange, RegisterEntry, Source
from land_services.register.selectors import titles_of
from layers.models import Parcel
from tests.budget import budget
from tests.sample import Sample

from .test_at_once import at_once, prove
from .test_registry import deed, one_each, parts_of

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
Put = Callable[[str], Sample]


def confirming(sample: Sample, deeds: list[DeedGiven]) -> Callable[[], Any]:
    case, viewer, today = sample.case(), sample.viewer("registrar"), timezone.localdate()
    return lambda: acts.confirm(case, "K-1", today, viewer=viewer, deeds=deeds)


def returning(sample: Sample) -> Callable[[], Any]:
    case, viewer, today = sample.case(), sample.viewer("registrar"), timezone.localdate()
    return lambda: acts.deed_returned(case, "R-1", today, "dispute", viewer=viewer)


def test_of_two_registrars_one_records_and_the_other_is_told(committed_sample: Put) -> None:
    sample = committed_sample("issued")
    case = sample.case()
    whole = [deed(500, *parts_of(case))]
    results = at_once(confirming(sample, one_each(case)), confirming(sample, whole), returning(sample))
    lost = [one for one in results if isinstance(one, Exception)]
    assert len(lost) == 2 and all(isinstance(one, ActionRefused | ChangeRefused) for one in lost), results
    assert RegisterEntry.objects.filter(reference=case.reference, service="registry").count() == 1
    assert not PendingDeedChange.objects.filter(state="pending").exists()
    if isinstance(results[2], Case):
        assert not Source.objects.filter(kind="deed", entry__service="registry").exists()
    prove()


def again_divided(sample: Sample) -> Callable[[], Any]:
    """Another decision on the same title, as a rule may allow while it is pending: a parcel is joined to it anew."""
    uids = [str(parcel.uid) for parcel in parts_of(sample.case())]
    (title,) = titles_of(uids)
    change = ChangeSet(
        "subdivision", (TransferRight(title.id, (uids[0],), (uids[0],)), AttachSource("decision", "D-2"))
    )

    def do() -> Any:
        return apply_change_set(
            change, reference="SUB-1448-999999", acting_user_id=1, recheck=lambda facts: (),
            query=FactsQuery(tuple(uids), 0.0),
        )  # fmt: skip

    return do


@pytest.mark.parametrize("seed", range(budget(2, 12)))
def test_a_confirmation_that_meets_another_change_of_its_title_leaves_one_answer(
    committed_sample: Put, seed: int
) -> None:
    sample = committed_sample("issued")
    case = sample.case()
    doing = [confirming(sample, one_each(case)), again_divided(sample)]
    results = at_once(*(doing if seed % 2 else reversed(doing)))
    assert not any(isinstance(one, Exception) and not isinstance(one, ChangeRefused) for one in results), results
    for parcel in Parcel.objects.filter(begin_entry_id=case.entry_id or 0, end_lifespan_version=None):
        assert len(titles_of([str(parcel.uid)])) <= 1
    prove()
