"""The page of access tokens in a real browser: made, shown once, revoked, in both languages and sizes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from land_services.api.models import ApiToken
from tests.browser import DESKTOP, PHONE, Site, axe_faults
from tests.sample import Sample

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "owner"])]


@pytest.mark.parametrize(("language", "size"), [("ar", PHONE), ("en", DESKTOP)])
def test_a_token_is_made_seen_once_and_revoked(
    committed_sample: Callable[[str], Sample], request: pytest.FixtureRequest, settings: Any, language: str, size: Any
) -> None:
    sample = committed_sample("land")
    site: Site = request.getfixturevalue("site")
    page = site.open(f"/{language}/accounts/tokens/", user=sample.user("surveyor"), size=size)
    assert not axe_faults(page)
    page.fill("#name", "نظام الأرشيف")
    page.select_option("#scope", "write")
    page.locator("form:has(#name) button").click()
    token = ApiToken.objects.get()
    expect(page.locator("[class*=alert]").first).to_contain_text(token.prefix)
    assert not axe_faults(page)
    page.goto(page.url)
    expect(page.locator("tbody tr")).to_have_count(1)
    page.locator("tbody button").click()
    page.wait_for_load_state()
    expect(page.locator("tbody button")).to_have_count(0)
    token.refresh_from_db()
    assert token.revoked_at is not None
