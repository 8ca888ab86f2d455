"""What was delivered long ago leaves the outbox once its case is over; nothing else ever does."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from gisportal.celery import app
from gisportal.tasks import tidy
from land_services.api.models import IdempotentAnswer
from land_services.cases import acts
from land_services.cases.models import Case
from land_services.notices import pruning
from land_services.notices.models import Notice, Outbox
from land_services.notices.pruning import prune_outbox
from land_services.notices.relay import relay
from land_services.notices.telling import tell
from tests.sample import Sample

pytestmark = pytest.mark.django_db(databases=["default", "owner"])
RETURNED = {"service": "subdivision", "remarks": 1}


@pytest.fixture
def sample(sample_land: Sample) -> Sample:
    return sample_land


def told(sample: Sample, case: Case | None, key: str, days: int | None, reference: str | None = None) -> Outbox:
    """Tell somebody of a case, delivered so many days ago; with None it was never delivered."""
    with transaction.atomic():
        tell(
            "case_returned",
            recipients=[sample.user("archive").pk],
            reference=(case.reference if case else "") if reference is None else reference,
            params=RETURNED,
            key=key,
        )
    row = Outbox.objects.get(key=key)
    if days is not None:
        Outbox.objects.filter(pk=row.pk).update(sent_at=timezone.now() - timedelta(days=days))
    return row


def left(*rows: Outbox) -> list[bool]:
    return [Outbox.objects.filter(pk=row.pk).exists() for row in rows]


def test_only_what_was_delivered_long_ago_of_a_case_that_is_over_goes(sample: Sample) -> None:
    running, over = sample.submitted(), sample.submitted("outsider")
    acts.withdraw(over, viewer=sample.viewer("outsider"), reason="not needed any more")
    old, late, never = (told(sample, over, f"case:{over.pk}:{n}", days) for n, days in enumerate((401, 399, None)))
    failed = told(sample, over, f"case:{over.pk}:failed", None)
    Outbox.objects.filter(pk=failed.pk).update(failed_at=timezone.now() - timedelta(days=900))
    open_one = told(sample, running, f"case:{running.pk}:1", 900)
    area = told(sample, running, f"area:7:case:{running.pk}:round:1", 900, reference="")
    none = told(sample, None, "something else", 900)
    assert prune_outbox() == 2
    assert left(old, none) == [False, False] and left(late, never, failed, open_one, area) == [True] * 5
    acts.withdraw(running, viewer=sample.viewer("surveyor"), reason="not needed any more")
    assert prune_outbox() == 2 and left(open_one, area) == [False, False]
    assert prune_outbox() == 0


def test_what_is_told_again_after_its_row_went_is_not_shown_twice(sample: Sample) -> None:
    over = sample.submitted()
    acts.withdraw(over, viewer=sample.viewer("surveyor"), reason="not needed any more")
    key = f"case:{over.pk}:1"
    told(sample, over, key, 500)
    Notice.objects.create(
        event="case_returned",
        recipient=sample.user("archive"),
        key=key,
        created_at=timezone.now() - timedelta(days=500),
    )
    assert prune_outbox() == 1
    told(sample, over, key, None)
    relay()
    assert Notice.objects.filter(key=key).count() == 1 and Outbox.objects.get(key=key).sent_at is not None


def test_the_database_lets_nothing_else_go(sample: Sample) -> None:
    running, over = sample.submitted(), sample.submitted("outsider")
    acts.withdraw(over, viewer=sample.viewer("outsider"), reason="not needed any more")
    for case, key, days, why in (
        (over, "never", None, "was not delivered"),
        (over, "lately", 29, "last 30 days"),
        (running, "running", 900, "that is open stays"),
        (None, f"area:7:case:{running.pk}:round:1", 900, "that is open stays"),
    ):
        row = told(sample, case, key, days)
        with pytest.raises(IntegrityError, match=why), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM notices_outbox WHERE id = %s", [row.pk])
        assert left(row) == [True]


def test_it_takes_many_in_batches(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "BATCH", 3)
    for n in range(7):
        told(sample, None, f"k{n}", 800)
    assert prune_outbox() == 7 and not Outbox.objects.filter(key__startswith="k").exists()


def test_the_nightly_job_takes_away_messages_answers_and_files_left_half_written(
    sample: Sample, settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    told(sample, None, "old", 800)
    for key, hours in (("old", 25), ("new", 23)):
        made = IdempotentAnswer.objects.create(
            user=sample.user("archive"), key=key, fingerprint="f", status=200, content_type="", body=""
        )
        IdempotentAnswer.objects.filter(pk=made.pk).update(created_at=timezone.now() - timedelta(hours=hours))
    said = StringIO()
    call_command("tidy", stdout=said)
    assert said.getvalue() == "1 messages, 1 answers and 0 files taken away\n"
    assert list(IdempotentAnswer.objects.values_list("key", flat=True)) == ["new"]
    told(sample, None, "old", 800)
    tidy()
    assert not Outbox.objects.filter(key="old").exists()


def test_the_clock_asks_for_it_each_night() -> None:
    asked = app.conf.beat_schedule["tidy"]
    assert asked["task"] == "site.tidy" == tidy.name
    assert (asked["schedule"].hour, asked["schedule"].minute) == ({23}, {30})
