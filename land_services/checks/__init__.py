"""Checks that several services share, and the engine that runs them."""
