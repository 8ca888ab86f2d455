"""The small sample municipality, for the commands."""

from tests.sample import committed_sample

__all__ = ["committed_sample"]
