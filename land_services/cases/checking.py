"""From a survey file to findings and, where nothing stands against it, the change set: the same for the command, the
pages and the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings

from land_services.checks.engine import NotFit, run_checks
from land_services.checks.survey_crs import to_storage
from land_services.domain import ChangeSet, Facts, FactsQuery, Finding, LandService, Rules, SurveyPlan
from land_services.findings import is_fit, report_json
from land_services.register.selectors import load_facts
from land_services.registry import SERVICES
from land_services.rulebook.in_force import rules_on
from land_services.surveys.reader import read_survey
from layers import crs

__all__ = ["Checked", "asks_for_answers", "check_file", "check_plan", "facts_wanted", "service_of", "to_wgs84"]


class UnknownService(ValueError):
    """No service of this code takes a survey file; ``findings`` say it in both languages."""

    def __init__(self, code: str) -> None:
        known = ", ".join(sorted(SERVICES))
        super().__init__(f"{code!r} is not a service; there are: {known}")
        self.findings = (Finding("REQ-01", "error", {"service": code, "services": known}),)


@dataclass(frozen=True)
class Checked:
    """A survey file looked at for a service: the plan as filed, what was found, and the change it would make if fit."""

    service: LandService
    inputs: Any
    source: SurveyPlan
    facts: Facts
    rules: Rules
    findings: tuple[Finding, ...]
    change_set: ChangeSet | None

    @property
    def fit(self) -> bool:
        return self.change_set is not None

    def report(self) -> dict[str, Any]:
        """Return the answer in the shape of the public face."""
        return report_json(self.source, self.findings, to_wgs84=to_wgs84)


def service_of(code: str) -> LandService:
    """Return the spatial service of a code; UnknownService lists those that exist."""
    try:
        return SERVICES[code]
    except KeyError:
        raise UnknownService(code) from None


def asks_for_answers(service: LandService) -> bool:
    """Return whether the checks of a service look at the form of the case."""
    return any(field.name == "answers" for field in fields(service.inputs))


def facts_wanted(code: str, parcel_uids: Sequence[str]) -> FactsQuery:
    """Return which facts belong to the land of a case: what its service needs; for one without Python, what is near."""
    if code not in SERVICES:
        return FactsQuery(tuple(parcel_uids))
    return SERVICES[code].needs(_Wanted(tuple(parcel_uids)))


@dataclass(frozen=True)
class _Wanted:
    """As much of a service's inputs as ``needs`` looks at."""

    parcel_uids: tuple[str, ...]


def to_wgs84(geometry: Any) -> Any:
    """Return a geometry of the storage CRS in longitude and latitude."""
    return crs.transform(geometry, settings.STORAGE_SRID, 4326, allow_legacy=True)


def check_file(
    service_code: str,
    path: Path,
    parcel_uids: Sequence[str],
    *,
    reference: str,
    filed_on: date,
    crs: str | None = None,
    unit: str | None = None,
    file_name: str | None = None,
    answers: Mapping[str, Any] | None = None,
    using: str = "default",
) -> Checked:
    """Read a survey file in its sandbox and check it for a service on the register as it is now.

    ``answers`` is the form of the case, for services that look at it; a file that is checked without a case has none.

    Raises
    ------
    SurveyUnreadable
        Where no plan can be made of the file; it carries the findings.
    UnknownService
        Where there is no such service.
    """
    service = service_of(service_code)
    plan = read_survey(path, crs=crs, unit=unit, file_name=file_name)
    return check_plan(service, plan, parcel_uids, reference=reference, filed_on=filed_on, answers=answers, using=using)


def check_plan(
    service: LandService,
    plan: SurveyPlan,
    parcel_uids: Sequence[str],
    *,
    reference: str,
    filed_on: date,
    answers: Mapping[str, Any] | None = None,
    using: str = "default",
) -> Checked:
    """Check a plan that was read already; see ``check_file``."""
    inputs = service.inputs(
        parcel_uids=tuple(parcel_uids),
        survey=to_storage(plan, settings.STORAGE_SRID),
        source=plan,
        reference=reference,
        filed_on=filed_on,
        **({"answers": dict(answers or {})} if asks_for_answers(service) else {}),
    )
    facts = without_own_case(load_facts(service.needs(inputs), using=using), reference)
    rules = rules_on(filed_on, using=using)
    findings = run_checks(service, inputs, facts, rules)
    change_set = None
    if is_fit(findings):
        try:
            change_set = service.plan(inputs, facts, rules)
        except NotFit as error:  # the checks missed it: still a finding, never a half-planned change
            findings = (*findings, Finding("LND-90", "error", {"check": "plan", "reason": str(error)}))
    return Checked(service, inputs, plan, facts, rules, findings, change_set)


def without_own_case(facts: Facts, reference: str) -> Facts:
    """Return the facts without the case's own outline among the open cases."""
    return replace(facts, open_cases=tuple(case for case in facts.open_cases if case.reference != reference))
