"""Whatever rests on a placeholder says so: on pages, in the report, in the command's answer and on paper."""

from __future__ import annotations

import json
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from land_services.cases import acts
from land_services.cases.models import Case, IssuedDocument
from land_services.documents import model as m
from land_services.documents.decision import render_decision
from land_services.domain import RuleSource
from tests.land_services.documents import samples
from tests.land_services.documents.pdfs import poppler_text
from tests.sample import CRS, Sample

database = pytest.mark.django_db(databases=["default", "owner"])


def unfit(sample: Sample) -> Case:
    """Return a case whose drawing has too narrow a lot: the least frontage is a placeholder."""
    case = acts.open_case("subdivision", [sample.uid], viewer=sample.viewer("outsider"))
    attempt, _ = acts.hand_in(case, sample.first, viewer=sample.viewer("outsider"), crs=CRS)
    assert not attempt.fit
    return case


@database
def test_each_finding_of_a_report_says_how_sure_its_source_is(sample_recommended: Sample) -> None:
    attempt = unfit(sample_recommended).attempts.get()
    frontages = [one for one in attempt.report["findings"] if one["rule"] == "SUB-03"]
    assert frontages
    for one in frontages:
        assert one["source"]["confidence"] == "placeholder"
        assert one["source"]["title"] == ("ممارسة شائعة، لم يُعثر على نص رسمي | Common practice, no official text found")
    assert all(one["source"] for one in attempt.report["findings"] if one["rule"][:3] in ("LND", "SUB"))


@database
@pytest.mark.parametrize(("language", "said"), [("en", "No official source yet"), ("ar", "لا مصدر رسمي بعد")])
def test_the_page_of_a_case_says_so_beside_the_finding(sample_recommended: Sample, language: str, said: str) -> None:
    case = unfit(sample_recommended)
    client = Client()
    client.force_login(sample_recommended.user("outsider"))
    page = client.get(f"/{language}/cases/{case.reference}/").content.decode()
    findings = page[page.index('<ul class="findings">') :]
    finding = findings[findings.index("SUB-03") :]
    assert said in finding[: finding.index("</li>")]


@database
def test_the_api_says_so(sample_recommended: Sample) -> None:
    case = unfit(sample_recommended)
    client = Client()
    client.force_login(sample_recommended.user("outsider"))
    text = client.get(f"/api/v1/cases/{case.reference}/attempts/1").content.decode()
    found = _findings(json.loads(text))
    assert found and {one["source"]["confidence"] for one in found if one["rule"] == "SUB-03"} == {"placeholder"}


def _findings(answer: Any) -> list[dict[str, Any]]:
    """Every finding anywhere in an answer."""
    if isinstance(answer, dict):
        own = [answer] if {"rule", "severity", "source"} <= set(answer) else []
        return own + [one for value in answer.values() for one in _findings(value)]
    return [one for value in answer for one in _findings(value)] if isinstance(answer, list) else []


@database
def test_the_command_says_so(sample_recommended: Sample) -> None:
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command(
            "check_survey", str(sample_recommended.first), service="subdivision", parcel=[sample_recommended.label],
            crs=CRS, stdout=out,
        )  # fmt: skip
    told = out.getvalue()
    assert "Common practice, no official text found (placeholder)" in told[told.index("SUB-03") :]


@database
def test_every_issued_decision_says_so_of_the_figures_it_prints(sample_issued: Sample) -> None:
    for document in IssuedDocument.objects.filter(kind="survey_decision"):
        text = poppler_text(Path(document.file.path).read_bytes())
        assert text.count("placeholder") >= 2, "the least area and the least frontage"
        assert "نموذجي" in text


def test_a_value_with_a_source_prints_it_in_both_languages() -> None:
    rule = m.RuleLine(
        m.Text("الحد الأدنى للواجهة", "Minimum frontage"),
        m.Text("12 م", "12 m"),
        RuleSource("Circular 17", "2026-11", "official", "تعميم 17"),
    )
    model = samples.decision()
    text = poppler_text(render_decision(replace(model, planning=replace(model.planning, rules=(rule,)))))
    assert "Circular 17" in text and "تعميم" in text and "2026-11" in text
    assert "placeholder" not in text
