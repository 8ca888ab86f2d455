"""The small sample municipality, for everything that the OGC API tells of it."""

from collections.abc import Iterator

import pytest

from layers.ogc import counting, extents
from tests.layers.ogc.asking import Api
from tests.sample import Sample, committed_sample, sample_land

__all__ = ["committed_sample", "sample_land"]


@pytest.fixture
def api(sample_land: Sample, db: None) -> Iterator[Api]:
    """The API as somebody meets it who has not signed in, in English."""
    extents.forget()
    counting.forget()
    yield Api()
    extents.forget()
    counting.forget()
