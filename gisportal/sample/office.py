"""Engineering offices of the demonstration and the simulation: parties of the register, made up, with their licence."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from gisportal.accounts.models import OfficeMembership, User
from land_services.catalogue import office_classes
from land_services.offices.models import OfficeLicence
from land_services.offices.standing import OFFICE_LICENCE
from land_services.register.models import Party
from land_services.register.personal import id_number_key, seal_id_number

__all__ = ["join_office"]


def join_office(user: User, number: str, name_ar: str, name_en: str) -> int:
    """Let an account speak for the office of this licence number, made where it is not there yet; return its key.

    It is classified for everything, also where an older release made it. Whoever speaks for somebody already is left as
    they are.
    """
    office = Party.objects.filter(id_number_key=id_number_key(number), erased_at=None).first()
    if office is not None:
        _license(office)
    held = user.memberships.filter(valid_until=None).order_by("pk").first()
    if held is not None:
        return int(held.party_id)
    if office is None:
        office = Party.objects.create(
            kind="company",
            name_ar=name_ar,
            name_en=name_en,
            id_kind=OFFICE_LICENCE,
            id_number=seal_id_number(number),
            id_number_key=id_number_key(number),
        )
        _license(office)
    OfficeMembership.objects.create(user=user, party_id=office.pk)
    return int(office.pk)


def _license(office: Party) -> None:
    """Give an office its licence, or the classes that it lacks."""
    today, classes = timezone.localdate(), list(office_classes())
    dates = {"valid_from": today - timedelta(days=365), "valid_until": today + timedelta(days=730)}
    OfficeLicence.objects.get_or_create(party=office, defaults={"classification": "A", "classes": classes, **dates})
    OfficeLicence.objects.filter(party=office, classes=[]).update(classes=classes)
