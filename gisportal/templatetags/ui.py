"""Components of the look (see docs/components.md), available in every template."""

from __future__ import annotations

from django import template

register = template.Library()
