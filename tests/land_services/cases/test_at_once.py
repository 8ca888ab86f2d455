"""Several people at the same moment, and processes that die between two steps: with real commits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from django.db import connections

from land_services.cases import acts, issuing
from land_services.cases.acts import issue
from land_services.cases.errors import ActionRefused
from land_services.cases.models import Case, IssuedDocument
from land_services.cases.papers import Paper
from land_services.documents.qr import new_verification_code
from land_services.register.errors import ChangeRefused
from land_services.register.models import RegisterEntry
from land_services.register.proof import audit_register
from layers import audit
from tests.sample import Sample

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
Put = Callable[[str], Sample]


def at_once(*doings: Callable[[], Any]) -> list[Any]:
    """Start all together, each with a connection of its own; return results and exceptions in order."""
    barrier = Barrier(len(doings))

    def run(do: Callable[[], Any]) -> Any:
        try:
            barrier.wait(timeout=30)
            return do()
        except Exception as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(doings)) as pool:
        return list(pool.map(run, doings))


def prove() -> None:
    while audit.seal() > 0:
        pass
    report = audit_register()
    assert report["ok"], report["promises"]


def test_of_two_who_approve_at_once_exactly_one_wins_and_the_other_is_told(committed_sample: Put) -> None:
    sample = committed_sample("recommended")
    case = sample.case()
    people = [sample.viewer("mayor"), sample.viewer("second_mayor")]
    results = at_once(*[lambda viewer=viewer: acts.approve(case, viewer=viewer) for viewer in people])
    lost = [r for r in results if isinstance(r, Exception)]
    assert len(lost) == 1 and isinstance(lost[0], ActionRefused | ChangeRefused), results
    assert case.reference in str(lost[0])
    winner = people[0 if lost[0] is results[1] else 1]
    case.refresh_from_db()
    assert (case.state, case.decided_by_id) == ("approved", winner.user_id)
    assert RegisterEntry.objects.filter(reference=case.reference).count() == 1
    prove()


def test_of_two_cases_on_the_same_land_the_second_is_refused_with_what_ended_it(committed_sample: Put) -> None:
    sample = committed_sample("recommended")
    first = sample.case()
    second = sample.reviewed(sample.submitted("outsider"))  # it may be filed on land of an open one
    acts.approve(first, viewer=sample.viewer("mayor"))
    with pytest.raises(ChangeRefused) as refused:
        acts.approve(second, viewer=sample.viewer("mayor"))
    assert refused.value.findings and first.reference in str(refused.value)
    second.refresh_from_db()
    assert (second.state, second.entry) == ("returned", None), "it went back with what changed as remarks"
    remark = second.remarks.first()
    assert remark and remark.reason == "register_changed" and first.reference in remark.text
    prove()


def test_references_are_unique_and_without_holes_when_many_open_at_once(committed_sample: Put) -> None:
    sample = committed_sample("land")
    viewer = sample.viewer("surveyor")

    def open_some() -> list[str]:
        return [acts.open_case("subdivision", [sample.uid], viewer=viewer).reference for _ in range(5)]

    results = at_once(*[open_some] * 4)
    references = sorted(reference for some in results for reference in some)
    assert len(set(references)) == 20
    assert [int(reference[-6:]) for reference in references] == list(range(1, 21))


def test_a_crash_between_approval_and_papers_leaves_them_to_be_issued_once(
    committed_sample: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample = committed_sample("recommended")
    head = sample.viewer("mayor")
    case, _ = acts.approve(sample.case(), viewer=head)
    # Papers as such are made in test_issuing; here it is about when they are kept.
    kinds = ["survey_decision"] * 4 + ["subdivision_drawing", "registry_letter", "result_gpkg", "result_geojson"]
    papers = [Paper(k, f"{case.reference}-{n}", f"code {n}", ".pdf", b"%PDF-") for n, k in enumerate(kinds)]

    def made(*_: Any) -> Iterator[Any]:
        return (replace(paper, code=new_verification_code()) for paper in papers)

    monkeypatch.setattr(issuing, "land_papers", made)
    real, calls = issuing._keep, list[int]()

    def dies(*args: Any) -> IssuedDocument:
        calls.append(1)
        if len(calls) == 3:
            raise OSError("no space left on device")
        return real(*args)

    monkeypatch.setattr(issuing, "_keep", dies)
    with pytest.raises(OSError, match="no space"):
        issue(case, viewer=head)
    case.refresh_from_db()
    assert case.state == "approved" and not IssuedDocument.objects.exists()
    monkeypatch.setattr(issuing, "_keep", real)
    results = at_once(lambda: issue(case, viewer=head), lambda: issue(case, viewer=sample.viewer("registrar")))
    assert {d.pk for d in results[0]} == {d.pk for d in results[1]}
    assert Case.objects.get().state == "issued" and IssuedDocument.objects.count() == 8
    folder = Path(IssuedDocument.objects.all()[0].file.path).parent
    kept = {Path(d.file.path) for d in IssuedDocument.objects.all()}
    assert set(folder.iterdir()) == kept, "what the failed try left behind is gone"
    prove()
