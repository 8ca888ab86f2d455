"""The roles that a person may hold, with their names in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

__all__ = ["DELEGABLE", "HEAD_OF", "Role"]


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
    APPLICANT = "applicant", _("Applicant")
    CLERK = "clerk", _("Counter clerk")
    PLANNING_HEAD = "planning_head", _("Head of planning")
    BUILDING_REVIEWER = "building_reviewer", _("Building plans reviewer")
    BUILDING_HEAD = "building_head", _("Head of building permits")
    INSPECTOR = "inspector", _("Inspector")
    LANDS_OFFICER = "lands_officer", _("Lands officer")
    PROJECTS_ENGINEER = "projects_engineer", _("Projects engineer")
    ROADS_ENGINEER = "roads_engineer", _("Roads engineer")
    ENVIRONMENT_OFFICER = "environment_officer", _("Environment officer")
    COMMITTEE = "committee", _("Committee member")
    FINANCE = "finance", _("Finance")
    PERSONNEL = "personnel", _("Personnel")
    IT_SUPPORT = "it_support", _("IT support")
    MAINTENANCE = "maintenance", _("Maintenance")
    EMPLOYEE = "employee", _("Employee")
    SUPPLIER = "supplier", _("Supplier")


_NOT_DELEGABLE = {Role.ADMINISTRATOR, Role.SURVEYOR, Role.AGENCY, Role.RESIDENT, Role.APPLICANT, Role.SUPPLIER}
DELEGABLE: Final = [(role.value, role.label) for role in Role if role not in _NOT_DELEGABLE]
"""Roles in which a colleague may stand in: those of the municipality's desks. Keys of the site are not lent."""

_DESKS: Final = frozenset(code for code, _label in DELEGABLE)
HEAD_OF: Final[Mapping[str, frozenset[str]]] = {
    "mayor": _DESKS,
    "director": _DESKS - {"mayor"},
    "survey_head": frozenset({"reviewer", "registrar", "archive", "gis_engineer"}),
    "planning_head": frozenset({"planner", "lands_officer", "projects_engineer", "roads_engineer"}),
    "building_head": frozenset({"building_reviewer", "inspector", "environment_officer"}),
}
"""For holders of which roles a head records absences and names who stands in."""
