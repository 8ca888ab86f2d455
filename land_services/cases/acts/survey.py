"""Handing in a survey file: it is checked at once and kept, fit or not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from shapely.geometry import mapping

from land_services.cases.at_work import look_at, take_up
from land_services.cases.checking import Checked, check_file
from land_services.cases.errors import ActionRefused
from land_services.cases.keeping import HandedIn, keep_file, sha256_of
from land_services.cases.may import require
from land_services.cases.models import Attempt, Case
from land_services.cases.scanning import scan
from land_services.changesets import digest, to_json
from land_services.checks.survey_crs import is_in_storage
from land_services.findings import unreadable_json
from land_services.registry import SERVICES
from land_services.surveys.errors import SurveyUnreadable
from layers.viewer import Viewer

__all__ = ["check_for", "hand_in"]


def hand_in(
    case: Case, path: Path, *, viewer: Viewer, file_name: str = "", crs: str = "", unit: str = ""
) -> tuple[Attempt, Checked | None]:
    """Check a survey file for the case and keep the attempt, fit or not; the case stands on the last fit one.

    Nothing a person hands in is lost: an unreadable file is kept with its findings too. What the scanner refuses is
    neither read nor kept.
    """
    if case.service not in SERVICES:
        raise ActionRefused("هذه الخدمة لا تأخذ ملفًا مساحيًا.", "This service takes no survey file.")
    require(look_at(Case.objects.get(pk=case.pk), viewer), "hand_in")  # before the long reading; and once more after it
    said = scan(path)
    handed = HandedIn(path, file_name or path.name, sha256_of(path), crs, unit)
    checked: Checked | None = None
    try:
        checked = check_for(case, path, handed.name, crs, unit)
        report = checked.report()
    except SurveyUnreadable as error:
        report = unreadable_json(error.findings)
    with take_up(case, viewer) as work:
        user_id = require(work, "hand_in")
        attempt = _keep(work.case, handed, user_id, checked, report)
        work.say("hand_in", attempt=attempt.number, fit=attempt.fit, sha256=attempt.sha256, scan=said)
    case.refresh_from_db()
    return attempt, checked


def check_for(case: Case, path: Path, name: str, crs: str, unit: str) -> Checked:
    """Check a file by the rules of the day on which the case was filed, and beside what its form says now."""
    return check_file(
        case.service,
        path,
        case.parcel_uids,
        reference=case.reference,
        filed_on=case.filed_on,
        crs=crs or None,
        unit=unit or None,
        file_name=name,
        answers=case.form,
    )


def _keep(case: Case, handed: HandedIn, user_id: int, checked: Checked | None, report: dict[str, Any]) -> Attempt:
    attempt = Attempt(
        case=case,
        number=case.attempts.count() + 1,
        file_name=handed.name,
        sha256=handed.sha256,
        crs=handed.crs,
        unit=handed.unit,
        by_id=user_id,
        fit=checked is not None and checked.fit,
        report=report,
        drawn=_drawn(checked),
    )
    if checked is not None and checked.change_set is not None:
        attempt.change_set = to_json(checked.change_set)
        attempt.change_set_digest = digest(checked.change_set)
    keep_file(attempt, handed)
    attempt.save()
    return attempt


def _drawn(checked: Checked | None) -> list[dict[str, Any]]:
    """The parts as drawn, where they lie in the storage CRS."""
    if checked is None or not is_in_storage(checked.inputs.survey, settings.STORAGE_SRID):
        return []
    return [{"number": p.number, "geometry": mapping(p.geometry)} for p in checked.inputs.survey.parts]
