"""Offices of the sample municipality: parties with a licence that people speak for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from gisportal.accounts.models import OfficeMembership
from land_services.offices.models import OfficeLicence
from land_services.offices.standing import OFFICE_LICENCE
from land_services.register.models import Party
from land_services.register.personal import id_number_key, seal_id_number
from tests.sample import Sample

__all__ = ["make_office", "sample", "today"]


@pytest.fixture
def sample(sample_land: Sample) -> Sample:
    return sample_land


@pytest.fixture
def today() -> date:
    return timezone.localdate()


@pytest.fixture
def make_office(sample: Sample, today: date) -> Callable[..., Party]:
    """Return a function that makes an office a person speaks for, licensed for so many days yet."""

    def make(login: str = "surveyor", days: int = 200, number: str = "5100012345", **dates: Any) -> Party:
        party = Party.objects.create(
            kind="company",
            name_ar=f"مكتب {number}",
            name_en=f"Office {number}",
            id_kind=OFFICE_LICENCE,
            id_number=seal_id_number(number),
            id_number_key=id_number_key(number),
        )
        begun = today - timedelta(days=400)
        OfficeLicence.objects.create(party=party, valid_from=begun, valid_until=today + timedelta(days=days), **dates)
        OfficeMembership.objects.create(user=sample.user(login), party_id=party.pk)
        return party

    return make
