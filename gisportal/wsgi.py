"""WSGI entry point."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gisportal.settings")
application = get_wsgi_application()

from gisportal.checks import refuse_broken_catalogue, refuse_other_srid  # noqa: E402  settings are set up only now

refuse_broken_catalogue()
refuse_other_srid()
