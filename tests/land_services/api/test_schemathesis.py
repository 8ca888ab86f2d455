"""The live application against its own document: no failure of ours, no answer that is not declared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as tries
from hypothesis import strategies as st
from openapi_spec_validator import validate
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from land_services.api.schema import document
from tests.budget import budget
from tests.land_services.api.asking import Asker
from tests.sample import Sample

pytestmark = pytest.mark.django_db(databases=["default", "owner"])

OURS = ("/services", "/cases", "/areas", "/reasons")
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture(scope="module")
def sample(sample_recommended: Sample) -> Sample:
    return sample_recommended


@pytest.fixture(autouse=True)
def no_limit_and_one_connection(settings: Any) -> Iterator[None]:
    """Keep the connection whose transaction the test takes back, as Django's own client does."""
    settings.API_PER_MINUTE = 0
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.mark.parametrize("language", ["ar", "en"])
def test_the_document_is_one_of_openapi(sample: Sample, language: str) -> None:
    whole = Asker(sample).client.get(f"/api/v1/schema/?lang={language}").json()
    validate(whole)
    assert {"/nearby", "/services/", "/cases/{reference}/acts/approve"} <= set(whole["paths"])
    assert all(
        operation["responses"] and operation["summary"]
        for methods in whole["paths"].values()
        for name, operation in methods.items()
        if name in ("get", "post", "delete")
    )


def ours() -> dict[str, Any]:
    """Return the document with addresses of services and cases alone."""
    whole = document("http://testserver/api/v1")
    whole["paths"] = {path: ways for path, ways in whole["paths"].items() if path.startswith(OURS)}
    return whole


@pytest.mark.parametrize("login", ["surveyor", "reviewer", ""])
def test_whatever_is_sent_is_answered_as_declared(sample: Sample, login: str) -> None:
    draft = sample.open("surveyor").reference
    asker, references = Asker(sample, login), [draft, sample.case().reference]
    cookies = {name: morsel.value for name, morsel in asker.client.cookies.items()}
    token = {} if not login else _token(sample, login)
    whole = ours()
    known: dict[str, list[Any]] = {"reference": references, "code": ["subdivision"], "number": [1]}
    schema = schemathesis.openapi.from_dict(whole)
    schema.app = get_wsgi_application()
    seen: Counter[int] = Counter()
    for result in schema.get_all_operations():
        operation = result.ok()  # type: ignore[union-attr]
        modes = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
        cases = operation.as_strategy(generation_mode=modes[0]) | operation.as_strategy(generation_mode=modes[1])

        @tries(
            max_examples=budget(6, 500),
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
        )
        # Two of three are about what there is.
        @given(case=cases, place=st.integers(0, 2))
        def ask(case: Any, place: int) -> None:
            for name in case.path_parameters or {}:
                if place < 2 and name in known:
                    case.path_parameters[name] = known[name][place % len(known[name])]
            response = case.call(headers=token, cookies=cookies if not token else None)
            seen[response.status_code] += 1
            case.validate_response(response, checks=CHECKS)

        ask()
    reached = {"surveyor": {200, 400, 403, 404}, "reviewer": {200, 400, 403, 404}, "": {200, 400, 401}}[login]
    assert reached <= set(seen), seen


def _token(sample: Sample, login: str) -> dict[str, str]:
    from datetime import timedelta

    from django.utils import timezone

    from land_services.api.tokens import make_token

    word = make_token(sample.user(login), "test", "write", timezone.now() + timedelta(days=1))
    return {"Authorization": f"Bearer {word}"}
