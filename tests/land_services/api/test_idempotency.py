"""A post with a key is done once, whoever sends it how often and at which moment."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from land_services.api.models import IdempotentAnswer
from land_services.cases.models import Case, CaseStep
from tests.budget import budget
from tests.land_services.api.asking import Asker
from tests.sample import CRS, Sample

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
Put = Callable[[str], Sample]


@pytest.fixture(autouse=True)
def no_limit(settings: Any) -> None:
    settings.API_PER_MINUTE = 0


def keyed(key: str) -> dict[str, str]:
    return {"Idempotency-Key": key}


def test_the_same_key_is_answered_alike_and_done_once(committed_sample: Put) -> None:
    sample = committed_sample("recommended")
    surveyor, body = Asker(sample, "surveyor"), {"service": "subdivision", "parcels": [sample.uid]}
    before = Case.objects.count()
    first = surveyor.post("cases/", body, **keyed("open-1"))
    again = surveyor.post("cases/", body, **keyed("open-1"))
    assert (again.status_code, again.content, again["Location"]) == (201, first.content, first["Location"])
    assert again["Idempotency-Replayed"] == "true" and "Idempotency-Replayed" not in first
    assert Case.objects.count() == before + 1

    other = surveyor.post("cases/", {**body, "form": {}}, **keyed("open-1"))
    assert (other.status_code, other.json()["parameter"]) == (422, "Idempotency-Key")
    reference = first.json()["reference"]
    assert surveyor.post(f"cases/{reference}/acts/withdraw", **keyed("open-1")).status_code == 422
    assert Asker(sample, "outsider").post("cases/", body, **keyed("open-1")).status_code == 201, "a key is one's own"
    assert surveyor.post("cases/", body, **keyed("")).status_code == 400
    assert surveyor.post("cases/", body, **keyed("x" * 201)).status_code == 400

    path = f"cases/{reference}/attempts"
    handed = [surveyor.ok(surveyor.send(path, sample.proper, key="file", crs=CRS), 201) for _ in range(2)]
    assert handed[0] == handed[1] and Case.objects.get(reference=reference).attempts.count() == 1
    assert surveyor.send(path, sample.first, key="file", crs=CRS).status_code == 422

    IdempotentAnswer.objects.filter(key="open-1", user=sample.user("surveyor")).delete()
    old = timezone.now() - timedelta(hours=25)
    assert IdempotentAnswer.objects.filter(key="file").update(created_at=old) == 1
    assert surveyor.send(path, sample.proper, key="file", crs=CRS).status_code == 201
    assert Case.objects.get(reference=reference).attempts.count() == 2, "a day later it is another request"


def test_a_refusal_is_kept_and_a_body_that_could_not_be_read_is_not(committed_sample: Put) -> None:
    sample = committed_sample("recommended")
    reviewer, path = Asker(sample, "reviewer"), f"cases/{sample.case().reference}/acts/approve"
    answers = [reviewer.post(path, **keyed("a")) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert answers[1]["Idempotency-Replayed"] == "true"
    assert reviewer.post(path, {"x": 1}, **keyed("b")).status_code == 400
    assert not IdempotentAnswer.objects.filter(key="b").exists()


def test_a_decision_that_no_longer_fits_sends_the_case_back_under_a_key_too(committed_sample: Put) -> None:
    sample = committed_sample("recommended")
    second = sample.reviewed(sample.submitted("outsider"))
    mayor = Asker(sample, "mayor")
    assert mayor.post(f"cases/{sample.case().reference}/acts/approve", **keyed("1")).status_code == 200
    refused = mayor.post(f"cases/{second.reference}/acts/approve", **keyed("2"))
    assert refused.status_code == 409 and refused.json()["findings"]
    second.refresh_from_db()
    assert second.state == "returned"


def at_once(doings: list[Callable[[], Any]]) -> list[Any]:
    barrier = Barrier(len(doings))

    def run(do: Callable[[], Any]) -> Any:
        try:
            barrier.wait(timeout=30)
            return do()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(doings)) as pool:
        return list(pool.map(run, doings))


def test_of_many_at_once_one_is_done_and_the_others_wait_or_hear_its_answer(committed_sample: Put) -> None:
    sample = committed_sample("land")
    askers = [Asker(sample, "surveyor") for _ in range(6)]
    body = {"service": "subdivision", "parcels": [sample.uid]}
    for turn in range(budget(3, 100)):
        key = keyed(f"turn-{turn}")
        answers = at_once([partial(asker.post, "cases/", body, **key) for asker in askers])
        statuses = sorted(answer.status_code for answer in answers)
        assert set(statuses) <= {201, 409} and 201 in statuses, statuses
        done = [answer.json()["reference"] for answer in answers if answer.status_code == 201]
        assert len(set(done)) == 1
        assert Case.objects.count() == CaseStep.objects.filter(act="open").count() == turn + 1
        assert askers[0].post("cases/", body, **key).json()["reference"] == done[0]
