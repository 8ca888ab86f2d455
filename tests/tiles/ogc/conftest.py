"""The sample municipality and the API, as in the tests of the layers."""

from tests.layers.ogc.conftest import api
from tests.sample import committed_sample, sample_land

__all__ = ["api", "committed_sample", "sample_land"]
