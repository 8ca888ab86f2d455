"""Fixtures of the land services' tests: the sample municipality in its stages."""

from __future__ import annotations

from tests.sample import committed_sample, sample_issued, sample_land, sample_measured, sample_recommended

__all__ = ["committed_sample", "sample_issued", "sample_land", "sample_measured", "sample_recommended"]
