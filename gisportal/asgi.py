"""ASGI entry point."""

from __future__ import annotations

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gisportal.settings")
application = get_asgi_application()

from gisportal.checks import refuse_broken_catalogue  # noqa: E402  settings are set up only now

refuse_broken_catalogue()
