"""Symbols that a phone reads from a kiosk's screen."""

from __future__ import annotations

from django import template

from gisportal.nearby import kiosk

register = template.Library()
register.simple_tag(kiosk.place_qr)
register.simple_tag(kiosk.phone_qr)
