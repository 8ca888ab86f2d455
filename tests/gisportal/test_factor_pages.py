"""The pages of the second factor in a real browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gisportal.accounts import factor
from gisportal.accounts.models import User
from tests.browser import DESKTOP, PHONE, Site, axe_faults
from tests.gisportal.conftest import PASSWORD

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True, databases=["default", "owner"]),
]


@pytest.mark.parametrize(("language", "size"), [("ar", PHONE), ("en", DESKTOP)])
def test_setting_up_and_being_asked_is_accessible(
    site: Site, make_user: Callable[..., User], language: str, size: tuple[int, int]
) -> None:
    faults = []
    user = make_user("sara", "reviewer")
    page = site.open(f"/{language}/accounts/2fa/", size=size, user=user)
    faults += axe_faults(page)
    assert page.locator("svg[class*=segno], [role=img] svg").count() >= 1
    factor.enrol(user, factor.new_secret())
    page = site.open(f"/{language}/accounts/login/", size=size)
    page.fill("[name=login]", "sara")
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/2fa/verify/")
    faults += axe_faults(page)
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    page.fill("[name=code]", factor.renew_codes(user)[0])
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/{language}/accounts/")
    page.goto(f"{site.url}/{language}/accounts/2fa/")
    faults += axe_faults(page)
    assert not faults, "\n".join(faults)
