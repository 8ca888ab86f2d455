"""Fixtures of the land services' tests: the sample municipality in its stages, and the browser."""

from __future__ import annotations

from tests.browser import chromium, site
from tests.sample import committed_sample, sample_issued, sample_land, sample_recommended

__all__ = ["chromium", "committed_sample", "sample_issued", "sample_land", "sample_recommended", "site"]
