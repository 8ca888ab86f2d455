"""The pages of erasing, in a real browser: reachable for everybody, none wider than the screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gisportal.accounts.models import OfficeMembership, RoleGrant, User
from gisportal.accounts.viewer import viewer_of
from land_services.cases import acts
from land_services.cases.erasure import ask, decide, find_person
from land_services.register.models import Party
from land_services.register.personal import id_number_key, seal_id_number
from tests.browser import DESKTOP, PHONE, Site, axe_faults
from tests.budget import budget
from tests.sample import Sample

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "owner"]),
    pytest.mark.browser,
]
NUMBER = "1098765432"


VIEWS = [("ar", PHONE), ("en", DESKTOP), ("ar", DESKTOP), ("en", PHONE)][: budget(2, 4)]


def a_request(sample: Sample) -> Any:
    """Return a request to erase that waits, of somebody with an account and a party."""
    user = User.objects.create_user("zabarjad", name_ar="زبرجد القحطاني", name_en="Zabarjad Qahtani")
    RoleGrant.objects.create(user=user, role="resident")
    party = Party.objects.create(
        kind="person", name_ar="زبرجد القحطاني", name_en="Zabarjad Qahtani", id_kind="national_id",
        id_number=seal_id_number(NUMBER), id_number_key=id_number_key(NUMBER),
    )  # fmt: skip
    OfficeMembership.objects.create(user=user, party_id=party.pk)
    me = viewer_of(user)
    case = acts.open_case("personal_data_access", viewer=me)
    acts.fill(case, {"wanted": "erase", "erase_reason": "x", "email": "z@example.org"}, viewer=me)
    acts.attach(case, sample.deed, viewer=me, document="national_id")
    return acts.submit(case, viewer=me)


def test_every_page_is_accessible_and_none_is_wider_than_the_screen(
    site: Site, committed_sample: Callable[[str], Sample]
) -> None:
    sample = committed_sample("land")
    case, asker, decider = a_request(sample), sample.user("it_support"), sample.user("director")
    faults: list[str] = []

    def look(path: str, who: User, name: str, button: str = "") -> None:
        for language, size in VIEWS:
            page = site.open(f"/{language}{path}", size=size, user=who)
            if button:
                page.click(button)
                page.wait_for_load_state()
            faults.extend(f"{name} {language} {fault}" for fault in axe_faults(page))
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                faults.append(f"{name} {language} is wider than the screen")
            page.context.close()

    look("/erasures/", asker, "list")
    look(f"/cases/{case.reference}/", asker, "found", 'form[action$="/erasures/"] button')
    row = ask(find_person(case=case, viewer=viewer_of(asker))[0], viewer=viewer_of(asker))
    look(f"/erasures/{row.pk}/", decider, "waiting")
    decide(row, approve=True, viewer=viewer_of(decider))
    look(f"/erasures/{row.pk}/", decider, "decided")
    look(f"/cases/{case.reference}/", case.filed_by, "request")
    look("/services/building_drawings_check/", sample.user("surveyor"), "service")
    look("/services/fencing_permit/", sample.user("resident"), "papers")
    assert not faults, "\n".join(faults)
