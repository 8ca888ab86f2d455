"""The composition root as an application: templates, static files, system checks."""

from __future__ import annotations

from django.apps import AppConfig


class GisportalConfig(AppConfig):
    name = "gisportal"
    verbose_name = "gisportal"

    def ready(self) -> None:
        from gisportal import checks  # noqa: F401 - registers the system checks
        from gisportal.accounts.erasing import erase_account
        from land_services.cases.erasure import ACCOUNT_ERASERS

        if erase_account not in ACCOUNT_ERASERS:
            ACCOUNT_ERASERS.append(erase_account)
