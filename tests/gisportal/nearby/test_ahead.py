"""Spans of the coming days against the state that anybody would be told at each moment of them."""

from __future__ import annotations

import random
from datetime import timedelta
from itertools import pairwise

import pytest
from django.utils import timezone

from layers.locator.ahead import Ahead
from layers.locator.hours import Status
from layers.locator.listing import PlacesQuery, Row, list_places
from layers.locator.models import EmergencyEntry, EmergencyList, PlaceClosure
from layers.locator.opening import look
from layers.locator.openness import states_of
from layers.models import District
from tests.sample import Sample

DAYS = 14


def rows() -> tuple[Row, ...]:
    return list_places(PlacesQuery(limit=60)).rows


def agree(seed: int) -> set[Status]:
    """Compare random moments, and those beside every change, with the state of then; return what was met."""
    chance, opening, now = random.Random(seed), look(), timezone.now().replace(second=0, microsecond=0)
    end, met = now + timedelta(days=DAYS), set()
    ahead, made = Ahead(opening, now, end), {}
    for row in rows():
        spans = ahead.spans(row)
        assert made.setdefault(ahead.key(row), spans) == spans, "one key, the same times"
        assert all(now <= one.begin < one.end <= end for one in spans)
        assert all(one.end <= other.begin for one, other in pairwise(spans))
        moments = [now + chance.random() * (end - now) for _ in range(8)]
        moments += [
            at + beside for one in chance.sample(spans, min(4, len(spans))) for at in one[:2] for beside in _STEPS
        ]
        for at in moments:
            if not now <= at < end:
                continue
            (state,) = states_of([row], at, opening)
            told = next((one.status for one in spans if one.begin <= at < one.end), Status.CLOSED)
            assert told is state.status, (row.text, at, spans)
            met.add(told)
    return met


_STEPS = (timedelta(0), timedelta(minutes=-1), timedelta(minutes=1))


@pytest.mark.django_db
class TestSpans:
    def test_hours_alone(self, sample_land: Sample) -> None:
        assert {Status.OPEN, Status.CLOSED} <= agree(1)

    def test_closures_that_begin_and_end(self, sample_land: Sample) -> None:
        now = timezone.now()
        for n, row in enumerate(rows()[:10]):
            begin = now + timedelta(days=n - 2, hours=n)
            PlaceClosure.objects.create(
                place_uid=row.uid, begins_at=begin, ends_at=None if n % 3 == 0 else begin + timedelta(days=n, minutes=7)
            )
        assert Status.OPEN in agree(2)

    def test_an_emergency(self, sample_land: Sample) -> None:
        now = timezone.now()
        area = District.objects.filter(end_lifespan_version=None).order_by("id")[0].geom
        some = rows()[:20]
        listed = EmergencyList.objects.create(
            title_ar="حظر",
            title_en="Curfew",
            categories=sorted({row.category for row in some}),
            area=area,
            begins_at=now + timedelta(days=1),
            ends_at=now + timedelta(days=4),
        )
        for n, row in enumerate(some[:6]):
            EmergencyEntry.objects.create(
                emergency=listed, place_uid=row.uid, opening_hours="" if n % 2 else "Mo-Su 10:00-15:00"
            )
        assert {Status.OPEN, Status.CLOSED} <= agree(3)
