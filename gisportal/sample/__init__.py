"""A made-up municipality: deterministic land, people and papers for demonstrations, tests and benchmarks.

Pure Python and numpy; it shares no code with the geometry kernel, so that each can be used to test the other.
"""
