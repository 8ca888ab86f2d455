"""The roles that a person may hold, with their names in both languages."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

__all__ = ["Role"]


class Role(models.TextChoices):
    """Codes that ``layers.viewer.Viewer.roles`` holds."""

    SURVEYOR = "surveyor", _("Surveyor")
    REVIEWER = "reviewer", _("Survey reviewer")
    SURVEY_HEAD = "survey_head", _("Head of survey")
    PLANNER = "planner", _("Planner")
    MAYOR = "mayor", _("Mayor")
    REGISTRAR = "registrar", _("Registrar")
    CASHIER = "cashier", _("Cashier")
    ARCHIVE = "archive", _("Archive")
    AGENCY = "agency", _("Agency")
    DIRECTOR = "director", _("Director")
    GIS_ENGINEER = "gis_engineer", _("GIS engineer")
    ADMINISTRATOR = "administrator", _("Administrator")
    RESIDENT = "resident", _("Resident")
