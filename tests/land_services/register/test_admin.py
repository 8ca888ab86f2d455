"""The set-up shows the register and lets nobody write in it."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib import admin
from django.test import Client

from gisportal.accounts.models import User

from .land import load_lots, uid

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


@pytest.fixture
def administrator(client: Client) -> Client:
    user = User.objects.create_superuser("root_of_the_test", password="a-long-enough-word-9")
    client.force_login(user)
    return client


EDITED = {"addedlayer", "feature", "plan", "block", "district", "street", "zone", "place", "address"}
"""Tables of the map that people edit, through the one writer: see tests/layers/test_admin.py."""

KEPT = {"holiday", "ramadanperiod", "prayertime", "prayerpause", "placeclosure", "emergencylist", "placesuggestion"}
"""Days, closures, lists and suggestions of the locator, which staff keep there: see tests/layers/locator."""


def test_every_register_and_map_table_in_the_set_up_is_read_only(administrator: Client) -> None:
    load_lots()
    shown = [m for m in admin.site._registry if m._meta.app_label in ("layers", "register")]
    assert EDITED | KEPT < {m._meta.model_name for m in shown}
    shown = [m for m in shown if m._meta.model_name not in EDITED | KEPT]
    assert len(shown) >= 7
    for model in shown:
        base = f"/en/admin/{model._meta.app_label}/{model._meta.model_name}/"
        assert administrator.get(base).status_code == 200, base
        assert administrator.get(base + "add/").status_code == 403, base
        row = model._default_manager.first()
        if row is not None:
            assert administrator.get(f"{base}{row.pk}/change/").status_code == 200, base
            assert administrator.post(f"{base}{row.pk}/change/", {}).status_code == 403, base
            assert administrator.post(f"{base}{row.pk}/delete/", {"post": "yes"}).status_code == 403, base


def test_a_parcel_is_found_by_its_number(administrator: Client) -> None:
    load_lots()
    page = administrator.get("/en/admin/layers/parcel/?q=5").content.decode()
    assert uid("5") in page and uid("4") not in page


def test_owner_data_is_not_in_the_set_up() -> None:
    assert not admin.site.is_registered(apps.get_model("register", "Party"))
