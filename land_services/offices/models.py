"""Licences of engineering offices, who may act for whom, and where branches work: beside the parties of the register.

Names and numbers of licences stay where those of everybody are: encrypted, in the register's one table of parties.
"""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from land_services.register.models import Party

__all__ = ["Authorisation", "OfficeLicence", "WorkArea"]


class OfficeLicence(models.Model):
    """The licence of an office as it is now: its grade, what it is classified for, until when, whether suspended.

    ``classes`` are codes of the catalogue's ``office_classes``.
    """

    party = models.OneToOneField(Party, models.PROTECT, related_name="licence", verbose_name=_("office"))
    classification = models.CharField(_("classification"), max_length=60, blank=True)
    classes = ArrayField(models.TextField(), default=list, blank=True, verbose_name=_("classified for"))
    valid_from = models.DateField(_("licensed from"))
    valid_until = models.DateField(_("licensed until"), help_text=_("The last day on which it holds."))
    suspended_from = models.DateField(_("suspended from"), null=True, blank=True)
    suspended_until = models.DateField(
        _("suspended until"), null=True, blank=True, help_text=_("Empty means until further notice.")
    )

    class Meta:
        verbose_name = _("licence of an office")
        verbose_name_plural = _("licences of offices")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(valid_until__gte=F("valid_from")), name="licence_ends_after_begin"),
            models.CheckConstraint(
                condition=Q(suspended_until=None) | Q(suspended_until__gte=F("suspended_from")),
                name="suspension_ends_after_begin",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["valid_until"], name="licence_by_end")]

    def __str__(self) -> str:
        return f"party {self.party_id}"


class Authorisation(models.Model):
    """A party lets another act for it, by a numbered paper, from one day to another, in all services or in some."""

    principal = models.ForeignKey(Party, models.PROTECT, related_name="+", verbose_name=_("who authorises"))
    agent = models.ForeignKey(Party, models.PROTECT, related_name="+", verbose_name=_("who acts"))
    number = models.CharField(_("number of the authorisation"), max_length=60)
    services = ArrayField(
        models.TextField(),
        default=list,
        blank=True,
        verbose_name=_("for these services"),
        help_text=_("None chosen means a general authorisation: for every service."),
    )
    valid_from = models.DateField(_("from"))
    valid_until = models.DateField(_("until"), help_text=_("The last day on which it holds."))
    revoked_on = models.DateField(
        _("revoked on"), null=True, blank=True, help_text=_("From this day on it does not hold.")
    )

    class Meta:
        verbose_name = _("authorisation of an agent")
        verbose_name_plural = _("authorisations of agents")
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(agent=F("principal")), name="authorisation_of_another"),
            models.CheckConstraint(
                condition=Q(valid_until__gte=F("valid_from")), name="authorisation_ends_after_begin"
            ),
            models.UniqueConstraint(fields=["principal", "agent", "number"], name="authorisation_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["agent", "valid_until"], name="authorisation_of_agent")]

    def __str__(self) -> str:
        return self.number


class WorkArea(models.Model):
    """Where a branch of the municipality works: some of its districts. Roles are held in it, requests lie in it.

    ``districts`` are their uids; none lies in two of these.
    """

    code = models.SlugField(
        _("code"), max_length=40, unique=True, help_text=_("As roles name it: letters and figures.")
    )
    name_ar = models.CharField(_("name in Arabic"), max_length=120)
    name_en = models.CharField(_("name in English"), max_length=120)
    districts = ArrayField(models.UUIDField(), verbose_name=_("districts"))

    class Meta:
        verbose_name = _("area of work")
        verbose_name_plural = _("areas of work")

    def __str__(self) -> str:
        return self.code
